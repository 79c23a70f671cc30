"""Numbers and moments as each language writes them."""

from datetime import datetime
from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from .. import locales
from ..mixpay.standing import Price


@tagged("post_install", "-at_install")
class TestMixpayLocales(TransactionCase):
    def speaking(self, code):
        self.env["res.lang"]._activate_lang(code)
        return self.env(context={"lang": code})

    def test_all_digits_of_a_coin_with_the_language_s_signs(self):
        amount = Decimal("1234567.000000000000000001")
        for code, text in (
            ("en_US", "1,234,567.000000000000000001"),
            ("de_DE", "1.234.567,000000000000000001"),
        ):
            self.assertEqual(locales.number(self.speaking(code), amount), text)
        self.assertEqual(locales.number(self.env, Decimal("1E+3")), "1,000")
        self.assertEqual(locales.number(self.env, Decimal("0.50")), "0.5")

    def test_moments_by_the_reader_s_clock_or_another(self):
        at = datetime(2026, 11, 26, 15, 30)
        env = self.speaking("de_DE")
        env.user.tz = "Europe/Brussels"
        self.assertEqual(locales.moment(env, at), "26.11.2026 16:30")
        self.assertEqual(locales.moment(env, at, "Asia/Tokyo"), "27.11.2026 00:30")

    def test_prices_follow_the_language_and_its_settings(self):
        price = Price("1234.50", "EUR", "€", "after", 2)
        german = self.speaking("de_DE")
        self.assertEqual(locales.price(german, price), "1.234,50\N{NO-BREAK SPACE}€")
        self.assertEqual(locales.price(self.env, price), "1,234.50\N{NO-BREAK SPACE}€")
        self.assertEqual(locales.price(german, price, Decimal("0.5")), "0,50\N{NO-BREAK SPACE}€")
        dollars = price._replace(symbol="$", position="before")
        self.assertEqual(locales.price(german, dollars), "$\N{NO-BREAK SPACE}1.234,50")
        self.env["res.lang"]._lang_get("de_DE").thousands_sep = "'"
        self.assertEqual(locales.price(german, price), "1'234,50\N{NO-BREAK SPACE}€")
