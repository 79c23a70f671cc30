"""Refunds in coins: what somebody tries who wants money back twice, or in another's wallet."""

import uuid

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..controllers import claim
from ..mixpay.issues import KEPT, REFUNDED, SHORT, SURPLUS, UNSETTLED
from ..models import mixpay_approval_request, mixpay_refund_request
from .common import MixpayShopCase
from .common_refunds import ADDRESS, OTHER_ADDRESS, REPORTED, MixpayRefundsMixin


@tagged("post_install", "-at_install")
class TestMixpayRefundAttacks(MixpayRefundsMixin, MixpayShopCase, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allow_refunds()
        cls.other_method = cls.create_mixpay_method(
            name="Other coins", mixpay_test_mode=False, mixpay_refunds=True
        )
        cls.config.payment_method_ids += cls.other_method

    # === NOT TWICE === #

    def test_what_went_back_in_cash_since_it_was_asked_for(self):
        original = self.sell()
        refund = self.approve(self.asked(original))
        self.give_back_in_cash(original)
        lines = {refund.payment_uuid: "-10.00"}
        reasons = self.env["mixpay.coverage"]._uncovered(self.pos_session, lines)
        self.assertIn("given back", reasons[refund.payment_uuid])
        with self.assertRaisesRegex(ValidationError, "given back"), self.cr.savepoint():
            self.finish(refund)
        refund.env["mixpay.refund.request"]._cancel_payout(refund)
        refund.pos_order_id.payment_ids.unlink()

    def test_what_a_manager_gave_back_since_it_was_asked_for(self):
        refund = self.approve(self.asked())
        refund.payment_ids.write({"decision": REFUNDED})
        with self.assertRaisesRegex(ValidationError, "given back"), self.cr.savepoint():
            self.finish(refund)

    def test_what_was_given_back_stays_so_after_another_decision(self):
        refund = self.approve(self.asked())
        payment = refund.payment_ids
        for issue, decision in ((SHORT, REFUNDED), (UNSETTLED, KEPT)):
            payment.issue = issue
            payment.env["mixpay.decision"]._decide(payment, decision, "in cash", "a manager")
        self.assertEqual(payment.decision, KEPT)
        with self.assertRaisesRegex(ValidationError, "given back"), self.cr.savepoint():
            self.finish(refund)

    def test_a_surplus_that_went_back_leaves_the_price(self):
        refund = self.approve(self.asked())
        refund.payment_ids.write({"decision": REFUNDED, "decided_issue": SURPLUS})
        self.finish(refund)
        self.assertTrue(refund.covered_at)

    def test_what_is_promised_is_not_forgotten_with_the_addon(self):
        refund, uninstall = self.ready(), self.env["mixpay.uninstall"]
        with self.assertRaisesRegex(ValidationError, "in coins"), self.cr.savepoint():
            uninstall._check()
        self.pay_out(refund)
        with self.assertRaisesRegex(UserError, "sessions with MixPay payments"):
            uninstall._check()

    def test_a_session_that_only_gave_back_is_closed_before_the_addon_goes(self):
        """Without it, core would enter what such a session gave back wrongly."""
        original = self.sell()
        self.pos_session.action_pos_session_closing_control()
        self.open_new_session()
        self.pay_out(self.ready(original=original))
        with self.assertRaisesRegex(UserError, "sessions with MixPay payments"):
            self.env["mixpay.uninstall"]._check()
        self.pos_session.action_pos_session_closing_control()
        self.env["mixpay.uninstall"]._check()

    def test_the_login_of_who_pays_it_out_stays(self):
        """Without it anybody could start anew, while coins are on their way."""
        for field in ("payer_id", "paid_by_id"):
            self.env.cr.execute(
                "SELECT confdeltype FROM pg_constraint WHERE conname = %s",
                [f"mixpay_refund_{field}_fkey"],
            )
            self.assertEqual(self.env.cr.fetchone(), ("r",))

    def test_what_went_back_in_cash_counts_for_every_method(self):
        other = self.other_method
        first = self.record(payment_uuid=str(uuid.uuid4()), is_test=False)
        second = self.record(
            payment_uuid=str(uuid.uuid4()),
            is_test=False,
            order_uuid=first.order_uuid,
            payment_method_id=other.id,
        )
        for payment in (first, second):
            payment.env["mixpay.answer"]._transition(payment, "success", {})
        data = self.tea(20.0, first.payment_uuid, uuid=first.order_uuid)
        [line] = data["payment_ids"]
        line[2]["amount"] = 10.0
        values = {"uuid": second.payment_uuid, "payment_method_id": other.id}
        data["payment_ids"].append([*line[:2], {**line[2], **values}])
        original = self.sync(data)
        self.give_back_in_cash(original)
        self.asked(original)
        line = self.refund_line(original)
        line.payment_method_id = other
        with self.assertRaisesRegex(UserError, "0.00 can be given back"):
            self.ask(line)

    # === NOT IN FLOODS === #

    def test_asking_has_bounds(self):
        original = self.sell(amount=20.0)
        cancel = self.env["mixpay.refund.request"]._cancel_payout
        for _time in range(mixpay_refund_request.MOST_OF_ORDER):
            cancel(self.asked(original))
        with self.assertRaisesRegex(UserError, "too often"), self.cr.savepoint():
            self.asked(original)
        self.patch(mixpay_refund_request, "MOST_OF_REGISTER", 6)
        self.asked()
        with self.assertRaisesRegex(UserError, "too often"), self.cr.savepoint():
            self.asked()
        self.cr.execute("UPDATE mixpay_refund SET create_date = create_date - interval '1 hour'")
        self.asked()

    def test_approved_refunds_use_up_no_requests_of_payments(self):
        requests = self.env["mixpay.approval.request"]
        self.patch(mixpay_approval_request, "REQUESTS_PER_SESSION", 1)
        payment = self.record(payment_uuid=str(uuid.uuid4()), is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        refund = self.approve(self.asked())
        self.assertEqual(refund.approval_id.pos_session_id, payment.pos_session_id)
        requests._check_request(payment, "force_cancel", self.manager)

    def test_a_reason_is_no_page(self):
        refund = self.ask(self.refund_line(self.sell()), '<a href="https://evil.example">Pay</a>')
        self.assertNotIn("<a", refund.activity_ids[:1].note)
        self.assertIn("&lt;a", refund.activity_ids[:1].note)

    # === IN NO OTHER WALLET === #

    def test_a_register_does_not_replace_what_the_customer_entered(self):
        refund = self.asked()
        self.enter_address(refund, by="customer")
        with self.assertRaisesRegex(UserError, "entered already"):
            self.enter_address(refund, OTHER_ADDRESS)
        self.assertEqual((refund.address, refund.address_by), (ADDRESS, "customer"))

    # === NOT PAST THE RULES === #

    def change_terminal(self):
        """Have the method be another provider's, as while no session is open."""
        self.env.flush_all()
        self.cr.execute(
            "UPDATE pos_payment_method SET use_payment_terminal = NULL WHERE id = %s",
            [self.method.id],
        )
        self.env.invalidate_all()

    def test_a_method_that_was_changed_lets_no_refund_slip_through(self):
        refund = self.asked()
        line = refund.pos_order_id.payment_ids
        self.change_terminal()
        self.assertFalse(line._is_mixpay())
        for act in (line.unlink, lambda: line.write({"amount": -5.0})):
            with self.assertRaisesRegex(ValidationError, "stay"), self.cr.savepoint():
                act()
        with self.assertRaisesRegex(ValidationError, "nobody has approved"), self.cr.savepoint():
            self.finish(refund)
        self.assertIn("Given back in coins", line.mixpay_receipt)
        self.finish(self.approve(refund))
        self.assertTrue(refund.covered_at)
        self.assertEqual(line.transaction_id, refund.reference)

    def test_a_method_that_was_changed_gives_no_more_than_the_order(self):
        refund = self.approve(self.asked())
        self.change_terminal()
        refund.pos_order_id.write({"amount_total": -5.0})
        with self.assertRaisesRegex(ValidationError, "cannot be given back in"):
            refund.pos_order_id.write({"state": "paid"})  # core itself asks for all of it elsewhere

    def test_cash_does_not_give_back_again_what_coins_have(self):
        original = self.sell()
        self.finish(self.approve(self.asked(original)))
        with self.assertRaisesRegex(ValidationError, "coins are given back"), self.cr.savepoint():
            self.give_back_in_cash(original)

    def test_cash_gives_back_the_rest(self):
        original = self.sell(amount=20.0)
        self.finish(self.approve(self.asked(original)))
        self.give_back_in_cash(original)

    def test_what_was_exchanged_goes_back_whole(self):
        """Of an exchange less was paid than it sold: the rest was paid for in what it took back."""
        first = self.sell()
        payment = self.record(payment_uuid=str(uuid.uuid4()), amount=20.0, is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        data = self.tea(30.0, payment.payment_uuid, uuid=payment.order_uuid)
        taken_back = self.refund_data(first)["lines"]
        data["payment_ids"][0][2]["amount"] = 20.0
        data |= {"lines": data["lines"] + taken_back, "amount_total": 20.0, "amount_paid": 20.0}
        self.env["pos.order"].sync_from_ui([data])
        exchange = self.env["pos.order"].search([("uuid", "=", data["uuid"])])
        self.assertEqual((exchange.amount_total, exchange.state), (20.0, "paid"))
        self.finish(self.approve(self.asked(exchange)))
        self.give_back_in_cash(exchange)
        self.finish(self.approve(self.asked(exchange)))
        with self.assertRaisesRegex(ValidationError, "coins are given back"), self.cr.savepoint():
            self.give_back_in_cash(exchange, 10.0)

    def test_pieces_that_are_rounded_one_by_one(self):
        original = self.sell(amount=9.99)
        self.finish(self.approve(self.asked(original, amount=5.0)))
        self.give_back_in_cash(original, 5.0)
        with self.assertRaisesRegex(ValidationError, "coins are given back"), self.cr.savepoint():
            self.give_back_in_cash(original, 0.1)

    def test_refunds_of_one_order_follow_each_other(self):
        original = self.sell()
        payment = original.payment_ids._mixpay_covering()
        payment.refund_asked_at = False
        self.give_back_in_cash(original)
        self.assertTrue(payment.refund_asked_at, "what the database makes others wait for")

    # === NOBODY IS STUCK === #

    def test_the_order_of_a_refund_that_was_given_up_can_go(self):
        for give_up in ("_cancel_payout", "action_refuse"):
            refund = self.asked()
            order, name = refund.pos_order_id, refund.order_name
            if give_up == "_cancel_payout":
                refund.env["mixpay.refund.request"]._cancel_payout(refund)
            else:
                refund.with_user(self.manager).action_refuse()
            self.env["pos.order"].remove_from_ui(order.ids)
            order.exists().unlink()  # beside self-ordering, Odoo has only cancelled it
            self.env.flush_all()
            refund.invalidate_recordset()
            self.assertFalse(order.exists())
            self.assertEqual((refund.order_name, refund.amount), (name, 10.0))

    def test_the_database_keeps_the_order_of_a_pending_one(self):
        order = self.asked().pos_order_id
        self.env.flush_all()
        self.cr.execute("DELETE FROM pos_payment WHERE pos_order_id = %s", order.ids)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.cr.execute("DELETE FROM pos_order WHERE id = %s", order.ids)

    # === RETENTION === #

    def test_odoo_s_own_line_forgets_the_transaction(self):
        refund = self.pay_out(self.ready())
        line = refund.pos_order_id.payment_ids
        self.assertTrue(line.payment_ref_no)
        self.forget_refunds()
        self.assertFalse(refund.txid)
        self.assertFalse(line.payment_ref_no)

    def forget_refunds(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mixpay_refund SET create_date = '2001-01-01', write_date = '2001-01-01'"
        )
        self.env.invalidate_all()
        self.env["mixpay.retention"].sudo()._anonymize_refunds(self.company, "2002-01-01")
        self.env.invalidate_all()

    def test_history_and_messages_forget_the_customer(self):
        young, refund = self.ready(), self.ready()
        refund.message_post(body=f"sent to {ADDRESS}")
        self.give_back_otherwise(refund)
        events = self.env["mixpay.event"].search([("kind", "=", "refund")])
        of_refund = events.filtered(lambda one: one.data["reference"] == refund.reference)
        self.forget_refunds()
        self.assertFalse(refund.message_ids)
        self.assertFalse(refund.given_back_how or refund.address)
        for event in events:
            is_removed = event.data == {"removed": True}
            self.assertEqual(is_removed, event in of_refund)
        self.assertTrue(young.address, "it is not paid out so far")


@tagged("post_install", "-at_install")
class TestMixpayRefundPageAttacks(MixpayRefundsMixin, MixpayShopCase, TestPoSCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allow_refunds()

    def setUp(self):
        super().setUp()
        claim._views._since = None
        self.refund = self.asked()
        claims = self.env["mixpay.claim"]
        url = claims._refund_url(self.refund.reference)
        self.path = url.removeprefix(claims.get_base_url())
        asset = self.method.mixpay_settlement_asset_id
        self.form = {"asset_id": str(asset.id), "address": ADDRESS, "is_confirmed": "1"}

    def test_odd_forms_are_answered_in_words(self):
        for odd in ("9" * 5000, "٣"):
            answer = self.url_open(self.path, data={**self.form, "asset_id": odd})
            self.assertEqual(answer.status_code, 200)
        files = dict.fromkeys(self.form, ("x", b"x"))
        answer = self.url_open(self.path, files=files)
        self.assertEqual(answer.status_code, 200)
        self.refund.invalidate_recordset()
        self.assertFalse(self.refund.address)

    def test_a_language_that_odoo_lacks_keeps_no_address_out(self):
        with mute_logger("odoo.http"):
            self.url_open(f"{self.path}?lang=tlh_AA", data=self.form)
        self.refund.invalidate_recordset()
        self.assertEqual(self.refund.address, ADDRESS)
