"""MixPay's API, one method per endpoint that this addon uses.

Sources: MixPay's API documentation. There is no authentication, and every answer is wrapped as
`{"code": 0, "success": true, "message": "", "data": …, "timestampMs": …}`; an error has
`success: false`, a code other than 0, and may come with any HTTP status.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from . import catalogue, clean, http, ids, links, money, result, transfers
from .errors import (
    MixpayError,
    MixpayMaintenance,
    MixpayRateLimited,
    MixpayUnavailable,
    MixpayUnusable,
    from_code,
)

DEFAULT_TIMEOUT = 6.0
# Who calls; which version of it is, whoever has it installed knows.
PRODUCT = "pos_mixpay"
_TOLD_TO_WAIT = (MixpayRateLimited, MixpayMaintenance)
# A clock that differs by more is no clock.
MAX_CLOCK_OFFSET = 86_400.0
_MAX_CODE = 10**9
_TOO_MANY_REQUESTS = 429  # HTTP's own status, RFC 6585
_MAX_FIELD_ERRORS = 20
# What MixPay adds to a payment's result: whether all is paid, and each transfer.
_EXTRAS = "payment,transactions"
# What MixPay says of its own count with each answer; more digits than so many are no count.
_COUNTERS = ("limit", "remaining")
_COUNTER_DIGITS = 6
_ECHOED_IDS = ("traceId", "payeeId", "quoteAssetId", "settlementAssetId")


@dataclass(frozen=True)
class Answer:
    """The `data` of a successful answer, and how far MixPay's clock is ahead of ours.

    :ivar clock_offset: seconds; None when MixPay did not say, or said something absurd
    """

    data: object
    clock_offset: float | None


def _field_errors(data: object) -> dict[str, list[str]]:
    """Return the validation errors of an error answer; `[]` stands for none."""
    if not isinstance(data, Mapping):
        return {}
    errors = {}
    for name, texts in list(data.items())[:_MAX_FIELD_ERRORS]:
        listed = texts if isinstance(texts, list) else [texts]
        errors[clean.text(name, 40)] = [
            clean.text(text, 100) for text in listed[:_MAX_FIELD_ERRORS]
        ]
    return errors


def _opened(status: int, envelope: object, sent_at: float) -> Answer:
    """Return what is in an envelope.

    :raises MixpayError: what the envelope reports, or MixpayUnavailable when it is no envelope
    """
    if not isinstance(envelope, Mapping) or not isinstance(envelope.get("success"), bool):
        raise MixpayUnavailable(f"HTTP {status} without MixPay's envelope", status=status)
    code = envelope.get("code")
    if isinstance(code, bool) or not isinstance(code, int) or abs(code) > _MAX_CODE:
        raise MixpayUnavailable(f"HTTP {status}, envelope without a code", status=status)
    data = envelope.get("data")
    if not envelope["success"] or code != 0:
        message = clean.text(envelope.get("message"))
        raise from_code(code, message, _field_errors(data), status=status)
    return Answer(data, _clock_offset(envelope.get("timestampMs"), sent_at))


def _clock_offset(stamp: object, sent_at: float) -> float | None:
    if not isinstance(stamp, (int, Decimal)):
        return None
    # Half of the round trip has passed when MixPay writes its time.
    offset = float(stamp) / 1000 - (sent_at + time.time()) / 2
    return offset if abs(offset) <= MAX_CLOCK_OFFSET else None


class MixpayClient:
    """Calls MixPay at one address. Cheap to make; connections are kept between calls."""

    def __init__(
        self,
        api_url: str,
        timeout: float = DEFAULT_TIMEOUT,
        note_left: Callable[[int], object] | None = None,
        *,
        user_agent: str = PRODUCT,
    ) -> None:
        """Prepare calls to an address.

        :param api_url: such as https://api.mixpay.me/v1
        :param timeout: seconds for each whole call
        :param note_left: is told how many more calls MixPay allows in this minute, where it says so
        :param user_agent: who we say that we are, with the version of the addon that asks
        :raises links.AddressError: unless the address is https, or http on this machine
        """
        self._base = links.checked_base_url(api_url)
        self._timeout = timeout
        self._note_left = note_left
        self._user_agent = user_agent

    def create_code(self, terms: links.Terms) -> tuple[str, float | None]:
        """Open a one-time payment; return its code and the clock offset in seconds.

        `POST /one_time_payment`, idempotent by trace id: asked again, MixPay answers with the
        first code and its terms. So every term that comes back must be ours.

        :raises MixpayRefused: with MixPay's reason
        :raises MixpayUnavailable: for no answer
        :raises MixpayUnusable: for an answer without a code, or with other terms than ours
        """
        sent = terms.parameters()
        answer = self._call("POST", "/one_time_payment", body=sent)
        data = answer.data if isinstance(answer.data, Mapping) else {}
        other = _other_echo(sent, data.get("info"))
        if other:
            raise MixpayUnusable(f"answer with another {other}")
        code = data.get("code")
        if not isinstance(code, str) or not ids.is_uuid(code):
            raise MixpayUnusable("answer without a code")
        return code, answer.clock_offset

    def payment_result(self, trace_id: str) -> tuple[result.PaymentResult, float | None]:
        """Ask how a payment stands; return MixPay's report and the clock offset in seconds.

        `GET /payments_result`, the only authority on a payment.

        :raises MixpayUnknownId: nobody has opened the payment yet
        :raises MixpayUnavailable: for no answer
        :raises MixpayUnusable: for an answer that cannot be read, or is about another payment
        """
        answer = self._call("GET", "/payments_result", query={"traceId": trace_id, "with": _EXTRAS})
        return result.read(answer.data, trace_id), answer.clock_offset

    def payment_report(self, trace_id: str) -> transfers.Report:
        """Ask for all that MixPay knows of a payment, its transfers included.

        :raises MixpayError: as `payment_result`
        """
        answer = self._call("GET", "/payments_result", query={"traceId": trace_id, "with": _EXTRAS})
        return transfers.read(answer.data, trace_id)

    def quote_assets(self) -> catalogue.Entries:
        """Return what prices may be in: `GET /setting/quote_assets`.

        :raises MixpayUnusable: for a list without an entry that can be read
        """
        return catalogue.read(self._call("GET", "/setting/quote_assets").data)

    def settlement_assets(self) -> catalogue.Entries:
        """Return what merchants may receive: `GET /setting/settlement_assets`.

        :raises MixpayUnusable: for a list without an entry that can be read
        """
        return catalogue.read(self._call("GET", "/setting/settlement_assets").data)

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        sent_at = time.time()
        try:
            status, envelope = http.fetch(
                method,
                self._base + path,
                query=query,
                body=body,
                timeout=self._timeout,
                user_agent=self._user_agent,
                note_headers=self._read_headers,
            )
            return _opened(status, envelope, sent_at)
        except MixpayError as error:
            if error.status != _TOO_MANY_REQUESTS or isinstance(error, _TOLD_TO_WAIT):
                raise
            # What stands before MixPay may count as well, and has words of its own for it.
            raise MixpayRateLimited(str(error), status=error.status) from error

    def _read_headers(self, headers: Mapping[str, str]) -> None:
        """Note what MixPay counts: others behind the same address may use up the minute."""
        limit, left = (_counter(headers.get(f"x-ratelimit-{name}")) for name in _COUNTERS)
        if self._note_left and limit is not None and left is not None and left <= limit:
            self._note_left(left)


def _counter(text: str | None) -> int | None:
    """Return a count of calls; None where there is none that can be meant."""
    text = (text or "").strip()
    is_count = len(text) <= _COUNTER_DIGITS and text.isascii() and text.isdigit()
    return int(text) if is_count else None


def _other_echo(sent: Mapping[str, object], info: object) -> str | None:
    """Return the name of the first term that MixPay echoes otherwise than we sent it.

    What is not echoed is not looked at; what is echoed in a shape that cannot be read is another.
    """
    if not isinstance(info, Mapping):
        return None
    for name in _ECHOED_IDS:
        echoed = info.get(name)
        if echoed and not (isinstance(echoed, str) and ids.same(echoed, str(sent[name]))):
            return name
    amount = info.get("quoteAmount")
    return "quoteAmount" if amount and not money.same(str(sent["quoteAmount"]), amount) else None
