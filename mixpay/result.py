"""MixPay's answer about a payment, read loosely and checked strictly.

Nothing in an answer is trusted: fields may be missing, of another type than documented, or
hostile. Reading never fails over a field that we only show; checking compares what MixPay reports
with our terms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from . import clean, ids, links, money, states
from .errors import MixpayUnusable

#: What is reported of the payer's coin: to be paid, recognized, and where to see it.
OF_PAYER = (
    "payable_amount",
    "payable_symbol",
    "payable_asset_id",
    "payable_version",
    "payment_amount",
    "payment_symbol",
    "payment_asset_id",
    "payment_version",
    "txid",
    "explorer_url",
)

# More transfers than anybody makes for one purchase.
MOST_TRANSFERS = 50

# Without strict mode MixPay settles prices in dirham as mAED and other fiat prices as USDT on
# Ethereum where the chosen coin is not to be had (MixPay's documentation on strict mode).
_FALLBACK_AED = "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5"
_FALLBACK_FIAT = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
_FIAT = re.compile(r"[A-Za-z]{2,10}", re.ASCII)


# Fields of `PaymentResult` → MixPay's names; of texts, and how many characters are kept.
_TEXTS = {
    "payee_name": ("payee", 80),
    "payable_symbol": ("payableSymbol", 20),
    "payable_version": ("payableAssetVersion", 20),
    "payment_symbol": ("paymentSymbol", 20),
    "payment_version": ("paymentAssetVersion", 20),
    "txid": ("txid", clean.TEXT_LENGTH),
    "surplus_status": ("surplusStatus", 20),
    "settle_status": ("settleStatus", 20),
    "settle_symbol": ("settleSymbol", 20),
    "settle_version": ("settleAssetVersion", 20),
    "failure_reason": ("failureReason", clean.TEXT_LENGTH),
}
_IDS = {
    "trace_id": "traceId",
    "payee_id": "payeeId",
    "quote_asset_id": "quoteAssetId",
    "payable_asset_id": "payableAssetId",
    "payment_asset_id": "paymentAssetId",
    "settle_asset_id": "settleAsset",
}
_AMOUNTS = {
    "quote_amount": "quoteAmount",
    "payable_amount": "payableAmount",
    "payment_amount": "paymentAmount",
    "surplus_amount": "surplusAmount",
    "settle_amount": "settleAmount",
}


@dataclass(frozen=True)
class PaymentResult:
    """One answer of `GET /payments_result`. Amounts are decimal texts, empty when not reported.

    :ivar state: our state for the reported status, before any check of terms; None when unknown
    :ivar is_fully_paid: of payments from before 2026-08-13; None where MixPay does not say
    :ivar paid_at: in UTC, naive
    :ivar expires_at: the deadline that MixPay goes by, likewise; of most payments it is ours
    """

    status: str
    state: str | None
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
    required_confirmations: int
    surplus_amount: str
    surplus_status: str
    settle_status: str
    settle_amount: str
    settle_symbol: str
    settle_asset_id: str
    settle_version: str
    failure_code: str
    failure_reason: str
    paid_at: datetime | None
    expires_at: datetime | None


def _required_confirmations(data: Mapping[str, object]) -> int:
    """Return how many the payer's transfers need, the most of any; 0 when not reported."""
    listed = data.get("transactions")
    transfers = listed[:MOST_TRANSFERS] if isinstance(listed, list) else []
    needed = [
        clean.integer(transfer.get("requiredConfirms"), 0, 2**31 - 1) or 0
        for transfer in transfers
        if isinstance(transfer, Mapping)
    ]
    return max(needed, default=0)


def _fully_paid(data: Mapping[str, object]) -> bool | None:
    payment = data.get("payment")
    value = payment.get("isFullyPaid") if isinstance(payment, Mapping) else None
    return value if isinstance(value, bool) else None


def parse(data: Mapping[str, object]) -> PaymentResult:
    """Read the `data` of an answer about a payment; never raises."""
    is_fully_paid = _fully_paid(data)
    texts = {name: clean.text(data.get(key), length) for name, (key, length) in _TEXTS.items()}
    words = {name: clean.token(data.get(key), 40) for name, key in _IDS.items()}
    failure_code = clean.text(data.get("failureCode"), 20)
    confirmations = clean.integer(data.get("confirmations"), 0, 2**31 - 1)
    status = clean.token(data.get("status"), 40)
    explorer_url = clean.web_address(data.get("blockExplorerUrl"))
    paid_at = clean.moment(data.get("date"))
    known_ids = {
        # Money of a country has its code for an id.
        name: word
        if ids.is_uuid(word) or (name.endswith("asset_id") and _FIAT.fullmatch(word))
        else ""
        for name, word in words.items()
    }
    amounts = {name: money.plain(data.get(key)) for name, key in _AMOUNTS.items()}
    return PaymentResult(
        status=status,
        state=states.from_mixpay(status, is_fully_paid),
        is_fully_paid=is_fully_paid,
        explorer_url=explorer_url,
        confirmations=-1 if confirmations is None else confirmations,
        required_confirmations=_required_confirmations(data),
        failure_code="" if failure_code == "0" else failure_code,
        paid_at=paid_at,
        expires_at=clean.moment(data.get("expiredAt")),
        **texts,
        **known_ids,
        **amounts,
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
    checks = {
        "traceId": ids.same(result.trace_id, terms.trace_id),
        "payeeId": ids.same(result.payee_id, terms.payee_id),
        "quoteAssetId": ids.same(result.quote_asset_id, terms.quote_asset_id),
        "quoteAmount": money.same(f"{terms.quote_amount:f}", result.quote_amount),
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
