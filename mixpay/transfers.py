"""A full report about a payment: its result, each transfer of the payer, and the raw answer.

Asked for once, at the end, for the books; no state depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from . import clean, ids, money, result
from .result import MOST_TRANSFERS

# Characters of the raw answer that are kept.
RAW_LENGTH = 4000


@dataclass(frozen=True)
class Transfer:
    """One transfer of the payer on a chain.

    :ivar amount: decimal text in the transfer's coin
    :ivar broadcast_at: in UTC, naive; None when not reported
    """

    txid: str
    amount: str
    symbol: str
    asset_id: str
    version: str
    broadcast_at: datetime | None
    explorer_url: str


@dataclass(frozen=True)
class Report:
    """All that MixPay says about a payment.

    :ivar transfers: None when MixPay did not list any, which is not the same as an empty list
    :ivar raw: the answer as text, cut after `RAW_LENGTH` characters
    """

    result: result.PaymentResult
    transfers: tuple[Transfer, ...] | None
    raw: str


def read(data: object, trace_id: str) -> Report:
    """Read the `data` of an answer about our payment.

    :raises MixpayUnusable: as `result.read`
    """
    payment = result.read(data, trace_id)
    listed = data.get("transactions") if isinstance(data, Mapping) else None
    return Report(payment, _transfers(listed), _raw(data))


def _transfers(listed: object) -> tuple[Transfer, ...] | None:
    if not isinstance(listed, list):
        return None
    items = [_transfer(item) for item in listed[:MOST_TRANSFERS] if isinstance(item, Mapping)]
    # One transfer is one, however often it is listed.
    return tuple({item.txid: item for item in items if item.txid and item.amount}.values())


def _transfer(item: Mapping[str, object]) -> Transfer:
    asset_id = clean.token(item.get("paymentAssetId"), 40)
    return Transfer(
        txid=clean.text(item.get("txid")),
        amount=money.plain(item.get("paymentAmount")),
        symbol=clean.text(item.get("paymentAssetSymbol"), 20),
        asset_id=asset_id if ids.is_uuid(asset_id) else "",
        version=clean.text(item.get("paymentAssetVersion"), 20),
        broadcast_at=clean.moment(item.get("broadcastAt")),
        explorer_url=clean.web_address(item.get("blockExplorerUrl")),
    )


def _raw(data: object) -> str:
    """Return an answer as text of plain characters, for people who look for what went wrong."""
    try:
        return json.dumps(data, default=str)[:RAW_LENGTH]
    except (ValueError, RecursionError):
        return ""
