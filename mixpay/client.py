"""MixPay's API, one method per endpoint that this addon uses.

Sources: MixPay's API documentation. There is no authentication, and every answer is wrapped as
`{"code": 0, "success": true, "message": "", "data": …, "timestampMs": …}`; an error has
`success: false`, a code other than 0, and may come with any HTTP status.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from . import ids, links, money, result, transport
from .errors import MixpayUnavailable, from_code

DEFAULT_TIMEOUT = 6.0


@dataclass(frozen=True)
class Answer:
    """The `data` of a successful answer, and how far MixPay's clock is ahead of ours (seconds)."""

    data: object
    clock_offset: float


def _field_errors(data: object) -> dict[str, list[str]]:
    """Return the validation errors of an error answer; `[]` stands for none."""
    if not isinstance(data, Mapping):
        return {}
    errors = {}
    for name, texts in list(data.items())[:20]:
        listed = texts if isinstance(texts, list) else [texts]
        errors[str(name)[:40]] = [str(text)[:100] for text in listed]
    return errors


def _opened(status: int, envelope: object, asked_at: float) -> Answer:
    """Return what is in an envelope.

    :raises MixpayError: what the envelope reports, or MixpayUnavailable when it is no envelope
    """
    if not isinstance(envelope, Mapping) or not isinstance(envelope.get("success"), bool):
        raise MixpayUnavailable(f"HTTP {status} without MixPay's envelope")
    code = envelope.get("code")
    if isinstance(code, bool) or not isinstance(code, int):
        raise MixpayUnavailable(f"HTTP {status}, envelope without a code")
    data = envelope.get("data")
    if not envelope["success"] or code != 0:
        message = " ".join(str(envelope.get("message") or "").split())[:200]
        raise from_code(code, message, _field_errors(data))
    stamp = envelope.get("timestampMs")
    is_stamp = isinstance(stamp, (int, float)) and not isinstance(stamp, bool)
    # Half of the round trip has passed when MixPay writes its time.
    ours = (asked_at + time.time()) / 2
    return Answer(data, stamp / 1000 - ours if is_stamp else 0.0)  # type: ignore[operator]


class MixpayClient:
    """Calls MixPay at one address. Cheap to make; connections are kept between calls."""

    def __init__(self, api_url: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Prepare calls to an address.

        :param api_url: such as https://api.mixpay.me/v1
        :param timeout: seconds for each whole call
        :raises links.AddressError: unless the address is https, or http on this machine
        """
        self._base = links.checked_base_url(api_url)
        self._timeout = timeout

    def create_code(self, terms: links.Terms) -> tuple[str, float]:
        """Open a one-time payment; return its code and the clock offset in seconds.

        `POST /one_time_payment`, idempotent by trace id: asked again, MixPay answers with the
        first code and its terms. So every term that comes back must be ours.

        :raises MixpayRefused: with MixPay's reason
        :raises MixpayUnavailable: for no usable answer, or one with other terms than ours
        """
        answer = self._call("POST", "/one_time_payment", body=terms.parameters())
        data = answer.data if isinstance(answer.data, Mapping) else {}
        code = data.get("code")
        if not isinstance(code, str) or not ids.is_uuid(code):
            raise MixpayUnavailable("answer without a code")
        other = _other_echo(terms, data.get("info"))
        if other:
            raise MixpayUnavailable(f"answer with another {other}")
        return code, answer.clock_offset

    def payment_result(self, trace_id: str) -> tuple[result.PaymentResult, float]:
        """Ask how a payment stands; return MixPay's report and the clock offset in seconds.

        `GET /payments_result`, the only authority on a payment.

        :raises MixpayUnknownId: nobody has opened the payment yet
        """
        answer = self._call(
            "GET", "/payments_result", query={"traceId": trace_id, "with": "payment"}
        )
        if not isinstance(answer.data, Mapping):
            raise MixpayUnavailable("answer without a payment")
        return result.parse(answer.data), answer.clock_offset

    def quote_assets(self) -> list[Mapping[str, object]]:
        """Return what prices may be in: `GET /setting/quote_assets`."""
        return self._catalogue("/setting/quote_assets")

    def settlement_assets(self) -> list[Mapping[str, object]]:
        """Return what merchants may receive: `GET /setting/settlement_assets`."""
        return self._catalogue("/setting/settlement_assets")

    def _catalogue(self, path: str) -> list[Mapping[str, object]]:
        data = self._call("GET", path).data
        if not isinstance(data, list) or not data:
            raise MixpayUnavailable("empty catalogue")
        return [entry for entry in data if isinstance(entry, Mapping)]

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        asked_at = time.time()
        status, envelope = transport.fetch(
            method, self._base + path, query=query, body=body, timeout=self._timeout
        )
        return _opened(status, envelope, asked_at)


def _other_echo(terms: links.Terms, info: object) -> str | None:
    """Return the name of the first term that MixPay echoes otherwise than we sent it."""
    if not isinstance(info, Mapping):
        return None
    sent = terms.parameters()
    for name in ("traceId", "payeeId", "quoteAssetId", "settlementAssetId"):
        if info.get(name) and not ids.same(str(info[name]), str(sent[name])):
            return name
    if info.get("quoteAmount"):
        amount = money.parse_or_none(info["quoteAmount"])
        if amount is None or amount != money.parse(terms.quote_amount):
            return "quoteAmount"
    return None
