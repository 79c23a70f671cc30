"""Where MixPay is, and whether this database may talk to it: the system parameters in one place."""

from datetime import timedelta
from typing import NamedTuple

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.modules import Manifest
from odoo.tools import ormcache, str2bool

from ..mixpay import links
from ..mixpay.client import DEFAULT_TIMEOUT, PRODUCT

DEFAULT_REQUESTS_PER_MINUTE = 60
# MixPay allows 60 by default; each one is a row in the table of slots.
MOST_REQUESTS_PER_MINUTE = 600
# A shop with several registers has at least four Odoo workers: most of them stay free, even if
# MixPay hangs.
DEFAULT_MAX_CONCURRENT = 3
MOST_CONCURRENT = 32
# Seconds. MixPay waits 20 s for the answer to a callback, in which we ask it once.
LONGEST_TIMEOUT = 12
# Seconds. A call that ends late has still ended before its slot becomes free.
CALL_MARGIN = 2
# Seconds. A slot that is held for longer was taken before the database's clock was set back, by a
# call that has ended.
LONGEST_CALL = LONGEST_TIMEOUT + CALL_MARGIN + 1
DEFAULT_MAX_LIVE_PER_SESSION = 100
DEFAULT_MAX_NEW_PER_MINUTE = 120
# More than any shop's people need, and still a limit.
MOST_PER_SESSION = 5000
# Until a new payee takes effect that nobody has agreed to.
DEFAULT_PAYEE_DELAY_HOURS = 24
LONGEST_PAYEE_DELAY_HOURS = 720
# Until managers are told of a paid order that nobody has finished.
DEFAULT_FINISH_ALARM_MINUTES = 15
LONGEST_FINISH_ALARM_MINUTES = 1440

# What MixPay gets to know of who calls: which addon, in which version, and nothing about the shop.
USER_AGENT = f"{PRODUCT}/{Manifest.for_addon('pos_mixpay').version}"

PREFIX = "pos_mixpay."
# Odoo's own parameters that are read, too.
OF_ODOO = ("web.base.url", "database.uuid", "database.is_neutralized")
# Field of `Values` → parameter, default, and the largest number that is believed.
NUMBERS = {
    "requests_per_minute": (
        "requests_per_minute",
        DEFAULT_REQUESTS_PER_MINUTE,
        MOST_REQUESTS_PER_MINUTE,
    ),
    "max_concurrent": ("max_in_flight", DEFAULT_MAX_CONCURRENT, MOST_CONCURRENT),
    "timeout": ("timeout_seconds", int(DEFAULT_TIMEOUT), LONGEST_TIMEOUT),
    "max_live_per_session": (
        "max_live_per_session",
        DEFAULT_MAX_LIVE_PER_SESSION,
        MOST_PER_SESSION,
    ),
    "max_new_per_minute": ("max_new_per_minute", DEFAULT_MAX_NEW_PER_MINUTE, MOST_PER_SESSION),
}


class Values(NamedTuple):
    """What the system parameters `pos_mixpay.…` say.

    :ivar api_url: address of MixPay's API as it was typed, see `_addresses`
    :ivar pay_url: address of the payer's pages
    :ivar test_api_url: the same of a test server; empty without one
    :ivar test_pay_url: the same of a test server
    :ivar callback_address: where MixPay calls this server, up to a payment's token; empty unless
        it is https
    :ivar is_test_mode_allowed: whether payments may be made that move no real money
    :ivar is_paused: whether an administrator has stopped new payments
    :ivar is_neutralized: whether Odoo has neutralized this database
    :ivar is_copy: whether this database is a copy, see `_is_copy`
    :ivar is_shops_own: whether this is the database that the shop sells with, and no copy of it
    :ivar requests_per_minute: how many calls a minute MixPay allows us, at least 1
    :ivar max_concurrent: how many calls may be under way at once, over all servers
    :ivar timeout: how many seconds a call to MixPay may take in all
    :ivar max_live_per_session: how many payments of one session may wait for their customers
    :ivar max_new_per_minute: how many payments one session may begin within a minute
    :ivar payee_delay: how long a new payee waits that nobody has agreed to
    :ivar finish_alarm: how long a paid order may be unfinished before managers are told
    """

    api_url: str
    pay_url: str
    test_api_url: str
    test_pay_url: str
    callback_address: str
    is_test_mode_allowed: bool
    is_paused: bool
    is_neutralized: bool
    is_copy: bool
    is_shops_own: bool
    requests_per_minute: int
    max_concurrent: int
    timeout: int
    max_live_per_session: int
    max_new_per_minute: int
    payee_delay: timedelta
    finish_alarm: timedelta


class MixpaySettings(models.AbstractModel):
    """Addresses and settings; they are system parameters, named `pos_mixpay.…`.

    It knows no other room of the addon.
    """

    _name = "mixpay.settings"
    _description = "MixPay settings"

    @ormcache(cache="stable")
    def _values(self):
        """Return what the system parameters say, read and checked once.

        Kept as long as Odoo keeps the parameters themselves: until one of them changes, in
        whichever process.

        :rtype: Values
        """
        texts = self._texts()
        hours = _whole_number(
            texts, "payee_delay_hours", DEFAULT_PAYEE_DELAY_HOURS, LONGEST_PAYEE_DELAY_HOURS
        )
        minutes = _whole_number(
            texts,
            "finish_alarm_minutes",
            DEFAULT_FINISH_ALARM_MINUTES,
            LONGEST_FINISH_ALARM_MINUTES,
        )
        is_neutralized = str2bool(texts.get("database.is_neutralized", ""), False)
        is_copy = texts.get(PREFIX + "database_uuid", "") != texts.get("database.uuid", "")
        return Values(
            api_url=texts.get(PREFIX + "api_url", links.API_URL),
            pay_url=texts.get(PREFIX + "pay_url", links.PAY_URL),
            test_api_url=texts.get(PREFIX + "test_api_url", ""),
            test_pay_url=texts.get(PREFIX + "test_pay_url", ""),
            callback_address=_callback_address(texts),
            is_test_mode_allowed=str2bool(texts.get(PREFIX + "allow_test_mode", ""), False),
            is_paused=str2bool(texts.get(PREFIX + "paused", ""), False),
            is_neutralized=is_neutralized,
            is_copy=is_copy,
            is_shops_own=not (is_neutralized or is_copy),
            payee_delay=timedelta(hours=hours),
            finish_alarm=timedelta(minutes=minutes),
            **{field: _whole_number(texts, *limits) for field, limits in NUMBERS.items()},
        )

    def _texts(self):
        """Return the parameters that say anything, without spaces around what they say.

        :rtype: dict[str, str]
        """
        params_sudo = self.env["ir.config_parameter"].sudo()
        domain = Domain("key", "=like", PREFIX + "%") | Domain("key", "in", OF_ODOO)
        found = params_sudo.search_fetch(domain, ["key", "value"])
        texts = {param.key: (param.value or "").strip() for param in found}
        return {key: text for key, text in texts.items() if text}

    def _is_test_mode_allowed(self):
        """Tell whether payments that move no real money may be made in this database."""
        return self._values().is_test_mode_allowed

    def _is_neutralized(self):
        return self._values().is_neutralized

    def _is_copy(self):
        """Tell whether this database is a copy: its identifier is not the one it was set up with.

        Odoo gives a duplicated or restored copy a new one, and a moved database keeps its own.
        """
        return self._values().is_copy

    def _adopt_database(self):
        """Have this database count as the shop's own from now on; that is on record."""
        params_sudo = self.env["ir.config_parameter"].sudo()
        params_sudo.set_param("pos_mixpay.database_uuid", params_sudo.get_param("database.uuid"))

    @ormcache("api_url", cache="stable")
    def _may_call(self, api_url):
        """Tell whether an address may be called from this database, and its links be shown.

        A copy of a shop's database, neutralized or not, leaves the shop's customers, their money
        and the shop's share of calls alone: it may call a test server. Kept as `_values` are.

        :param str api_url: the address of a payment, kept since it was made, or of now
        """
        values = self._values()
        if values.is_shops_own:
            return True
        is_test_server = api_url == values.test_api_url.rstrip("/")
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

    @ormcache("is_test", cache="stable")
    def _addresses(self, is_test):
        """Return the checked addresses of MixPay's API and of its payer's pages.

        The same for whoever asks; checked once, and kept as `_values` are.

        :param bool is_test: whether to return those of a test server
        :return: API address, address of the payer's pages, both without final slash
        :raises UserError: when there is none, one that is not safe, or in a copied database
        """
        if is_test:
            self._check_test_mode_allowed()
        api_url, pay_url = self._checked_addresses(is_test)
        self._check_may_call(api_url)
        return api_url, pay_url

    def _checked_addresses(self, is_test):
        values = self._values()
        if not is_test:
            return self._checked_url(values.api_url), self._checked_url(values.pay_url)
        if not (values.test_api_url and values.test_pay_url):
            raise UserError(
                self.env._(
                    "MixPay is in test mode, but there is no test server: MixPay offers no"
                    " sandbox of its own. Set the system parameters pos_mixpay.test_api_url"
                    " and pos_mixpay.test_pay_url to a simulator's addresses, or switch the"
                    " test mode of the payment method off."
                )
            )
        return self._checked_url(values.test_api_url), self._checked_url(values.test_pay_url)

    def _check_test_mode_allowed(self):
        if not self._values().is_test_mode_allowed:
            raise UserError(
                self.env._(
                    "MixPay's test mode is not allowed in this database: sales would look paid"
                    " without any money. An administrator allows it with the system parameter"
                    " pos_mixpay.allow_test_mode."
                )
            )

    def _checked_url(self, url):
        try:
            return links.checked_base_url(url)
        except links.AddressError as error:
            raise UserError(
                self.env._(
                    "%(url)s is not a safe address for payments: it must begin with https://",
                    url=url,
                )
            ) from error


def _callback_address(texts):
    """Return what a payment's token is appended to; empty when MixPay could not call there."""
    address = texts.get(PREFIX + "callback_base_url", texts.get("web.base.url", ""))
    return f"{address.rstrip('/')}/pos_mixpay/callback/" if links.is_https(address) else ""


def _whole_number(texts, name, default, most):
    """Return a parameter as a whole number from 1 to `most`; the default for what is none."""
    text = texts.get(PREFIX + name, "")
    if not text.isdecimal():
        return default
    # Python refuses to read numbers of several thousand digits.
    return min(max(int(text), 1), most) if len(text) <= 10 else most
