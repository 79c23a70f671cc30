"""Real sessions, really closed: other companies, branches, days, tips, invoices that come later."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import RedirectWarning
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import facts
from .test_books import MixpayBooksCase


class ClosingsMixin(MixpayBooksCase):
    """A shop that can be another company's, or in another currency."""

    def move_to(self, company, **journal):
        """Sell from now on at a new Point of Sale of another company, with accounts of its own."""
        self.env.user.company_ids += company
        asset = self.method.mixpay_settlement_asset_id
        self.env = self.env(context={"allowed_company_ids": (company | self.company).ids})
        vals = {"name": "Coins", "type": "bank", "company_id": company.id, "code": "COIN"}
        self.method = self.env["pos.payment.method"].create(
            self.mixpay_method_vals(
                company_id=company.id,
                journal_id=self.env["account.journal"].create(vals | journal).id,
                mixpay_settlement_asset_id=asset.id,
            )
        )
        self.set_up_own_books(self.method)
        parent = company.root_id
        journals = self.env["account.journal"].search(
            [("type", "=", "sale"), ("company_id", "=", parent.id)], limit=1
        )
        self.config = self.env["pos.config"].create(
            {
                "name": "Elsewhere",
                "company_id": company.id,
                "journal_id": journals.id,
                "invoice_journal_id": journals.id,
                "payment_method_ids": [(6, 0, self.method.ids)],
            }
        )
        self.open_new_session()
        if company != self.product.company_id and company.root_id != self.company:
            self.product = self.create_product("Coffee", self.categ_basic, 10.0)
            self.product.product_tmpl_id.company_id = company

    def set_up_own_books(self, method):
        wizard = self.env["mixpay.set.up.books"].create({"payment_method_id": method.id})
        wizard.action_create_accounts()

    def compare(self, method=None):
        self.run_job("compare")
        return self.env["mixpay.comparison"].search(
            [("payment_method_id", "=", (method or self.method).id)], order="id desc", limit=1
        )

    def assert_proven(self, unsettled=0.0, method=None):
        """Check that the outstanding account is what is not settled, and nothing else is open."""
        account = (method or self.method).outstanding_account_id
        for field in ("balance", "amount_residual"):
            self.assertAlmostEqual(self.balance(account, field), unsettled, msg=field)
        found = self.compare(method)
        self.assertTrue(found.is_equal, found.note)


@tagged("post_install", "-at_install")
class TestMixpayClosingsElsewhere(ClosingsMixin, TestPoSCommon):
    def branch(self):
        branch = self.new_branch()
        self.env.cr.precommit.run()  # core gives it its parent's chart of accounts
        return branch

    def sell_and_settle_one_of_two(self):
        settled, left = self.sell(), self.sell(amount=30.0)
        self.close()
        self.settle(settled)
        self.book()
        return settled, left

    def test_a_branch(self):
        branch = self.branch()
        self.move_to(branch)
        settled, left = self.sell_and_settle_one_of_two()
        self.assertEqual(self.pos_session.company_id, branch)
        line = self.lines(settled)
        self.assertEqual((line.company_id, line.journal_id.company_id), (branch, branch))
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self.booking(settled).company_id, branch)
        self.assert_proven(30.0)
        self.settle(left)
        self.book()
        self.assert_proven()

    def test_a_branch_in_its_parents_journal(self):
        """Nothing but core's own checks keeps a branch's method from its parent's journal."""
        branch = self.branch()
        self.move_to(branch, company_id=self.company.id)
        self.assertEqual(self.method.journal_id.company_id, self.company)
        settled, _left = self.sell_and_settle_one_of_two()
        self.assertTrue(self.lines(settled).is_reconciled)
        self.assert_proven(30.0)

    def test_suspense_in_a_branch(self):
        self.move_to(self.branch())
        kept, given_back = self.late(), self.late()
        self.book()
        self.decide(kept, "kept")
        self.decide(given_back, "refunded")
        self.book()
        for payment, outcome in ((kept, "kept"), (given_back, "refunded")):
            self.assertEqual(self.booking(payment, "clearing").outcome, outcome)
        self.assert_proven()
        self.assertEqual(self.balance(self.method.journal_id.default_account_id), 10.0)

    def test_two_companies_at_once(self):
        """One job enters both; neither's money, lock dates nor open items reach the other."""
        first = self.sell()
        self.close()
        here, self_company = self.method, self.company
        other = self.setup_other_company()["company"]
        other.partner_id.tz = "Asia/Tokyo"
        self.move_to(other)
        second, waiting = self.sell(amount=20.0), self.sell(amount=30.0)
        self.close()
        for payment in (first, second):
            self.settle(payment)
        moment = "2026-03-31 15:30:00"
        (first | second).write({"settled_at": moment})
        self_company.fiscalyear_lock_date = date(2026, 3, 31)
        self.book()
        self.assertEqual(self.booking(first).date, date(2026, 4, 1))
        self.assertTrue(self.booking(first).is_postponed)
        self.assertEqual(self.booking(second).date, date(2026, 4, 1))
        self.assertFalse(self.booking(second).is_postponed, "Tokyo's day, and open there")
        self.assertEqual(self.lines(first).company_id, self_company)
        self.assertEqual(self.lines(second).company_id, other)
        self.assertFalse(here.outstanding_account_id & self.method.outstanding_account_id)
        self.assert_proven(30.0)
        self.assert_proven(method=here)
        self.assertFalse(self.lines(waiting))

    def test_money_attached_to_a_sale_in_another_currency(self):
        """Its value in suspense is that of its day, the sale's is that of its session."""
        config = self.other_currency_config
        self.close()
        self.method = self.create_mixpay_method(
            name="Other", journal_id=self.bank_pm2.journal_id.id
        )
        config.payment_method_ids += self.method
        self.config = config
        self.set_up_own_books(self.method)
        self.open_new_session()
        self.product = self.create_product("Coffee", self.categ_basic, 12.5)
        payment = self.late()
        self.book()
        self.env["res.currency.rate"].create(
            {
                "rate": 0.8,
                "currency_id": config.currency_id.id,
                "company_id": self.company.id,
                "name": fields.Date.today() + timedelta(days=1),
            }
        )
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            order = self.draft()
            self.decide(payment, "attached")
            payment.env["mixpay.fulfilment"]._attach(payment, order)
            self.close()
            self.book()
        self.assertEqual(self.booking(payment, "clearing").outcome, "attached")
        for account in (
            self.method.outstanding_account_id,
            self.method.journal_id.suspense_account_id,
        ):
            for field in ("amount_currency", "amount_residual", "amount_residual_currency"):
                self.assertAlmostEqual(self.balance(account, field), 0.0, msg=field)
        self.assertTrue(self.compare().is_equal, self.compare().note)


@tagged("post_install", "-at_install")
class TestMixpayClosingsKinds(ClosingsMixin, TestPoSCommon):
    def test_a_session_over_the_end_of_a_month(self):
        """Opened in March, closed in April; settled before and after midnight, and long after."""
        self.company.partner_id.tz = "Europe/Berlin"
        self.close()
        with freeze_time("2026-03-31 20:00:00"):
            self.open_new_session()
            early = self.sell()
        with freeze_time("2026-03-31 22:30:00"):  # half past midnight in Berlin
            late = self.sell(amount=20.0)
            self.close()
        moments = {early: "2026-03-31 21:59:00", late: "2026-03-31 22:00:30"}
        for payment, moment in moments.items():
            self.settle(payment)
            payment.settled_at = moment
        self.book()
        days = [self.booking(payment).date for payment in moments]
        self.assertEqual(days, [date(2026, 3, 31), date(2026, 4, 1)])
        self.assertTrue(all(self.lines(payment).is_reconciled for payment in moments))
        self.assert_proven()

    def test_a_session_in_the_night_in_which_clocks_are_set_forward(self):
        self.company.partner_id.tz = "Europe/Berlin"
        self.close()
        with freeze_time("2026-03-28 22:30:00"):
            self.open_new_session()
            payments = [self.sell() for _number in range(3)]
        with freeze_time("2026-03-29 01:30:00"):  # half past three: two o'clock there was none
            self.close()
        for payment, moment, day in zip(
            payments,
            # The 29th has 23 hours there: from 23:00 to 22:00 in UTC.
            ("2026-03-28 22:59:59", "2026-03-28 23:00:00", "2026-03-29 22:00:00"),
            (28, 29, 30),
            strict=True,
        ):
            self.settle(payment)
            payment.settled_at = moment
            self.book()
            self.assertEqual(self.booking(payment).date, date(2026, 3, day), moment)
        self.assert_proven()

    def test_a_period_that_was_closed_before_it_was_settled(self):
        """March's books are locked, for good, when April hears of its settlement."""
        self.close()
        with freeze_time("2026-03-31 12:00:00"):
            self.open_new_session()
            payment, suspended = self.sell(), self.late(amount=20.0)
            suspended.settled_at = fields.Datetime.now()
            self.book()
            self.close()
        with self.assertRaises(RedirectWarning), self.cr.savepoint():
            self.company.fiscalyear_lock_date = date(2026, 3, 31)
        # Core locks nothing with money in suspense: it has to be decided about before.
        self.decide(suspended, "kept")
        suspended.decided_at = "2026-03-31 12:30:00"
        self.book()
        self.assertEqual(self.booking(suspended, "clearing").date, date(2026, 3, 31))
        for name in ("fiscalyear_lock_date", "hard_lock_date"):
            self.company[name] = date(2026, 3, 31)
        self.settle(payment)
        payment.settled_at = "2026-03-31 23:00:00"
        with freeze_time("2026-04-02 12:00:00"):
            self.book()
        booking = self.booking(payment)
        self.assertEqual((booking.date, booking.is_postponed), (date(2026, 4, 1), True))
        self.assert_proven()

    def test_identified_customers_some_with_invoices(self):
        self.identify_customers()
        payments = [
            self.sell(amount=amount, customer=customer, is_invoiced=is_invoiced)
            for amount, customer, is_invoiced in (
                (10.0, self.customer, True),
                (10.0, self.customer, False),
                (20.0, self.other_customer, True),
            )
        ]
        self.close()
        for payment in reversed(payments):
            self.settle(payment)
        self.book()
        for payment in payments:
            line = self.lines(payment)
            self.assertTrue(line.is_reconciled)
            self.assertEqual(line.partner_id, payment.pos_payment_id.partner_id)
        invoices = [payment.pos_order_id.account_move for payment in (payments[0], payments[2])]
        self.assertEqual([one.payment_state for one in invoices], ["paid", "paid"])
        self.assert_proven()

    def test_an_invoice_that_is_asked_for_after_closing(self):
        for is_settled in (False, True):
            with self.subTest(is_settled=is_settled):
                payment = self.sell(customer=self.customer)
                self.close()
                if is_settled:
                    self.settle(payment)
                    self.book()
                payment.pos_order_id.action_pos_order_invoice()
                self.assertEqual(payment.pos_order_id.account_move.payment_state, "paid")
                if not is_settled:
                    self.settle(payment)
                    self.book()
                self.assertTrue(self.lines(payment).is_reconciled)
                self.assert_proven()
                self.open_new_session()

    def test_a_tip_is_paid_and_settled_with_its_order(self):
        tip = self.create_product("Tip", self.categ_basic, 1.5)
        self.config.tip_product_id = tip
        payment = self.sold(is_test=False, amount=11.5)
        data = self.create_ui_order_data(
            [(self.product, 1), (tip, 1)],
            payments=[(self.method, 11.5)],
            uuid=payment.order_uuid,
        )
        data["payment_ids"][0][2]["uuid"] = payment.payment_uuid
        data |= {"is_tipped": True, "tip_amount": 1.5}
        order = self.sync(data)
        self.close()
        self.settle(payment)
        self.book()
        self.assertEqual(self.lines(payment).amount, 11.5)
        self.assert_proven()
        amounts = self.env["mixpay.export.facts"]._facts_of_orders(order, "UTC")[order.id]
        self.assertEqual((amounts["net"], amounts["tips"]), ("10.00", "1.50"))
        self.assertEqual(facts.number(amounts["total"]), facts.number(amounts["mixpay"]))
