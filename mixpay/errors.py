"""What can go wrong when asking MixPay, as exceptions that carry what to do about it.

Codes and their meanings are those of MixPay's API documentation. An error answer may come with
HTTP status 200 or 4xx/5xx alike, so only the code in the body decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

FieldErrors = Mapping[str, Sequence[str]]

CODE_RATE_LIMITED = 1429
CODE_MAINTENANCE = 10008
CODE_COMPLETED = 10020
CODE_EXPIRED_OR_FAILED = 10065
# An id that MixPay does not know (yet): a pay link that nobody has opened, for example.
CODES_UNKNOWN_ID = frozenset({404, 10062, 10084})


class MixpayError(Exception):
    """Base of everything that a call to MixPay can raise.

    :ivar status: HTTP status of the answer; None where there was none
    """

    def __init__(self, message: str = "", *, status: int | None = None) -> None:
        """Keep what went wrong.

        :param message: in English
        :param status: HTTP status of the answer; None where there was none
        """
        super().__init__(message)
        self.status = status

    @property
    def for_log(self) -> str:
        """The message, with the HTTP status where there was an answer."""
        return str(self) if self.status is None else f"{self} [HTTP status {self.status}]"


class MixpayUnavailable(MixpayError):
    """No usable answer: nothing is known about the payment, so nothing about it changes."""


class MixpayTimeout(MixpayUnavailable):
    """The call took longer than its total deadline."""


class MixpayRateLimited(MixpayUnavailable):
    """Code 1429, or HTTP status 429: too many calls in a minute, over all APIs together."""


class MixpayMaintenance(MixpayUnavailable):
    """Code 10008: MixPay is under maintenance."""


class MixpayUnusable(MixpayError):
    """MixPay answered, but a term is missing, in another shape, or of another trace.

    So nothing is known about this one payment. MixPay itself is well: others are asked about.
    """


class MixpayRefused(MixpayError):
    """MixPay understood the request and refused it; the same request would be refused again."""

    def __init__(
        self,
        code: int,
        message: str,
        fields: FieldErrors | None = None,
        *,
        status: int | None = None,
    ) -> None:
        """Keep the refusal.

        :param code: MixPay's numeric error code
        :param message: MixPay's own words, in English; not to be trusted as markup
        :param fields: request field → what MixPay found wrong with it, for validation errors
        :param status: HTTP status of the answer
        """
        super().__init__(f"{message} (code {code})", status=status)
        self.code = code
        self.message = message
        self.fields = fields or {}

    @property
    def reason(self) -> str:
        """MixPay's words, with the fields they are about, on one line of at most 200 characters."""
        details = [f"{name}: {', '.join(texts)}" for name, texts in self.fields.items()]
        text = "; ".join([self.message, *details] if self.message else details)
        return " ".join(text.split())[:200]


class MixpayUnknownId(MixpayRefused):
    """MixPay does not know this trace id (yet); the payer may still open the link."""


class MixpayCompleted(MixpayRefused):
    """Code 10020: the order behind this trace id has been paid already."""


class MixpayEnded(MixpayRefused):
    """Code 10065: the order behind this trace id has expired or failed."""


def from_code(
    code: int, message: str, fields: FieldErrors | None = None, *, status: int | None = None
) -> MixpayError:
    """Return the exception for an error answer of MixPay (to be raised by the caller)."""
    if code == CODE_RATE_LIMITED:
        return MixpayRateLimited(message, status=status)
    if code == CODE_MAINTENANCE:
        return MixpayMaintenance(message, status=status)
    if code in CODES_UNKNOWN_ID:
        return MixpayUnknownId(code, message, fields, status=status)
    kinds = {CODE_COMPLETED: MixpayCompleted, CODE_EXPIRED_OR_FAILED: MixpayEnded}
    return kinds.get(code, MixpayRefused)(code, message, fields, status=status)
