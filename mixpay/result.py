"""MixPay's answer about a payment, read loosely and checked strictly.

Nothing in an answer is trusted: fields may be missing, of another type than documented, or
hostile. Reading never fails over a field that we only show; checking compares what MixPay reports
with our terms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from . import clean, ids, links, money, states
from .errors import MixpayUnusable

# Without strict mode MixPay settles prices in dirham as mAED and other fiat prices as USDT on
# Ethereum where the chosen coin is not to be had (MixPay's documentation on strict mode).
_FALLBACK_AED = "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5"
_FALLBACK_FIAT = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
_FIAT = re.compile(r"[A-Za-z]{2,10}", re.ASCII)


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
    settle_version: str
    failure_code: str
    failure_reason: str
    paid_at: int | None

    @property
    def state(self) -> str | None:
        """Our state for the reported status, before any check of terms; None when unknown."""
        return states.from_mixpay(self.status, self.is_fully_paid)


def _confirmations(data: Mapping[str, object]) -> int:
    value = clean.integer(data.get("confirmations"), 0, 2**31 - 1)
    return -1 if value is None else value


def _fully_paid(data: Mapping[str, object]) -> bool | None:
    payment = data.get("payment")
    value = payment.get("isFullyPaid") if isinstance(payment, Mapping) else None
    return value if isinstance(value, bool) else None


def _asset_id(value: object) -> str:
    asset_id = clean.token(value, 40)
    return asset_id if ids.is_uuid(asset_id) or _FIAT.fullmatch(asset_id) else ""


def _uuid(value: object) -> str:
    text = clean.token(value, 40)
    return text if ids.is_uuid(text) else ""


def _amount(value: object) -> str:
    """Return an amount as plain decimal text; empty for what is none."""
    amount = money.parse_or_none(value)
    return "" if amount is None else f"{amount:f}"


def parse(data: Mapping[str, object]) -> PaymentResult:
    """Read the `data` of an answer about a payment; never raises."""
    failure_code = clean.text(data.get("failureCode"), 20)

    def text(name: str, length: int = clean.TEXT_LENGTH) -> str:
        return clean.text(data.get(name), length)

    return PaymentResult(
        status=clean.token(data.get("status"), 40),
        is_fully_paid=_fully_paid(data),
        trace_id=_uuid(data.get("traceId")),
        payee_id=_uuid(data.get("payeeId")),
        payee_name=text("payee", 80),
        quote_amount=_amount(data.get("quoteAmount")),
        quote_asset_id=_asset_id(data.get("quoteAssetId")),
        payable_amount=_amount(data.get("payableAmount")),
        payable_symbol=text("payableSymbol", 20),
        payable_asset_id=_asset_id(data.get("payableAssetId")),
        payable_version=text("payableAssetVersion", 20),
        payment_amount=_amount(data.get("paymentAmount")),
        payment_symbol=text("paymentSymbol", 20),
        payment_asset_id=_asset_id(data.get("paymentAssetId")),
        payment_version=text("paymentAssetVersion", 20),
        txid=text("txid"),
        explorer_url=clean.web_address(data.get("blockExplorerUrl")),
        confirmations=_confirmations(data),
        surplus_amount=_amount(data.get("surplusAmount")),
        surplus_status=text("surplusStatus", 20),
        settle_status=text("settleStatus", 20),
        settle_amount=_amount(data.get("settleAmount")),
        settle_symbol=text("settleSymbol", 20),
        settle_asset_id=_asset_id(data.get("settleAsset")),
        settle_version=text("settleAssetVersion", 20),
        failure_code="" if failure_code == "0" else failure_code,
        failure_reason=text("failureReason"),
        paid_at=clean.moment(data.get("date")),
    )


def read(data: object, trace_id: str) -> PaymentResult:
    """Read the `data` of an answer about our payment.

    :raises MixpayUnusable: unless it is about our trace and says all that counts in a shape that
        can be read. That nothing was paid yet needs no terms: nobody may have opened the link.
    """
    if not isinstance(data, Mapping):
        raise MixpayUnusable("answer without a payment")
    report = parse(data)
    if not report.status:
        raise MixpayUnusable("answer without a status")
    if not ids.same(report.trace_id, trace_id):
        raise MixpayUnusable("answer without our trace")
    missing = unreadable_terms(report)
    if missing and report.status != states.UNPAID:
        raise MixpayUnusable(f"answer without a readable {missing[0]}")
    return report


def unreadable_terms(report: PaymentResult) -> list[str]:
    """Return which terms are missing or in another shape, as MixPay's field names."""
    terms = {
        "traceId": report.trace_id,
        "payeeId": report.payee_id,
        "quoteAmount": report.quote_amount,
        "quoteAssetId": report.quote_asset_id,
    }
    return [name for name, value in terms.items() if not value]


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


def is_short(payable: str, paid: str) -> bool:
    """Tell whether less was recognized than was due; both are of the payer's coin."""
    due, recognized = money.parse_or_none(payable), money.parse_or_none(paid)
    return due is not None and recognized is not None and recognized < due


def settles_as_agreed(terms: links.Terms, settled_asset_id: str) -> bool:
    """Tell whether the coin that was settled is one that our terms allow.

    Only pay links need this: the payer can edit the settlement asset in their address.
    """
    allowed = [terms.settlement_asset_id]
    if not terms.strict_mode and not ids.is_uuid(terms.quote_asset_id):
        is_dirham = terms.quote_asset_id.lower() == "aed"
        allowed.append(_FALLBACK_AED if is_dirham else _FALLBACK_FIAT)
    return any(ids.same(asset, settled_asset_id) for asset in allowed)
