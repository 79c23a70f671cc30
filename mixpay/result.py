"""MixPay's answer about a payment, read loosely and checked strictly.

Nothing in an answer is trusted: fields may be missing, of another type than documented, or
hostile. Reading never fails over a field; checking compares what MixPay reports with our terms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal

from . import ids, links, money, states

TEXT_LENGTH = 200
# Without strict mode MixPay settles prices in dirham as mAED and other fiat prices as USDT on
# Ethereum where the chosen coin is not to be had (MixPay's documentation on strict mode).
_FALLBACK_AED = "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5"
_FALLBACK_FIAT = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"


def _text(data: Mapping[str, object], name: str, length: int = TEXT_LENGTH) -> str:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return ""
    return str(value).replace("\x00", "").strip()[:length]


def _timestamp(value: object) -> int | None:
    """Return Unix seconds from an int, a digit string or an ISO date; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit()):
        number = int(value)
        return number if 0 < number < 2**33 else None
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp())


@dataclass(frozen=True)
class PaymentResult:
    """One answer of `GET /payments_result`. Amounts are decimal texts, empty when not reported."""

    status: str
    is_fully_paid: bool | None
    trace_id: str
    payee_id: str
    payee_name: str
    quote_amount: str
    quote_asset_id: str
    payable_amount: str
    payable_symbol: str
    payable_asset_id: str
    payable_version: str
    payment_amount: str
    payment_symbol: str
    payment_asset_id: str
    payment_version: str
    txid: str
    explorer_url: str
    confirmations: int
    surplus_amount: str
    surplus_status: str
    settle_status: str
    settle_amount: str
    settle_symbol: str
    settle_asset_id: str
    failure_code: str
    failure_reason: str
    paid_at: int | None

    @property
    def state(self) -> str | None:
        """Our state for the reported status, before any check of terms; None when unknown."""
        return states.from_mixpay(self.status, self.is_fully_paid)

    @property
    def remaining(self) -> Decimal | None:
        """How much of the payer's coin is missing, None when MixPay did not say."""
        payable, paid = map(money.parse_or_none, (self.payable_amount, self.payment_amount))
        if payable is None or paid is None:
            return None
        return max(payable - paid, Decimal(0))


def _confirmations(data: Mapping[str, object]) -> int:
    value = data.get("confirmations")
    return value if isinstance(value, int) and 0 <= value < 2**31 else -1


def _fully_paid(data: Mapping[str, object]) -> bool | None:
    payment = data.get("payment")
    value = payment.get("isFullyPaid") if isinstance(payment, Mapping) else None
    return value if isinstance(value, bool) else None


def parse(data: Mapping[str, object]) -> PaymentResult:
    """Read the `data` of an answer about a payment; never raises."""
    explorer = _text(data, "blockExplorerUrl", 500)
    failure_code = _text(data, "failureCode", 20)
    return PaymentResult(
        status=_text(data, "status", 40),
        is_fully_paid=_fully_paid(data),
        trace_id=_text(data, "traceId"),
        payee_id=_text(data, "payeeId"),
        payee_name=_text(data, "payee", 80),
        quote_amount=_text(data, "quoteAmount", 40),
        quote_asset_id=_text(data, "quoteAssetId"),
        payable_amount=_text(data, "payableAmount", 40),
        payable_symbol=_text(data, "payableSymbol", 20),
        payable_asset_id=_text(data, "payableAssetId"),
        payable_version=_text(data, "payableAssetVersion", 20),
        payment_amount=_text(data, "paymentAmount", 40),
        payment_symbol=_text(data, "paymentSymbol", 20),
        payment_asset_id=_text(data, "paymentAssetId"),
        payment_version=_text(data, "paymentAssetVersion", 20),
        txid=_text(data, "txid"),
        explorer_url=explorer if links.is_https(explorer) else "",
        confirmations=_confirmations(data),
        surplus_amount=_text(data, "surplusAmount", 40),
        surplus_status=_text(data, "surplusStatus", 20),
        settle_status=_text(data, "settleStatus", 20),
        settle_amount=_text(data, "settleAmount", 40),
        settle_symbol=_text(data, "settleSymbol", 20),
        settle_asset_id=_text(data, "settleAsset"),
        failure_code="" if failure_code == "0" else failure_code,
        failure_reason=_text(data, "failureReason"),
        paid_at=_timestamp(data.get("date")),
    )


def differences(terms: links.Terms, result: PaymentResult) -> list[str]:
    """Return what an answer says otherwise than our terms, as MixPay's field names.

    These four are what MixPay's documentation says to check before booking an end state.
    """
    amount = money.parse_or_none(result.quote_amount)
    checks = {
        "traceId": ids.same(result.trace_id, terms.trace_id),
        "payeeId": ids.same(result.payee_id, terms.payee_id),
        "quoteAmount": amount is not None and amount == Decimal(terms.quote_amount),
        "quoteAssetId": ids.same(result.quote_asset_id, terms.quote_asset_id),
    }
    return [name for name, is_same in checks.items() if not is_same]


def settles_as_agreed(terms: links.Terms, settled_asset_id: str) -> bool:
    """Tell whether the coin that was settled is one that our terms allow.

    Only pay links need this: the payer can edit the settlement asset in their address.
    """
    allowed = [terms.settlement_asset_id]
    if not terms.strict_mode and not ids.is_uuid(terms.quote_asset_id):
        is_dirham = terms.quote_asset_id.lower() == "aed"
        allowed.append(_FALLBACK_AED if is_dirham else _FALLBACK_FIAT)
    return any(ids.same(asset, settled_asset_id) for asset in allowed)
