"""Kinds of calls to MixPay, and what each may use of what is scarce.

Scarce are the calls that MixPay allows in a minute, and the workers that may wait for it at once.
"""

from __future__ import annotations

# Ever more important: what nobody waits for, such as a settlement; a payment that is due although
# callbacks arrive, so that only a lost one is made up for; a payment that is due; a code for a
# customer at the till; a person who pressed a button, or a callback.
BACKGROUND = "background"
BACKUP = "backup"
POLL = "poll"
CREATE = "create"
URGENT = "urgent"
POLLS = (BACKUP, POLL)

# How many of 60 calls a kind leaves to the more important ones.
_RESERVE_OF_60 = {BACKGROUND: 54, BACKUP: 40, POLL: 20, CREATE: 8, URGENT: 0}


def rate_limit(kind: str, limit: int) -> int:
    """Return how many of the calls that may be made in a minute a kind of call may use."""
    return limit - _RESERVE_OF_60[kind] * limit // 60


def concurrency_limit(kind: str, limit: int) -> int:
    """Return how many of the calls that may be under way at once may be of a kind.

    Polls are many, short, and can wait, so a third does for them.
    """
    if kind in (BACKGROUND, *POLLS):
        return max(limit // 3, 1)
    if kind == CREATE:
        return max(limit - 1, 1)
    return limit


def is_quiet(calls: int, limit: int, under_way: int) -> bool:
    """Tell whether so little goes on that a call which nobody waits for takes nothing from a sale.

    :param calls: how many were made in the last minute
    :param limit: how many may be made
    :param under_way: how many are under way
    """
    return not under_way and calls <= limit // 2


def poll_priority(*, has_callbacks: bool) -> str:
    """Return the kind of call that asks about a payment that is due.

    :param has_callbacks: whether MixPay's callbacks are seen to arrive
    """
    return BACKUP if has_callbacks else POLL


class NotAdmitted(Exception):
    """MixPay must not be called now."""


class CircuitOpen(NotAdmitted):
    """MixPay gave no answers lately, and is not called for a while."""


class ConcurrencyLimitReached(NotAdmitted):
    """As many calls are under way as may be at once."""


class RateLimitReached(NotAdmitted):
    """The calls that MixPay allows in a minute are used up."""
