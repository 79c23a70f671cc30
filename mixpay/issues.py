"""What a person must decide about a payment, and the decisions: money rule 6."""

LATE = "late"
FINISH = "finish"
NO_ORDER = "no_order"
MISMATCH = "mismatch"
FAILED_WITH_FUNDS = "failed_with_funds"
SURPLUS = "surplus"
UNVERIFIED = "unverified"
CONFIRMED_FAILED = "confirmed_failed"
UNCONFIRMED = "unconfirmed"
UNCONFIRMED_FAILED = "unconfirmed_failed"
SHORT = "short_success"
OTHER_COIN = "other_coin"
UNREADABLE = "unreadable"
RECOVERED = "paid_after_failure"
UNSETTLED = "unsettled"
ERROR = "error"
# Where a person must act soon, and no register is there to say so.
ALARMING = frozenset(
    {
        NO_ORDER,
        MISMATCH,
        FAILED_WITH_FUNDS,
        CONFIRMED_FAILED,
        UNCONFIRMED,
        UNCONFIRMED_FAILED,
        RECOVERED,
        UNSETTLED,
    }
)
# Money that no order holds: a decision is about all of it.
WITHOUT_ORDER = (LATE, FINISH, NO_ORDER, RECOVERED)
ATTACHED = "attached"
REFUNDED = "refunded"
KEPT = "kept"
# MixPay's words for a surplus that needs nothing more (its documentation, `surplusStatus`).
SURPLUS_CLOSED = ("no", "success")
# MixPay reports no more about a surplus that the payer did not claim.
SURPLUS_ASKED = ("", "pending", "sending")
