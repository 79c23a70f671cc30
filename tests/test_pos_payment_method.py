from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import PAYEE, MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayMethod(MixpaySimulatorMixin, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_simulator()
        cls.method = cls.create_mixpay_method()

    def test_defaults(self):
        self.assertEqual(self.method.mixpay_link_type, "code")
        self.assertTrue(self.method.mixpay_link_fallback)
        self.assertEqual(self.method.mixpay_expiry_minutes, 15)

    def test_it_has_a_picture_of_its_own(self):
        """Unless it has one; whoever takes ours away does so for good."""
        self.assertTrue(self.method.image)
        other = self.env["pos.payment.method"].create({"name": "Card", "image": self.method.image})
        other.image = False
        other.write(self.mixpay_method_vals(name="Card"))
        self.assertEqual(other.image, self.method.image)
        other.image = False
        other.name = "Coins"
        self.assertFalse(other.image)
        card = self.env["pos.payment.method"].create({"name": "Card"})
        self.assertFalse(card.image)

    def test_payee_ids(self):
        self.method.mixpay_payee_id = PAYEE.replace("-", "")
        self.method.mixpay_payee_id = PAYEE.upper()
        for wrong in ("", False, "shop", PAYEE[:-1], PAYEE + "0", "z" * 32):
            with self.subTest(payee=wrong), self.assertRaisesRegex(ValidationError, "UUID"):
                self.method.mixpay_payee_id = wrong

    def test_expiry(self):
        for minutes in (1, 2879):
            self.method.mixpay_expiry_minutes = minutes
        for minutes in (0, -5, 2880):
            with self.subTest(minutes=minutes), self.assertRaisesRegex(ValidationError, "2879"):
                self.method.mixpay_expiry_minutes = minutes

    def test_a_settlement_asset_is_needed(self):
        with self.assertRaisesRegex(ValidationError, "coin you want to receive"):
            self.method.mixpay_settlement_asset_id = False
        with self.assertRaisesRegex(ValidationError, "coin you want to receive"):
            usd = self.env["mixpay.asset"].search([("asset_id", "=", "usd")])
            self.method.mixpay_settlement_asset_id = usd

    def test_a_bank_journal_is_needed(self):
        with self.assertRaisesRegex(ValidationError, "Bank"):
            self.method.journal_id = False

    def test_the_currency_needs_a_quote_asset(self):
        self.env["mixpay.asset"].search([("asset_id", "=", "usd")]).is_quote = False
        with self.assertRaisesRegex(ValidationError, "no prices in USD"):
            self.create_mixpay_method()

    def test_other_providers_are_left_alone(self):
        method = self.env["pos.payment.method"].create(
            {"name": "Card", "journal_id": self.method.journal_id.id}
        )
        method.mixpay_expiry_minutes = 0
        self.assertFalse(method.use_payment_terminal)

    def test_the_form_shows_our_fields_only_for_our_provider(self):
        self.method.outstanding_account_id = self.outstanding_bank
        with Form(self.method) as form:
            form.mixpay_expiry_minutes = 30
        self.assertEqual(self.method.mixpay_expiry_minutes, 30)
        self.assertTrue(self.method.copy(), "core's button Duplicate")
        other = self.method.copy({"use_payment_terminal": False, "payment_method_type": "none"})
        with Form(other) as form, self.assertRaises(AssertionError):
            form.mixpay_expiry_minutes = 30

    def test_test_mode_is_for_administrators_where_it_is_allowed(self):
        params = self.env["ir.config_parameter"].sudo()
        self.method.mixpay_test_mode = False
        manager = self.env["res.users"].create(
            {
                "name": "Manager",
                "login": "mixpay_manager",
                "group_ids": [(6, 0, [self.env.ref("point_of_sale.group_pos_manager").id])],
            }
        )
        with self.assertRaisesRegex(AccessError, "administrator"):
            self.method.with_user(manager).mixpay_test_mode = True
        self.method.with_user(manager).mixpay_payee_id = PAYEE
        params.set_param("pos_mixpay.allow_test_mode", "False")
        with self.assertRaisesRegex(UserError, "not allowed in this database"):
            self.method.mixpay_test_mode = True
        with self.assertRaisesRegex(UserError, "not allowed in this database"):
            self.create_mixpay_method()

    def test_cashiers_do_not_see_the_payee(self):
        cashier = self.env["res.users"].create(
            {
                "name": "Cashier",
                "login": "mixpay_cashier",
                "group_ids": [(6, 0, [self.env.ref("point_of_sale.group_pos_user").id])],
            }
        )
        with self.assertRaises(AccessError):
            self.method.with_user(cashier).read(["mixpay_payee_id"])
        loaded = self.env["pos.payment.method"]._load_pos_data_fields(self.basic_config)
        ours = [name for name in loaded if name.startswith("mixpay")]
        self.assertEqual(ours, ["mixpay_refunds", "mixpay_sounds"], "not where money goes")

    def test_terms_may_be_changed_while_a_session_is_open_test_mode_may_not(self):
        self.basic_config.payment_method_ids += self.method
        self.config = self.basic_config
        self.open_new_session()
        self.method.mixpay_expiry_minutes = 20
        self.method.mixpay_payee_id = PAYEE
        with self.assertRaisesRegex(UserError, "close and validate"):
            self.method.mixpay_test_mode = False
