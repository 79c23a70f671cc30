"""Numbers and moments as each language writes them."""

from datetime import datetime
from decimal import Decimal

from odoo.tests import TransactionCase, tagged

from .. import locales


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
