"""Kinds of calls to MixPay, and how much each may use of what is limited.

Limited are the calls that MixPay allows in a minute, and the workers that may wait for it at once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

# From the least to the most important: what nobody waits for, such as a settlement; a code where a
# pay link will do as well; a payment that is due; one that somebody waits for and MixPay has called
# about; a code that the sale needs; a person who pressed a button.
BACKGROUND = "background"
CODE = "code"
POLL = "poll"
CALLED = "called"
CREATE = "create"
URGENT = "urgent"
# Not our calls, but counted with them: those of somebody else behind the same address.
OTHERS = "others"
# Calls that others have made, by MixPay's own count, count for a minute. But a wrong count must
# stop nobody: for the last so many of 60 calls it is believed for these seconds only, and then one
# call finds out.
_DOUBTED_OF_60 = 10
DOUBT_AFTER = 10.0
# Callbacks about payments that nobody waits for may trigger so many of 60 requests.
_HINTS_OF_60 = 4

# How many of 60 calls a kind leaves to the more important ones.
_RESERVE_OF_60 = {BACKGROUND: 54, CODE: 12, POLL: 6, CALLED: 4, CREATE: 4, URGENT: 0}
# Kinds that can wait, or are not needed: they also leave the calls that callbacks will soon need.
YIELDING = (CODE, POLL)
# Seconds over which the pace of sales is measured; and moments ahead at which calls must be left.
_LOOK_BACK = 20.0
_LOOKS_AHEAD = (10.0, 20.0, 30.0, 45.0, 60.0)
# Some callbacks come before the end, or twice, and cost one more.
_REQUESTS_A_SALE = 1.25
# While sales are begun or paid, polls leave so many calls of 60 to the next codes.
_CODES_OF_60 = 10
# Polls have at least so many calls of 60, however many callbacks come: one of them may be lost.
_POLLS_OF_60 = 6


class Made(NamedTuple):
    """A call that was made within the last minute, and counts.

    :ivar kind: what for
    :ivar left: seconds for which it counts on
    """

    kind: str
    left: float


def rate_limit(kind: str, limit: int) -> int:
    """Return how many of the calls that may be made in a minute a kind of call may use.

    However few they are, each kind leaves at least one to the more important ones, and has one.
    """
    return max(limit - math.ceil(_RESERVE_OF_60[kind] * limit / 60), 1)


def believed_limit(limit: int) -> int:
    """Return how many calls of a minute others may have used for as long as it lasts."""
    return limit - math.ceil(_DOUBTED_OF_60 * limit / 60)


def hints_limit(limit: int) -> int:
    """Return how many requests a minute callbacks may trigger about payments nobody waits for."""
    return max(_HINTS_OF_60 * limit // 60, 1)


def concurrency_limit(kind: str, limit: int) -> int:
    """Return how many calls of a kind may be in progress at once.

    Polls are many, short, and can wait, so a third does for them.
    """
    if kind in (BACKGROUND, POLL):
        return max(limit // 3, 1)
    if kind == URGENT:
        return limit
    return max(limit - 1, 1)


def is_quiet(calls: int, limit: int, under_way: int) -> bool:
    """Tell whether so little goes on that a background call takes nothing from a sale.

    :param calls: how many were made in the last minute
    :param limit: how many may be made
    :param under_way: how many are under way
    """
    return not under_way and calls <= limit // 2


def fits(kind: str, limit: int, made: Sequence[Made], window: float) -> bool:
    """Tell whether a call leaves enough for the callbacks that are to come.

    A sale costs one request at the least, its callback's. As many are expected as sales were begun
    or paid just now; at no moment ahead may they find the calls used up.

    :param limit: how many calls may be made in a minute
    :param made: those of the last minute
    :param window: seconds for which a call counts
    """
    most = rate_limit(kind, limit)
    polls = sum(call.kind == POLL for call in made)
    if kind == POLL and polls < _polls_at_least(limit):
        return len(made) < most
    recent = [call.kind for call in made if call.left > window - _LOOK_BACK]
    sales = max(recent.count(CALLED), recent.count(CODE) + recent.count(CREATE))
    pace = sales * _REQUESTS_A_SALE / _LOOK_BACK
    if kind == POLL and pace:
        most = rate_limit(CODE, limit) - _CODES_OF_60 * limit // 60
    return len(made) < most and all(
        sum(call.left > ahead for call in made) + pace * ahead < most for ahead in _LOOKS_AHEAD
    )


def polls_per_minute(limit: int, calls_of_others: int) -> int:
    """Return how many calls a minute polls may plan with.

    :param limit: how many calls may be made in a minute
    :param calls_of_others: how many of the last minute were no polls
    """
    most = rate_limit(POLL, limit)
    return max(most - calls_of_others, _polls_at_least(limit))


def _polls_at_least(limit: int) -> int:
    return max(_POLLS_OF_60 * limit // 60, 1)


class NotAdmitted(Exception):
    """MixPay must not be called now."""


class CircuitOpen(NotAdmitted):
    """MixPay gave no answers lately, and is not called for a while."""


class ConcurrencyLimitReached(NotAdmitted):
    """As many calls are under way as may be at once."""


class RateLimitReached(NotAdmitted):
    """The calls that MixPay allows in a minute are used up."""
