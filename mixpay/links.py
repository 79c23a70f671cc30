"""The payer's links, MixPay's addresses, and the remark shown with a payment.

Two kinds of link lead to MixPay's page for the payer: one made from a code that MixPay handed out
(short, its terms fixed at MixPay), and one that carries all terms itself and so needs no call, but
whose terms the payer can edit. Parameters are those of MixPay's documentation and PoS guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

from . import clean

API_URL = "https://api.mixpay.me/v1"
PAY_URL = "https://mixpay.me"

CODE = "code"
PAYLINK = "paylink"

REMARK_LENGTH = 50
# Extra events besides `success` and `fail`, which MixPay always reports.
CALLBACK_EVENTS = "pending|paid_less|settle"
_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class AddressError(ValueError):
    """An address that this addon refuses to talk to."""


@dataclass(frozen=True)
class Terms:
    """What one payment is about; fixed when its record is made.

    :ivar trace_id: our UUID for the payment
    :ivar payee_id: MixPay's id of who gets the money
    :ivar settlement_asset_id: UUID of the coin that the payee receives
    :ivar quote_asset_id: fiat code in lower case or coin UUID that the price is in
    :ivar quote_amount: the price, with the currency's decimals
    :ivar remark: shown with the payment at MixPay, at most 50 characters
    :ivar expires_at: absolute deadline in Unix seconds
    :ivar callback_url: https address that MixPay calls, or empty for none
    :ivar strict_mode: whether the payee insists on the settlement asset
    """

    trace_id: str
    payee_id: str
    settlement_asset_id: str
    quote_asset_id: str
    quote_amount: Decimal
    remark: str
    expires_at: int
    callback_url: str = ""
    strict_mode: bool = False

    def parameters(self) -> dict[str, str | int | bool]:
        """Return the terms under MixPay's parameter names, as JSON values."""
        values: dict[str, str | int | bool] = {
            "payeeId": self.payee_id,
            "settlementAssetId": self.settlement_asset_id,
            "quoteAssetId": self.quote_asset_id,
            "quoteAmount": f"{self.quote_amount:f}",
            "traceId": self.trace_id,
            "remark": self.remark,
            "expiredTimestamp": self.expires_at,
            "strictMode": self.strict_mode,
        }
        if self.callback_url:
            values |= {"callbackUrl": self.callback_url, "callbackEvent": CALLBACK_EVENTS}
        return values


def is_https(url: str) -> bool:
    """Tell whether an address is https with a host; MixPay calls back no others (code 10061)."""
    return clean.is_https(url)


@lru_cache(maxsize=16)
def checked_base_url(url: str) -> str:
    """Return an address of MixPay or of a test server without its final slash.

    :raises AddressError: unless it is https, or http on this very machine; also with a user,
        query or fragment in it
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise AddressError(url) from error
    is_local = parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS
    is_safe = parts.scheme == "https" and bool(parts.hostname)
    if not (is_safe or is_local):
        raise AddressError(url)
    if parts.query or parts.fragment or parts.username is not None:
        raise AddressError(url)
    return url.rstrip("/")


def is_local(url: str) -> bool:
    """Tell whether an address is on this very machine, as a test server's is."""
    return _host(url) in _LOCAL_HOSTS


def is_mixpay(url: str) -> bool:
    """Tell whether an address is MixPay's own."""
    return f".{_host(url)}".endswith(".mixpay.me")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def code_link(pay_url: str, code: str) -> str:
    """Return the payer's page for a code that MixPay handed out."""
    return f"{pay_url}/code/{code}"


def pay_link(pay_url: str, terms: Terms) -> str:
    """Return the payer's page that carries all terms itself; it needs no call to MixPay.

    `callbackEvent` is left out: it is documented for the API call only.
    """
    values: Mapping[str, str | int | bool] = terms.parameters() | {
        "strictMode": int(terms.strict_mode)
    }
    query = urlencode({k: v for k, v in values.items() if v != "" and k != "callbackEvent"})
    return f"{pay_url}/pay?{query}"


def remark(shop: str, order: str) -> str:
    """Return what is read beside the payment at MixPay: shop and order, in 50 characters.

    The order's number matters more than the shop's name, so the name is cut first.
    """
    shop, order = " ".join(shop.split()), " ".join(order.split())
    room = REMARK_LENGTH - len(order) - 1
    return f"{shop[: max(room, 0)].rstrip()} {order}".strip()[:REMARK_LENGTH]
