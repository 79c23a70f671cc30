"""Payments that count as paid before they are confirmed: when, how long, and what if."""

import uuid
from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER, MANAGER, STRANGER, USDT_ETHEREUM, USDT_TRON
from .test_mixpay_answers import MixpayAnswersCase

SEEN = {
    "payableAmount": "10.01",
    "payableSymbol": "USDT",
    "payableAssetId": USDT_TRON,
    "paymentAmount": "10.01",
    "paymentSymbol": "USDT",
    "paymentAssetId": USDT_TRON,
    "txid": "0xabc",
}


class UnconfirmedCase(MixpayAnswersCase):
    """A shop that accepts payments of up to 20 in USDT on Tron unconfirmed."""

    def setUp(self):
        super().setUp()
        tron = self.env["mixpay.asset"].search([("asset_id", "=", USDT_TRON)])
        self.method.write(
            {"mixpay_unconfirmed_limit": 20, "mixpay_unconfirmed_asset_ids": [(6, 0, tron.ids)]}
        )
        self.company.mixpay_unconfirmed_max_daily = 100

    def see(self, status="confirming", **changes):
        """Let MixPay report that it sees all of the money; return how a register sees that."""
        self.answer(status, **{**SEEN, **changes})
        return self.shown()

    def shown(self):
        return self.payment.env["mixpay.presenter"]._to_register(self.payment)

    def sell(self):
        return self.sync(self.order_data())

    def assert_accepted(self, is_accepted=True):
        shown = self.shown()
        self.assertEqual(shown["unconfirmed"], is_accepted)
        self.assertEqual(shown["line_status"], "done" if is_accepted else "waitingCapture")
        self.assertEqual(bool(self.events("unconfirmed_accepted")), is_accepted)

    def assert_not_accepted(self):
        self.assert_accepted(False)


@tagged("post_install", "-at_install")
class TestMixpayUnconfirmedRules(UnconfirmedCase, TestPoSCommon):
    """When a payment is accepted, and when not."""

    def test_it_is_off_by_default(self):
        self.assertFalse(self.method.copy().mixpay_unconfirmed_limit)
        self.assertFalse(self.create_mixpay_method().mixpay_unconfirmed_limit)

    def test_seen_in_full_it_counts_as_paid(self):
        shown = self.see()
        self.assert_accepted()
        self.assertIn("not confirmed yet", shown["state_text"])
        self.assertEqual(shown["state"], "confirming")
        self.assertFalse(shown["can_confirm_manually"])
        self.assertEqual(shown["transaction_id"], self.payment.trace_id)

    def test_up_to_the_limit_to_the_cent(self):
        self.method.mixpay_unconfirmed_limit = 10
        self.see()
        self.assert_accepted()

    def test_not_beyond_the_limit(self):
        self.method.mixpay_unconfirmed_limit = 9.99
        self.see()
        self.assert_not_accepted()

    def test_not_where_it_is_off(self):
        self.method.mixpay_unconfirmed_limit = 0
        self.see()
        self.assert_not_accepted()

    def test_not_too_little(self):
        self.see(paymentAmount="10.00")
        self.assert_not_accepted()

    def test_not_another_coin_than_was_to_be_paid(self):
        self.see(payableAssetId=USDT_ETHEREUM)
        self.assert_not_accepted()

    def test_not_a_coin_that_is_not_listed(self):
        self.see(payableAssetId=USDT_ETHEREUM, paymentAssetId=USDT_ETHEREUM)
        self.assert_not_accepted()

    def test_not_in_another_currency_than_the_limit_s(self):
        # As of a journal that was changed since: Odoo itself keeps the two alike.
        self.cr.execute(
            "UPDATE account_journal SET currency_id = %s WHERE id = %s",
            [self.env.ref("base.EUR").id, self.method.journal_id.id],
        )
        self.env.invalidate_all()
        self.see()
        self.assert_not_accepted()

    def test_not_on_other_terms(self):
        self.see(quoteAmount="0.01")
        self.assertFalse(self.payment.accepted_unconfirmed_at)
        self.see(payeeId=STRANGER)
        self.assertFalse(self.payment.accepted_unconfirmed_at)

    def test_not_what_nobody_waits_for(self):
        self.payment._abandon()
        self.see()
        self.assertFalse(self.payment.accepted_unconfirmed_at)

    def test_not_for_an_order_that_has_ended(self):
        self.payment.env["mixpay.fulfilment"]._note_order_ended(
            self.payment, [self.payment.order_uuid]
        )
        self.payment.is_abandoned = False
        self.see()
        self.assertFalse(self.payment.accepted_unconfirmed_at)

    def test_not_while_it_is_reviewed(self):
        self.see("auditing")
        self.assert_not_accepted()

    def test_not_while_payments_are_paused(self):
        self.env["ir.config_parameter"].set_param("pos_mixpay.paused", "True")
        self.see()
        self.assert_not_accepted()

    def test_once_only(self):
        self.see()
        at = self.payment.accepted_unconfirmed_at
        self.see()
        self.assertEqual(self.payment.accepted_unconfirmed_at, at)
        self.assertEqual(len(self.events("unconfirmed_accepted")), 1)

    def accept_another(self):
        """Let MixPay see the money of another payment of 10.00; tell whether it is accepted."""
        first, self.payment = self.payment, self.record(payment_uuid=str(uuid.uuid4()))
        self.see()
        other, self.payment = self.payment, first
        return bool(other.accepted_unconfirmed_at)

    def test_no_more_than_the_company_s_cap_in_a_day(self):
        self.company.mixpay_unconfirmed_max_daily = 19.99
        self.see()
        self.assert_accepted()
        self.assertFalse(self.accept_another())
        self.company.mixpay_unconfirmed_max_daily = 20
        self.assertTrue(self.accept_another())
        self.assertFalse(self.accept_another())

    def test_what_was_confirmed_since_counts_for_a_day(self):
        self.company.mixpay_unconfirmed_max_daily = 10
        self.see()
        self.see("success")
        self.assertFalse(self.accept_another())
        self.payment.accepted_unconfirmed_at -= timedelta(hours=24)
        self.assertTrue(self.accept_another())

    def test_a_cap_of_nothing_accepts_nothing(self):
        self.company.mixpay_unconfirmed_max_daily = 0
        self.see()
        self.assert_not_accepted()


@tagged("post_install", "-at_install")
class TestMixpayUnconfirmedSales(UnconfirmedCase, TestPoSCommon):
    """What becomes of a sale that was accepted."""

    def test_it_books_and_the_receipt_says_so_until_it_is_confirmed(self):
        self.see()
        order = self.sell()
        line = order.payment_ids
        self.assertEqual(order.state, "paid")
        self.assertEqual(self.payment.pos_payment_id, line)
        self.assertTrue(self.payment.covered_at)
        self.assertIn("Accepted before it was confirmed", line.mixpay_receipt)
        self.assertFalse(self.payment.is_abandoned, "it is watched to the end")
        self.see("success")
        line.invalidate_recordset(["mixpay_receipt"])
        self.assertNotIn("before it was confirmed", line.mixpay_receipt)
        self.assertFalse(self.payment.issue)
        self.assertFalse(self.shown()["unconfirmed"])
        self.assertEqual(self.events("unconfirmed_ended").data["state"], "success")

    def test_the_server_finishes_it_where_no_register_does(self):
        order = self.sync(self.order_data(state="draft"))
        self.see()
        self.assertTrue(self.payment.finish_at)
        self.payment.accepted_unconfirmed_at -= timedelta(minutes=1)
        self.payment.register_asked_at = self.payment.accepted_unconfirmed_at
        self.payment.env["mixpay.fulfilment"]._finish_what_is_left(self.payment)
        self.assertEqual(order.state, "paid")

    def test_a_failure_later_is_an_alarm_and_nothing_else_changes(self):
        self.see()
        order = self.sell()
        self.see("failed", failureCode="40024")
        self.assertEqual(self.payment.issue, "unconfirmed_failed")
        self.assertTrue(self.payment.activity_ids)
        self.assertEqual(self.events("unconfirmed_ended").data["state"], "failed")
        self.assertEqual(order.state, "paid")
        self.assertEqual(self.shown()["line_status"], "done")
        self.assertIn("then failed", self.shown()["state_text"])

    def test_money_that_comes_after_all_ends_the_alarm(self):
        self.see()
        self.sell()
        self.see("failed", failureCode="40024")
        self.payment.recovered_at = self.payment.finished_at
        self.payment.env["mixpay.review"]._review(self.payment)
        self.assertFalse(self.payment.issue)

    def test_unconfirmed_for_hours_is_an_alarm_that_success_ends(self):
        self.see()
        self.sell()
        self.see()
        self.assertFalse(self.payment.issue)
        self.payment.accepted_unconfirmed_at -= timedelta(hours=2)
        self.see()
        self.assertEqual(self.payment.issue, "unconfirmed")
        self.assertTrue(self.payment.activity_ids)
        self.see("success")
        self.assertFalse(self.payment.issue)
        self.assertFalse(self.payment.activity_ids)

    def test_an_alarm_takes_the_place_of_the_one_before(self):
        self.see()
        self.sell()
        self.payment.accepted_unconfirmed_at -= timedelta(hours=2)
        self.see()
        self.assertEqual(self.payment.issue, "unconfirmed")
        self.see("failed", failureCode="40024")
        self.assertEqual(self.payment.issue, "unconfirmed_failed")
        managers = self.company._mixpay_managers()
        self.assertEqual(len(self.payment.activity_ids), len(managers))

    def test_money_that_was_taken_back_is_an_alarm_at_once(self):
        self.see()
        self.sell()
        self.see("paid_less", paymentAmount="0.01")
        self.assertEqual(self.payment.issue, "unconfirmed")

    def test_what_does_not_go_on_well_pays_no_order(self):
        for status, changes in (
            ("paid_less", {"paymentAmount": "5"}),
            ("auditing", {}),
            ("failed", {"failureCode": "40024"}),
        ):
            with self.subTest(status=status), self.cr.savepoint() as savepoint:
                order = self.sync(self.order_data(state="draft"))
                self.see()
                self.assertTrue(self.payment.pos_payment_id)
                self.see(status, **changes)
                self.assertFalse(self.shown()["unconfirmed"])
                self.assertNotEqual(self.shown()["line_status"], "done")
                self.assertFalse(self.payment.pos_payment_id)
                with self.assertRaisesRegex(ValidationError, "cannot be paid"):
                    order.action_pos_order_paid()
                savepoint.close(rollback=True)
                self.env.invalidate_all()

    def test_what_an_approver_stopped_waiting_for_pays_no_order(self):
        self.see()
        self.payment.env["mixpay.decision"]._force_cancel(self.payment, "cash", "a manager")
        self.assertFalse(self.shown()["unconfirmed"])
        with self.assertRaisesRegex(ValidationError, "cannot be paid"):
            self.sell()

    def test_it_pays_one_order_only(self):
        self.see()
        self.sell()
        data = self.order_data()
        data["uuid"] = self.order_of("another")
        data["payment_ids"][0][2]["uuid"] = self.order_of("a third")
        with self.assertRaises(ValidationError):
            self.sync(data)

    def test_closing_and_the_report_name_it(self):
        self.see()
        self.sell()
        self.assertIn(self.payment, self.pos_session._mixpay_to_show_at_closing())
        report = self.env["report.point_of_sale.report_saledetails"]
        details = report.get_sale_details(session_ids=self.pos_session.ids)
        self.assertIn(self.payment.trace_id, "".join(details["mixpay"]["unconfirmed"]))

    def test_no_slip_beside_the_receipt(self):
        self.see()
        self.sell()
        self.assertFalse(self.shown()["slip"], "no second code on paid receipts")


@tagged("post_install", "-at_install")
class TestMixpayUnconfirmedSettings(UnconfirmedCase, TestPoSCommon):
    """Who may set it, and that it is on record."""

    def test_cashiers_neither_set_nor_see_it(self):
        cashier = self.new_user("mixpay_cashier", CASHIER)
        mine = self.method.with_user(cashier)
        for vals in (
            {"mixpay_unconfirmed_limit": 1000},
            {"mixpay_unconfirmed_asset_ids": [(5,)]},
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                mine.write(vals)
            with self.assertRaises(AccessError):
                mine.read(list(vals))
        for record, vals in (
            (self.company, {"mixpay_unconfirmed_max_daily": 9999}),
            (self.payment, {"accepted_unconfirmed_at": "2026-01-01 00:00:00"}),
            (self.payment, {"accepted_unconfirmed_amount": 0}),
        ):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                record.with_user(cashier).sudo(False).write(vals)
        rows = self.env["mixpay.unconfirmed"].with_user(cashier)
        with self.assertRaises(AccessError):
            rows.create({"company_id": self.company.id, "accepted_at": "2026-01-01 00:00:00"})
        with self.assertRaises(AccessError):
            rows.search([])

    def test_nor_by_default_or_context(self):
        manager = self.new_user("mixpay_manager", MANAGER)
        defaults = self.env["ir.default"].with_user(manager)
        defaults.set("pos.payment.method", "mixpay_unconfirmed_limit", 99, user_id=manager.id)
        methods = self.env["pos.payment.method"].with_user(manager)
        methods = methods.with_context(default_mixpay_unconfirmed_limit=99)
        vals = self.mixpay_method_vals()
        del vals["mixpay_test_mode"]
        self.assertFalse(methods.create(vals).mixpay_unconfirmed_limit)

    def test_changes_are_on_record(self):
        manager = self.new_user("mixpay_manager", MANAGER)
        self.method.with_user(manager).mixpay_unconfirmed_limit = 15
        event = self.env["mixpay.event"].search([], limit=1)
        self.assertEqual(
            (event.kind, event.data["setting"], event.data["old"], event.data["new"]),
            ("method_changed", "mixpay_unconfirmed_limit", 20.0, 15.0),
        )
        self.assertEqual(event.user_id, manager)
        ethereum = self.env["mixpay.asset"].search([("asset_id", "=", USDT_ETHEREUM)])
        self.method.mixpay_unconfirmed_asset_ids += ethereum
        event = self.env["mixpay.event"].search([], limit=1)
        self.assertIn("Ethereum", event.summary)
        self.company.mixpay_unconfirmed_max_daily = 50
        event = self.env["mixpay.event"].search([], limit=1)
        self.assertEqual(event.company_id, self.company)
        self.assertIn("Most Accepted Unconfirmed a Day", event.summary)

    def test_a_limit_needs_coins_and_is_not_below_zero(self):
        for vals in (
            {"mixpay_unconfirmed_limit": -1},
            {"mixpay_unconfirmed_asset_ids": [(5,)]},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(ValidationError, "coins"):
                self.method.write(vals)
        self.method.write({"mixpay_unconfirmed_limit": 0, "mixpay_unconfirmed_asset_ids": [(5,)]})

    def test_the_form(self):
        self.pos_session.state = "closed"  # for core's own fields
        self.method.outstanding_account_id = self.outstanding_bank
        with Form(self.method) as form:
            form.mixpay_unconfirmed_limit = 12
        self.assertEqual(self.method.mixpay_unconfirmed_limit, 12)
