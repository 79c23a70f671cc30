"""When not to call MixPay for a while: the arithmetic of the circuit breaker.

Where it stands is kept in the database, since all workers and servers share it.
"""

from __future__ import annotations

from .errors import MixpayMaintenance, MixpayRateLimited, MixpayUnavailable

# So many calls in a row without a usable answer open it. One may be bad luck.
FAILURES_TO_OPEN = 3
# Seconds of the first pause. MixPay counts calls over a minute, and maintenance takes a while; a
# network often comes back at once.
_TOLD_TO_WAIT = 10.0
_NO_ANSWER = 3.0
_LONGEST = 60.0
# The pause is up to this part shorter or longer, so that shops do not come back all together.
_JITTER = 0.25
# No pause lasts longer than this, seconds.
LONGEST_PAUSE = _LONGEST * (1 + _JITTER)


def is_failure(error: object) -> bool:
    """Tell whether a call's outcome speaks for a pause; a refusal does not."""
    return isinstance(error, MixpayUnavailable)


def concerns_all(error: object) -> bool:
    """Tell whether the outcome of a call that nobody waits for says something about the others.

    :param error: the error that the call ended with, None for none
    """
    return not is_failure(error) or _is_told_to_wait(error)


def opens(error: object, failures: int, *, is_probe: bool) -> bool:
    """Tell whether a failure opens the circuit.

    :param error: the error that the call ended with
    :param failures: how many there were in a row, this one included
    :param is_probe: whether it was the one call that finds out whether MixPay is back
    """
    return is_probe or _is_told_to_wait(error) or failures >= FAILURES_TO_OPEN


def pause(error: object, times: int, chance: float) -> float:
    """Return for how many seconds nobody calls MixPay.

    :param error: the error that opened the circuit
    :param times: how many times in a row it has been opened, this time included
    :param chance: a random number from 0 to 1
    """
    first = _TOLD_TO_WAIT if _is_told_to_wait(error) else _NO_ANSWER
    seconds = min(first * 2.0 ** min(times - 1, 10), _LONGEST)
    return seconds * (1 + _JITTER * (2 * chance - 1))


def _is_told_to_wait(error: object) -> bool:
    return isinstance(error, (MixpayRateLimited, MixpayMaintenance))
