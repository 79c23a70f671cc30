"""The register in a real browser: unit tests (hoot) and whole sales (tours)."""

import logging
import re
from unittest.mock import patch

from odoo.tests import HttpCase, common, tagged

from odoo.addons.point_of_sale.tests.test_frontend import TestPointOfSaleHttpCommon

from .common import MixpaySimulatorMixin

SUITE = "@pos_mixpay"
# A filter that matches nothing also "succeeds": fewer tests than this are a failure.
LEAST_UNIT_TESTS = 339
PASSED = re.compile(r"\[HOOT\] Passed (\d+) tests")


def hoot_id(name):
    """Return the id by which hoot selects a suite: a 32-bit hash of its name."""
    value = 0
    for char in name:
        value = ((value << 5) - value + ord(char)) & 0xFFFFFFFF
    return f"{value:08x}"


class Listener(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


class PatientBrowserMixin:
    """Waits for a browser on a busy machine: Odoo skips a test when it has not started in 10 s."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(common, "CHECK_BROWSER_ITERATIONS", 600))


@tagged("post_install", "-at_install")
class TestMixpayUnits(PatientBrowserMixin, HttpCase):
    def test_hoot(self):
        # Not assertLogs(): it would keep what a failing test says out of the log.
        said = Listener()
        browser_logger = self._logger.getChild("browser")
        browser_logger.addHandler(said)
        self.addCleanup(browser_logger.removeHandler, said)
        self.browser_js(
            f"/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&id={hoot_id(SUITE)}",
            code="",
            ready="",
            login="admin",
            timeout=600,
            success_signal="[HOOT] Test suite succeeded",
            error_checker=lambda message: "[HOOT]" not in message,
        )
        # hoot counts a test that never ends as passed, and says only this.
        self.assertFalse([line for line in said.lines if "HootError" in line])
        passed = [int(found[1]) for line in said.lines if (found := PASSED.search(line))]
        self.assertEqual(len(passed), 1, "hoot says once how many tests passed")
        self.assertGreaterEqual(passed[0], LEAST_UNIT_TESTS)


class MixpayTourCommon(PatientBrowserMixin, MixpaySimulatorMixin, TestPointOfSaleHttpCommon):
    """A shop that takes MixPay, and a simulator that plays MixPay."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_simulator()
        cls.mixpay_method = cls.create_mixpay_method(journal_id=cls.bank_journal.id)
        cls.main_pos_config.payment_method_ids += cls.mixpay_method
        cls.pos_admin.group_ids += cls.env.ref("base.group_user")  # approvers are internal users
        cls.pos_admin._mixpay_set_approval_code("274093")

    def setUp(self):
        super().setUp()
        self.simulator.reset()
        self.simulator.set_knobs(auto_confirm_seconds=0)

    def play(self, tour):
        """Play a tour; return the one order that it sold, and its MixPay payments, oldest first."""
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour(tour)
        order = self.main_pos_config.current_session_id.order_ids
        self.assertEqual(len(order), 1)
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.currency_id.compare_amounts(order.amount_paid, 1.98), 0)
        payments = self.env["mixpay.payment"].search([("order_uuid", "=", order.uuid)], order="id")
        return order, payments

    def assert_paid_by(self, order, payment):
        """The order's only payment is this MixPay payment, with its evidence."""
        line = order.payment_ids
        self.assertEqual(len(line), 1)
        self.assertEqual(line.payment_method_id, self.mixpay_method)
        self.assertEqual(line.uuid, payment.payment_uuid)
        self.assertEqual(line.transaction_id, payment.trace_id)
        self.assertEqual(line.payment_status, "done")
        self.assertTrue(line.payment_ref_no)
        self.assertTrue(line.card_brand)
        self.assertEqual(payment.state, "success")
        self.assertTrue(payment.is_test)
        self.assertFalse(payment.is_abandoned)
        self.assertEqual(line.currency_id.compare_amounts(line.amount, payment.amount), 0)
        self.assertEqual(payment.pos_payment_id, line)
        self.assertEqual(payment.pos_order_id, order)

    def assert_paid_in_cash(self, order):
        self.assertEqual(order.payment_ids.payment_method_id.type, "cash")


@tagged("post_install", "-at_install")
class TestMixpayTours(MixpayTourCommon):
    def test_paid(self):
        order, payment = self.play("MixpayPaidTour")
        self.assertEqual(len(payment), 1)
        self.assertEqual(payment.link_type, "code")
        self.assertEqual(self.simulator.payment(payment.trace_id)["status"], "success")
        self.assert_paid_by(order, payment)

    def test_refund_in_coins(self):
        """As of a real sale: payments of this shop are tests, which are never given back."""
        sale, payment = self.play("MixpayPaidTour")
        self.env.flush_all()
        self.env.cr.execute("UPDATE mixpay_payment SET is_test = false WHERE id = %s", [payment.id])
        self.env.cr.execute(
            "UPDATE pos_payment_method SET mixpay_test_mode = false, mixpay_refunds = true"
            " WHERE id = %s",
            [self.mixpay_method.id],
        )
        self.env.invalidate_all()
        self.start_pos_tour("MixpayRefundTour")
        refund = self.env["mixpay.refund"].search([])
        self.assertEqual(refund.original_order_id, sale)
        self.assertEqual((refund.state, refund.pos_order_id.state), ("approved", "paid"))
        self.assertTrue(refund.covered_at)
        self.assertEqual(refund.pos_order_id.amount_total, -1.98)
        self.assertEqual(refund.approver, self.pos_admin.name)

    def test_receipt_by_mail_and_printed_again(self):
        order, _payment = self.play("MixpayMailedTour")
        self.assertEqual(order.email, "customer@example.com")
        sent = [("res_model", "=", "pos.order"), ("res_id", "=", order.id)]
        [picture] = self.env["ir.attachment"].search(sent)
        self.assertEqual(picture.mimetype, "image/jpeg")
        self.start_pos_tour("MixpayPrintedAgainTour")

    def test_customer_display(self):
        config = self.main_pos_config
        self.start_tour(
            f"/pos_customer_display/{config.id}/{config.access_token}",
            "MixpayCustomerDisplayTour",
            login="pos_user",
        )

    def test_paid_where_online_payments_are_taken_too(self):
        """`pos_online_payment` clears draft orders before validation; not this one."""
        config, methods = self.main_pos_config, self.env["pos.payment.method"]
        provider = self.env["payment.provider"].sudo().search([], limit=1)
        # Nobody pays online here, so it is enough that there seems to be a provider.
        self.patch(
            type(methods), "_get_online_payment_providers", lambda *_args, **_options: provider
        )
        config.payment_method_ids += methods._get_or_create_online_payment_method(
            config.company_id.id, config.id
        )
        self.assert_paid_by(*self.play("MixpayPaidTour"))

    def test_paid_in_parts(self):
        order, payment = self.play("MixpayPaidInPartsTour")
        self.assertEqual(len(payment), 1)
        self.assert_paid_by(order, payment)

    def test_cancelled_then_cash(self):
        order, payment = self.play("MixpayCancelledTour")
        self.assertEqual(len(payment), 1)
        self.assertEqual(payment.state, "unpaid")
        self.assertTrue(payment.is_abandoned)
        self.assert_paid_in_cash(order)

    def test_down_then_cash(self):
        """MixPay is down, and the shop wants no pay links: clear words, then cash."""
        self.mixpay_method.mixpay_link_fallback = False
        self.simulator.set_knobs(http_500_rate=1)
        order, payment = self.play("MixpayDownTour")
        self.assertFalse(payment.filtered(lambda one: one.state == "success"))
        self.assertFalse(self.simulator.payments())
        self.assert_paid_in_cash(order)

    def test_down_falls_back_to_a_pay_link(self):
        """MixPay's API is down: a link that needs no API call is shown all the same."""
        self.simulator.set_knobs(http_500_rate=1)
        order, payment = self.play("MixpayCancelledTour")
        self.assertEqual(payment.link_type, "paylink")
        self.assertTrue(payment.is_abandoned)
        self.assert_paid_in_cash(order)

    def test_failed_then_paid(self):
        order, payments = self.play("MixpayFailedThenPaidTour")
        self.assertEqual(payments.mapped("state"), ["failed", "success"])
        self.assertEqual(len(set(payments.mapped("payment_uuid"))), 1, "retry re-uses the line")
        self.assert_paid_by(order, payments[1])

    def test_offline_and_back_then_paid(self):
        """Nothing starts without a connection; what has started outlives it, and is paid once."""
        order, payment = self.play("MixpayOfflineTour")
        self.assertEqual(len(payment), 1)
        self.assertEqual(len(self.simulator.payments()), 1)
        self.assert_paid_by(order, payment)

    def test_reloaded_then_paid(self):
        """A reload brings the same code back: nothing is asked for twice."""
        order, payment = self.play("MixpayReloadedTour")
        self.assertEqual(len(payment), 1)
        self.assertEqual(len(self.simulator.payments()), 1)
        self.assert_paid_by(order, payment)

    def test_reloaded_with_cash_that_was_only_typed(self):
        """MixPay has its part, twice told: the cashier validates, once the cash is there."""
        order, payment = self.play("MixpayTypedCashTour")
        self.assertEqual(len(payment), 1)
        self.assertEqual(payment.state, "success")
        self.assertEqual(sorted(order.payment_ids.mapped("amount")), [0.98, 1.0])

    def test_force_cancelled_by_an_approver(self):
        """Money was detected: an approver gives the payment up, and the customer has a slip."""
        self.simulator.set_knobs(auto_confirm_seconds=None)
        order, payment = self.play("MixpayForceCancelTour")
        self.assertEqual(payment.state, "confirming")
        self.assertTrue(payment.is_abandoned)
        self.assert_paid_in_cash(order)

    def decide_when_asked(self, method):
        """Have the manager decide, in their own login, when a register's person checks a payment.

        :param str method: of `mixpay.approval`
        """
        checkout = type(self.env["mixpay.checkout"])
        poll = checkout._poll

        def _poll(room, trace_ids, check_now=False):
            if check_now:
                room.env.flush_all()
                asked = room.env["mixpay.approval"].sudo().search([], order="id desc", limit=1)
                self.assertEqual(asked.state, "requested")
                getattr(asked.with_user(self.pos_admin), method)()
            return poll(room, trace_ids, check_now)

        self.patch(checkout, "_poll", _poll)

    def test_approved_on_a_manager_s_own_device(self):
        """The register asks, and the sale goes on when the manager has approved elsewhere."""
        self.simulator.set_knobs(auto_confirm_seconds=None)
        self.decide_when_asked("action_approve")
        order, payment = self.play("MixpayApprovedElsewhereTour")
        self.assertTrue(payment.confirmed_at)
        self.assertEqual(payment.approval_id.outcome, "granted")
        self.assertEqual(payment.approval_id.approver_user_id, self.pos_admin)
        self.assertEqual(order.payment_ids.uuid, payment.payment_uuid)

    def test_refused_on_a_manager_s_own_device(self):
        self.simulator.set_knobs(auto_confirm_seconds=None)
        self.decide_when_asked("action_refuse")
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour("MixpayRefusedElsewhereTour")
        payment = self.env["mixpay.payment"].search([], order="id desc", limit=1)
        self.assertEqual(payment.state, "confirming")
        self.assertFalse(payment.confirmed_at)
        self.assertEqual(payment.approval_id.outcome, "refused")

    def test_confirmed_manually(self):
        self.simulator.set_knobs(auto_confirm_seconds=None)
        order, payment = self.play("MixpayConfirmedManuallyTour")
        self.assertEqual(payment.state, "confirming")
        self.assertTrue(payment.confirmed_at)
        self.assertEqual(order.payment_ids.payment_method_id, self.mixpay_method)
        self.assertEqual(order.payment_ids.uuid, payment.payment_uuid)

    def test_paid_after_the_browser_forgot_everything(self):
        order, payment = self.play("MixpayForgottenTour")
        self.assertEqual(len(payment), 1)
        self.assertEqual(len(self.simulator.payments()), 1)
        self.assert_paid_by(order, payment)

    def test_taken_over_by_another_register(self):
        """The first device dies: another one shows the same code, and finishes the sale."""
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour("MixpayDeviceDiesTour")
        order, payment = self.play("MixpayTakenOverTour")
        self.assertEqual(len(payment), 1)
        self.assertEqual(len(self.simulator.payments()), 1)
        self.assert_paid_by(order, payment)

    def test_reloaded_with_money_on_its_way(self):
        self.simulator.set_knobs(auto_confirm_seconds=None)
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour("MixpayReloadedSeenTour")
        self.assertEqual(len(self.simulator.payments()), 1)

    def test_two_tabs_of_one_register(self):
        """Both show the code and both hear that it is paid: it is one sale."""
        order, payment = self.play("MixpayTwoTabsTour")
        self.assertEqual(len(self.simulator.payments()), 1)
        self.assert_paid_by(order, payment)

    def test_parked_while_the_next_customer_is_served(self):
        self.main_pos_config.with_user(self.pos_user).open_ui()
        self.start_pos_tour("MixpayParkedTour")
        other, order = self.main_pos_config.current_session_id.order_ids.sorted(
            lambda one: bool(one.payment_ids.transaction_id)
        )
        self.assertEqual((order + other).mapped("state"), ["paid", "paid"])
        self.assert_paid_in_cash(other)
        payment = self.env["mixpay.payment"].search([("order_uuid", "=", order.uuid)])
        self.assert_paid_by(order, payment)

    def test_session_closed_with_money_on_its_way(self):
        self.simulator.set_knobs(auto_confirm_seconds=None)
        self.main_pos_config.with_user(self.pos_user).open_ui()
        session = self.main_pos_config.current_session_id
        self.start_pos_tour("MixpayClosingTour")
        payment = self.env["mixpay.payment"].search([("pos_session_id", "=", session.id)])
        order = self.env["pos.order"].search([("uuid", "=", payment.order_uuid)])
        self.assertEqual(payment.state, "confirming")
        self.assertFalse(payment.is_abandoned)
        self.assertEqual(order.state, "draft")
        self.assertFalse(order.session_id)
        self.assertEqual(session.state, "closed")


@tagged("post_install", "-at_install")
class TestMixpaySmallPhone(MixpayTourCommon):
    """The register on a small phone, whose page is loaded again."""

    browser_size = "375x667"
    touch_enabled = True

    def test_loaded_again_on_a_small_phone(self):
        order, payment = self.play("MixpaySmallPhoneTour")
        self.assertEqual(len(self.simulator.payments()), 1)
        self.assert_paid_by(order, payment)


@tagged("post_install", "-at_install")
class TestMixpayPhone(MixpayTourCommon):
    """The register on a phone: code, words and buttons fit, and a sale goes through."""

    browser_size = "390x844"
    touch_enabled = True

    def test_paid_on_a_phone(self):
        self.simulator.set_knobs(auto_confirm_seconds=8)
        order, payment = self.play("MixpayPhoneTour")
        self.assertEqual(len(payment), 1)
        self.assert_paid_by(order, payment)
