"""MixPay's last word about the money: settlement, transfers, and what came after the end."""

import importlib.util
import uuid
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import file_path, mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import priority
from ..mixpay.standing import standing
from .common import MANAGER, USDT_ETHEREUM, USDT_TRON, MixpayShopCase

ROOM = "odoo.addons.pos_mixpay.models.mixpay_settlement"


class MixpaySettlementCase(MixpayShopCase):
    """Payments that MixPay knows, and whose end this server knows; mixed into `TestPoSCommon`."""

    def setUp(self):
        super().setUp()
        self.simulator.reset()
        self.simulator.set_knobs(auto_confirm_seconds=None, auto_settle_seconds=None)
        self.manager = self.new_user("mixpay_boss", MANAGER)

    def opened(self, **changes):
        """Record a payment that MixPay knows, and whose link a customer has."""
        payment = self.record(payment_uuid=str(uuid.uuid4()), **changes)
        payment.env["mixpay.answer"]._transition(payment, "unpaid", {"link": "https://mixpay.me/c"})
        self.simulator.create(payment._terms().parameters())
        return payment

    def sold(self, **changes):
        """Record a payment that succeeded, and is not settled."""
        payment = self.opened(**changes)
        self.simulator.pay(payment.trace_id, asset=USDT_ETHEREUM)
        self.simulator.succeed(payment.trace_id)
        payment.env["mixpay.answer"]._transition(payment, "success", {"settle_status": "pending"})
        return payment

    def expired(self, **changes):
        payment = self.opened(**changes)
        self.simulator.expire(payment.trace_id)
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40000"})
        return payment

    def row_of(self, payment):
        self.env["mixpay.followup"].invalidate_model()
        return self.env["mixpay.followup"].search([("payment_id", "=", payment.id)])

    def follow(self, payment, age=None):
        """Let the job ask about a payment, some seconds after its end."""
        if age:
            payment.finished_at = fields.Datetime.now() - timedelta(seconds=age)
            payment.flush_recordset()
        self.env.cr.execute(
            "UPDATE mixpay_followup SET due_at = '2000-01-01' WHERE payment_id = %s", [payment.id]
        )
        self.run_job("follow")
        payment.invalidate_recordset()

    def asked(self):
        return [call["params"] for call in self.simulator.requests()]

    def events(self, payment):
        return self.env["mixpay.event"].search(
            [("payment_id", "=", payment.id), ("kind", "=", "reported")]
        )


@tagged("post_install", "-at_install")
class TestMixpaySettlement(MixpaySettlementCase, TestPoSCommon):
    def test_it_is_followed_until_it_is_done(self):
        payment = self.sold()
        self.assertEqual(self.row_of(payment).pause, 600)
        self.follow(payment)
        self.assertEqual(self.asked()[-1]["with"], "payment,transactions")
        self.assertEqual((payment.settle_status, payment.settled_at), ("pending", False))
        self.assertTrue(self.row_of(payment), "something is left to ask")
        self.simulator.settle(payment.trace_id)
        self.follow(payment)
        self.assertEqual(payment.settle_status, "success")
        self.assertEqual(payment.settle_asset_id, USDT_TRON)
        self.assertEqual(payment.settle_version, "TRC20")
        self.assertEqual(payment.settle_amount, "10")
        self.assertTrue(payment.settled_at)
        self.assertFalse(payment.is_other_coin)
        self.assertFalse(self.row_of(payment), "nothing is left to ask")

    def test_what_came_is_on_record_with_the_answer(self):
        payment = self.sold()
        self.simulator.settle(payment.trace_id)
        self.follow(payment)
        [transfer] = payment.transfer_ids
        self.assertEqual((transfer.amount, transfer.symbol), ("10", "USDT"))
        self.assertTrue(transfer.txid and transfer.broadcast_at)
        self.assertEqual(payment.rate, "1")
        self.assertEqual(payment.rate_unit, f"{payment.currency_id.name} per 1 USDT")
        self.assertTrue(payment.rate_source and payment.rate_at)
        [event] = self.events(payment)
        change = event.data["changes"]["settle_status"]
        self.assertEqual(change, {"old": "pending", "new": "success"})
        self.assertIn(transfer.txid, event.data["transfers"][0])
        self.assertIn('"settleStatus": "success"', event.data["answer"])
        self.assertTrue(event.data["answered_at"])
        self.assertIn("success", event.summary)

    def test_what_did_not_change_is_no_event_and_transfers_are_kept_once(self):
        payment = self.sold()
        for _time in range(3):
            self.follow(payment)
        self.assertEqual(len(self.events(payment)), 1)
        self.assertEqual(len(payment.transfer_ids), 1)
        with self.assertRaises(UserError):
            payment.transfer_ids.unlink()

    def test_an_alarm_after_a_day_which_ends_by_itself(self):
        payment = self.sold()
        self.line_uuid = payment.payment_uuid
        self.sync(self.order_data())
        self.assertTrue(payment.covered_at)
        self.follow(payment, age=80_000)
        self.assertFalse(payment.issue)
        self.follow(payment, age=90_000)
        self.assertEqual(payment.issue, "unsettled")
        self.assertTrue(payment.activity_ids)
        self.simulator.settle(payment.trace_id)
        self.follow(payment)
        self.assertFalse(payment.issue)
        self.assertFalse(payment.activity_ids)

    def test_another_coin_than_the_chosen_one_is_said(self):
        self.simulator.set_knobs(settle_deviates=True)
        payment = self.sold()
        self.simulator.settle(payment.trace_id)
        self.follow(payment)
        self.assertEqual(payment.settle_asset_id, USDT_ETHEREUM)
        self.assertTrue(payment.is_other_coin)
        self.assertIn("USDT", self.events(payment).data["other_coin"])

    def test_a_report_on_other_terms_changes_nothing(self):
        payment = self.sold()
        self.simulator.settle(payment.trace_id)
        self.simulator.raw(payment.trace_id, {"payeeId": str(uuid.uuid4())})
        self.follow(payment)
        self.assertEqual(payment.settle_status, "pending")
        self.assertFalse(payment.transfer_ids)
        self.assertEqual(self.row_of(payment).failures, 1)

    def test_it_never_takes_a_call_that_a_sale_could_want(self):
        payment = self.sold()
        for _number in range(31):
            with self.env["mixpay.limiter"]._call(self.server.api_url, priority.CREATE, 1):
                pass
        self.follow(payment)
        self.assertFalse(self.asked())
        row = self.row_of(payment)
        self.assertEqual((row.failures, row.lease_until), (0, False), "it comes later")

    def test_it_waits_while_another_call_is_under_way(self):
        payment = self.sold()
        with self.env["mixpay.limiter"]._call(self.server.api_url, priority.CREATE, 1):
            self.follow(payment)
        self.assertFalse(self.asked())

    def test_six_calls_a_minute_at_most(self):
        self.assertEqual(self.use_up(priority.BACKGROUND), 6)

    def test_one_that_fails_keeps_nobody_waiting(self):
        bad, good = self.sold(), self.sold()
        self.simulator.raw(bad.trace_id, {"status": None})
        self.env.cr.execute("UPDATE mixpay_followup SET due_at = '2000-01-01'")
        with mute_logger(ROOM):
            self.run_job("follow")
        self.assertEqual(self.row_of(bad).failures, 1)
        self.assertEqual(self.row_of(bad).pause, 600)
        self.assertFalse(self.row_of(bad).lease_until)
        good.invalidate_recordset()
        self.assertTrue(good.reported_at)

    def test_a_callback_brings_it_forward_hourly_at_most(self):
        payment = self.sold()
        callbacks = self.env["mixpay.callback"]
        callbacks._on_callback(payment.callback_token)
        self.assertEqual(self.row_of(payment).pause, 600, "it has just ended")
        payment.finished_at -= timedelta(hours=2)
        callbacks._on_callback(payment.callback_token)
        self.assertEqual(self.row_of(payment).pause, 0)
        self.simulator.settle(payment.trace_id)
        self.follow(payment)
        callbacks._on_callback(payment.callback_token)
        self.assertFalse(self.row_of(payment), "it was asked about within the hour")

    def test_cashiers_read_no_transfers(self):
        payment = self.sold()
        self.simulator.settle(payment.trace_id)
        self.follow(payment)
        self.assertTrue(payment.transfer_ids.with_user(self.manager).read(["txid"]))
        cashier = new_test_user(
            self.env, "mixpay_till9", "base.group_user,point_of_sale.group_pos_user"
        )
        self.assertFalse(self.env["mixpay.transfer"].with_user(cashier).has_access("read"))


@tagged("post_install", "-at_install")
class TestMixpayLateMoney(MixpaySettlementCase, TestPoSCommon):
    def test_what_expired_is_asked_about_twice(self):
        payment = self.expired()
        self.assertEqual(self.row_of(payment).pause, 3600)
        self.follow(payment, age=3700)
        self.assertAlmostEqual(self.row_of(payment).pause, 86_400 - 3700, delta=60)
        self.follow(payment, age=86_500)
        self.assertFalse(self.row_of(payment))
        self.assertEqual(len(self.asked()), 2)
        self.assertFalse(payment.issue)

    def test_what_ended_on_other_terms_is_asked_about_no_longer(self):
        payment = self.expired()
        payment.mismatch = "payeeId"  # a stranger opened the link, and did not pay
        self.simulator.raw(payment.trace_id, {"payeeId": str(uuid.uuid4())})
        self.follow(payment, age=3700)
        self.follow(payment, age=86_500)
        self.assertEqual((payment.state, payment.issue), ("failed", False))
        self.assertFalse(self.row_of(payment))

    def paid_late(self):
        payment = self.expired()
        self.simulator.set_knobs(late_payment="success")
        self.simulator.pay_late(payment.trace_id, asset=USDT_ETHEREUM)
        with self.assertLogs(ROOM, "WARNING"):
            self.follow(payment, age=3700)
        return payment

    def test_paid_later_is_listed_and_never_reopened(self):
        payment = self.paid_late()
        self.assertEqual((payment.state, payment.issue), ("failed", "paid_after_failure"))
        self.assertTrue(payment.recovered_at)
        self.assertTrue(payment.activity_ids)
        self.assertFalse(payment._is_accepted(), "it pays nothing by itself")
        self.assertEqual(len(payment.transfer_ids), 1)
        self.assertEqual(standing(payment).line_status, "retry")

    def test_a_person_attaches_it(self):
        payment, order = self.paid_late(), self.draft()
        payment.env["mixpay.decision"]._decide(payment, "attached", "same customer", "a manager")
        payment.env["mixpay.fulfilment"]._attach(payment, order)
        self.assertEqual(order.state, "paid")
        self.assertTrue(payment.covered_at)
        self.assertEqual((payment.state, payment.issue), ("failed", False))

    def test_what_was_given_back_pays_nothing(self):
        payment, order = self.paid_late(), self.draft()
        payment.env["mixpay.decision"]._decide(payment, "refunded", "paid back", "a manager")
        self.assertFalse(payment.issue)
        with self.assertRaises(UserError):
            payment.env["mixpay.fulfilment"]._attach(payment, order)
        self.assertFalse(payment._is_accepted())

    def test_a_late_transfer_that_mixpay_only_lists_is_listed(self):
        payment = self.expired()
        self.simulator.pay_late(payment.trace_id, asset=USDT_ETHEREUM)
        self.follow(payment, age=3700)
        self.assertEqual(payment.issue, "failed_with_funds")
        self.assertEqual(len(payment.transfer_ids), 1)
        self.assertFalse(payment.recovered_at)

    def test_what_mixpay_no_longer_knows_ends(self):
        payment = self.expired()
        self.simulator.reset()
        self.follow(payment, age=90_000)
        self.assertFalse(self.row_of(payment))


@tagged("post_install", "-at_install")
class TestMixpaySettlementMigration(MixpaySettlementCase, TestPoSCommon):
    def test_what_was_never_learnt_is_asked_about(self):
        path = file_path("pos_mixpay/migrations/19.0.1.3.0/post-settlement.py")
        spec = importlib.util.spec_from_file_location("post_settlement", path)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        pending, settled, old, failed = self.sold(), self.sold(), self.sold(), self.expired()
        settled.settle_status = "success"
        old.finished_at -= timedelta(days=100)
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM mixpay_followup")
        for _time in range(2):
            script.migrate(self.env.cr, "19.0.1.2.0")
        self.assertEqual(self.row_of(pending).pause, 10)
        for payment in (settled, old, failed):
            self.assertFalse(self.row_of(payment))
