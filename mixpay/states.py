"""The one table of statuses: MixPay's, ours, the allowed transitions, and what the register shows.

Everything else (models, controllers, the register's JavaScript) asks this file. MixPay's statuses
and which of them may follow each other come from its payment result documentation (revision of
2026-08-13); payments begun before it know only unpaid, pending, auditing, success and failed.
"""

from __future__ import annotations

from dataclasses import dataclass

DRAFT = "draft"
UNPAID = "unpaid"
PAID_LESS = "paid_less"
CONFIRMING = "confirming"
PENDING = "pending"
AUDITING = "auditing"
SUCCESS = "success"
FAILED = "failed"
MISMATCH = "mismatch"

# Statuses of a payment line in Odoo's Point of Sale.
LINE_WAITING = "waiting"
LINE_WAITING_CARD = "waitingCard"
LINE_WAITING_CAPTURE = "waitingCapture"
LINE_DONE = "done"
LINE_RETRY = "retry"


@dataclass(frozen=True)
class State:
    """One state of a payment.

    :ivar label: what a back-office list shows, in English
    :ivar line_status: the status of the register's payment line
    :ivar is_final: nothing that MixPay reports later changes it
    :ivar funds_detected: MixPay has recognized money of the payer
    """

    label: str
    line_status: str
    is_final: bool = False
    funds_detected: bool = False


STATES: dict[str, State] = {
    DRAFT: State("Not sent yet", LINE_WAITING),
    UNPAID: State("Waiting for the payer", LINE_WAITING_CARD),
    PAID_LESS: State("Paid too little", LINE_WAITING_CARD, funds_detected=True),
    CONFIRMING: State("Being confirmed", LINE_WAITING_CAPTURE, funds_detected=True),
    PENDING: State("Being processed", LINE_WAITING_CAPTURE, funds_detected=True),
    AUDITING: State("Under review", LINE_WAITING_CAPTURE, funds_detected=True),
    SUCCESS: State("Paid", LINE_DONE, is_final=True, funds_detected=True),
    FAILED: State("Failed", LINE_RETRY, is_final=True),
    # Whose money it was, the payment itself says: it may be another payee's.
    MISMATCH: State("Not paid as asked", LINE_RETRY, is_final=True),
}
# MixPay's failure codes (its documentation, `failureCode`) after which some money is with MixPay or
# on its way back: another coin, too little, volatility, no strict settlement, refused by review.
FAILURES_WITH_MONEY = frozenset({"40020", "40024", "40025", "40027", "10095"})

# What the payer's own screen says in each state, see `standing.customer_step`. The words are the
# screen's: it may speak another language than the cashier.
CUSTOMER_STEPS: dict[str, str] = {
    DRAFT: "prepare",
    UNPAID: "pay",
    PAID_LESS: "pay_rest",
    CONFIRMING: "seen",
    PENDING: "nearly",
    AUDITING: "check",
    SUCCESS: "paid",
    FAILED: "not_paid",
    MISMATCH: "ask",
}

FINAL = tuple(name for name, state in STATES.items() if state.is_final)
LIVE = tuple(name for name, state in STATES.items() if not state.is_final)

# MixPay's word for each status is ours, too; `draft` and `mismatch` are ours alone.
_FROM_MIXPAY = frozenset(STATES) - {DRAFT, MISMATCH}

# Once money was seen a payment never looks unpaid again; MixPay may skip steps, and confirming
# and paid_less may alternate while a payer tops up. Final states have no way out; staying is no
# transition.
_IN_FLIGHT = frozenset({PAID_LESS, CONFIRMING, PENDING, AUDITING})
TRANSITIONS: dict[str, frozenset[str]] = {
    DRAFT: frozenset({UNPAID, *_IN_FLIGHT, *FINAL}),
    UNPAID: frozenset({*_IN_FLIGHT, *FINAL}),
    PAID_LESS: frozenset({*_IN_FLIGHT, *FINAL}),
    CONFIRMING: frozenset({*_IN_FLIGHT, *FINAL}),
    PENDING: frozenset({*_IN_FLIGHT, *FINAL}),
    AUDITING: frozenset({*_IN_FLIGHT, *FINAL}),
    SUCCESS: frozenset(),
    FAILED: frozenset(),
    MISMATCH: frozenset(),
}


def from_mixpay(status: str, is_fully_paid: bool | None = None) -> str | None:
    """Return our state for a status that MixPay reports, None for one that we do not know.

    :param status: `status` of MixPay's payment result
    :param is_fully_paid: `payment.isFullyPaid` of the same answer, None when absent. Payments of
        before 2026-08-13 report an underpayment as `pending` with false here.
    """
    if status == PENDING and is_fully_paid is False:
        return PAID_LESS
    return status if status in _FROM_MIXPAY else None
