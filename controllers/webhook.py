"""What MixPay calls: unsigned, from anywhere, and never believed."""

import logging
import re
import threading
import time

from odoo import http
from odoo.http import request

_logger = logging.getLogger(__name__)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
# Seconds between two lines in the log about calls with unknown tokens.
LOG_SECONDS = 60


class MixpayWebhook(http.Controller):
    """The address that MixPay is told for each payment."""

    @http.route(
        "/pos_mixpay/callback/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def mixpay_callback(self, token, **_body):
        """Take note that something happened to a payment.

        The body is unsigned and says nothing of use: MixPay is asked instead. Anything but HTTP
        200 with this very JSON makes MixPay call again later (its documentation, "callback").
        """
        is_known = None
        if _TOKEN.fullmatch(token):
            is_known = request.env["mixpay.callback"]._on_callback(token)
        if is_known:
            return request.make_json_response({"code": "SUCCESS"})
        if is_known is None:
            _unknown.count(request.httprequest.remote_addr)
        return request.make_json_response({"code": "RETRY"}, status=404)


class _UnknownTokens:
    """Counts calls with unknown tokens, and logs them: one line in a while, however many come.

    A number in the memory of a process: nothing depends on it, and strangers cause no writes.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._count = 0
        self._logged_at = None

    def count(self, address):
        """Count one call.

        :param str address: where it came from
        """
        with self._lock:
            self._count += 1
            now = time.monotonic()
            if self._logged_at is not None and now - self._logged_at < LOG_SECONDS:
                return
            count, self._count, self._logged_at = self._count, 0, now
        _logger.warning(
            "Callbacks with tokens that belong to no MixPay payment: %s since this was last"
            " logged, the latest from %s",
            count,
            address,
        )


_unknown = _UnknownTokens()
