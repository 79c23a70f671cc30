"""An order, the transfers made for it, and the statuses it may have."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .catalogue import Asset
from .terms import Terms

UNPAID = "unpaid"
CONFIRMING = "confirming"
PAID_LESS = "paid_less"
PENDING = "pending"
AUDITING = "auditing"
SUCCESS = "success"
FAILED = "failed"

#: States that never reopen.
FINAL = (SUCCESS, FAILED)
#: States in which a payer may still send something that counts.
PAYABLE = (UNPAID, CONFIRMING, PAID_LESS)

NO_PAYMENT = "40000"
WRONG_ASSET = "40020"
SECOND_TRANSFER = "40021"
SHORT = "40024"
VOLATILITY = "40025"
STRICT_IMPOSSIBLE = "40027"
CANCELLED = "40032"
REFUSED_BY_REVIEW = "10095"

#: Failure codes of MixPay's documentation, in our words. The set is open.
FAILURES = {
    NO_PAYMENT: "No payment in time",
    WRONG_ASSET: "Paid in the wrong asset",
    SECOND_TRANSFER: "A second transfer is being refunded",
    SHORT: "Paid too little at the deadline",
    VOLATILITY: "The price moved too much",
    STRICT_IMPOSSIBLE: "Strict settlement is not possible",
    CANCELLED: "Cancelled",
    REFUSED_BY_REVIEW: "Refused by review",
}


@dataclass
class Transaction:
    """One transfer on chain. `counted` is false for what MixPay sends back."""

    asset: Asset
    amount: Decimal
    broadcast_at: float
    counted: bool = True
    txid: str = field(default_factory=lambda: uuid.uuid4().hex + uuid.uuid4().hex)
    confirmations: int = 0
    required: int = 2


@dataclass
class Payment:
    """An open order. Times are Unix seconds, amounts are in `asset` once a coin is chosen."""

    terms: Terms
    trace_id: str
    code: str
    channel: str  # "code" or "paylink"
    lifecycle: str
    created_at: float
    expired_at: int
    status: str = UNPAID
    asset: Asset | None = None
    payable: Decimal = Decimal(0)
    transactions: list[Transaction] = field(default_factory=list)
    paid_at: float | None = None
    failure_code: str = "0"
    failure_reason: str = ""
    settled_asset: Asset | None = None
    settled_amount: Decimal = Decimal(0)
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    raw: dict[str, Any] = field(default_factory=dict)
    history: list[tuple[float, str]] = field(default_factory=list)
    version: int = 0  # rises with every change, so that a page knows when to reload
    step: int = 0  # rises with every move, so that an outdated timer does nothing

    @property
    def received(self) -> Decimal:
        """What was recognised, confirmed or not."""
        return sum((item.amount for item in self.transactions if item.counted), Decimal(0))

    @property
    def missing(self) -> Decimal:
        return max(self.payable - self.received, Decimal(0))

    @property
    def surplus(self) -> Decimal:
        return max(self.received - self.payable, Decimal(0)) if self.asset else Decimal(0)

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def is_fully_paid(self) -> bool:
        return self.asset is not None and self.missing == 0
