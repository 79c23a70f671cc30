"""Refunds in coins: who may, how much, where to, once; and what a pending one keeps."""

import uuid
from unittest.mock import patch

from lxml import html
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..controllers import claim
from .common import CASHIER, MANAGER, USDT_TRON, MixpayRoutesCase, MixpayShopCase
from .common_refunds import (
    ADDRESS,
    CODE,
    OTHER_ADDRESS,
    REPORTED,
    TXID,
    MixpayRefundsMixin,
)


@tagged("post_install", "-at_install")
class TestMixpayRefunds(MixpayRefundsMixin, MixpayShopCase, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allow_refunds()

    def assert_not_asked(self, words, line):
        with self.assertRaisesRegex(UserError, words), self.cr.savepoint():
            self.ask(line)

    # === THE WHOLE WAY === #

    def test_from_the_register_to_the_chain(self):
        original = self.sell()
        refund = self.asked(original)
        self.assertEqual((refund.state, refund.amount), ("asked", 10.0))
        self.assertEqual(refund.user_id, self.cashier)
        self.assertEqual(refund.original_order_id, original)
        self.assertEqual(refund.payment_ids.pos_order_id, original)
        self.assertIn(self.manager, refund.activity_ids.user_id)
        self.approve(refund)
        self.assertEqual((refund.state, refund.approver), ("approved", self.manager.name))
        self.enter_address(refund)
        self.finish(refund)
        self.assertTrue(refund.covered_at)
        self.assertEqual(refund.pos_order_id.state, "paid")
        self.assertIn(self.manager, refund.activity_ids.user_id)
        self.pay_out(refund)
        self.assertEqual((refund.state, refund.paid_by_id), ("paid", self.manager))
        self.assertEqual(refund.rate_unit, "USD per 1 USDT")
        self.assertFalse(refund.activity_ids)
        line = refund.pos_order_id.payment_ids
        self.assertEqual((line.transaction_id, line.payment_ref_no), (refund.reference, TXID))
        self.assertEqual(
            self.events(), ["asked", "address entered", "order paid", "payout started", "paid out"]
        )

    def test_a_register_can_send_the_paid_order_at_once(self):
        original = self.sell()
        data = self.refund_data(original)
        self.env["pos.order"].sync_from_ui([data])
        line = self.env["pos.payment"].search([("uuid", "=", data["payment_ids"][0][2]["uuid"])])
        refund = self.approve(self.ask(line))
        paid = {**self.refund_data(original), "uuid": refund.pos_order_id.uuid, "state": "paid"}
        paid |= {"id": refund.pos_order_id.id, "lines": [], "payment_ids": []}
        self.env["pos.order"].sync_from_ui([paid])
        self.assertEqual(refund.pos_order_id.state, "paid")
        self.assertTrue(refund.covered_at)

    # === WHETHER AT ALL === #

    def test_off_by_default(self):
        self.method.mixpay_refunds = False
        self.assert_not_asked("gives no money back in coins", self.refund_line(self.sell()))
        self.assertFalse(self.create_mixpay_method(name="New").mixpay_refunds)

    def test_without_a_receipt(self):
        line = self.refund_line(self.sell())
        line.pos_order_id.lines.refunded_orderline_id = False
        self.assert_not_asked("one paid order", line)

    def test_not_of_an_order_that_is_not_paid(self):
        line = self.refund_line(self.draft())
        self.assert_not_asked("one paid order", line)

    def test_not_of_two_orders(self):
        line, other = self.refund_line(self.sell(amount=20.0)), self.sell()
        self.assertEqual(len(line.pos_order_id.lines), 1)
        line.pos_order_id.lines.copy({"refunded_orderline_id": other.lines.id})
        self.assert_not_asked("one paid order", line)

    def test_only_what_mixpay_has_brought(self):
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        data = self.tea(10.0, str(uuid.uuid4()), uuid=str(uuid.uuid4()))
        data["payment_ids"][0][2]["payment_method_id"] = cash.id
        self.assert_not_asked("0.00 can be given back", self.refund_line(self.sync(data)))

    def test_no_test_payments(self):
        self.assert_not_asked("0.00 can be given", self.refund_line(self.sell(is_test=True)))

    def test_not_what_only_an_approver_has_confirmed(self):
        payment = self.record(payment_uuid=str(uuid.uuid4()), is_test=False)
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen", "a manager")
        order = self.sync(self.tea(10.0, payment.payment_uuid, uuid=payment.order_uuid))
        self.assert_not_asked("0.00 can be given back", self.refund_line(order))

    def test_an_order_that_was_made_up_is_refused_as_before(self):
        original = self.sell()
        data = self.refund_data(original, state="paid")
        with self.assertRaisesRegex(ValidationError, "no payment was requested"):
            self.env["pos.order"].sync_from_ui([data])

    # === HOW MUCH === #

    def test_never_more_than_was_paid(self):
        line = self.refund_line(self.sell(), amount=20.0)
        self.assert_not_asked("10.00 can be given back", line)

    def test_never_more_than_was_paid_over_all_refunds(self):
        original = self.sell(amount=20.0)
        pending = self.asked(original)
        self.pay_out(self.ready(original=original))
        self.assert_not_asked(r"0.00 can be given", self.refund_line(original))
        pending.env["mixpay.refund.request"]._cancel_payout(pending)
        self.asked(original)

    def test_not_again_what_was_given_back_in_cash(self):
        original = self.sell()
        self.give_back_in_cash(original)
        self.assert_not_asked("0.00 can be given back", self.refund_line(original))

    def test_a_part_in_coins_and_the_rest_in_cash(self):
        data = self.refund_data(self.sell(amount=20.0), 20.0)
        coins = data["payment_ids"][0][2]
        coins["amount"] = -10.0
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        rest = {**coins, "payment_method_id": cash.id, "uuid": str(uuid.uuid4())}
        data["payment_ids"].append((0, 0, rest))
        self.env["pos.order"].sync_from_ui([data])
        line = self.env["pos.payment"].search([("uuid", "=", coins["uuid"])])
        refund = self.finish(self.approve(self.ask(line)))
        self.assertTrue(refund.covered_at)
        self.assertEqual((refund.amount, refund.pos_order_id.amount_paid), (10.0, -20.0))

    def test_never_more_than_the_order_gives_back(self):
        original = self.sell(amount=20.0)
        line = self.refund_line(original)
        line.amount = -15.0
        with self.assertRaisesRegex(ValidationError, "gives back"), self.cr.savepoint():
            self.ask(line)

    def test_the_same_line_gives_the_same_refund(self):
        line = self.refund_line(self.sell())
        self.assertEqual(self.ask(line), self.ask(line))

    def test_an_order_gives_coins_back_once(self):
        first = self.asked(self.sell(amount=20.0))
        line = first.pos_order_id.payment_ids.copy({"uuid": str(uuid.uuid4())})
        self.assert_not_asked("gives coins back already", line)

    def test_the_database_takes_no_second_one(self):
        refund = self.asked()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            refund.copy({"reference": "another", "payment_uuid": "another"})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            refund.copy({"reference": "another", "pos_order_id": refund.original_order_id.id})

    # === WHO === #

    def test_an_order_waits_for_its_approver(self):
        refund = self.asked()
        self.enter_address(refund)
        with self.assertRaisesRegex(ValidationError, "nobody has approved"), self.cr.savepoint():
            self.finish(refund)
        reasons = self.env["mixpay.coverage"]._uncovered(
            self.pos_session, {refund.payment_uuid: "-10.00"}
        )
        self.assertIn("nobody has approved", reasons[refund.payment_uuid])
        self.approve(refund)
        self.assertFalse(
            self.env["mixpay.coverage"]._uncovered(
                self.pos_session, {refund.payment_uuid: "-10.00"}
            )
        )
        for amount in ("-9.00", "-11.00"):
            lines = {refund.payment_uuid: amount}
            self.assertTrue(self.env["mixpay.coverage"]._uncovered(self.pos_session, lines))

    def test_registers_hear_of_each_decision(self):
        notified = []

        def notify(config, *message):
            notified.append((config, *message))

        with patch.object(type(self.config), "_notify", notify):
            self.approve(self.asked())
            self.asked().with_user(self.manager).action_refuse()
            self.as_cashier("mixpay.refund.request")._cancel_payout(self.asked())
        self.assertEqual(notified.count((self.config, "MIXPAY_REFUND", {})), 3)

    def test_nobody_approves_what_their_login_asked_for(self):
        line = self.refund_line(self.sell())
        requests = self.env["mixpay.refund.request"].with_user(self.manager)
        refund = requests._request_payout(line.with_user(self.manager), "A reason")
        with self.assertRaisesRegex(AccessError, "asked for the refund itself"):
            refund.with_user(self.manager).action_approve()

    def test_only_approvers_approve(self):
        refund = self.asked()
        clerk = self.new_user("mixpay_other_clerk", CASHIER)
        with self.assertRaises(AccessError):
            refund.with_user(clerk).action_approve()
        refund.asked_user_ids += clerk  # as somebody who was one when it was asked for
        with self.assertRaisesRegex(AccessError, "not responsible"):
            refund.with_user(clerk).action_approve()
        with self.assertRaises(AccessError):
            refund.with_user(clerk).write({"state": "approved"})

    def test_a_refused_one_frees_its_line(self):
        refund = self.asked()
        refund.with_user(self.manager).action_refuse()
        self.assertEqual(refund.state, "refused")
        refund.pos_order_id.payment_ids.unlink()

    # === WHERE TO === #

    def test_where_it_goes_is_confirmed_by_the_customer(self):
        refund = self.asked()
        with self.assertRaisesRegex(UserError, "confirm that the address"):
            self.enter_address(refund, confirmed=False)
        for odd in ("confirmed", 1, None):
            with self.assertRaisesRegex(UserError, "confirm that the address"):
                self.enter_address(refund, confirmed=odd)
        other = self.env["mixpay.asset"].search(
            [("network", "!=", False), ("asset_id", "!=", USDT_TRON)], limit=1
        )
        with self.assertRaisesRegex(UserError, "Choose coin and network"):
            self.enter_address(refund, asset=other)
        with self.assertRaisesRegex(UserError, "This is no address of USDT"):
            self.enter_address(refund, address="0xdAC17F958D2ee523a2206206994597C13D831ec7")

    def test_never_to_where_it_came_from(self):
        refund = self.asked()
        refund.payment_ids.explorer_url = f"https://tronscan.org/#/address/{ADDRESS}"
        with self.assertRaisesRegex(UserError, "comes from the payment of the sale"):
            self.enter_address(refund)

    def test_an_address_stays_once_the_order_is_paid(self):
        refund = self.approve(self.asked())
        self.enter_address(refund)
        self.enter_address(refund)  # mistyped at the register
        with self.assertRaisesRegex(UserError, "entered already"):
            self.enter_address(refund, by="customer")
        self.finish(refund)
        with self.assertRaisesRegex(UserError, "entered already"):
            self.enter_address(refund)
        refund.with_user(self.manager).action_ask_address()
        self.enter_address(refund, by="customer")
        self.assertEqual((refund.address, refund.address_by), (ADDRESS, "customer"))

    # === PAID OUT === #

    def test_nothing_is_paid_out_before_its_time(self):
        refund = self.asked()
        with self.assertRaisesRegex(UserError, "To be approved"):
            self.pay_out(refund)
        self.approve(refund)
        with self.assertRaisesRegex(UserError, "not finished at the register"):
            self.pay_out(refund)
        self.finish(refund)
        with self.assertRaisesRegex(UserError, "no address"):
            self.pay_out(refund)

    def test_only_managers_pay_out(self):
        refund = self.ready()
        refund.asked_user_ids += self.cashier
        with self.assertRaisesRegex(AccessError, "Only managers"):
            self.start(refund, manager=self.cashier)

    def test_coins_and_rate_make_the_amount(self):
        refund = self.ready()
        for units, rate in (("11", "1"), ("9", "1"), ("0", "1"), ("10", "0"), ("x", "1"), ("", "")):
            refused = self.assertRaisesRegex(UserError, "do not make")
            with self.subTest(units=units, rate=rate), refused, self.cr.savepoint():
                self.pay_out(refund, units=units, rate=rate)

    def test_twice_is_impossible(self):
        original = self.sell(amount=20.0)
        first, second = self.ready(original=original), self.ready(original=original)
        self.pay_out(first)
        with self.assertRaisesRegex(UserError, "Paid out"):
            self.pay_out(first, txid="another-transaction")
        with self.assertRaisesRegex(UserError, "one of its own"):
            self.pay_out(second, txid=TXID.upper())
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            second.write({"txid": TXID.upper()})
            second.flush_recordset()

    def test_not_with_the_transaction_of_the_sale(self):
        with self.assertRaisesRegex(UserError, "one of its own"):
            self.pay_out(self.ready(), txid=REPORTED["txid"])

    def test_the_wizard_proposes_the_rate_of_the_sale(self):
        refund = self.ready()
        wizard = self.env["mixpay.pay.refund"].with_user(self.manager)
        wizard = wizard.create({"refund_id": refund.id, "txid": TXID})
        self.assertEqual((wizard.rate, wizard.units), ("0.998752", "10.01249559"))
        self.assertIn("MixPay", wizard.rate_source)
        wizard.rate_at = refund.create_date
        wizard.action_start()
        wizard.action_record()
        self.assertEqual((refund.state, refund.units), ("paid", "10.01249559"))

    # === BY ONE MANAGER === #

    def colleague(self):
        return self.new_user("mixpay_colleague", MANAGER)

    def test_one_manager_pays_it_out(self):
        refund, other = self.start(self.ready()), self.colleague()
        self.assertEqual((refund.payer_id, refund.units), (self.manager, "10.0124"))
        self.assertTrue(refund.payer_since)
        own = refund.with_user(other)
        for act in (
            lambda: self.start(refund, manager=other),
            lambda: own._pay(TXID, {}),
            lambda: own._give_back_otherwise("In cash"),
            own.action_stop,
            own.action_ask_address,
        ):
            with self.assertRaisesRegex(UserError, "mixpay_refunder"), self.cr.savepoint():
                act()
        own.action_take_over()
        self.assertEqual((refund.payer_id, refund.units), (other, "10.0124"))
        with self.assertRaisesRegex(UserError, "mixpay_colleague"):
            refund.with_user(self.manager)._pay(TXID, {})
        own._pay(TXID, {})
        self.assertEqual((refund.state, refund.paid_by_id), ("paid", other))
        self.assertEqual(self.events()[-3:], ["payout started", "payout taken over", "paid out"])

    def test_what_is_being_paid_out_keeps_its_address(self):
        refund = self.start(self.ready())
        with self.assertRaisesRegex(UserError, "may have sent"):
            refund.with_user(self.manager).action_ask_address()
        self.assertEqual(refund.address, ADDRESS)

    def test_a_manager_who_has_sent_nothing_starts_anew(self):
        refund = self.start(self.ready())
        refund.with_user(self.manager).action_stop()
        self.assertFalse(refund.payer_id or refund.units or refund.rate)
        with self.assertRaisesRegex(UserError, "changed since it was shown"), self.cr.savepoint():
            refund.with_user(self.manager)._pay(TXID, {})
        self.start(refund, manager=self.colleague())

    def test_only_managers_take_over(self):
        refund = self.start(self.ready())
        refund.asked_user_ids += self.cashier
        for act in ("action_take_over", "action_stop"):
            with self.assertRaisesRegex(AccessError, "Only managers"), self.cr.savepoint():
                getattr(refund.with_user(self.cashier), act)()

    def test_a_plan_is_no_payment(self):
        refund = self.ready()
        line = refund.pos_order_id.payment_ids
        before = line.mixpay_receipt
        self.start(refund)
        line.invalidate_recordset(["mixpay_receipt"])
        self.assertEqual(line.mixpay_receipt, before)

    def test_what_was_changed_since_it_was_shown(self):
        refund = self.ready()
        first = self.open_window(refund)
        first.rate_at = refund.create_date
        refund.with_user(self.manager).action_ask_address()
        self.enter_address(refund, OTHER_ADDRESS, by="customer")
        with self.assertRaisesRegex(UserError, "changed since it was shown"), self.cr.savepoint():
            first.save().action_start()
        self.start(refund)
        second = self.open_window(refund)
        second.txid = TXID
        refund.with_user(self.manager).action_stop()
        self.start(refund, units="10.0123")
        with self.assertRaisesRegex(UserError, "changed since it was shown"), self.cr.savepoint():
            second.save().action_record()
        self.assertEqual(refund.state, "approved")

    def open_window(self, refund):
        """Open the window as a manager's browser does, which saves what it shows."""
        wizards = self.env["mixpay.pay.refund"].with_user(self.manager)
        return Form(wizards.with_context(default_refund_id=refund.id))

    def test_the_window_in_two_steps(self):
        refund = self.ready()
        first = self.open_window(refund)
        first.rate_at = refund.create_date
        action = first.save().action_start()
        self.assertEqual(action["context"], {"default_refund_id": refund.id})
        self.assertEqual(refund.payer_id, self.manager)
        second = self.open_window(refund)
        self.assertEqual(second.address, ADDRESS)
        self.assertEqual(second.units, refund.units)
        second.txid = TXID
        second.save().action_record()
        self.assertEqual((refund.state, refund.txid), ("paid", TXID))

    # === NOT IN COINS AFTER ALL === #

    def test_given_back_another_way(self):
        refund = self.ready()
        line = refund.pos_order_id.payment_ids
        with self.assertRaisesRegex(UserError, "give a reason"), self.cr.savepoint():
            self.give_back_otherwise(refund, " ")
        wizard = self.env["mixpay.pay.refund"].with_user(self.manager)
        wizard.create({"refund_id": refund.id, "reason": "In cash"}).action_give_back_otherwise()
        self.assertEqual((refund.state, refund.given_back_how), ("otherwise", "In cash"))
        self.assertEqual(refund.paid_by_id, self.manager)
        self.assertTrue(refund.paid_at)
        self.assertFalse(refund.activity_ids)
        event = self.env["mixpay.event"].search([("kind", "=", "refund")], limit=1)
        self.assertEqual(event.data["what"], "given back another way")
        self.assertEqual((event.data["reason"], event.user_id), ("In cash", self.manager))
        line.invalidate_recordset(["mixpay_receipt"])
        self.assertEqual(
            line.mixpay_receipt.split("\n"),
            ["Given back another way: $\xa010.00", f"MixPay reference: {refund.reference}"],
        )
        with self.assertRaisesRegex(ValidationError, "stay"), self.cr.savepoint():
            line.unlink()

    def test_never_both_in_coins_and_another_way(self):
        original = self.sell(amount=20.0)
        first, second = self.ready(original=original), self.ready(original=original)
        self.give_back_otherwise(first)
        for act in (self.give_back_otherwise, self.pay_out):
            with self.assertRaisesRegex(UserError, "Given back another way"), self.cr.savepoint():
                act(first)
        self.pay_out(second)
        with self.assertRaisesRegex(UserError, "Paid out"):
            self.give_back_otherwise(second)
        self.assert_not_asked("0.00 can be given back", self.refund_line(original))

    def test_not_another_way_while_its_order_is_not_finished(self):
        refund = self.approve(self.asked())
        with self.assertRaisesRegex(UserError, "not finished at the register"):
            self.give_back_otherwise(refund)

    def test_not_another_way_what_somebody_is_paying_out(self):
        refund = self.start(self.ready())
        with self.assertRaisesRegex(UserError, "may have sent"):
            self.give_back_otherwise(refund)

    def test_only_managers_give_it_back_another_way(self):
        refund = self.ready()
        refund.asked_user_ids += self.cashier
        with self.assertRaisesRegex(AccessError, "Only managers"):
            refund.with_user(self.cashier)._give_back_otherwise("In cash")

    # === WHAT A PENDING ONE KEEPS === #

    def test_a_pending_one_keeps_line_and_order(self):
        for is_approved in (False, True):
            refund = self.asked()
            order = refund.pos_order_id
            if is_approved:
                self.approve(refund)
            line = order.payment_ids
            for act in (
                line.unlink,
                order.unlink,
                order.action_pos_order_cancel,
                lambda line=line: line.write({"amount": -5.0}),
                lambda line=line: line.write({"uuid": str(uuid.uuid4())}),
                lambda line=line: line.write({"pos_order_id": self.draft().id}),
            ):
                with self.assertRaisesRegex(ValidationError, "stay"), self.cr.savepoint():
                    act()
            order.write({"state": "cancel"})
            self.assertEqual(order.state, "draft")
            self.env["pos.order"].remove_from_ui(order.ids)
            self.assertTrue(order.exists())

    def test_an_order_of_a_pending_one_goes_on_in_the_next_session(self):
        refund = self.asked()
        order, before = refund.pos_order_id, self.pos_session
        before.action_pos_session_closing_control()
        self.assertEqual(before.state, "closed")
        self.open_new_session()
        self.assertEqual((order.state, order.session_id), ("draft", self.pos_session))
        self.finish(self.approve(refund))
        self.assertEqual(order.state, "paid")

    def test_a_cancelled_one_lets_go_of_them(self):
        refund = self.asked()
        refund.env["mixpay.refund.request"]._cancel_payout(refund)
        refund.pos_order_id.payment_ids.unlink()

    def test_a_finished_order_s_is_not_cancelled(self):
        refund = self.finish(self.approve(self.asked()))
        with self.assertRaisesRegex(UserError, "is finished"):
            refund.env["mixpay.refund.request"]._cancel_payout(refund)
        with self.assertRaisesRegex(UserError, "cannot go from"):
            refund.write({"state": "cancelled"})
        with self.assertRaisesRegex(ValidationError, "stay"):
            refund.pos_order_id.payment_ids.unlink()
        with self.assertRaisesRegex(ValidationError, "cannot be"):
            refund.pos_order_id.write({"state": "draft"})

    def test_an_order_that_was_changed_since(self):
        refund = self.approve(self.asked(self.sell(amount=20.0)))
        other = self.sell()
        refund.pos_order_id.lines.refunded_orderline_id = other.lines
        with self.assertRaisesRegex(ValidationError, "were changed"):
            self.finish(refund)

    def test_what_it_is_about_never_changes(self):
        refund = self.asked()
        for vals in ({"amount": 20.0}, {"payment_uuid": "x"}, {"original_order_id": False}):
            with self.assertRaisesRegex(UserError, "never changes"):
                refund.write(vals)
        with self.assertRaisesRegex(UserError, "kept for ever"):
            refund.unlink()

    def test_what_a_register_makes_up_about_the_transaction_is_not_kept(self):
        refund = self.ready()
        line = refund.pos_order_id.payment_ids
        line.write({"transaction_id": "made up", "payment_ref_no": "made up"})
        self.assertEqual((line.transaction_id, line.payment_ref_no), (refund.reference, ""))

    # === WHAT PEOPLE READ === #

    def test_its_approval_shows_what_is_given_back(self):
        refund = self.approve(self.asked(self.sell(amount=20.0, order_name="Counter 7")))
        approvals = self.env["mixpay.approval"]
        other = approvals.sudo()._add_approval("decide", "office", refund.payment_ids, "a reason")
        approval = refund.approval_id
        self.assertNotIn(refund.order_name, (False, other.order_name))
        self.assertEqual((other.amount, other.order_name), (20.0, "Counter 7"))
        for is_one in (True, False):
            if not is_one:  # of several payments it names none as its own
                approval.flush_recordset()
                self.env.cr.execute(
                    "UPDATE mixpay_approval SET payment_id = NULL WHERE id = %s", [approval.id]
                )
                self.env.invalidate_all()
            own = approval.with_user(self.manager)
            self.assertEqual((own.amount, own.currency_id), (10.0, refund.currency_id))
            self.assertEqual(own.order_name, refund.order_name)
            both, of = approval | other, approvals.with_user(self.manager)
            for domain, found in (
                (("order_name", "=", refund.order_name), approval),
                (("order_name", "ilike", "counter"), other),
                (("order_name", "!=", "Counter 7"), approval),
                (("order_name", "not ilike", "counter"), approval),
                (("order_name", "!=", False), both),
                (("order_name", "=", False), both.browse()),
            ):
                with self.subTest(is_one=is_one, domain=domain):
                    self.assertEqual(of.search([domain, ("id", "in", both.ids)]), found)

    def test_it_is_named_as_each_reader_writes_amounts(self):
        self.env["res.lang"]._activate_lang("de_DE")
        refund = self.asked()
        self.assertIn("10.00", refund.with_context(lang="en_US").display_name)
        self.assertIn("10,00", refund.with_context(lang="de_DE").display_name)

    def test_the_receipt(self):
        refund = self.ready()
        line = refund.pos_order_id.payment_ids
        self.assertEqual(
            line.mixpay_receipt.split("\n"),
            [
                "Given back in coins: $\xa010.00",
                f"It will be paid out by {self.company.name}.",
                "Coin: USDT (Tron)",
                "To: TR7NHqje…SzgjLj6t",
                f"MixPay reference: {refund.reference}",
            ],
        )
        self.pay_out(refund)
        line.invalidate_recordset(["mixpay_receipt"])
        self.assertIn("Sent: 10.0124 USDT (Tron)", line.mixpay_receipt)
        self.assertIn("Transaction: 9b7f2c1d…1f0a4b86", line.mixpay_receipt)
        self.assertNotIn("will be paid", line.mixpay_receipt)


@tagged("post_install", "-at_install")
class TestMixpayRefundRoutes(MixpayRefundsMixin, MixpayShopCase, TestPoSCommon, HttpCase):
    send = MixpayRoutesCase.send
    call = MixpayRoutesCase.call
    assert_refused = MixpayRoutesCase.assert_refused

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allow_refunds()

    def setUp(self):
        super().setUp()
        claim._views._since = None
        self.authenticate("mixpay_asker", "mixpay_asker")

    def refund(self, reference):
        found = self.env["mixpay.refund"].sudo().search([("reference", "=", reference)])
        found.invalidate_recordset()
        return found

    def ask_route(self, **changes):
        line = self.refund_line(self.sell())
        params = {"session_id": self.pos_session.id, "payment_uuid": line.uuid, "reason": "Cold"}
        return self.call("refund_ask", **params | changes)

    def on(self, route, asked, **params):
        own = {"session_id": self.pos_session.id, "reference": asked["reference"]}
        return self.call(f"refund_{route}", **own | params)

    def test_the_register_s_way(self):
        asked = self.ask_route()
        self.assertEqual((asked["state"], asked["is_granted"]), ("asked", False))
        self.assertEqual(asked["state_text"], "To be approved")
        self.assertEqual([asset["name"] for asset in asked["assets"]], ["USDT (Tron)"])
        self.assertTrue(asked["qr"].startswith("data:image/svg"))
        self.assertEqual(asked["slip"]["url"], asked["url"])
        choices = self.on("approvers", asked)
        self.assertIn(self.manager.id, [person["id"] for person in choices["approvers"]])
        address = {"asset_id": asked["assets"][0]["id"], "address": ADDRESS, "is_confirmed": True}
        self.assertEqual(self.on("address", asked, **address)["address"], ADDRESS)
        approved = self.on("approve", asked, approver_id=self.manager.id, code=CODE)
        self.assertTrue(approved["is_granted"])
        self.assertEqual(approved["state_text"], "To be paid out")
        self.assertIn("will be paid out", approved["receipt"])
        found = self.call(
            "refund_find", session_id=self.pos_session.id, payment_uuid=asked["payment_uuid"]
        )
        self.assertEqual(found["reference"], asked["reference"])
        self.assertEqual(self.on("cancel", asked)["state"], "cancelled")

    def test_its_slip_speaks_the_customer_s_language(self):
        asked = self.ask_route()
        slip = asked["slip"]
        self.assertEqual((slip["lang"], slip["direction"]), ("en-US", "ltr"))
        self.env["res.lang"]._activate_lang("ar_001")
        refund = self.refund(asked["reference"])
        order = self.env["pos.order"].search([("uuid", "=", refund.payment_ids.order_uuid)])
        customer = self.env["res.partner"].create({"name": "A customer", "lang": "ar_001"})
        self.env.cr.execute(
            "UPDATE pos_order SET partner_id = %s WHERE id = %s", [customer.id, order.id]
        )
        self.env.invalidate_all()
        found = self.call(
            "refund_find", session_id=self.pos_session.id, payment_uuid=asked["payment_uuid"]
        )
        self.assertEqual((found["slip"]["lang"], found["slip"]["direction"]), ("ar-001", "rtl"))
        self.assertNotEqual(found["slip"]["title"], slip["title"])
        self.assertEqual(found["state_text"], asked["state_text"], "the cashier's language")

    def test_a_code_at_the_till(self):
        asked = self.ask_route()
        own = {"session_id": self.pos_session.id, "reference": asked["reference"]}
        with mute_logger("odoo.addons.pos_mixpay.models.mixpay_code"):
            self.assert_refused(
                "not the approval code",
                "refund_approve",
                approver_id=self.manager.id,
                code="000001",
                **own,
            )
        self.assert_refused(
            "Choose who approves", "refund_approve", approver_id=self.cashier.id, code=CODE, **own
        )
        self.assertEqual(self.refund(asked["reference"]).state, "asked")
        other = self.new_user("mixpay_other_till", CASHIER)
        self.authenticate(other.login, other.login)
        self.on("approve", asked, approver_id=self.manager.id, code=CODE)
        mail = self.env["mail.mail"].search([("body_html", "ilike", "revoke_code")], limit=1)
        self.assertIn(f"({other.login})", mail.body_html, "where the code was typed")
        refund = self.refund(asked["reference"])
        self.assertEqual((refund.state, refund.approver), ("approved", self.manager.name))
        approval = refund.approval_id
        self.assertEqual((approval.action, approval.channel), ("refund", "till"))
        self.assertEqual((approval.user_id, approval.refund_id), (self.cashier, refund))
        self.assertIn("10.00", approval.display_name)
        self.assert_refused(
            "not open for that", "refund_approve", approver_id=self.manager.id, code=CODE, **own
        )

    def test_only_refunds_of_this_shop(self):
        asked = self.ask_route()
        params = {"session_id": self.next_door().id, "reference": asked["reference"]}
        for route in ("refund_approvers", "refund_cancel"):
            self.assert_refused("not yours to see", route, **params)

    def test_an_order_that_goes_on_at_another_register(self):
        """Registers that share their orders take each over into their own session, as core does."""
        asked, session = self.ask_route(), self.next_door()
        refund = self.refund(asked["reference"])
        leader = self.env["mixpay.approver"].create(
            {
                "name": "Leader here",
                "company_id": self.company.id,
                "pos_config_ids": [(6, 0, self.config.ids)],
                "max_amount": 100,
            }
        )
        self.env["mixpay.code"]._set(leader, "735190")
        refund.pos_order_id.session_id = session
        self.assertEqual(refund.pos_order_id.config_id, session.config_id)
        there = {"session_id": session.id}
        found = self.call("refund_find", payment_uuid=asked["payment_uuid"], **there)
        self.assertEqual((found and found["reference"], refund.state), (refund.reference, "asked"))
        shown = self.on("approvers", asked, **there)["approvers"]
        self.assertIn(leader.name, [one["name"] for one in shown])
        proof = {"approver_id": leader.id, "approver_kind": "approver", "code": "735190"}
        self.assertTrue(self.on("approve", asked, **proof, **there)["is_granted"])
        self.assertEqual(self.on("cancel", asked, **there)["state"], "cancelled")

    def next_door(self):
        """Open another register of the shop; return its session."""
        config = self.config.copy({"name": "Next Door", "payment_method_ids": False})
        config.payment_method_ids = self.method
        config.open_ui()
        return config.current_session_id

    def test_only_lines_that_give_money_back(self):
        sale = self.sell()
        params = {"session_id": self.pos_session.id, "reason": "x"}
        for line_uuid in (sale.payment_ids.uuid, str(uuid.uuid4())):
            self.assert_refused("not saved so far", "refund_ask", payment_uuid=line_uuid, **params)
        self.assert_refused("identifier", "refund_ask", payment_uuid=["x"], **params)
        line = self.refund_line(sale)
        for reason in ("", None, 7):
            self.assert_refused(
                "give a reason",
                "refund_ask",
                session_id=self.pos_session.id,
                payment_uuid=line.uuid,
                reason=reason,
            )

    # === THE CUSTOMER'S PAGE === #

    def page(self, asked, **form):
        path = asked["url"].removeprefix(self.env["mixpay.claim"].get_base_url())
        answer = self.url_open(path, data=form or None)
        return answer, html.fromstring(answer.text or "<p/>")

    def words(self, page):
        return " ".join(page.text_content().split())

    def test_the_customer_enters_an_address(self):
        asked = self.ask_route()
        answer, page = self.page(asked)
        self.assertIn("Where shall the coins go? $ 10.00", self.words(page))
        self.assertIn("form-action 'self'", answer.headers["Content-Security-Policy"])
        form = {"asset_id": str(asked["assets"][0]["id"]), "address": ADDRESS}
        _answer, page = self.page(asked, **form)
        self.assertIn("confirm that the address", self.words(page))
        self.assertEqual(page.xpath("//input[@name='address']/@value"), [ADDRESS])
        for odd in ("0x12", "", ADDRESS[:-1] + "u", "<script>"):
            _answer, page = self.page(asked, **form | {"address": odd, "is_confirmed": "1"})
            self.assertIn("This is no address of USDT", self.words(page))
        for odd in ("", "x", "99999999999", "-1"):
            _answer, page = self.page(asked, **form | {"asset_id": odd, "is_confirmed": "1"})
            self.assertIn("Choose coin and network", self.words(page))
        _answer, page = self.page(asked, **form, is_confirmed="1")
        self.assertIn("To be approved", self.words(page))
        self.assertIn(ADDRESS, self.words(page))
        self.assertFalse(page.xpath("//form"))
        refund = self.refund(asked["reference"])
        self.assertEqual((refund.address, refund.address_by), (ADDRESS, "customer"))
        self.assertFalse(refund.address_user_id)
        _answer, page = self.page(asked, **form, is_confirmed="1")
        self.assertFalse(page.xpath("//form"), "it is entered once")
        self.assertFalse(page.xpath("//*[@role='alert']"), "what is sent twice is no problem")

    def test_a_customer_learns_that_another_address_was_entered_before(self):
        asked = self.ask_route()
        asset_id = asked["assets"][0]["id"]
        self.on("address", asked, asset_id=asset_id, address=ADDRESS, is_confirmed=True)
        form = {"asset_id": str(asset_id), "address": OTHER_ADDRESS, "is_confirmed": "1"}
        _answer, page = self.page(asked, **form)
        self.assertIn("An address was entered already", self.words(page))
        self.assertIn(ADDRESS, self.words(page))
        self.assertEqual(self.refund(asked["reference"]).address, ADDRESS)

    def test_the_page_follows_the_refund_to_the_end(self):
        asked = self.ask_route()
        refund = self.refund(asked["reference"])
        self.approve(refund)
        self.enter_address(refund)
        self.assertIn("Refund to be paid out", self.words(self.page(asked)[1]))
        self.finish(refund)
        self.pay_out(refund)
        self.env.flush_all()
        _answer, page = self.page(asked)
        self.assertIn("Paid out", self.words(page))
        self.assertIn(TXID, self.words(page))
        self.assertIn("10.0124 USDT", self.words(page))
        self.assertEqual(page.find(".//main").get("data-resolved"), "1")
        self.assertNotIn(self.manager.name, self.words(page), "nothing about the shop's people")

    def test_the_page_of_what_was_given_back_another_way(self):
        asked = self.ask_route()
        refund = self.approve(self.refund(asked["reference"]))
        self.enter_address(refund)
        self.give_back_otherwise(self.finish(refund))
        self.env.flush_all()
        _answer, page = self.page(asked)
        self.assertIn("sends no coins", self.words(page))
        self.assertEqual(page.find(".//main").get("data-resolved"), "1")

    def test_the_page_without_a_coin_to_choose(self):
        asked = self.ask_route()
        self.env["mixpay.asset"].search([]).active = False
        _answer, page = self.page(asked)
        self.assertFalse(page.xpath("//form"))
        self.assertIn("no coin for you to choose", self.words(page))

    def test_a_wrong_address_says_nothing(self):
        asked = self.ask_route()
        payment = self.refund(asked["reference"]).payment_ids
        url = self.env["mixpay.claim"]._url(payment.trace_id)
        for token in (url[-32:], "x", asked["url"][-32:-1] + "x"):
            answer = self.url_open(f"/pos_mixpay/refund/{asked['reference']}/{token}")
            self.assertEqual(answer.status_code, 404)

    def test_a_flood_is_refused(self):
        self.patch(claim, "MOST_VIEWS", 3)
        asked = self.ask_route()
        answers = [self.page(asked)[0].status_code for _view in range(5)]
        self.assertEqual(answers, [200, 200, 200, 429, 429])
