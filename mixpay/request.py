"""One request to MixPay about a payment, and what can come back.

A request carries all that is needed to send it, so that it is sent with no transaction open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import links
from .client import MixpayClient
from .errors import MixpayError, MixpayRefused, MixpayUnavailable
from .result import PaymentResult

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """How does a payment stand; or, for one without a link yet: what is its link?

    :ivar needs_link: whether to ask for a link rather than for the state
    :ivar allows_code: whether a one-time code may be asked from MixPay
    :ivar has_fallback: whether a pay link will do when no code can be had; for a link only
    :ivar timeout: seconds for the whole call
    """

    terms: links.Terms
    needs_link: bool
    allows_code: bool
    has_fallback: bool
    api_url: str
    pay_url: str
    timeout: float

    @property
    def is_call(self) -> bool:
        """Whether MixPay must be called for an answer: a pay link needs no call."""
        return not self.needs_link or self.allows_code

    def without_call(self) -> Request:
        """Return the same request so that it needs no call, where a pay link will do."""
        return replace(self, allows_code=False)


@dataclass(frozen=True)
class NewLink:
    """The answer to a request about a payment that had no link yet.

    :ivar error: why it is no one-time code, though one was asked for
    """

    url: str
    link_type: str
    clock_offset: float | None = None
    error: MixpayError | None = None


Answer = NewLink | PaymentResult | MixpayError


def error_of(answer: Answer) -> MixpayError | None:
    """Return the error that a call ended with, None when there was none."""
    if isinstance(answer, NewLink):
        return answer.error
    return answer if isinstance(answer, MixpayError) else None


def send(request: Request, note_left: Callable[[int], object] | None = None) -> Answer:
    """Ask MixPay, and return the answer or the error that was met; never raise.

    An error on the way is an answer like others: it means that nothing is known.

    :param note_left: see `MixpayClient`
    """
    trace_id = request.terms.trace_id
    try:
        return _sent(request, note_left)
    except MixpayRefused as refusal:
        return refusal
    except MixpayError as met:
        error: MixpayError = met
    except Exception:  # pylint: disable=broad-exception-caught
        # A mistake of ours must not leave a permit taken or a register without an answer.
        _logger.exception("Cannot ask about MixPay payment %s", trace_id)
        return MixpayUnavailable("unexpected error")
    if not (request.needs_link and request.has_fallback):
        return error
    _logger.info("No code for MixPay payment %s: %s", trace_id, error)
    return replace(_pay_link(request), error=error)


def _sent(request: Request, note_left: Callable[[int], object] | None) -> Answer:
    """Return the answer.

    :raises MixpayError: that was met
    """
    if not request.is_call:
        return _pay_link(request)
    client = MixpayClient(request.api_url, request.timeout, note_left)
    if not request.needs_link:
        return client.payment_result(request.terms.trace_id)[0]
    code, clock_offset = client.create_code(request.terms)
    return NewLink(links.code_link(request.pay_url, code), links.CODE, clock_offset)


def _pay_link(request: Request) -> NewLink:
    return NewLink(links.pay_link(request.pay_url, request.terms), links.PAYLINK)
