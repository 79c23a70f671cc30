"""What is entered in the books of a payment, and why something is not entered yet."""

from __future__ import annotations

# === What is entered: each once for a payment === #

# MixPay has settled it: money in the wallet, against the outstanding or the suspense account.
RECEIPT = "receipt"
# What went to the suspense account leaves it again, as a person has decided.
CLEARING = "clearing"
# The payer sent too much, and a person decided that the shop keeps it.
SURPLUS_KEPT = "surplus"
# A booked sale was not paid after all: a draft that an accountant posts.
CORRECTION = "correction"
# What was settled was worth more or less than the price, as somebody has entered.
DIFFERENCE = "difference"
# Coins went out of the wallet for a refund.
PAYOUT = "payout"

# === How it stands === #

WAITING = "waiting"
HELD = "held"
DRAFT = "draft"
DONE = "done"
OFF = "off"
# What the background job looks at.
OPEN = (WAITING, HELD, DRAFT)

# === What became of money === #

TO_SALE = "sale"
TO_SUSPENSE = "suspense"
TO_ORDER = "attached"
TO_SHOP = "kept"
TO_PAYER = "refunded"
TO_RESULT = "result"
TO_REFUND = "refund"

# === Why it is not entered yet: the first two end by themselves, the others need somebody === #

SESSION_OPEN = "session_open"
UNDECIDED = "undecided"
NO_ENTRY = "no_entry"
NO_OUTSTANDING = "no_outstanding"
SAME_ACCOUNT = "same_account"
CURRENCY = "currency"
MATCHED = "matched"
NO_SUSPENSE = "no_suspense"
NO_DIFFERENCE = "no_difference"
VALUE = "value"
LOCKED = "locked"
FAILED = "failed"
BY_ITSELF = frozenset({SESSION_OPEN, UNDECIDED})

_MINUTE = 60.0
# Somebody else is at the same entries in this very moment.
RETRY_SOON = 5.0
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
# Pause between two checks whether an accountant has posted a draft, or deleted it.
DRAFT_AGAIN = 10 * _MINUTE


class NotYet(Exception):
    """Something cannot be entered in the books for now.

    :ivar hold: one of the reasons above
    """

    def __init__(self, hold: str) -> None:
        super().__init__(hold)
        self.hold = hold


def state_of(hold: str) -> str:
    """Return the state of what cannot be entered for a reason."""
    return WAITING if hold in BY_ITSELF else HELD


def pause(hold: str, failures: int) -> float:
    """Return after how many seconds it is looked at again; events bring that forward.

    :param failures: how often in a row the server failed at it
    """
    if hold in BY_ITSELF:
        return 10 * _MINUTE
    if hold == FAILED:
        return min(_MINUTE * 2.0 ** min(failures, 10), _DAY / 4)
    return _HOUR


def reference(trace_id: str, kind: str) -> str:
    """Return what is unique about a statement line: the trace, once for what was received."""
    return trace_id if kind == RECEIPT else f"{trace_id}/{kind}"
