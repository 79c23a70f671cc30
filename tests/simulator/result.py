"""An order as `GET /payments_result` reports it. Amounts are JSON strings."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from .catalogue import Asset, Catalogue, plain
from .knobs import Knobs
from .payment import CONFIRMING, FAILED, PAID_LESS, PENDING, SUCCESS, Payment, Transaction
from .terms import Terms, payee_key

#: Decimals of the fixed formats of knob `amount_format`.
_FIXED = {"10.00": 2, "10.00000000": 8}
#: What an unpaid result's `date` may be.
_NO_DATE = {"string": "", "int": 0, "null": None, "bool": False}


def format_amount(text: str, style: str) -> str:
    """The same amount in another spelling; more decimals than the style has stay."""
    if style == "as_sent":
        return text
    amount = Decimal(text)
    if style in _FIXED:
        exponent = Decimal(1).scaleb(-_FIXED[style])
        padded = amount.quantize(exponent) if amount == amount.quantize(exponent) else amount
        return format(padded, "f")
    return plain(amount)


def format_payee(payee_id: str, style: str) -> str:
    key = payee_key(payee_id)
    styles = {"dashed": str(uuid.UUID(key)), "hex": key, "upper": payee_id.upper()}
    return styles.get(style, payee_id)


class Results:
    """Renders orders, in the spelling the knobs ask for."""

    def __init__(self, catalogue: Catalogue, knobs: Knobs) -> None:
        self._catalogue = catalogue
        self._knobs = knobs

    def result(self, payment: Payment, extras: frozenset[str]) -> dict[str, Any]:
        data = {
            "status": self._status(payment),
            **self._order(payment),
            **self._recognised(payment),
            **_chain(payment),
            **_surplus(payment),
            **_settlement(payment),
            **self._failure(payment),
        }
        always = self._knobs["result_extras"] == "always"
        if always or "transactions" in extras:
            data["transactions"] = [_transaction(item) for item in payment.transactions]
        if always or "payment" in extras:
            data["payment"] = _payment(payment)
        return {**data, **payment.raw}

    def info(self, payment: Payment) -> dict[str, Any]:
        """The terms as creating a payment echoes them, or as knob `create_info` forges them."""
        return {**self.terms(payment), **self._knobs["create_info"]}

    def terms(self, payment: Payment) -> dict[str, Any]:
        terms = payment.terms
        return {
            **self._echo(terms),
            "settlementAssetId": terms.settlement_asset_id,
            "traceId": payment.trace_id,
            "orderId": terms.order_id or "",
            "strictMode": terms.strict,
            "paymentAssetId": terms.payment_asset_id or "",
            "remark": terms.remark,
            "settlementMemo": terms.settlement_memo,
            "callbackUrl": terms.callback_url,
            "callbackEvent": "|".join(terms.callback_events),
            "returnTo": terms.return_to,
            "failedReturnTo": terms.failed_return_to,
            "expiredTimestamp": payment.expired_at,
        }

    def _status(self, payment: Payment) -> str:
        """Legacy orders know no confirming and no paid_less: pending covers both."""
        if payment.lifecycle == "legacy" and payment.status in (CONFIRMING, PAID_LESS):
            return PENDING
        return payment.status

    def _echo(self, terms: Terms) -> dict[str, Any]:
        quote_id = terms.quote_asset_id
        upper = self._knobs["quote_asset_case"] == "upper"
        return {
            "payeeId": format_payee(terms.payee_id, self._knobs["payee_format"]),
            "quoteAmount": format_amount(terms.quote_amount_text, self._knobs["amount_format"]),
            "quoteAssetId": quote_id.upper() if upper else quote_id,
            "quoteSymbol": self._catalogue.quotes[quote_id].symbol,
        }

    def _order(self, payment: Payment) -> dict[str, Any]:
        return {
            **self._echo(payment.terms),
            "quoteAssetVersion": "",
            "payee": self._knobs["payee_name"],
            "payeeMixinNumber": mixin_number(payment.terms.payee_id),
            "payeeAvatarUrl": "",
            "returnTo": payment.terms.return_to,
            "traceId": payment.trace_id,
            "expiredAt": payment.expired_at,
            "date": self._date(payment),
        }

    def _recognised(self, payment: Payment) -> dict[str, Any]:
        paid = payment.asset if payment.received else None
        return {
            "payableAmount": plain(payment.payable) if payment.asset else "0",
            **_coin("payable", payment.asset),
            "paymentAmount": plain(payment.received),
            **_coin("payment", paid),
        }

    def _failure(self, payment: Payment) -> dict[str, Any]:
        legacy = payment.lifecycle == "legacy" and self._knobs["legacy_failure_zero"]
        hidden = legacy and payment.status == FAILED
        return {
            "failureCode": "0" if hidden else payment.failure_code,
            "failureReason": payment.failure_reason,
        }

    def _date(self, payment: Payment) -> Any:
        if payment.paid_at is None:
            return _NO_DATE[self._knobs["date_type"]]
        date = int(payment.paid_at)
        return str(date) if self._knobs["date_type_paid"] == "string" else date


def mixin_number(payee_id: str) -> str:
    """A made-up Mixin number, always the same for one payee."""
    return str(7_000_000_000 + int(payee_key(payee_id), 16) % 1_000_000)


def _coin(prefix: str, asset: Asset | None) -> dict[str, str]:
    return {
        f"{prefix}Symbol": asset.symbol if asset else "",
        f"{prefix}AssetId": asset.asset_id if asset else "",
        f"{prefix}AssetVersion": asset.version if asset else "",
    }


def _chain(payment: Payment) -> dict[str, Any]:
    first = payment.transactions[0] if payment.transactions else None
    return {
        "txid": first.txid if first else "",
        "blockExplorerUrl": _explorer(first) if first else "",
        "confirmations": first.confirmations if first else -1,  # -1 as long as not known
    }


def _surplus(payment: Payment) -> dict[str, str]:
    return {
        "surplusAmount": plain(payment.surplus),
        "surplusStatus": "pending" if payment.surplus else "no",
    }


def _settlement(payment: Payment) -> dict[str, str]:
    asset = payment.settled_asset
    return {
        "settleStatus": "success" if asset else "pending",
        "settleAmount": plain(payment.settled_amount) if asset else "",
        "settleSymbol": asset.symbol if asset else "",
        "settleAsset": asset.asset_id if asset else "",
        "settleAssetVersion": asset.version if asset else "",
    }


def _payment(payment: Payment) -> dict[str, Any]:
    total = sum((item.amount for item in payment.transactions), Decimal(0))
    return {
        "isMultiPay": len(payment.transactions) > 1,
        "isFullyPaid": payment.is_fully_paid or payment.status == SUCCESS,
        "totalTransactionsAmount": plain(total),
    }


def _transaction(item: Transaction) -> dict[str, Any]:
    moment = datetime.fromtimestamp(item.broadcast_at, timezone.utc)
    return {
        "paymentAmount": plain(item.amount),
        "paymentAssetId": item.asset.asset_id,
        "paymentAssetSymbol": item.asset.symbol,
        "paymentAssetVersion": item.asset.version,
        "requiredConfirms": item.required,
        "confirmations": item.confirmations,
        "txid": item.txid,
        "blockExplorerUrl": _explorer(item),
        "broadcastAt": moment.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
        "confirmSeconds": 0,
    }


def _explorer(item: Transaction) -> str:
    return f"https://explorer.example/tx/{item.txid}"
