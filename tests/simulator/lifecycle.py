"""What can happen to an order: the only place that changes one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .catalogue import Catalogue
from .clock import Timers
from .errors import SimulatorError
from .knobs import Knobs
from .payment import (
    AUDITING,
    CANCELLED,
    CONFIRMING,
    FAILED,
    FAILURES,
    NO_PAYMENT,
    PAID_LESS,
    PAYABLE,
    PENDING,
    SECOND_TRANSFER,
    SHORT,
    SUCCESS,
    UNPAID,
    VOLATILITY,
    WRONG_ASSET,
    Payment,
    Transaction,
)
from .terms import FieldError, parse_amount

#: Which callback event a status fires; `pending` stands for confirming too, review for none.
EVENT_OF = {
    CONFIRMING: "pending",
    PENDING: "pending",
    PAID_LESS: "paid_less",
    SUCCESS: "success",
    FAILED: "fail",
}

#: Names of the methods below that people and tests may call.
ACTIONS = (
    "pay", "pay_less", "pay_more", "top_up", "see", "confirm", "process", "review", "approve",
    "succeed", "settle", "fail", "cancel", "second_transfer",
    "pay_late", "expire", "raw",
)  # fmt: skip


class Lifecycle:
    """Actions on payments, by the payer, the chain, MixPay and the clock."""

    def __init__(
        self,
        catalogue: Catalogue,
        knobs: Knobs,
        timers: Timers,
        emit: Callable[[Payment, str], None],
    ) -> None:
        self._catalogue = catalogue
        self._knobs = knobs
        self._timers = timers
        self._emit = emit

    def opened(self, payment: Payment) -> None:
        """A new order: watch its deadlines, choose its coin where the terms fix one."""
        payment.history.append((payment.created_at, payment.status))
        if payment.terms.payment_asset_id:
            self._choose(payment, payment.terms.payment_asset_id)
        self._timers.call_at(payment.expired_at, lambda: self._deadline(payment))
        hidden = payment.expired_at + self._knobs["confirmation_window_seconds"]
        self._timers.call_at(hidden, lambda: self._confirmation_deadline(payment))

    # -- the payer ------------------------------------------------------------------------

    def pay(self, payment: Payment, asset: str | None = None, amount: Any = None) -> None:
        """Send what is due (or `amount`), then go on by itself after `auto_confirm_seconds`."""
        self._transfer(payment, asset, amount)
        self._schedule(payment)

    def pay_less(self, payment: Payment, asset: str | None = None, amount: Any = None) -> None:
        """Send too little: half of what is missing."""
        value = self._share(payment, asset, Decimal("0.5")) if amount is None else amount
        self.pay(payment, asset, value)

    def pay_more(self, payment: Payment, asset: str | None = None, amount: Any = None) -> None:
        """Send too much: a quarter more than is missing."""
        value = self._share(payment, asset, Decimal("1.25")) if amount is None else amount
        self.pay(payment, asset, value)

    def top_up(self, payment: Payment, amount: Any = None) -> None:
        """Send the rest of a payment that was short."""
        if not payment.transactions:
            raise SimulatorError("nothing was paid yet, so there is nothing to top up")
        self.pay(payment, None, amount)

    def cancel(self, payment: Payment) -> None:
        self.fail(payment, CANCELLED)

    def second_transfer(
        self, payment: Payment, asset: str | None = None, amount: Any = None
    ) -> None:
        """Pay again: refunded, and never the end of an order that succeeded."""
        chosen = payment.asset if asset is None else self._asset(asset)
        if chosen is None or not payment.transactions:
            raise SimulatorError("there was no first transfer")
        value = _decimal(amount) if amount is not None else payment.payable
        self._broadcast(payment, Transaction(chosen, value, self._timers.now(), counted=False))
        if self._knobs["second_transfer_shows_code"] and payment.status != FAILED:
            payment.failure_code = SECOND_TRANSFER
            payment.failure_reason = FAILURES[SECOND_TRANSFER]

    def pay_late(self, payment: Payment, asset: str | None = None, amount: Any = None) -> None:
        """Send after the order has failed: what becomes of it, knob `late_payment` says."""
        self._require(payment, FAILED)
        counts = self._knobs["late_payment"] == "success"
        self._choose(payment, self._default_asset(payment) if asset is None else asset)
        if payment.asset is None:
            raise SimulatorError("no coin was chosen")
        value = payment.payable if amount is None else _decimal(amount)
        now = self._timers.now()
        self._broadcast(payment, Transaction(payment.asset, value, now, counted=counts))
        if counts:
            self._move(payment, SUCCESS)

    # -- the chain ------------------------------------------------------------------------

    def see(self, payment: Payment, asset: str | None = None, amount: Any = None) -> None:
        """A transfer is seen on chain; nothing follows by itself."""
        self._transfer(payment, asset, amount)

    def confirm(self, payment: Payment) -> None:
        """All that was seen has its confirmations: pending, or paid_less when short."""
        self._require(payment, CONFIRMING)
        for item in payment.transactions:
            item.confirmations = item.required
        self._move_confirmed(payment)

    def _move_confirmed(self, payment: Payment) -> None:
        if payment.is_fully_paid:
            self._move(payment, PENDING)
        elif self._timers.now() >= payment.expired_at:
            self.fail(payment, SHORT)
        else:
            self._move(payment, PAID_LESS)

    # -- MixPay ---------------------------------------------------------------------------

    def process(self, payment: Payment) -> None:
        """Fully paid and confirmed, MixPay is still at work."""
        self._require(payment, *PAYABLE, PENDING, AUDITING)
        self._complete(payment)
        self._move(payment, PENDING)

    def review(self, payment: Payment) -> None:
        self._require(payment, *PAYABLE, PENDING)
        self._move(payment, AUDITING)

    def approve(self, payment: Payment) -> None:
        """The review is over: pending, then success when that is automatic; short stays short."""
        self._require(payment, AUDITING)
        if not payment.transactions:
            self._move(payment, UNPAID)
            return
        for item in payment.transactions:
            item.confirmations = item.required
        self._move_confirmed(payment)
        if payment.status == PENDING:
            self._finish_later(payment)

    def succeed(self, payment: Payment) -> None:
        """Success at once; what was not paid yet is paid first."""
        self._require(payment, *PAYABLE, PENDING, AUDITING)
        self._complete(payment)
        self._move(payment, SUCCESS)
        wait = self._knobs["auto_settle_seconds"]
        if wait is not None:
            self._after(payment, wait, self._settle_if_open)

    def settle(self, payment: Payment) -> None:
        """The payee has the money. Without strict mode it may be another asset than chosen."""
        self._require(payment, SUCCESS)
        if payment.settled_asset is not None or payment.asset is None:
            raise SimulatorError("this payment is settled already")
        terms = payment.terms
        target = terms.settlement_asset_id
        if self._knobs["settle_deviates"] and not terms.strict:
            target = self._catalogue.default_settlement(terms.quote_asset_id)
        amount = self._catalogue.convert(payment.payable, payment.asset.asset_id, target)
        payment.settled_asset = self._catalogue.assets[target]
        payment.settled_amount = amount
        payment.version += 1
        self._emit(payment, "settle")

    def fail(self, payment: Payment, code: str = VOLATILITY, reason: str | None = None) -> None:
        """The end, with one of the documented codes or any other."""
        self._require(payment, *PAYABLE, PENDING, AUDITING)
        payment.failure_code = str(code)
        payment.failure_reason = FAILURES.get(str(code), "Failed") if reason is None else reason
        self._move(payment, FAILED)

    def raw(self, payment: Payment, fields: dict[str, Any] | None = None) -> None:
        """From now on report these fields in results, whatever is true; none: the truth again."""
        if fields is not None and not isinstance(fields, dict):
            raise SimulatorError("raw takes an object of result fields")
        payment.raw = dict(fields or {})
        payment.version += 1

    # -- the clock ------------------------------------------------------------------------

    def expire(self, payment: Payment) -> None:
        """Bring the order's deadline forward to now."""
        self._require(payment, *PAYABLE, PENDING, AUDITING)
        payment.expired_at = min(payment.expired_at, int(self._timers.now()))
        payment.version += 1
        self._deadline(payment)

    def _deadline(self, payment: Payment) -> None:
        """Nothing recognised fails, too little fails, fully recognised goes on."""
        if payment.status == UNPAID:
            self.fail(payment, NO_PAYMENT)
        elif payment.status in (PAID_LESS, CONFIRMING) and not payment.is_fully_paid:
            self.fail(payment, SHORT)

    def _confirmation_deadline(self, payment: Payment) -> None:
        if payment.status == CONFIRMING:
            self.fail(payment, NO_PAYMENT, "Not confirmed in time")

    # -- steps ----------------------------------------------------------------------------

    def _transfer(self, payment: Payment, asset: str | None, amount: Any) -> None:
        self._require(payment, *PAYABLE)
        value = _decimal(amount) if amount is not None else None
        chosen = self._default_asset(payment) if asset is None else asset
        if not self._choose(payment, chosen):
            self._wrong_asset(payment, chosen, value)
            return
        value = payment.missing if value is None else value
        if not value or payment.asset is None:
            raise SimulatorError("nothing is missing")
        self._broadcast(payment, Transaction(payment.asset, value, self._timers.now()))
        self._move(payment, CONFIRMING)

    def _broadcast(self, payment: Payment, transaction: Transaction) -> None:
        payment.transactions.append(transaction)
        payment.paid_at = payment.paid_at or transaction.broadcast_at
        payment.version += 1

    def _wrong_asset(self, payment: Payment, asset: str, amount: Decimal | None) -> None:
        due = self._due(payment, asset) if amount is None else amount
        transaction = Transaction(self._asset(asset), due, self._timers.now(), counted=False)
        self._broadcast(payment, transaction)
        self.fail(payment, WRONG_ASSET)

    def _complete(self, payment: Payment) -> None:
        """Whatever is missing is paid, and all of it confirmed."""
        if not payment.is_fully_paid:
            self._choose(payment, self._default_asset(payment))
            if payment.asset is not None:
                rest = Transaction(payment.asset, payment.missing, self._timers.now())
                self._broadcast(payment, rest)
        for item in payment.transactions:
            item.confirmations = item.required

    def _choose(self, payment: Payment, asset: str) -> bool:
        """Pay in this coin; false when the terms or an earlier transfer fix another."""
        chosen = self._asset(asset)
        fixed = payment.terms.payment_asset_id
        if payment.transactions and payment.asset is not None:
            fixed = payment.asset.asset_id
        if fixed and fixed != asset:
            return False
        payment.asset = chosen
        payment.payable = self._due(payment, asset)
        return True

    def _due(self, payment: Payment, asset: str) -> Decimal:
        terms = payment.terms
        return self._catalogue.amount_due(terms.quote_asset_id, terms.quote_amount, asset)

    def _default_asset(self, payment: Payment) -> str:
        if payment.asset is not None:
            return payment.asset.asset_id
        return payment.terms.payment_asset_id or next(iter(self._catalogue.assets))

    def _share(self, payment: Payment, asset: str | None, share: Decimal) -> Decimal:
        """A part of what is missing, in the coin's decimals."""
        coin = self._asset(self._default_asset(payment) if asset is None else asset)
        open_amount = payment.missing
        if not payment.transactions:
            open_amount = self._due(payment, coin.asset_id)
        return (open_amount * share).quantize(Decimal(1).scaleb(-coin.digits))

    def _asset(self, asset_id: str) -> Any:
        if not isinstance(asset_id, str) or asset_id not in self._catalogue.assets:
            raise SimulatorError(f"there is no asset {asset_id!r}")
        return self._catalogue.assets[asset_id]

    def _require(self, payment: Payment, *statuses: str) -> None:
        if payment.status not in statuses:
            raise SimulatorError(f"not possible while the payment is {payment.status}")

    def _move(self, payment: Payment, status: str) -> None:
        payment.status = status
        payment.step += 1
        payment.version += 1
        payment.history.append((self._timers.now(), status))
        if status == SUCCESS:
            payment.failure_code, payment.failure_reason = "0", ""
        event = EVENT_OF.get(status)
        if event:
            self._emit(payment, event)

    # -- steps that follow by themselves --------------------------------------------------

    def _schedule(self, payment: Payment) -> None:
        total = self._knobs["auto_confirm_seconds"]
        if total is not None and payment.status == CONFIRMING:
            self._after(payment, total / 2, self._auto_confirm)

    def _auto_confirm(self, payment: Payment) -> None:
        self.confirm(payment)
        if payment.status == PENDING:
            self._finish_later(payment)

    def _finish_later(self, payment: Payment) -> None:
        total = self._knobs["auto_confirm_seconds"]
        if total is not None:
            self._after(payment, total / 2, self.succeed)

    def _settle_if_open(self, payment: Payment) -> None:
        if payment.settled_asset is None:
            self.settle(payment)

    def _after(self, payment: Payment, wait: float, then: Callable[[Payment], None]) -> None:
        """Do it after `wait` seconds unless the payment has moved on; 0 means now."""
        if wait <= 0:
            then(payment)
            return
        step = payment.step

        def run() -> None:
            if payment.step == step:
                then(payment)

        self._timers.call_at(self._timers.now() + wait, run)


def _decimal(value: Any) -> Decimal:
    try:
        return Decimal(parse_amount(value if not isinstance(value, Decimal) else f"{value:f}"))
    except FieldError as error:
        raise SimulatorError(f"the amount {error}") from error
