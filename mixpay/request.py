"""One request to MixPay about a payment, and what can come back.

A request carries all that is needed to send it, so that it is sent with no transaction open.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from . import links
from .client import PRODUCT, MixpayClient
from .errors import MixpayError, MixpayRefused, MixpayUnavailable
from .result import PaymentResult

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """How does a payment stand; or, for one without a link yet: what is its link?

    :ivar link_terms: of a payment whose link is asked for; None to ask how one stands
    :ivar is_call: whether MixPay must be called for an answer: a pay link needs no call
    :ivar has_fallback: whether a pay link will do when no code can be had; for a link only
    :ivar timeout: seconds for the whole call
    :ivar user_agent: see `MixpayClient`
    """

    trace_id: str
    link_terms: links.Terms | None
    is_call: bool
    has_fallback: bool
    api_url: str
    pay_url: str
    timeout: float
    user_agent: str = PRODUCT


@dataclass(frozen=True)
class NewLink:
    """The answer to a request about a payment that had no link yet."""

    url: str
    link_type: str
    clock_offset: float | None = None


Answer = NewLink | PaymentResult | MixpayError


def send(
    request: Request, note_left: Callable[[int], object] | None = None
) -> tuple[Answer, MixpayError | None]:
    """Ask MixPay; never raise.

    An error on the way is an answer like others: it means that nothing is known.

    :param note_left: see `MixpayClient`
    :return: the answer, and the error that the call ended with: where a pay link has to do, why
        there is no one-time code
    """
    try:
        return _sent(request, note_left), None
    except MixpayRefused as refusal:
        return refusal, refusal
    except MixpayError as met:
        error: MixpayError = met
    except Exception:  # pylint: disable=broad-exception-caught
        # A mistake of ours must not leave a permit taken or a register without an answer.
        _logger.exception("Cannot ask about MixPay payment %s", request.trace_id)
        error = MixpayUnavailable("unexpected error")
        return error, error
    if request.link_terms is None or not request.has_fallback:
        return error, error
    _logger.info("No code for MixPay payment %s: %s", request.trace_id, error.for_log)
    return NewLink(links.pay_link(request.pay_url, request.link_terms), links.PAYLINK), error


def _sent(request: Request, note_left: Callable[[int], object] | None) -> Answer:
    """Return the answer.

    :raises MixpayError: that was met
    """
    terms = request.link_terms
    if terms is not None and not request.is_call:
        return NewLink(links.pay_link(request.pay_url, terms), links.PAYLINK)
    client = MixpayClient(
        request.api_url, request.timeout, note_left, user_agent=request.user_agent
    )
    if terms is None:
        return client.payment_result(request.trace_id)[0]
    code, clock_offset = client.create_code(terms)
    return NewLink(links.code_link(request.pay_url, code), links.CODE, clock_offset)
