from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import priority
from ..transactions import read_committed
from .common import MixpayRoutesCase, MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayNeutralize(MixpaySimulatorMixin, TestPoSCommon):
    def test_a_neutralized_copy_keeps_no_payee_and_asks_no_real_address(self):
        self.start_simulator()
        method = self.create_mixpay_method(mixpay_test_mode=False)
        self.config = self.basic_config
        self.config.payment_method_ids += method
        self.open_new_session()
        payment = self.record_payment(self.pos_session, method, is_test=False)
        self.env["mixpay.job"]._enqueue(payment)
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.api_url", "https://api.mixpay.me/v1")
        params.set_param("pos_mixpay.allow_test_mode", "False")
        params.set_param("pos_mixpay.callback_base_url", "https://shop.example")
        self.env.flush_all()
        for query in get_neutralization_queries(["base", "pos_mixpay"]):
            self.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_cache()

        settings = self.env["mixpay.settings"]
        self.assertFalse(method.mixpay_payee_id)
        self.assertTrue(method.mixpay_test_mode)
        self.assertEqual(settings._addresses(is_test=True)[0], self.server.api_url)
        with self.assertRaisesRegex(UserError, "neutralized copy"):
            settings._addresses(is_test=False)
        self.assertEqual(self.env["mixpay.job"]._count_due(), [])
        self.assertFalse(self.env["mixpay.payee"].search([]))

    def test_a_database_of_the_first_version_is_neutralized_too(self):
        """Odoo neutralizes a copy as it came; an error would leave all of it as it was."""
        self.start_simulator()
        self.env.flush_all()
        for statement in (
            "ALTER TABLE mixpay_payment RENAME COLUMN finish_at TO settle_at",
            "ALTER TABLE mixpay_job RENAME TO mixpay_watch",
            "ALTER TABLE mixpay_payee RENAME TO mixpay_payee_later",
            "ALTER TABLE mixpay_followup RENAME TO mixpay_followup_later",
        ):
            self.cr.execute(statement)
        for query in get_neutralization_queries(["pos_mixpay"]):
            self.cr.execute(query)
        self.cr.execute("SELECT FROM mixpay_watch")
        self.assertFalse(self.cr.fetchall())
        self.cr.execute("SELECT FROM mixpay_payment WHERE settle_at IS NOT NULL")
        self.assertFalse(self.cr.fetchall())


@tagged("post_install", "-at_install")
class TestMixpayCopiedDatabase(MixpayRoutesCase, TestPoSCommon, HttpCase):
    """A copy of a shop's database: what it was copied with is the original's business."""

    REAL = "https://api.mixpay.me/v1"

    def setUp(self):
        super().setUp()
        self.params = self.env["ir.config_parameter"].sudo()
        self.forget_calls()

    def real_payment(self):
        """Return a payment of the original shop: its code is live, at MixPay itself."""
        payment = self.record_payment(
            self.pos_session,
            self.method,
            api_url=self.REAL,
            pay_url="https://mixpay.me",
            is_test=False,
        )
        payment.env["mixpay.answer"]._transition(
            payment, "unpaid", {"link": "https://mixpay.me/code/1"}
        )
        self.env["mixpay.job"]._enqueue(payment)
        return payment

    def become_copy(self):
        """Do what Odoo does to a duplicate, and to a database restored as a copy."""
        self.params.init(force=True)
        # The secret of its sessions is new, too.
        self.authenticate("mixpay_till", "mixpay_till")

    def become_neutralized(self):
        self.params.set_param("database.is_neutralized", "True")

    def assert_nothing_was_asked(self):
        with read_committed(self.env) as cr:
            cr.execute("SELECT count(*) FROM mixpay_slot WHERE purpose = %s", [self.REAL])
            self.assertEqual(cr.fetchone(), (0,))
            cr.execute("SELECT count(*) FROM mixpay_endpoint WHERE api_url = %s", [self.REAL])
            self.assertEqual(cr.fetchone(), (0,))

    def test_no_path_asks_the_real_mixpay_or_shows_a_real_code(self):
        for become in (self.become_copy, self.become_neutralized):
            with self.subTest(become=become.__name__):
                payment = self.real_payment()
                become()
                self.ask_in_every_way(payment)
                self.assert_nothing_was_asked()

    def ask_in_every_way(self, payment):
        params = {"order_uuid": payment.order_uuid, "payment_uuid": payment.payment_uuid}
        self.assert_refused("copy", "create", **self.create_params(**params))
        for check_now in (False, True):
            answer = self.call("status", trace_ids=[payment.trace_id], check_now=check_now)
            [shown] = answer["payments"]
            self.assertEqual(shown["link"], "")
            self.assertNotIn("qr", shown)
        self.assertEqual(self.call("cancel", trace_id=payment.trace_id)["link"], "")
        self.assertFalse(
            payment.env["mixpay.presenter"]._to_register(payment, with_qr=True).get("qr")
        )
        with self.assertRaises(priority.NotAdmitted):
            self.env["mixpay.limiter"]._call(self.REAL, priority.URGENT, 1)
        # A question is planned in a transaction of its own, which sees no payment of a test.
        with patch.object(self.registry["mixpay.callback"], "_plan_question", return_value=0.0):
            token = payment.sudo().callback_token
            answer = self.url_open(f"/pos_mixpay/callback/{token}", data="{}", method="POST")
        self.assertNotIn("SUCCESS", answer.text)
        for is_there_a_code in (True, False):
            payment = self.record_payment(
                self.pos_session,
                self.method,
                api_url=self.REAL,
                pay_url="https://mixpay.me",
                link="https://mixpay.me/code/2" if is_there_a_code else False,
            )
            params = {"order_uuid": payment.order_uuid, "payment_uuid": payment.payment_uuid}
            self.assert_refused("copy", "create", **self.create_params(**params))
            payment.invalidate_recordset()
            self.assertEqual(payment.state, "draft")

    def test_a_new_real_payment_is_refused_in_words(self):
        self.pos_session.state = "closed"
        self.method.write({"mixpay_test_mode": False})
        self.pos_session.state = "opened"
        self.become_copy()
        self.assert_refused("copy of another one", "create", **self.create_params())
        with self.assertRaisesRegex(UserError, "copy of another one"):
            self.env["mixpay.asset"]._refresh(priority.URGENT)
        self.assert_nothing_was_asked()

    def test_a_test_server_may_be_asked(self):
        self.become_copy()
        self.become_neutralized()
        self.assertEqual(self.create_payment()["state"], "unpaid")
        settings = self.env["mixpay.settings"]
        self.params.set_param("pos_mixpay.test_api_url", "https://simulator.example/v1/")
        self.assertTrue(settings._may_call("https://simulator.example/v1"))
        self.params.set_param("pos_mixpay.test_api_url", self.REAL)
        self.assertFalse(settings._may_call(self.REAL), "whatever it is called")
        self.assertFalse(settings._may_call("https://other.example/v1"))

    def test_a_lost_identifier_makes_a_copy(self):
        self.params.set_param("pos_mixpay.database_uuid", False)
        self.assertTrue(self.env["mixpay.settings"]._is_copy())

    def test_an_administrator_makes_a_copy_the_shop_s_own(self):
        self.become_copy()
        self.assertTrue(self.method.mixpay_is_copied_database)
        manager = new_test_user(self.env, "mixpay_boss", "point_of_sale.group_pos_manager")
        with self.assertRaisesRegex(AccessError, "administrator"):
            self.method.with_user(manager).sudo().action_mixpay_adopt_database()
        admin = new_test_user(
            self.env, "mixpay_root", "base.group_system,point_of_sale.group_pos_manager"
        )
        self.method.with_user(admin).action_mixpay_adopt_database()
        settings = self.env["mixpay.settings"]
        self.assertFalse(settings._is_copy())
        self.assertTrue(settings._may_call(self.REAL))
        event = self.env["mixpay.event"].search([("kind", "=", "setting_changed")], limit=1)
        self.assertEqual(event.user_id, admin)
        self.assertEqual(event.data["setting"], "pos_mixpay.database_uuid")
