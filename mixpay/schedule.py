"""When to ask MixPay about a payment again, and when the register should ask Odoo again.

MixPay allows 60 calls a minute for the whole shop, so a payment is asked about often while its
payer stands at the till, and ever less often afterwards. All times are seconds unless they say ms.
"""

from __future__ import annotations

from . import states

# (age of the payment in seconds, seconds between two questions to MixPay)
_STEPS = ((120.0, 2.0), (600.0, 6.0), (3600.0, 20.0))
_LATER = 300.0
# No register asks about an abandoned payment: the minute's job does.
_ABANDONED = 60.0
# After an answer that said nothing (time-out, maintenance) the next question waits longer.
_TROUBLE_FACTOR = 2.0
_TROUBLE_MAX = 60.0
# A callback, or a person who presses "check now", asks at once, but not more often than this.
URGENT_INTERVAL = 2.0

REGISTER_POLL_MS = 1500
REGISTER_POLL_SLOW_MS = 3000


def interval(age: float, *, is_abandoned: bool = False, troubles: int = 0) -> float:
    """Return the seconds until MixPay is asked about a payment again.

    :param age: seconds since the payment was created
    :param is_abandoned: whether nobody waits for it any more
    :param troubles: how many questions in a row had no usable answer
    """
    step = next((seconds for until, seconds in _STEPS if age < until), _LATER)
    if is_abandoned:
        step = max(step, _ABANDONED)
    if troubles:
        step = max(step, min(step * _TROUBLE_FACTOR**troubles, _TROUBLE_MAX))
    return step


def register_poll_ms(payment_states: list[str]) -> int:
    """Return after how many milliseconds a register that waits for these payments asks again."""
    waiting = any(not states.STATES[state].is_final for state in payment_states)
    return REGISTER_POLL_MS if waiting else REGISTER_POLL_SLOW_MS
