"""Refunds in coins in the books: one line each, which clears what its session owes."""

from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common_refunds import TXID, MixpayRefundsMixin
from .test_books import MixpayBooksCase


@tagged("post_install", "-at_install")
class TestMixpayRefundBooks(MixpayRefundsMixin, MixpayBooksCase, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allow_refunds()

    def sell(self, amount=10.0, **changes):
        return MixpayBooksCase.sell(self, amount=amount, **changes).pos_order_id

    def payments(self, orders):
        return orders.payment_ids._mixpay_covering()

    def settle_all(self, orders):
        for payment in self.payments(orders):
            self.settle(payment)

    def payout(self, refund):
        return self.env["mixpay.booking"].search([("refund_id", "=", refund.id)])

    def assert_ledger(self, wallet, outstanding):
        """Check balances, that the nightly comparison agrees, and that nothing is half open."""
        account = self.method.outstanding_account_id
        self.assertEqual(self.balance(self.method.journal_id.default_account_id), wallet)
        self.assertEqual(self.balance(account), outstanding)
        comparison = self.env["mixpay.comparison"].sudo()._compare(self.method)
        self.assertTrue(comparison.is_equal, comparison.note)
        if not outstanding:
            lines = self.env["account.move.line"].search([("account_id", "=", account.id)])
            self.assertFalse(lines.filtered(lambda line: line.balance and not line.reconciled))

    def test_a_refund_of_the_same_session(self):
        sales = self.sell() | self.sell() | self.sell()
        refund = self.ready(original=sales[:1])
        self.close()
        self.settle_all(sales)
        self.book()
        self.assert_ledger(30.0, -10.0)
        self.pay_out(refund)
        self.book()
        booking = self.payout(refund)
        self.assertEqual((booking.state, booking.outcome), ("done", "refund"))
        line = booking.statement_line_id
        self.assertEqual((line.amount, line.journal_id), (-10.0, self.method.journal_id))
        self.assertIn(refund.reference, line.payment_ref)
        self.assertEqual(line.mixpay_reference, f"{refund.reference}/payout")
        self.assertEqual(line.transaction_details["mixpay"]["sent"]["transactions"], [TXID])
        self.assertEqual(line.transaction_details["mixpay"]["rate"]["rate"], "0.998752")
        self.assert_ledger(20.0, 0.0)
        self.book()
        self.assertEqual(len(self.lines(booking.payment_id)), 1)
        self.assert_ledger(20.0, 0.0)

    def test_paid_out_before_its_session_is_closed(self):
        sales = self.sell() | self.sell()
        refund = self.pay_out(self.ready(original=sales[:1]))
        self.book()
        self.assertEqual(self.payout(refund).hold, "session_open")
        self.close()
        self.book()
        self.settle_all(sales)
        self.book()
        self.assert_ledger(10.0, 0.0)

    def test_a_session_that_gave_back_all(self):
        sale = self.sell()
        refund = self.ready(original=sale)
        self.close()
        self.settle_all(sale)
        self.book()
        self.pay_out(refund)
        self.book()
        self.assert_ledger(0.0, 0.0)

    def test_a_refund_in_a_later_session(self):
        sale = self.sell(amount=20.0)
        self.close()
        self.settle_all(sale)
        self.book()
        self.open_new_session()
        refund = self.ready(original=sale)
        self.close()
        self.pay_out(refund)
        self.assert_ledger(20.0, -10.0)
        self.book()
        self.assert_ledger(10.0, 0.0)

    def test_customers_who_are_identified(self):
        self.identify_customers()
        sale = self.sell(customer=self.customer)
        line = self.refund_line(sale)
        line.pos_order_id.partner_id = self.customer
        refund = self.approve(self.ask(line))
        self.enter_address(refund)
        self.finish(refund)
        self.close()
        self.pay_out(refund)
        self.book()
        self.settle_all(sale)
        self.book()
        self.assert_ledger(0.0, 0.0)

    def test_an_entry_that_somebody_else_has_matched_is_not_entered_again(self):
        sales = self.sell() | self.sell()
        self.ready(original=sales[:1])
        self.close()
        account = self.method.outstanding_account_id
        open_line = self.env["account.move.line"].search([("account_id", "=", account.id)])
        self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    (0, 0, {"account_id": account.id, "credit": 10.0}),
                    (0, 0, {"account_id": self.sales_account.id, "debit": 10.0}),
                ],
            }
        ).action_post()
        own = self.env["account.move.line"].search([("account_id", "=", account.id)]) - open_line
        (own | open_line).reconcile()
        self.settle_all(sales)
        self.book()
        self.assertEqual(self.booking(self.payments(sales[:1])).hold, "matched")

    # === A SALE THAT WAS NOT PAID === #

    def sold_unpaid(self):
        """Sell something that is marked as paid, and that fails once its session is closed."""
        payment = self.opened(is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen", "a manager")
        self.line_uuid = payment.payment_uuid
        self.sync(self.order_data())
        return payment

    def correct(self, payment):
        """Have MixPay say that a sale was not paid, and its correction posted."""
        payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40020"})
        self.book()
        self.booking(payment, "correction").move_id.action_post()
        self.book()
        self.assertEqual(self.booking(payment, "correction").state, "done")

    def test_a_sale_that_was_not_paid_leaves_room_for_the_others(self):
        failed, sales = self.sold_unpaid(), self.sell() | self.sell()
        refund = self.ready(original=sales[:1])
        self.close()
        self.correct(failed)
        self.settle_all(sales)
        self.book()
        for payment in self.payments(sales):
            self.assertEqual(self.booking(payment).state, "done")
        self.assert_ledger(20.0, -10.0)
        self.pay_out(refund)
        self.book()
        self.assert_ledger(10.0, 0.0)

    def test_a_sale_that_was_not_paid_after_the_others_were(self):
        failed, sales = self.sold_unpaid(), self.sell() | self.sell()
        refund = self.ready(original=sales[:1])
        self.close()
        self.settle_all(sales)
        self.book()
        self.correct(failed)
        self.pay_out(refund)
        self.book()
        self.assert_ledger(10.0, 0.0)

    # === GIVEN BACK ANOTHER WAY === #

    def suspense(self):
        return self.balance(self.method.journal_id.suspense_account_id)

    def test_given_back_another_way_waits_for_what_paid_it(self):
        sales = self.sell() | self.sell()
        refund = self.give_back_otherwise(self.ready(original=sales[:1]))
        self.close()
        self.settle_all(sales)
        self.book()
        booking = self.payout(refund)
        self.assertEqual((booking.state, booking.outcome), ("done", "refunded"))
        self.assertFalse(booking.statement_line_id, "no coins have left the wallet")
        self.assert_ledger(20.0, 0.0)
        self.assertEqual(self.suspense(), -10.0)
        self.book()
        self.assertEqual(self.suspense(), -10.0)
        self.match_with_cash(booking)
        self.assertEqual(self.suspense(), 0.0)
        self.assert_ledger(20.0, 0.0)

    def match_with_cash(self, booking):
        """Match what is in suspense with what the accountant finds in the cash register's book."""
        suspense = self.method.journal_id.suspense_account_id
        cash = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    (0, 0, {"account_id": suspense.id, "debit": 10.0}),
                    (0, 0, {"account_id": self.sales_account.id, "credit": 10.0}),
                ],
            }
        )
        cash.action_post()
        lines = (cash | booking.move_id).line_ids
        lines.filtered(lambda line: line.account_id == suspense).reconcile()

    def test_given_back_another_way_after_its_session(self):
        sale = self.sell()
        refund = self.ready(original=sale)
        self.close()
        self.settle_all(sale)
        self.book()
        self.assert_ledger(10.0, -10.0)
        self.give_back_otherwise(refund)
        self.book()
        self.assert_ledger(10.0, 0.0)
        self.assertEqual(self.suspense(), -10.0)

    # === OTHER CURRENCIES === #

    def test_refunds_in_another_currency_are_worth_what_their_session_says(self):
        self.close()
        self.config = self.other_currency_config
        self.method = self.create_mixpay_method(
            name="Other",
            journal_id=self.bank_pm2.journal_id.id,
            mixpay_test_mode=False,
            mixpay_refunds=True,
        )
        self.config.payment_method_ids += self.method
        self.set_up_books(self.method)
        rates = self.env["res.currency.rate"]
        rates.search([("currency_id", "=", self.other_currency.id)]).rate = 0.3
        self.product = self.create_product("Coffee", self.categ_basic, 10.0 / 0.3)
        self.open_new_session()
        sale = self.sell(amount=30.0)
        self.close()
        self.open_new_session()
        refunds = [self.ready(original=sale) for _number in range(3)]
        self.close()
        for refund in refunds:
            self.pay_out(refund, txid=f"{TXID}{refund.id}")
        self.book()
        values = [self.payout(refund).value for refund in refunds]
        self.assertAlmostEqual(sum(values), -100.0)
        self.assertEqual(self.balance(self.method.journal_id.default_account_id), -100.0)
        self.settle_all(sale)
        self.book()
        for field in ("balance", "amount_currency", "amount_residual"):
            self.assertAlmostEqual(self.balance(self.method.outstanding_account_id, field), 0.0)
        self.assertAlmostEqual(self.balance(self.method.journal_id.default_account_id), 0.0)

    # === RETENTION === #

    def test_the_statement_line_forgets_the_transaction(self):
        refund = self.pay_out(self.ready(original=self.sell()))
        self.close()
        self.book()
        line = self.payout(refund).statement_line_id
        self.assertEqual(line.transaction_details["mixpay"]["sent"]["transactions"], [TXID])
        self.env.cr.execute(
            "UPDATE mixpay_refund SET create_date = '2001-01-01', write_date = '2001-01-01'"
        )
        self.env.invalidate_all()
        self.env["mixpay.retention"].sudo()._anonymize_refunds(self.company, "2002-01-01")
        self.env.invalidate_all()
        sent = line.transaction_details["mixpay"]["sent"]
        self.assertNotIn("transactions", sent)
        self.assertEqual(sent["amount"], "10.0124")

    def test_what_was_removed_is_no_adjustment(self):
        refund = self.pay_out(self.ready(original=self.sell()))
        self.close()
        self.book()
        first = self.export(0)
        self.assertEqual(self.rows(first)[1]["txids"], TXID)
        self.env["mixpay.retention"].sudo()._forget_refunds(refund)
        self.assertNotIn("txids", self.rows(first)[1])
        self.assertFalse(self.rows(self.export(1)))

    # === THE ACCOUNTANT'S FILES === #

    def test_exports_say_that_it_was_given_back_another_way(self):
        refund = self.ready(original=self.sell())
        self.start(refund)
        self.close()
        _sold, given_back = self.rows(self.export(0))
        self.assertEqual(given_back.get("units", ""), "", "what is planned was not sent")
        refund.with_user(self.manager).action_stop()
        self.give_back_otherwise(refund)
        second = self.export(1)
        [row] = self.rows(second)
        self.assertEqual((row["kind"], row["amount"]), ("Adjustment", ""))
        self.assertEqual(row["status"], "Given back another way")
        self.assertEqual(row["decision"], "Given back another way")
        self.assertEqual(row["decided_by"], self.manager.name)
        self.assertTrue(row["decided_at"])
        self.assertEqual(row.get("units", ""), "")
        self.assertFalse(self.rows(second, "coins"), "nothing came, and nothing was sent")

    def test_exports_have_it_below_zero_and_what_comes_later_as_an_adjustment(self):
        sale = self.sell(amount=20.0)
        refund = self.ready(original=sale)
        self.close()
        first = self.export(0)
        sold, given_back = self.rows(first)
        self.assertEqual((sold["amount"], given_back["amount"]), ("20.00", "-10.00"))
        self.assertEqual(given_back["trace_id"], refund.reference)
        self.assertEqual(given_back["value"], "-10.00")
        self.assertEqual(given_back.get("units", ""), "")
        self.assertIn(self.manager.name, given_back["basis"])
        orders = self.rows(first, "orders")
        self.assertEqual([row["total"] for row in orders], ["20.00", "-10.00"])
        self.assertEqual([row["mixpay"] for row in orders], ["20.00", "-10.00"])
        [total] = self.rows(first, "totals")
        self.assertEqual(total["amount"], "10.00")
        self.pay_out(refund)
        self.book()
        second = self.export(1)
        [row] = self.rows(second)
        self.assertEqual((row["kind"], row["amount"]), ("Adjustment", ""))
        self.assertEqual((row["units"], row["txids"]), ("-10.0124", TXID))
        self.assertEqual(row["settled_entry"], self.payout(refund).move_id.name)
        coins = {row["coin"]: row for row in self.rows(second, "coins")}
        self.assertEqual(coins["USDT (Tron)"]["opening"], "-10.0124")
