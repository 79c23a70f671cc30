"""Where MixPay is, and whether this database may talk to it: the system parameters in one place."""

from datetime import timedelta

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import str2bool

from ..mixpay import links

DEFAULT_REQUESTS_PER_MINUTE = 60
# MixPay allows 60 by default; each one is a row that calls reach for.
MOST_REQUESTS_PER_MINUTE = 600
# Of four Odoo workers, the least of a shop with several registers, most stay free whatever MixPay
# does.
DEFAULT_MAX_IN_FLIGHT = 3
MOST_IN_FLIGHT = 32
DEFAULT_TIMEOUT_SECONDS = 6
# MixPay waits 20 s for the answer to a callback, in which we ask it once.
LONGEST_TIMEOUT_SECONDS = 12
DEFAULT_MAX_LIVE_PER_SESSION = 100
DEFAULT_MAX_NEW_PER_MINUTE = 120
# More than any shop's people could need; a limit that lets everything through is none.
MOST_PER_SESSION = 5000
# Until a new payee takes effect that nobody has agreed to.
DEFAULT_PAYEE_DELAY_HOURS = 24
LONGEST_PAYEE_DELAY_HOURS = 720


class MixpaySettings(models.AbstractModel):
    """Addresses and settings; they are system parameters, named `pos_mixpay.…`."""

    _name = "mixpay.settings"
    _description = "MixPay gateway"

    def _param(self, name, default=""):
        """Return the system parameter `pos_mixpay.<name>` as text, without spaces around it."""
        value = self.env["ir.config_parameter"].sudo().get_param(f"pos_mixpay.{name}")
        return (value or "").strip() or default

    def _requests_per_minute(self):
        """Return how many calls a minute MixPay allows us, at least 1."""
        return self._bounded_param(
            "requests_per_minute", DEFAULT_REQUESTS_PER_MINUTE, MOST_REQUESTS_PER_MINUTE
        )

    def _max_live_per_session(self):
        """Return how many payments of one session may wait for their customers at once."""
        return self._bounded_param(
            "max_live_per_session", DEFAULT_MAX_LIVE_PER_SESSION, MOST_PER_SESSION
        )

    def _max_new_per_minute(self):
        """Return how many payments one session may begin within a minute."""
        return self._bounded_param(
            "max_new_per_minute", DEFAULT_MAX_NEW_PER_MINUTE, MOST_PER_SESSION
        )

    def _max_in_flight(self):
        """Return how many calls to MixPay may be under way at once, over all servers."""
        return self._bounded_param("max_in_flight", DEFAULT_MAX_IN_FLIGHT, MOST_IN_FLIGHT)

    def _timeout(self):
        """Return how many seconds a call to MixPay may take in all."""
        return self._bounded_param(
            "timeout_seconds", DEFAULT_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS
        )

    def _payee_delay(self):
        """Return how long a new payee waits that nobody has agreed to.

        :rtype: timedelta
        """
        hours = self._bounded_param(
            "payee_delay_hours", DEFAULT_PAYEE_DELAY_HOURS, LONGEST_PAYEE_DELAY_HOURS
        )
        return timedelta(hours=hours)

    def _bounded_param(self, name, default, most):
        """Return a parameter as a whole number from 1 to `most`; the default for what is none."""
        value = self._param(name)
        if not value.isdecimal():
            return default
        # Python refuses to read numbers of several thousand digits.
        return min(max(int(value[:10]), 1), most) if len(value) <= 10 else most

    def _is_test_mode_allowed(self):
        """Tell whether payments that move no real money may be made in this database."""
        return str2bool(self._param("allow_test_mode"), False)

    def _is_neutralized(self):
        return str2bool(
            self.env["ir.config_parameter"].sudo().get_param("database.is_neutralized"), False
        )

    def _is_copy(self):
        """Tell whether this database is a copy: its identifier is not the one it was set up with.

        Odoo gives a duplicated or restored copy a new one, and a moved database keeps its own.
        """
        params = self.env["ir.config_parameter"].sudo()
        return self._param("database_uuid") != (params.get_param("database.uuid") or "")

    def _adopt_database(self):
        """Have this database count as the shop's own from now on; that is on record."""
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.database_uuid", params.get_param("database.uuid"))

    def _is_shops_own(self):
        """Tell whether this is the database that the shop sells with, and no copy of it."""
        return not (self._is_neutralized() or self._is_copy())

    def _may_call(self, api_url):
        """Tell whether an address may be called from this database, and its links be shown.

        A copy of a shop's database, neutralized or not, leaves the shop's customers, their money
        and the shop's share of calls alone: it may call a test server.

        :param str api_url: the address of a payment, kept since it was made, or of now
        """
        if self._is_shops_own():
            return True
        is_test_server = api_url == self._param("test_api_url").rstrip("/")
        return links.is_local(api_url) or (is_test_server and not links.is_mixpay(api_url))

    def _check_may_call(self, api_url):
        """Check that an address may be called from this database.

        :raises UserError: with what an administrator can do
        """
        if self._may_call(api_url):
            return
        if self._is_neutralized():
            raise UserError(
                self.env._(
                    "This database is a neutralized copy: only MixPay's test mode works here,"
                    " so that no real payment is asked for."
                )
            )
        raise UserError(
            self.env._(
                "This database is a copy of another one, so it asks for no real payments. If it"
                " has taken the other's place, an administrator says so in the form of the MixPay"
                " payment method."
            )
        )

    def _is_paused(self):
        """Tell whether an administrator has stopped new MixPay payments."""
        return str2bool(self._param("paused"), False)

    def _addresses(self, is_test):
        """Return the checked addresses of MixPay's API and of its payer's pages.

        :param bool is_test: whether to return those of a test server
        :return: API address, address of the payer's pages, both without final slash
        :raises UserError: when there is none, one that is not safe, or in a copied database
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
            api_url = self._param("api_url", links.API_URL)
            pay_url = self._param("pay_url", links.PAY_URL)
        api_url, pay_url = self._checked(api_url), self._checked(pay_url)
        self._check_may_call(api_url)
        return api_url, pay_url

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

    # === UNINSTALLING === #

    def _check_may_uninstall(self):
        """Check that no customer's payment would be forgotten.

        :raises UserError: with which ones they are
        """
        methods = self.env["pos.payment.method"]
        payments = methods._mixpay_open_payments([])
        if payments:
            raise UserError(
                self.env._(
                    "POS MixPay cannot be uninstalled while payments are open: %s. They end by"
                    " themselves, or are decided about in Orders, MixPay to Review.",
                    methods._mixpay_named(payments),
                )
            )
        sessions = (
            self.env["mixpay.payment"]
            .sudo()
            ._read_group([("pos_session_id.state", "!=", "closed")], ["pos_session_id"])
        )
        if sessions:
            raise UserError(
                self.env._(
                    "POS MixPay cannot be uninstalled while sessions with MixPay payments are open."
                    " Close them first: %s.",
                    ", ".join(session.name for [session] in sessions),
                )
            )

    def _prepare_uninstall(self):
        """Have payment methods go on without MixPay; what was paid stands on the orders' lines.

        :raises UserError: when a payment has begun since the uninstallation was asked for
        """
        self.env.flush_all()
        # From here on nobody begins another one; the rest is seen in a transaction begun later.
        self.env.cr.execute("LOCK TABLE mixpay_payment IN SHARE ROW EXCLUSIVE MODE")
        with self.env.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["mixpay.settings"]._check_may_uninstall()
        # Not through the ORM, for which methods of open sessions cannot be changed.
        self.env.cr.execute(
            """
            UPDATE pos_payment_method
               SET active = false, use_payment_terminal = NULL, payment_method_type = 'none'
             WHERE use_payment_terminal = 'mixpay'
            """
        )
        # Assets are deleted before this column is.
        self.env.cr.execute("UPDATE pos_payment_method SET mixpay_settlement_asset_id = NULL")
        self.env.invalidate_all()

    def _callback_url(self, token):
        """Return the address MixPay shall call about a payment, empty unless it is https."""
        base = self._param("callback_base_url")
        base = base or self.env["ir.config_parameter"].sudo().get_param("web.base.url") or ""
        base = base.rstrip("/")
        return f"{base}/pos_mixpay/callback/{token}" if links.is_https(base) else ""
