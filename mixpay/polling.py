"""When to ask MixPay about a payment again, and when the register should ask Odoo again.

MixPay allows 60 calls a minute for the whole shop, so a payment is asked about often while its
payer stands at the till, and ever less often afterwards and the more others wait. Whether MixPay's
callbacks arrive makes no difference: one of them may be lost. All times are seconds unless they say
ms.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from . import priority

_HOUR = 3600.0
_DAY = 24 * _HOUR
# (age of the payment, pause between two requests). Nobody has paid in the first instant. After that
# a payment is noticed within 2.5 s, even if a request has just missed it; a customer who takes 30 s
# costs 14 requests. After a day a payment waits for a review, or was forgotten.
_STEPS = (
    (1.0, 3.0),
    (120.0, 2.25),
    (600.0, 6.0),
    (_HOUR, 20.0),
    (_DAY, 300.0),
    (7 * _DAY, _HOUR),
)
_LATER = _DAY
# Money was seen: somebody stands at the till and waits for the end, though not for hours.
_FUNDS_DETECTED = 3.0
_FUNDS_DETECTED_AGE = 3600.0
# Around MixPay's deadline a payment ends, or a last-minute payer is seen.
_DEADLINE_NEAR = 60.0
_DEADLINE_STEP = 5.0
# The same for an abandoned payment: the cron asks about it, no register does. Most end at MixPay's
# deadline; the others must not take the calls of sales that somebody waits for.
_STEPS_ABANDONED = ((600.0, 60.0), (_HOUR, 300.0), (6 * _HOUR, 1800.0), (_DAY, 2 * _HOUR))
# The cron runs once a minute, so no pause of it is shorter.
_ABANDONED = 60.0
# Money on its way for a sale that was given up: a person must decide, and should know soon.
_ABANDONED_FUNDS_DETECTED = _HOUR
# After an answer that said nothing (time-out, maintenance) the next request waits longer.
_FAILURE_FACTOR = 2.0
_FAILURE_MAX = 60.0
# A payment nobody waits for is polled until it is final, and at least this long past its deadline:
# MixPay may still report money that arrived late.
POLL_HOURS_PAST_DEADLINE = 24
_PAST_DEADLINE = timedelta(hours=POLL_HOURS_PAST_DEADLINE)
# After a failure of our own, twice as long each time.
_FAILED_FIRST = 10.0
LONGEST_PAUSE_AFTER_FAILURES = _HOUR
# A callback, or a person who presses "check now", asks at once, but not more often than this.
URGENT_INTERVAL = 2.0
# Pauses after the first, second, … request that a payment's callbacks have triggered: MixPay has
# little to say about one payment, and anybody who knows a payer's link can call as MixPay does.
CALLBACK_PAUSES = (URGENT_INTERVAL, URGENT_INTERVAL, 15.0, 60.0, 240.0, 960.0, _HOUR)
# Between two checks whether somebody else has finished: a lock, a slot, a call to MixPay.
RETRY_PAUSE = 0.05

REGISTER_POLL_MS = 1000
REGISTER_POLL_SLOW_MS = 3000
# Where so many payments wait in the shop that each is polled every 15 s, this is often enough.
_REGISTER_POLL_MAX_MS = 15000
_REGISTER_POLL_MS_PER_OTHER = 20
# A register that comes back this much after the moment finds the payment due.
_REGISTER_MARGIN_MS = 20


class Polled(NamedTuple):
    """The fields of a payment that its polling depends on; moments are in UTC, naive.

    :ivar api_url: MixPay's address
    :ivar is_final: whether MixPay's last word is known
    :ivar created_at: since when there is the payment
    :ivar expires_at: its deadline
    :ivar clock_offset: seconds that MixPay's clock is ahead of the database's
    :ivar funds_detected: whether MixPay has recognized money
    :ivar is_abandoned: whether nobody waits for it any more
    :ivar recheck_in: seconds until MixPay is asked a second time about other terms, None for never
    """

    api_url: str
    is_final: bool
    created_at: datetime
    expires_at: datetime
    clock_offset: float
    funds_detected: bool
    is_abandoned: bool
    recheck_in: float | None


class Load(NamedTuple):
    """What the pause between two attempts depends on besides the payment.

    :ivar failures: how many attempts for it have failed in a row
    :ivar pace: attempts a second that other payments, which somebody waits for, would take without
        a rate limit
    :ivar pace_of_all: the same of all other payments
    :ivar queue_length: how many others somebody waits for at a till
    :ivar calls_of_others: how many calls of the last minute were no polls
    :ivar now: by the database's clock
    """

    failures: int
    pace: float
    pace_of_all: float
    queue_length: int
    calls_of_others: int
    now: datetime


class Plan(NamedTuple):
    """When MixPay is asked about a payment next.

    :ivar poll_interval: seconds between two attempts, if there were no rate limit
    :ivar pause: seconds until the next attempt
    :ivar failures: how many attempts have failed in a row
    """

    poll_interval: float
    pause: float
    failures: int


@dataclass(frozen=True)
class PollContext:
    """What decides how often MixPay is asked about a payment.

    :ivar age: seconds since the payment was created
    :ivar left: seconds until MixPay's deadline, by MixPay's clock; negative after it
    :ivar funds_detected: whether MixPay has recognized money
    :ivar is_abandoned: whether nobody waits for it any more
    :ivar failures: how many requests in a row had no usable answer
    """

    age: float
    left: float
    funds_detected: bool = False
    is_abandoned: bool = False
    failures: int = 0


def plan(
    polled: Polled, load: Load, *, has_failed: bool, was_answered: bool, requests_per_minute: int
) -> Plan | None:
    """Plan the next attempt after one that is over; None when no further one is needed.

    :param has_failed: whether there was no usable answer
    :param was_answered: whether MixPay said anything; silence is never the last word
    :param requests_per_minute: how many calls MixPay allows
    """
    is_over = not polled.funds_detected and load.now > polled.expires_at + _PAST_DEADLINE
    if polled.is_final or (was_answered and is_over):
        return None
    failures = load.failures + 1 if has_failed else 0
    step = interval(_context(polled, failures, load))
    if not has_failed:
        step = polled.recheck_in or step
    # Payments that nobody waits for make room for the others, but not the other way round.
    pace_of_others = load.pace_of_all if polled.is_abandoned else load.pace
    polls = priority.polls_per_minute(requests_per_minute, load.calls_of_others)
    return Plan(step, throttled(step, pace_of_others + 1 / step, polls), failures)


def _context(polled: Polled, failures: int, load: Load) -> PollContext:
    return PollContext(
        age=(load.now - polled.created_at).total_seconds(),
        left=(polled.expires_at - load.now).total_seconds() - polled.clock_offset,
        funds_detected=polled.funds_detected,
        is_abandoned=polled.is_abandoned,
        failures=failures,
    )


def interval(at: PollContext) -> float:
    """Return the seconds until MixPay is asked about a payment again, if it were the only one."""
    step = _step_of_age(at)
    if at.funds_detected and at.age < _FUNDS_DETECTED_AGE:
        step = min(step, _FUNDS_DETECTED)
    step = _with_deadline(step, at.left)
    if at.is_abandoned:
        step = max(step, _ABANDONED)
    if at.failures:
        step = max(step, min(step * _FAILURE_FACTOR ** min(at.failures, 10), _FAILURE_MAX))
    return step


def _step_of_age(at: PollContext) -> float:
    steps = _STEPS_ABANDONED if at.is_abandoned else _STEPS
    step = next((seconds for until, seconds in steps if at.age < until), _LATER)
    return min(step, _ABANDONED_FUNDS_DETECTED) if at.funds_detected else step


def pause_after_failures(failures: int) -> float:
    """Return the seconds until a record is tried again whose processing failed.

    That is a failure of our own, not MixPay's silence: it must not keep other records waiting, and
    may be gone once something has happened to the record.

    :param failures: how many there were in a row, from 1
    """
    return min(_FAILED_FIRST * 2.0 ** min(failures - 1, 20), LONGEST_PAUSE_AFTER_FAILURES)


def _with_deadline(step: float, left: float) -> float:
    """Return a pause that does not miss the deadline, and is short around it."""
    if abs(left) <= _DEADLINE_NEAR:
        return min(step, _DEADLINE_STEP)
    if left > 0:
        return min(step, left - _DEADLINE_NEAR + 1)
    return step


def throttled(step: float, demand: float, calls_per_minute: int) -> float:
    """Return a pause so long that all payments together stay within the rate limit.

    Each waits longer by the same factor, so that no attempt is refused. Otherwise the first seconds
    of a minute would use up its calls, and everybody would wait for the next minute.

    :param step: what `interval` says
    :param demand: calls a second that all payments together would take by `interval`
    :param calls_per_minute: what polls may take
    """
    return step * max(1.0, demand * 60.0 / calls_per_minute)


def register_poll_ms(due_in: Iterable[float], queue_length: int) -> int:
    """Return after how many milliseconds a register asks Odoo again.

    :param due_in: for each of its payments that wait, the seconds until MixPay is asked
    :param queue_length: how many other payments wait in the shop
    """
    shortest = max(REGISTER_POLL_MS, queue_length * _REGISTER_POLL_MS_PER_OTHER)
    shortest = min(shortest, _REGISTER_POLL_MAX_MS)
    longest = max(REGISTER_POLL_SLOW_MS, shortest)
    next_due = min(due_in, default=longest / 1000)
    return min(max(int(next_due * 1000) + _REGISTER_MARGIN_MS, shortest), longest)
