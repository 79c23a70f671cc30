"""Error codes of MixPay's API, and the two exceptions of the simulator."""

from __future__ import annotations

#: Codes below are from MixPay's documentation unless a comment says otherwise.
NOT_FOUND = 404
RATE_LIMITED = 1429
MAINTENANCE = 10008
COMPLETED = 10020
CALLBACK_URL = 10061
UNKNOWN_PAYMENT = 10062
EXPIRY_TOO_SOON = 10063
EXPIRY_TOO_LATE = 10064
EXPIRED_OR_FAILED = 10065
UNKNOWN_TRACE = 10084
CALLBACK_EVENT = 10131

#: The documentation names no number for these; a client must not rely on them.
VALIDATION = 422
METHOD_NOT_ALLOWED = 405
REFUSED_PAYEE = 10030
UNKNOWN_MIXIN_ID = 10016

MESSAGES = {
    NOT_FOUND: "Not found.",
    RATE_LIMITED: "Too many requests.",
    MAINTENANCE: "The system is under maintenance, payments are not possible for the moment.",
    COMPLETED: "This payment is already completed.",
    CALLBACK_URL: "The callbackUrl must be an https address.",
    UNKNOWN_PAYMENT: "There is no such payment.",
    EXPIRY_TOO_SOON: "The expiredTimestamp must be more than 10 seconds ahead.",
    EXPIRY_TOO_LATE: "The expiredTimestamp must be less than 2880 minutes ahead.",
    EXPIRED_OR_FAILED: "This payment has expired or failed.",
    UNKNOWN_TRACE: "The traceId is not known.",
    CALLBACK_EVENT: "The callbackEvent is not valid.",
    VALIDATION: "The given data was invalid.",
    METHOD_NOT_ALLOWED: "The method is not allowed for this address.",
    # Seen as it stands, grammar included, by merchants MixPay had not approved yet.
    REFUSED_PAYEE: "This payee is not allow to receive payment",
    UNKNOWN_MIXIN_ID: "This account has not used MixPay.",
}


class ApiError(Exception):
    """An error as MixPay's envelope reports it: a code, a message, and perhaps a field map."""

    def __init__(
        self,
        code: int,
        message: str | None = None,
        fields: dict[str, list[str]] | None = None,
        http_status: int | None = None,
    ) -> None:
        self.code = code
        self.message = message if message is not None else MESSAGES.get(code, f"Error {code}")
        self.fields = fields or {}
        self.http_status = http_status
        super().__init__(f"{code}: {self.message} {self.fields or ''}".strip())


class SimulatorError(ValueError):
    """Something was asked of the simulator itself (an action, a knob) that makes no sense."""


class NotFoundError(SimulatorError):
    """There is no such order."""
