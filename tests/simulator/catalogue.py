"""What can be priced, paid with and settled in: data, and conversions at fixed made-up rates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

USDT_ERC20 = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
MAED = "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5"

#: Price limits in USD, as MixPay's documentation shows them for USD.
MIN_PRICE_USD = Decimal("0.1")
MAX_PRICE_USD = Decimal("1000")
#: Limits of one transfer in USD.
MIN_PAYMENT_USD = Decimal("0.01")
MAX_PAYMENT_USD = Decimal("10000")


def plain(amount: Decimal) -> str:
    """An amount as MixPay writes it: no exponent, no superfluous zeros."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Asset:
    """A coin on its network. `usd` is its price, `digits` the decimals of an amount."""

    asset_id: str
    symbol: str
    name: str
    network: str
    version: str
    on_chain: bool
    usd: Decimal
    digits: int
    chain: dict[str, str]


@dataclass(frozen=True)
class Quote:
    """A currency prices may be in: fiat by its lower-case code, a coin by its UUID."""

    asset_id: str
    symbol: str
    digits: int
    usd: Decimal
    is_asset: bool

    @property
    def min_price(self) -> Decimal:
        return _round(MIN_PRICE_USD / self.usd, self.digits, ROUND_UP)

    @property
    def max_price(self) -> Decimal:
        return _round(MAX_PRICE_USD / self.usd, self.digits, ROUND_DOWN)


class Catalogue:
    """Read once from the package's data files; never changes."""

    def __init__(self) -> None:
        self.assets = {row["assetId"]: _asset(row) for row in _read("assets.json")}
        fiats = [_fiat(row) for row in _read("fiats.json")]
        coins = [
            Quote(asset.asset_id, asset.symbol, asset.digits, asset.usd, True)
            for asset in self.assets.values()
        ]
        self.quotes = {quote.asset_id: quote for quote in fiats + coins}

    def amount_due(self, quote_id: str, quote_amount: Decimal, asset_id: str) -> Decimal:
        """What a payer has to send, rounded up to the coin's decimals."""
        asset = self.assets[asset_id]
        value = quote_amount * self.quotes[quote_id].usd / asset.usd
        return _round(value, asset.digits, ROUND_UP)

    def convert(self, amount: Decimal, source_id: str, target_id: str) -> Decimal:
        """What an amount of one coin settles to in another, rounded down."""
        source, target = self.assets[source_id], self.assets[target_id]
        return _round(amount * source.usd / target.usd, target.digits, ROUND_DOWN)

    def default_settlement(self, quote_id: str) -> str:
        """Where money goes when nothing else holds: mAED for AED, USDT-ERC20 for other fiat."""
        if quote_id in self.assets:
            return quote_id
        return MAED if quote_id == "aed" else USDT_ERC20

    def quote_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "symbol": quote.symbol,
                "minPrice": plain(quote.min_price),
                "maxPrice": plain(quote.max_price),
                "decimalDigit": quote.digits,
                "isAsset": int(quote.is_asset),  # an int here, a bool in settlement assets
                "assetUuid": quote.asset_id,
            }
            for quote in self.quotes.values()
        ]

    def settlement_rows(self) -> list[dict[str, Any]]:
        return [{**_row(asset), "isAsset": True} for asset in self.assets.values()]

    def payment_rows(
        self, unavailable: list[str], quote_id: str | None = None, amount: Decimal | None = None
    ) -> list[dict[str, Any]]:
        """All coins; with a price, whether each can pay it."""
        rows = []
        for asset in self.assets.values():
            low = _round(MIN_PAYMENT_USD / asset.usd, asset.digits, ROUND_UP)
            high = _round(MAX_PAYMENT_USD / asset.usd, asset.digits, ROUND_DOWN)
            usable = asset.asset_id not in unavailable
            if usable and quote_id and amount is not None:
                usable = low <= self.amount_due(quote_id, amount, asset.asset_id) <= high
            rows.append(
                {
                    **_row(asset),
                    "onChainSupported": asset.on_chain,
                    "isAvailable": usable,
                    "minPaymentAmount": plain(low) if usable else "0",
                    "maxPaymentAmount": plain(high) if usable else "0",
                }
            )
        return rows


def _round(value: Decimal, digits: int, rounding: str) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=rounding)


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return rows


def _fiat(row: dict[str, Any]) -> Quote:
    return Quote(row["assetUuid"], row["symbol"], row["decimalDigit"], Decimal(row["usd"]), False)


def _asset(row: dict[str, Any]) -> Asset:
    return Asset(
        asset_id=row["assetId"],
        symbol=row["symbol"],
        name=row["name"],
        network=row["network"],
        version=row["version"],
        on_chain=row["onChainSupported"],
        usd=Decimal(row["usd"]),
        digits=row["digits"],
        chain=row["chainAsset"],
    )


def _row(asset: Asset) -> dict[str, Any]:
    return {
        "name": asset.name,
        "symbol": asset.symbol,
        "assetId": asset.asset_id,
        "network": asset.network,
        "chainAsset": dict(asset.chain),
    }
