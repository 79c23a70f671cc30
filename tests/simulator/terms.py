"""The terms of an order, and the strictest reading of what MixPay's documentation demands.

Whatever the documentation does not allow is refused, unknown parameters too: a mistake in a
client shall fail here rather than in a shop.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from . import errors
from .catalogue import Catalogue
from .errors import ApiError

#: The order's window in seconds: more than the first, strictly less than the second.
MIN_WINDOW = 10
MAX_WINDOW = 2880 * 60

EVENTS = ("settle", "pending", "paid_less")

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX32 = re.compile(r"[0-9a-fA-F]{32}")
_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{6,36}")
_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,18})?")
_SECONDS = re.compile(r"[0-9]{1,15}")


class FieldError(ValueError):
    """One field is wrong; the message goes into the envelope's field map."""


@dataclass(frozen=True)
class Terms:
    """What payer and payee agree on. Never changes once an order is open."""

    payee_id: str
    quote_asset_id: str
    quote_amount_text: str
    settlement_asset_id: str
    trace_id: str | None = None
    order_id: str | None = None
    strict: bool = False
    payment_asset_id: str | None = None
    remark: str = ""
    settlement_memo: str = ""
    callback_url: str = ""
    callback_events: tuple[str, ...] = ()
    expired_timestamp: int | None = None
    return_to: str = ""
    failed_return_to: str = ""

    @property
    def quote_amount(self) -> Decimal:
        return Decimal(self.quote_amount_text)


def payee_key(payee_id: str) -> str:
    """A payee id without dashes and case, in which spelling must not matter."""
    return payee_id.replace("-", "").lower()


# -- single fields ----------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise FieldError("must be a string")
    return value


def parse_uuid(value: Any) -> str:
    text = _text(value)
    if not _UUID.fullmatch(text):
        raise FieldError("must be a UUID")
    return text


def parse_payee(value: Any) -> str:
    text = _text(value)
    if not (_UUID.fullmatch(text) or _HEX32.fullmatch(text)):
        raise FieldError("must be a UUID")
    return text


def _order_id(value: Any) -> str:
    text = _text(value)
    if not _ORDER_ID.fullmatch(text):
        raise FieldError("must be 6 to 36 of A-Z, a-z, 0-9, _ and -")
    return text


def parse_amount(value: Any) -> str:
    """A positive decimal, as a text or a JSON number; the text as it was sent."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or Decimal(value) <= 0:
        raise FieldError("must be a positive decimal")
    return value


def _strict(value: Any) -> bool:
    """JSON true works, "1" and "0" too; a form's "true" was seen refused."""
    if isinstance(value, bool):
        return value
    if type(value) in (int, str) and str(value) in ("0", "1"):
        return str(value) == "1"
    raise FieldError("must be a boolean")


def _seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise FieldError("must be Unix seconds")
    if not _SECONDS.fullmatch(str(value)):
        raise FieldError("must be Unix seconds")
    return int(value)


def _at_most(length: int) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text = _text(value)
        if len(text) > length:
            raise FieldError(f"may not be longer than {length} characters")
        return text

    return parse


def _web_address(value: Any) -> str:
    text = _text(value)
    try:
        parts = urlsplit(text)
    except ValueError as error:  # such as half an IPv6 address
        raise FieldError("must be a web address") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise FieldError("must be a web address")
    return text


Parser = Callable[[Any], Any]

_COMMON: dict[str, tuple[str, Parser]] = {
    "payeeId": ("payee_id", parse_payee),
    "settlementAssetId": ("settlement_asset_id", parse_uuid),
    "quoteAssetId": ("quote_asset_id", _text),
    "quoteAmount": ("quote_amount_text", parse_amount),
    "traceId": ("trace_id", parse_uuid),
    "orderId": ("order_id", _order_id),
    "strictMode": ("strict", _strict),
    "remark": ("remark", _at_most(50)),
    "settlementMemo": ("settlement_memo", _at_most(200)),
    "callbackUrl": ("callback_url", _text),
    "expiredTimestamp": ("expired_timestamp", _seconds),
    "returnTo": ("return_to", _web_address),
    "failedReturnTo": ("failed_return_to", _web_address),
}
#: Parameters of `POST /one_time_payment`.
CREATE_FIELDS = {
    **_COMMON,
    "paymentAssetId": ("payment_asset_id", parse_uuid),
    "callbackEvent": ("callback_events", _text),
}
#: Parameters of a pay link that make up its terms, and those that only change its looks.
PAYLINK_FIELDS = _COMMON
PAYLINK_LOOKS = ("paymentMethod", "paymentWallet", "onlyShowWallet", "style", "payerEmail")


# -- all of them ------------------------------------------------------------------------------


def create_terms(params: Mapping[str, Any], catalogue: Catalogue) -> Terms:
    """Terms of a one-time payment, or the error MixPay would answer."""
    return _terms(params, CREATE_FIELDS, ("settlementAssetId",), catalogue)


def paylink_terms(params: Mapping[str, Any], catalogue: Catalogue) -> Terms:
    """Terms as a pay link's address says them; its settlement asset may be left out."""
    relevant = {name: value for name, value in params.items() if name not in PAYLINK_LOOKS}
    return _terms(relevant, PAYLINK_FIELDS, (), catalogue)


def check_window(terms: Terms, now: float) -> None:
    """The deadline is absolute seconds: milliseconds and relative values fail here."""
    if terms.expired_timestamp is None:
        return
    ahead = terms.expired_timestamp - now
    if ahead <= MIN_WINDOW:
        raise ApiError(errors.EXPIRY_TOO_SOON)
    if ahead >= MAX_WINDOW:
        raise ApiError(errors.EXPIRY_TOO_LATE)


def read_fields(
    params: Mapping[str, Any],
    fields: Mapping[str, tuple[str, Parser]],
    required: tuple[str, ...] = (),
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Parse each parameter; return values by attribute, and messages by parameter."""
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name in required:
        if name not in params:
            wrong[name] = [f"The {name} is required."]
    for name, value in params.items():
        if name not in fields:
            wrong[name] = [f"The {name} is not a known parameter."]
            continue
        attribute, parse = fields[name]
        try:
            values[attribute] = parse(value)
        except FieldError as error:
            wrong[name] = [f"The {name} {error}."]
    return values, wrong


def _terms(
    params: Mapping[str, Any],
    fields: Mapping[str, tuple[str, Parser]],
    also_required: tuple[str, ...],
    catalogue: Catalogue,
) -> Terms:
    required = ("payeeId", "quoteAssetId", "quoteAmount", *also_required)
    values, wrong = read_fields(params, fields, required)
    if "traceId" not in params and "orderId" not in params:
        wrong["traceId"] = ["The traceId is required when orderId is not given."]
    _check_assets(values, wrong, catalogue)
    if wrong:
        raise ApiError(errors.VALIDATION, fields=wrong)
    values.setdefault("settlement_asset_id", catalogue.default_settlement(values["quote_asset_id"]))
    _check_callback(values)
    return Terms(**values)


def _check_assets(
    values: dict[str, Any], wrong: dict[str, list[str]], catalogue: Catalogue
) -> None:
    known: dict[str, tuple[str, Mapping[str, Any]]] = {
        "quoteAssetId": ("quote_asset_id", catalogue.quotes),
        "settlementAssetId": ("settlement_asset_id", catalogue.assets),
        "paymentAssetId": ("payment_asset_id", catalogue.assets),
    }
    for name, (attribute, table) in known.items():
        if attribute in values and values[attribute] not in table:
            wrong[name] = [f"The {name} is not supported."]


def _check_callback(values: dict[str, Any]) -> None:
    """Rules that have codes of their own: https only, and events from the documented set."""
    if "callback_url" in values and not _is_https(values["callback_url"]):
        raise ApiError(errors.CALLBACK_URL)
    if "callback_events" in values:
        events = tuple(values["callback_events"].split("|"))
        if not set(events) <= set(EVENTS):
            raise ApiError(errors.CALLBACK_EVENT)
        values["callback_events"] = events


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
