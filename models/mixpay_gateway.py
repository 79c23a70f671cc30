"""Where MixPay is, and whether this database may talk to it: the system parameters in one place."""

import ipaddress
import logging

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import str2bool

from ..mixpay import links

_logger = logging.getLogger(__name__)

DEFAULT_REQUESTS_PER_MINUTE = 60
# Of four Odoo workers, the least of a shop with several registers, most stay free whatever MixPay
# does.
DEFAULT_MAX_IN_FLIGHT = 3
DEFAULT_TIMEOUT_SECONDS = 6
# MixPay waits 20 s for the answer to a callback, in which we ask it once.
LONGEST_TIMEOUT_SECONDS = 12
DEFAULT_MAX_LIVE_PER_SESSION = 100
DEFAULT_MAX_NEW_PER_MINUTE = 120


class MixpayGateway(models.AbstractModel):
    """Addresses and settings; they are system parameters, named `pos_mixpay.…`."""

    _name = "mixpay.gateway"
    _description = "MixPay gateway"

    def _param(self, name, default=""):
        """Return the system parameter `pos_mixpay.<name>` as text, without spaces around it."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"pos_mixpay.{name}")
        return (value or "").strip() or default

    def _requests_per_minute(self):
        """Return how many calls a minute MixPay allows us, at least 1."""
        return self._positive_param("requests_per_minute", DEFAULT_REQUESTS_PER_MINUTE)

    def _max_live_per_session(self):
        """Return how many payments of one session may wait for their customers at once."""
        return self._positive_param("max_live_per_session", DEFAULT_MAX_LIVE_PER_SESSION)

    def _max_new_per_minute(self):
        """Return how many payments one session may begin within a minute."""
        return self._positive_param("max_new_per_minute", DEFAULT_MAX_NEW_PER_MINUTE)

    def _max_in_flight(self):
        """Return how many calls to MixPay may be under way at once, over all servers."""
        return self._positive_param("max_in_flight", DEFAULT_MAX_IN_FLIGHT)

    def _timeout(self):
        """Return how many seconds a call to MixPay may take in all."""
        seconds = self._positive_param("timeout_seconds", DEFAULT_TIMEOUT_SECONDS)
        return min(seconds, LONGEST_TIMEOUT_SECONDS)

    def _takes_callbacks_from(self, address):
        """Tell whether callbacks may come from an IP address; from any when nothing is set.

        :param str address: who called; behind a proxy, what Odoo's --proxy-mode makes of it
        """
        networks = self._param("callback_addresses").replace(",", " ").split()
        if not networks:
            return True
        try:
            return any(
                ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
                for network in networks
            )
        except ValueError as error:
            _logger.warning("pos_mixpay.callback_addresses: %s", error)
            return False

    def _positive_param(self, name, default):
        value = self._param(name)
        return max(int(value), 1) if value.isdecimal() else default

    def _is_test_mode_allowed(self):
        """Tell whether payments that move no real money may be made in this database."""
        return str2bool(self._param("allow_test_mode"), False)

    def _is_neutralized(self):
        return str2bool(
            self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized"), False
        )

    def _is_paused(self):
        """Tell whether an administrator has stopped new MixPay payments."""
        return str2bool(self._param("paused"), False)

    def _addresses(self, is_test):
        """Return the checked addresses of MixPay's API and of its payer's pages.

        :param bool is_test: whether to return those of a test server
        :return: API address, address of the payer's pages, both without final slash
        :raises UserError: when there is none, or one that is not safe
        """
        if is_test:
            self._check_test_mode_allowed()
            api_url, pay_url = self._param("test_api_url"), self._param("test_pay_url")
            if not (api_url and pay_url):
                raise UserError(
                    self.env._(
                        "MixPay is in test mode, but there is no test server: MixPay offers no"
                        " sandbox of its own. Set the system parameters pos_mixpay.test_api_url"
                        " and pos_mixpay.test_pay_url to a simulator's addresses, or switch the"
                        " test mode of the payment method off."
                    )
                )
        else:
            if self._is_neutralized():
                raise UserError(
                    self.env._(
                        "This database is a neutralized copy: only MixPay's test mode works here,"
                        " so that no real payment is asked for."
                    )
                )
            api_url = self._param("api_url", links.API_URL)
            pay_url = self._param("pay_url", links.PAY_URL)
        return self._checked(api_url), self._checked(pay_url)

    def _check_test_mode_allowed(self):
        if not self._is_test_mode_allowed():
            raise UserError(
                self.env._(
                    "MixPay's test mode is not allowed in this database: sales would look paid"
                    " without any money. An administrator allows it with the system parameter"
                    " pos_mixpay.allow_test_mode."
                )
            )

    def _checked(self, url):
        try:
            return links.checked_base_url(url)
        except links.AddressError as error:
            raise UserError(
                self.env._(
                    "%(url)s is not a safe address for payments: it must begin with https://",
                    url=url,
                )
            ) from error

    def _callback_url(self, token):
        """Return the address MixPay shall call about a payment, empty unless it is https."""
        base = self._param("callback_base_url")
        base = base or self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        base = base.rstrip("/")
        return f"{base}/pos_mixpay/callback/{token}" if links.is_https(base) else ""
