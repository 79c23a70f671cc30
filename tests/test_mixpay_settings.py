"""Settings: what may be changed when and by whom, and what must never come in unseen."""

import uuid
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools.translate import code_translations

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER, MANAGER, PAYEE, MixpayShopCase, MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayDefaults(MixpayShopCase, TestPoSCommon):
    """Values that nobody wrote."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cashier = cls.new_user("mixpay_cashier", CASHIER)
        cls.manager = cls.new_user("mixpay_manager", MANAGER)

    def new_payment(self, user, **context):
        vals = {
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            "amount": 10.0,
            "payee_id": PAYEE,
            "quote_asset_id": "usd",
            "settlement_asset_id": self.method.mixpay_settlement_asset_id.asset_id,
            "expires_at": fields.Datetime.now() + timedelta(minutes=15),
            "api_url": self.server.api_url,
            "pay_url": self.server.pay_url,
            "payment_method_id": self.method.id,
            "pos_config_id": self.config.id,
            "pos_session_id": self.pos_session.id,
            "payment_uuid": str(uuid.uuid4()),
            "order_uuid": str(uuid.uuid4()),
            "link_type": "code",
        }
        checkout = self.env["mixpay.checkout"].with_user(user).with_context(**context)
        return checkout._create_payment(vals)[0].sudo()

    def test_a_cashier_s_own_default_is_no_state_of_a_payment(self):
        defaults = self.env["ir.default"].with_user(self.cashier)
        forged = {"state": "success", "confirmed_at": "2026-01-01 00:00:00", "confirmed_by": "boss"}
        for name, value in forged.items():
            defaults.set("mixpay.payment", name, value, user_id=self.cashier.id)
        payment = self.new_payment(self.cashier)
        self.assertEqual(payment.state, "draft")
        self.assertFalse(payment.confirmed_at)

    def test_nor_is_one_of_the_context(self):
        payment = self.new_payment(
            self.cashier, default_state="success", default_confirmed_at="2026-01-01 00:00:00"
        )
        self.assertEqual(payment.state, "draft")
        self.assertFalse(payment.confirmed_at)

    def test_history_has_the_date_and_the_login_of_now(self):
        context = {"default_create_date": "2020-01-01 00:00:00", "default_actor": "boss"}
        events = self.env["mixpay.event"].with_user(self.manager).with_context(**context)
        event = events._record("setting_changed", company=self.company, data={"setting": "x"})
        self.assertGreater(event.create_date, fields.Datetime.now() - timedelta(minutes=5))
        self.assertEqual(event.user_id, self.manager)

    def test_test_mode_comes_in_by_no_default(self):
        vals = self.mixpay_method_vals()
        del vals["mixpay_test_mode"]
        defaults = self.env["ir.default"]
        defaults.with_user(self.manager).set(
            "pos.payment.method", "mixpay_test_mode", True, user_id=self.manager.id
        )
        defaults.set("pos.payment.method", "mixpay_test_mode", True, company_id=self.company.id)
        methods = self.env["pos.payment.method"].with_context(default_mixpay_test_mode=True)
        for user in (self.manager, self.env.user):
            with self.subTest(user=user.login):
                self.assertFalse(methods.with_user(user).create(vals).mixpay_test_mode)
                self.assertNotIn(
                    "mixpay_test_mode", methods.with_user(user).default_get(["mixpay_test_mode"])
                )

    def test_nor_by_copying_importing_or_another_module_s_rights(self):
        self.pos_session.state = "closed"
        self.assertFalse(self.method.copy().mixpay_test_mode)
        mine = self.method.with_user(self.manager)
        vals = self.mixpay_method_vals(mixpay_test_mode=True)
        with self.assertRaisesRegex(AccessError, "administrator"):
            mine.create(vals)
        other = self.method.copy({"mixpay_payee_id": PAYEE}).with_user(self.manager)
        with self.assertRaisesRegex(AccessError, "administrator"):
            other.sudo().mixpay_test_mode = True
        result = mine.browse().load([".id", "mixpay_test_mode"], [[str(other.id), "1"]])
        self.assertFalse(result["ids"])
        self.assertFalse(other.sudo().mixpay_test_mode)


@tagged("post_install", "-at_install")
class TestMixpayHeldSettings(MixpayShopCase, TestPoSCommon):
    """What a payment under way relies on."""

    def setUp(self):
        super().setUp()
        self.other_journal = self.method.journal_id.copy({"code": "MIXB"})

    def assert_held(self):
        for vals in (
            {"journal_id": self.other_journal.id},
            {"use_payment_terminal": False},
            {"payment_method_type": "none"},
        ):
            with (
                self.subTest(vals=vals),
                self.assertRaisesRegex(UserError, "while MixPay payments are open"),
                self.cr.savepoint(),
            ):
                self.method.write(vals)
        self.method.write({"journal_id": self.method.journal_id.id, "name": "Coins"})
        # Another company: its constraints (on the journal, the Points of Sale) come first.
        with self.assertRaises(UserError), self.cr.savepoint():
            self.method.company_id = self.env["res.company"].create({"name": "Other"})

    def assert_free(self):
        self.method.journal_id = self.other_journal

    def unpaid(self, **changes):
        payment = self.record(**changes)
        payment.env["mixpay.answer"]._transition(payment, "unpaid", {})
        self.pos_session.state = "closed"
        return payment

    def test_while_a_customer_can_pay(self):
        payment = self.unpaid()
        self.assertTrue(payment.is_abandoned, "nobody waits, but the code is payable")
        self.assert_held()
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40000"})
        self.assert_free()

    def test_not_for_ever_when_nobody_pays(self):
        self.unpaid(expires_at=fields.Datetime.now() - timedelta(hours=2))
        self.assert_free()

    def test_while_money_is_on_its_way(self):
        payment = self.unpaid(expires_at=fields.Datetime.now() - timedelta(hours=2))
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        self.assert_held()

    def test_until_money_that_came_is_decided_about(self):
        payment = self.paid()
        self.pos_session.state = "closed"
        self.assert_held()
        payment.write({"issue": "no_order"})
        payment.env["mixpay.decision"]._decide(payment, "kept", "a gift", "a manager")
        self.assert_free()

    def test_until_its_order_holds_it(self):
        self.paid()
        order = self.sync(self.order_data(state="draft"))
        order.session_id = False  # deferred to the next session
        self.pos_session.state = "closed"
        self.assert_held()

    def test_what_is_booked_holds_nothing(self):
        self.paid()
        self.sync(self.order_data())
        self.pos_session.state = "closed"
        self.assert_free()

    def test_uninstalling_is_refused_also_by_a_dependency(self):
        modules = self.env["ir.module.module"]
        ours = modules.search([("name", "=", "pos_mixpay")])
        below = modules.search([("name", "=", "point_of_sale")])
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "unpaid", {})
        for module in (ours, below, ours + below):
            for way in ("button_uninstall", "module_uninstall"):
                if way == "module_uninstall" and ours not in module:
                    continue
                with (
                    self.subTest(module=module.mapped("name"), way=way),
                    self.assertRaisesRegex(
                        UserError, "while payments are open.*" + payment.trace_id
                    ),
                    self.cr.savepoint(),
                ):
                    getattr(module, way)()
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40000"})
        with (
            self.assertRaisesRegex(UserError, "sessions with MixPay payments"),
            self.cr.savepoint(),
        ):
            below.button_uninstall()
        self.pos_session.state = "closed"
        below.button_uninstall()
        self.assertEqual(ours.state, "to remove")


@tagged("post_install", "-at_install")
class TestMixpayMethodCopies(MixpaySimulatorMixin, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()

    def test_a_copy_has_no_payee_and_sells_nothing(self):
        # With Odoo's online payments installed, only administrators copy methods: their provider.
        boss = self.new_user("mixpay_boss", "base.group_system,point_of_sale.group_pos_manager")
        copy = self.method.with_user(boss).copy()
        self.assertFalse(copy.mixpay_payee_id)
        self.assertEqual(copy.mixpay_settlement_asset_id, self.method.mixpay_settlement_asset_id)
        with self.assertRaisesRegex(UserError, "payee ID"):
            copy._check_mixpay_ready()
        with self.assertRaisesRegex(UserError, "has no payee"):
            copy._mixpay_effective_payee()
        with self.assertRaisesRegex(ValidationError, "payee ID"):
            copy.config_ids = self.basic_config
        copy.mixpay_payee_id = PAYEE
        copy._check_mixpay_ready()
        self.assertEqual(copy._mixpay_effective_payee(), PAYEE)

    def test_no_payee_is_taken_away(self):
        with self.assertRaisesRegex(ValidationError, "payee ID"):
            self.method.mixpay_payee_id = False
        with self.assertRaisesRegex(ValidationError, "payee ID"):
            self.create_mixpay_method(mixpay_payee_id="  ")

    def test_limits_have_bounds(self):
        settings, params = self.env["mixpay.settings"], self.env["ir.config_parameter"]
        for name, field, most in (
            ("requests_per_minute", "requests_per_minute", 600),
            ("max_in_flight", "max_concurrent", 32),
            ("timeout_seconds", "timeout", 12),
            ("max_live_per_session", "max_live_per_session", 5000),
            ("max_new_per_minute", "max_new_per_minute", 5000),
        ):
            default = getattr(settings._values(), field)
            for text, expected in (
                (str(most), most),
                (str(most + 1), most),
                ("9" * 5000, most),
                ("0", 1),
                ("-1", default),
                ("nan", default),
            ):
                with self.subTest(name=name, text=text[:12]):
                    params.set_param(f"pos_mixpay.{name}", text)
                    self.assertEqual(getattr(settings._values(), field), expected)
            params.set_param(f"pos_mixpay.{name}", False)

    def test_settings_are_read_once_until_one_changes(self):
        settings, params = self.env["mixpay.settings"], self.env["ir.config_parameter"]
        first = settings._values()
        with self.assertQueryCount(0):
            self.assertIs(settings._values(), first)
        params.set_param("pos_mixpay.paused", "True")
        self.assertTrue(settings._values().is_paused)


@tagged("post_install", "-at_install")
class TestMixpayReaders(MixpayShopCase, TestPoSCommon):
    """What people read: plain text, in their own language, and no more than they may see."""

    TAGS = "<img src=x onerror=alert(1)>"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        cls.manager = cls.new_user("mixpay_manager", "point_of_sale.group_pos_manager")
        cls.manager.lang = "fr_FR"

    def late(self, **changes):
        payment = self.record(**changes)
        payment._abandon()
        self.pos_session.state = "closed"
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        return payment

    def translate(self, source, text):
        """Have an English text of ours translated to French."""
        known = dict(code_translations.get_python_translations("pos_mixpay", "fr_FR"))
        key = ("pos_mixpay", "fr_FR")
        translations = {key: {**known, source: text}}
        self.enterContext(patch.dict(code_translations.python_translations, translations))

    def test_tags_in_an_order_s_name_are_text_in_activities(self):
        payment = self.late(order_name=self.TAGS)
        notes = payment.activity_ids.mapped("note")
        self.assertTrue(notes)
        for note in notes:
            self.assertNotIn("<img", note)
            self.assertIn("&lt;img", note)

    def test_tags_are_text_in_notes_of_payment_order_and_session(self):
        payment = self.record(order_name=self.TAGS)
        payment.env["mixpay.decision"]._confirm_manually(payment, self.TAGS, self.TAGS)
        order = self.sync(self.order_data())
        payment.env["mixpay.decision"]._decide(payment, "kept", self.TAGS, self.TAGS)
        for record in (payment, order, self.pos_session):
            self.assertTrue(any("&lt;img" in body for body in record.message_ids.mapped("body")))
            for message in record.message_ids:
                self.assertNotIn("<img", message.body)

    def test_tags_in_a_method_s_name_are_text_in_mails(self):
        self.pos_session.state = "closed"
        self.method.name = self.TAGS
        self.method.mixpay_payee_id = str(uuid.uuid4())
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn("&lt;img", mail.body_html)
        self.assertNotIn("<img src", mail.body_html)

    def test_activities_and_reminders_are_in_the_reader_s_language(self):
        self.translate(
            "MixPay payment of %(amount)s for %(order)s (%(trace_id)s): %(message)s",
            "Paiement de %(amount)s (%(order)s, %(trace_id)s) : %(message)s",
        )
        payment = self.late()
        mine = payment.activity_ids.filtered(lambda a: a.user_id == self.manager)
        self.assertIn("Paiement de", mine.note)
        others = payment.activity_ids - mine
        for activity in others.filtered(lambda a: a.user_id.lang == "en_US"):
            self.assertNotIn("Paiement de", activity.note)
        self.run_job("remind")
        mine = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.manager.partner_id.ids)], order="id desc", limit=1
        )
        self.assertIn("Paiement de", mine.body_html)
        self.assertFalse(mine.recipient_ids - self.manager.partner_id)

    def test_changes_are_mailed_in_the_reader_s_language(self):
        self.translate("MixPay: settings were changed", "MixPay : réglages")
        self.env["ir.config_parameter"].set_param("pos_mixpay.paused", "True")
        mails = self.env["mail.mail"].search([], order="id desc", limit=5)
        mine = mails.filtered(lambda m: self.manager.partner_id in m.recipient_ids)
        self.assertEqual(mine.mapped("subject"), ["MixPay : réglages"])

    def test_the_report_tells_nothing_of_sessions_that_one_may_not_see(self):
        payment = self.late(order_name="Secret order")
        self.assertEqual(payment.issue, "late")
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.new_user("mixpay_stranger", "point_of_sale.group_pos_manager")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        report = self.env["report.point_of_sale.report_saledetails"]
        mine = report.with_user(self.manager)._mixpay_sessions(self.pos_session.ids)
        self.assertEqual(mine, self.pos_session)
        theirs = report.with_user(stranger)._mixpay_sessions(self.pos_session.ids)
        self.assertFalse(theirs)
