"""What MixPay has settled is in the books: once, against its session, provably."""

import uuid
from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import claim
from .test_mixpay_settlement import MixpaySettlementCase

BOOKS = "odoo.addons.pos_mixpay.models.mixpay_books"


class MixpayBooksCase(MixpaySettlementCase):
    """A shop whose MixPay method has accounts of its own; mixed into `TestPoSCommon`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.set_up_books(cls.method)

    @classmethod
    def set_up_books(cls, method):
        """Create a method's accounts as an accounting manager does."""
        wizard = cls.env["mixpay.set.up.books"].create({"payment_method_id": method.id})
        wizard.action_create_accounts()

    def sell(self, amount=10.0, customer=False, is_invoiced=False, **changes):
        """Sell something that is paid for with MixPay; return the payment."""
        payment = self.sold(amount=amount, **({"is_test": False} | changes))
        self.line_uuid = payment.payment_uuid
        data = self.create_ui_order_data(
            [(self.product, amount / 10.0)],
            payments=[(self.method, amount)],
            uuid=payment.order_uuid,
            customer=customer,
            is_invoiced=is_invoiced,
        )
        data |= {"state": "paid", "access_token": str(uuid.uuid4())}
        data["payment_ids"][0][2]["uuid"] = payment.payment_uuid
        self.sync(data)
        self.assertTrue(payment.covered_at)
        return payment

    def identify_customers(self):
        """Have the method identify customers; in shops that is set while no session is open."""
        self.close()
        self.method.split_transactions = True
        self.open_new_session()

    def settle(self, payment):
        self.simulator.settle(payment.trace_id)
        self.forget_calls()
        self.follow(payment)
        self.assertTrue(payment.settled_at)

    def close(self, session=None):
        session = session or self.pos_session
        session.action_pos_session_closing_control()
        self.assertEqual(session.state, "closed")

    def book(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE mixpay_booking SET due_at = '2000-01-01'")
        self.env["mixpay.booking"].invalidate_model()
        self.run_job("book")
        self.env.invalidate_all()

    def sold_and_booked(self, **changes):
        payment = self.sell(**changes)
        self.close()
        self.settle(payment)
        self.book()
        return payment

    def booking(self, payment, kind="receipt"):
        return self.env["mixpay.booking"].search(
            [("payment_id", "=", payment.id), ("kind", "=", kind)]
        )

    def lines(self, payment):
        return self.env["account.bank.statement.line"].search(
            [("payment_ref", "like", payment.trace_id)], order="id"
        )

    def new_branch(self):
        """Create a branch of the shop's company."""
        return self.env["res.company"].create(
            {
                "name": "Branch",
                "parent_id": self.company.id,
                "country_id": self.company.country_id.id,
            }
        )

    def balance(self, account, field="balance"):
        domain = [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        return sum(self.env["account.move.line"].search(domain).mapped(field))

    def late(self, **changes):
        """Return settled money that came for a sale which was given up."""
        payment = self.sold(is_test=False, **changes)
        payment.is_abandoned = True
        payment.env["mixpay.review"]._review(payment)
        self.assertEqual(payment.issue, "late")
        self.settle(payment)
        return payment

    def decide(self, payment, decision):
        payment.env["mixpay.decision"]._decide(payment, decision, "a reason", "a manager")

    def export(self, days):
        """Export the day that is so many days from now, once it is over."""
        day = fields.Date.today() + timedelta(days=days)
        with freeze_time(fields.Datetime.now() + timedelta(days=days + 2)):
            return self.env["mixpay.export"].create({"date_from": day, "date_to": day})

    def rows(self, export, sheet="payments"):
        return list(self.env["mixpay.export.line"]._rows(export, sheet))


@tagged("post_install", "-at_install")
class TestMixpayBooks(MixpayBooksCase, TestPoSCommon):
    def test_a_settled_payment_is_one_line_that_clears_its_session(self):
        payment = self.sold_and_booked()
        line = self.lines(payment)
        self.assertEqual(len(line), 1)
        self.assertEqual(line.journal_id, self.method.journal_id)
        self.assertEqual(line.mixpay_reference, payment.trace_id)
        self.assertIn(payment.trace_id, line.payment_ref)
        self.assertEqual(line.amount, 10.0)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(line.move_id.state, "posted")
        outstanding = self.method.outstanding_account_id
        self.assertEqual(self.balance(outstanding), 0.0)
        self.assertFalse(self.balance(outstanding, "amount_residual"))
        self.assertEqual(self.balance(self.method.journal_id.default_account_id), 10.0)
        booking = self.booking(payment)
        self.assertEqual((booking.state, booking.outcome), ("done", "sale"))
        self.assertEqual((booking.value, booking.basis, booking.fee), (10.0, "price", 0.0))

    def test_the_coins_are_on_the_line_exactly(self):
        payment = self.sell(payment_amount="0.123456789012345678")
        payment.settle_amount = "9.987654321098765432"
        self.close()
        self.simulator.settle(payment.trace_id)
        self.follow(payment)
        payment.settle_amount = "9.987654321098765432"
        self.book()
        facts = self.lines(payment).transaction_details["mixpay"]
        self.assertEqual(facts["settled"]["amount"], "9.987654321098765432")
        self.assertEqual(facts["settled"]["name"], "USDT (Tron)")
        self.assertEqual(facts["sent"]["transactions"], payment.transfer_ids.mapped("txid"))
        self.assertEqual(facts["rate"]["rate"], payment.rate)
        self.assertEqual(facts["fee"], "0")

    def test_twice_is_impossible(self):
        payment = self.sold_and_booked()
        self.book()
        self.env["mixpay.booking"]._plan_entries(payment)
        self.book()
        [line] = self.lines(payment)
        booking = self.booking(payment)
        with mute_logger("odoo.sql_db"):
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                self.env["account.bank.statement.line"].create(
                    {
                        "journal_id": line.journal_id.id,
                        "amount": 10.0,
                        "mixpay_reference": payment.trace_id,
                    }
                )
                self.env.flush_all()
            with self.assertRaises(IntegrityError), self.env.cr.savepoint():
                booking.sudo().create(
                    {"payment_id": payment.id, "company_id": self.company.id, "kind": "receipt"}
                )

    def test_what_is_not_settled_is_what_stays_outstanding(self):
        settled, open_one = self.sell(amount=10.0), self.sell(amount=30.0)
        self.close()
        self.settle(settled)
        self.book()
        self.assertEqual(self.balance(self.method.outstanding_account_id), 30.0)
        self.assertEqual(self.balance(self.method.outstanding_account_id, "amount_residual"), 30.0)
        self.assertFalse(self.lines(open_one))
        self.settle(open_one)
        self.book()
        self.assertEqual(self.balance(self.method.outstanding_account_id, "amount_residual"), 0.0)

    def test_an_open_session_is_waited_for(self):
        payment = self.sell()
        self.settle(payment)
        self.book()
        booking = self.booking(payment)
        self.assertEqual((booking.state, booking.hold), ("waiting", "session_open"))
        self.assertTrue(booking.reason)
        self.assertFalse(self.lines(payment))
        self.close()
        self.run_job("book")
        self.assertTrue(self.lines(payment).is_reconciled, "closing brings it forward")

    def test_test_payments_never(self):
        payment = self.sold_and_booked(is_test=True)
        self.assertFalse(self.lines(payment))
        self.assertFalse(self.booking(payment))

    def test_methods_whose_books_are_kept_by_hand(self):
        self.method.mixpay_book_settlements = False
        payment = self.sold_and_booked()
        self.assertEqual(self.booking(payment).state, "off")
        self.assertFalse(self.lines(payment))
        self.method.mixpay_book_settlements = True
        self.booking(payment).action_keep_on()
        self.book()
        self.assertTrue(self.lines(payment))

    def test_a_bad_one_keeps_no_other_waiting(self):
        bad, good = self.sell(), self.sell()
        self.close()
        for payment in (bad, good):
            self.settle(payment)
        bad.settled_at = False
        with self.assertLogs(BOOKS, "WARNING"):
            self.book()
        booking = self.booking(bad)
        self.assertEqual((booking.state, booking.hold, booking.failures), ("held", "failed", 1))
        self.assertIn("No money is lost", booking.reason)
        self.assertFalse(self.lines(bad))
        self.assertTrue(self.lines(good).is_reconciled)

    def test_identified_customers_have_entries_of_their_own(self):
        self.identify_customers()
        payments = [
            self.sell(amount=10.0, customer=customer)
            for customer in (self.customer, self.other_customer, self.customer)
        ]
        self.close()
        for payment in payments[1:]:
            self.settle(payment)
        self.book()
        for payment in payments[1:]:
            line = self.lines(payment)
            self.assertTrue(line.is_reconciled)
            self.assertEqual(line.partner_id, payment.pos_payment_id.partner_id)
        self.assertEqual(self.balance(self.method.outstanding_account_id, "amount_residual"), 10.0)
        self.settle(payments[0])
        self.book()
        self.assertEqual(self.balance(self.method.outstanding_account_id, "amount_residual"), 0.0)

    def test_invoiced_sales(self):
        payment = self.sell(customer=self.customer, is_invoiced=True)
        self.assertTrue(payment.pos_order_id.account_move)
        self.close()
        self.settle(payment)
        self.book()
        self.assertTrue(self.lines(payment).is_reconciled)
        self.assertEqual(self.balance(self.method.outstanding_account_id, "amount_residual"), 0.0)

    def test_what_somebody_matched_by_hand_is_not_entered_again(self):
        payment = self.sell()
        self.close()
        line = self.env["account.move.line"].search(
            [("account_id", "=", self.method.outstanding_account_id.id)]
        )
        imported = self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.method.journal_id.id,
                "amount": 10.0,
                "payment_ref": "imported",
                "counterpart_account_id": line.account_id.id,
            }
        )
        counterpart = imported.line_ids.filtered(lambda one: one.account_id == line.account_id)
        (line | counterpart).reconcile()
        self.settle(payment)
        self.book()
        booking = self.booking(payment)
        self.assertEqual((booking.state, booking.hold), ("held", "matched"))
        booking.action_keep_off()
        self.book()
        self.assertEqual(booking.state, "off")
        self.assertFalse(self.lines(payment))

    def test_a_session_without_an_outstanding_account_is_listed(self):
        payment = self.sell()
        self.close()
        self.settle(payment)
        made = self.pos_session.bank_payment_ids
        for account, hold in (
            (self.method.journal_id.default_account_id, "same_account"),
            (self.env["account.account"], "no_outstanding"),
        ):
            line = made.move_id.line_ids.filtered(lambda one: one.balance > 0)
            self.env.cr.execute(
                "UPDATE account_payment SET outstanding_account_id = %s WHERE id = ANY(%s)",
                [account.id or None, made.ids],
            )
            self.env.cr.execute(
                "UPDATE account_move_line SET account_id = %s WHERE id = ANY(%s)",
                [account.id or line.account_id.id, line.ids],
            )
            self.env.invalidate_all()
            self.book()
            booking = self.booking(payment)
            self.assertEqual((booking.state, booking.hold), ("held", hold))
            self.assertTrue(booking.reason)
        self.assertFalse(self.lines(payment))


@tagged("post_install", "-at_install")
class TestMixpayBooksDays(MixpayBooksCase, TestPoSCommon):
    def received(self, moment):
        payment = self.sell()
        self.close()
        self.settle(payment)
        payment.settled_at = moment
        self.book()
        self.open_new_session()
        return self.booking(payment)

    def test_the_day_is_the_companys(self):
        for zone, moment, day in (
            ("Asia/Tokyo", "2026-03-31 15:30:00", date(2026, 4, 1)),
            ("America/New_York", "2026-04-01 03:30:00", date(2026, 3, 31)),
            # An hour before and after clocks are set back: midnight is at another hour.
            ("Europe/Berlin", "2026-10-24 22:30:00", date(2026, 10, 25)),
            ("Europe/Berlin", "2026-10-25 22:30:00", date(2026, 10, 25)),
            ("Europe/Berlin", "2026-10-25 23:30:00", date(2026, 10, 26)),
        ):
            with self.subTest(zone=zone, moment=moment):
                self.company.partner_id.tz = zone
                booking = self.received(moment)
                self.assertEqual((booking.date, booking.zone), (day, zone))
                self.assertEqual(booking.statement_line_id.date, day)
                self.assertFalse(booking.is_postponed)

    def test_without_a_zone_it_is_that_of_the_working_hours_everywhere(self):
        self.company.partner_id.tz = False
        self.company.resource_calendar_id.tz = "Asia/Tokyo"
        self.pos_session.user_id.tz = "America/New_York"
        booking = self.received("2026-03-31 15:30:00")
        self.assertEqual((booking.date, booking.zone), (date(2026, 4, 1), "Asia/Tokyo"))
        with freeze_time("2026-03-31 15:30:00"):
            comparison = self.env["mixpay.comparison"].sudo()._compare(booking.payment_method_id)
        self.assertEqual(comparison.date, date(2026, 4, 1))

    def test_locked_books_take_it_on_the_first_open_day(self):
        self.company.fiscalyear_lock_date = date(2026, 3, 31)
        booking = self.received("2026-03-15 12:00:00")
        self.assertEqual(booking.received_on, date(2026, 3, 15))
        self.assertEqual(booking.date, date(2026, 4, 1))
        self.assertTrue(booking.is_postponed)
        self.assertEqual(
            booking.statement_line_id.transaction_details["mixpay"]["received_on"], "2026-03-15"
        )

    def test_books_that_are_locked_up_to_today_have_it_wait(self):
        payment = self.sell()
        self.close()
        self.settle(payment)
        today = fields.Date.today()
        self.company.fiscalyear_lock_date = today
        self.book()
        booking = self.booking(payment)
        self.assertEqual((booking.state, booking.hold), ("held", "locked"))
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            self.book()
        self.assertEqual(booking.date, today + timedelta(days=1))
        self.assertEqual(booking.state, "done")


@tagged("post_install", "-at_install")
class TestMixpayBooksElsewhere(MixpayBooksCase, TestPoSCommon):
    """Other currencies, other companies."""

    def use(self, config, method):
        self.pos_session.action_pos_session_closing_control()
        config.payment_method_ids += method
        self.config, self.method = config, method
        self.set_up_books(method)
        self.open_new_session()

    def test_another_currency_than_the_companys(self):
        config = self.other_currency_config
        self.use(
            config, self.create_mixpay_method(name="Other", journal_id=self.bank_pm2.journal_id.id)
        )
        self.product = self.create_product("Coffee", self.categ_basic, 20.0)
        currency = config.currency_id
        self.assertEqual(self.method.journal_id.currency_id, currency)
        payments = [self.sell(amount=amount) for amount in (10.0, 10.0, 30.0)]
        self.close()
        self.env["res.currency.rate"].create(
            {
                "rate": 0.7,
                "currency_id": currency.id,
                "company_id": self.company.id,
                "name": fields.Date.today() + timedelta(days=1),
            }
        )
        exchange = self.company.currency_exchange_journal_id
        before = self.env["account.move"].search_count([("journal_id", "=", exchange.id)])
        for payment in payments:
            self.settle(payment)
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            for payment in payments:
                payment.settled_at = fields.Datetime.now()
            self.book()
        outstanding = self.method.outstanding_account_id
        for field in ("balance", "amount_currency", "amount_residual", "amount_residual_currency"):
            self.assertAlmostEqual(self.balance(outstanding, field), 0.0, msg=field)
        for payment, value in zip(payments, (20.0, 20.0, 60.0), strict=True):
            line = self.lines(payment)
            self.assertTrue(line.is_reconciled)
            self.assertEqual(line.currency_id, currency)
            self.assertAlmostEqual(line.amount, payment.amount)
            self.assertAlmostEqual(self.booking(payment).value, value)
        after = self.env["account.move"].search_count([("journal_id", "=", exchange.id)])
        self.assertEqual(before, after, "the price at receipt is the value: no difference in rates")

    def test_a_journal_in_another_currency_is_listed(self):
        payment = self.sell()
        self.close()
        self.settle(payment)
        self.env.cr.execute(
            "UPDATE account_journal SET currency_id = %s WHERE id = %s",
            [self.other_currency.id, self.method.journal_id.id],
        )
        self.method.journal_id.invalidate_recordset()
        self.book()
        self.assertEqual(self.booking(payment).hold, "currency")

    def test_a_branch_uses_its_own_journal_and_its_parents_accounts(self):
        branch = self.new_branch()
        self.env.user.company_ids += branch
        env = self.env(context={"allowed_company_ids": (branch | self.company).ids})
        asset = self.method.mixpay_settlement_asset_id
        journal = env["account.journal"].create(
            {"name": "B", "type": "bank", "company_id": branch.id, "code": "BRA"}
        )
        method = env["pos.payment.method"].create(
            self.mixpay_method_vals(
                company_id=branch.id, journal_id=journal.id, mixpay_settlement_asset_id=asset.id
            )
        )
        wizard = env["mixpay.set.up.books"].create({"payment_method_id": method.id})
        wizard.has_own_journal = True
        wizard.action_create_accounts()
        self.assertEqual(method.journal_id.company_id, branch)
        self.assertEqual(method.outstanding_account_id.company_ids, self.company)
        self.assertFalse(method.mixpay_books_notice)

    def test_another_companys_accountant_sees_nothing(self):
        payment = self.sold_and_booked()
        other = self.env["res.company"].create({"name": "Other shop"})
        stranger = self.new_user("mixpay_books_stranger", "account.group_account_manager", other)
        own = self.booking(payment).with_user(stranger)
        self.assertFalse(own.search([("id", "=", own.id)]))


@tagged("post_install", "-at_install")
class TestMixpaySuspense(MixpayBooksCase, TestPoSCommon):
    """Money without a sale: in suspense until a person has decided."""

    def setUp(self):
        super().setUp()
        self.journal = self.method.journal_id
        self.suspense = self.journal.suspense_account_id

    def assert_suspense(self, amount):
        self.assertEqual(self.balance(self.suspense), -amount)
        self.assertEqual(self.balance(self.suspense, "amount_residual"), -amount)

    def test_late_money_waits_in_suspense(self):
        payment = self.late()
        self.book()
        line = self.lines(payment)
        self.assertEqual((line.amount, line.is_reconciled), (10.0, False))
        self.assert_suspense(10.0)
        self.assertEqual(self.booking(payment).outcome, "suspense")
        self.assertEqual(self.booking(payment, "clearing").hold, "undecided")
        self.assertFalse(self.balance(self.method.outstanding_account_id))

    def test_kept(self):
        payment = self.late()
        self.book()
        self.decide(payment, "kept")
        self.book()
        self.assert_suspense(0.0)
        self.assertEqual(self.balance(self.journal.profit_account_id), -10.0)
        self.assertTrue(self.lines(payment).is_reconciled)
        self.assertEqual(self.booking(payment, "clearing").outcome, "kept")

    def test_given_back(self):
        payment = self.late()
        self.book()
        self.decide(payment, "refunded")
        self.book()
        self.assert_suspense(0.0)
        self.assertEqual(self.lines(payment).mapped("amount"), [10.0, -10.0])
        self.assertEqual(self.balance(self.journal.default_account_id), 0.0)

    def test_decided_before_it_was_settled(self):
        payment = self.sold(is_test=False, payment_amount="10")
        payment.is_abandoned = True
        payment.env["mixpay.review"]._review(payment)
        self.decide(payment, "kept")
        self.book()
        self.assertFalse(self.lines(payment))
        self.settle(payment)
        self.book()
        self.book()
        self.assert_suspense(0.0)
        self.assertEqual(self.balance(self.journal.profit_account_id), -10.0)

    def test_what_is_decided_later_is_about_something_else(self):
        """The latest decision says nothing about money that an earlier one has given back."""
        for is_old in (False, True):
            with self.subTest(is_old=is_old):
                payment = self.sold(is_test=False)
                payment.is_abandoned = True
                payment.env["mixpay.review"]._review(payment)
                self.decide(payment, "refunded")
                if is_old:  # decided while an older version was installed
                    payment.written_off_as = False
                since = payment.written_off_at
                payment.reported_at = payment.finished_at + timedelta(days=2)
                payment.env["mixpay.review"]._review(payment)
                self.assertEqual(payment.issue, "unsettled")
                self.decide(payment, "kept")
                self.assertEqual((payment.decision, payment.written_off_as), ("kept", "refunded"))
                self.assertEqual(payment.written_off_at, since)
                self.settle(payment)
                self.book()
                self.book()
                self.assertEqual(self.booking(payment, "clearing").outcome, "refunded")
                self.assertEqual(self.lines(payment).mapped("amount"), [10.0, -10.0])
                self.assertEqual(claim.stage(payment), claim.GIVEN_BACK)
                [shown] = payment.env["mixpay.snapshot"]._by_id(payment.ids)
                self.assertEqual(claim.stage(shown), claim.GIVEN_BACK)
                self.assert_suspense(0.0)

    def test_attached_to_an_order(self):
        payment, order = self.late(), self.draft()
        self.book()
        self.decide(payment, "attached")
        payment.env["mixpay.fulfilment"]._attach(payment, order)
        self.book()
        self.assertEqual(self.booking(payment, "clearing").hold, "session_open")
        self.close()
        self.book()
        self.assert_suspense(0.0)
        self.assertEqual(self.balance(self.method.outstanding_account_id, "amount_residual"), 0.0)
        self.assertEqual(self.booking(payment, "clearing").outcome, "attached")
        self.assertEqual(len(self.lines(payment)), 1)

    def test_without_accounts_it_is_listed(self):
        self.journal.profit_account_id = False
        payment = self.late()
        self.book()
        self.decide(payment, "kept")
        self.book()
        clearing = self.booking(payment, "clearing")
        self.assertEqual((clearing.state, clearing.hold), ("held", "no_difference"))
        self.assert_suspense(10.0)

    def test_a_mismatch_needs_somebodys_value(self):
        payment = self.record(is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "mismatch", {"mismatch": "amount"})
        self.decide(payment, "kept")
        self.book()
        booking = self.booking(payment)
        self.assertEqual((booking.state, booking.hold), ("held", "value"))
        self.enter_value(booking, 7.5)
        self.book()
        self.book()
        self.assertEqual(self.lines(payment).amount, 7.5)
        self.assertEqual((booking.basis, booking.settled_value_source), ("entered", "the exchange"))
        self.assert_suspense(0.0)
        self.assertEqual(self.balance(self.journal.profit_account_id), -7.5)

    def enter_value(self, booking, value):
        wizard = self.env["mixpay.enter.value"].create(
            {
                "booking_id": booking.id,
                "value": value,
                "source": "the exchange",
                "date": fields.Date.today(),
            }
        )
        wizard.action_enter()

    def test_a_surplus_that_is_kept_counts_at_mixpays_rate(self):
        payment = self.sell(surplus_amount="2.5", surplus_status="expired")
        self.close()
        self.settle(payment)
        payment.write({"surplus_amount": "2.5", "surplus_status": "expired"})
        payment.env["mixpay.review"]._review(payment)
        self.assertEqual(payment.issue, "surplus")
        self.decide(payment, "kept")
        self.book()
        booking = self.booking(payment, "surplus")
        self.assertEqual((booking.amount, booking.basis), (2.5, "rate"))
        self.assertIn(payment.rate, booking.value_source)
        self.assertTrue(booking.value_date)
        self.assertEqual(self.balance(self.journal.profit_account_id), -2.5)
        self.assertEqual(self.balance(self.method.outstanding_account_id), 0.0)

    def test_a_difference_only_from_a_value_that_was_entered(self):
        payment = self.sold_and_booked()
        booking = self.booking(payment)
        self.assertFalse(booking.difference)
        self.enter_value(booking, 9.8)
        self.book()
        self.assertAlmostEqual(booking.difference, -0.2)
        self.assertAlmostEqual(self.balance(self.journal.loss_account_id), 0.2)
        self.assertAlmostEqual(self.balance(self.journal.default_account_id), 9.8)
        self.assertEqual(self.booking(payment, "difference").value_source, "the exchange")

    def test_a_value_that_was_entered_before_its_receipt(self):
        payment = self.sell()
        self.settle(payment)
        self.book()
        booking = self.booking(payment)
        self.assertEqual(booking.hold, "session_open")
        self.enter_value(booking, 9.8)
        self.assertFalse(self.booking(payment, "difference"))
        self.close()
        self.book()
        self.book()
        self.assertEqual((booking.basis, booking.value), ("price", 10.0))
        self.assertAlmostEqual(booking.difference, -0.2)
        self.assertEqual(self.booking(payment, "difference").state, "done")
        self.assertAlmostEqual(self.balance(self.journal.loss_account_id), 0.2)
        self.assertAlmostEqual(self.balance(self.journal.default_account_id), 9.8)

    def failed_sale(self, state="failed", issue="confirmed_failed", **reported):
        """Return a payment that was marked as paid, sold, and that failed later."""
        payment = self.opened(is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen", "a manager")
        self.line_uuid = payment.payment_uuid
        self.sync(self.order_data())
        self.close()
        reported = reported or {"failure_code": "40020"}
        payment.env["mixpay.answer"]._transition(payment, state, reported)
        self.assertEqual(payment.issue, issue)
        self.book()
        return payment

    def sale_on_other_terms(self, decision):
        """Return a payment that was sold, of which MixPay says later that something else came."""
        payment = self.failed_sale("mismatch", "mismatch", mismatch="quoteAmount: 7.5")
        self.decide(payment, decision)
        self.book()
        booking = self.booking(payment)
        self.assertEqual((booking.state, booking.hold), ("held", "value"))
        self.enter_value(booking, 7.5)
        self.book()
        self.assert_suspense(7.5)
        self.assertEqual(self.booking(payment, "clearing").hold, "undecided")
        return payment

    def test_a_booked_sale_for_which_something_else_came(self):
        for decision, wallet in (("kept", 7.5), ("refunded", 0.0)):
            with self.subTest(decision=decision), self.cr.savepoint() as savepoint:
                payment = self.sale_on_other_terms(decision)
                correction = self.booking(payment, "correction")
                self.assertEqual(correction.state, "draft")
                correction.move_id.action_post()
                self.book()
                self.book()
                self.assertEqual(self.booking(payment, "clearing").outcome, decision)
                self.assert_suspense(0.0)
                self.assertEqual(self.balance(self.method.outstanding_account_id), 0.0)
                self.assertEqual(self.balance(self.journal.default_account_id), wallet)
                self.assertEqual(self.balance(self.journal.loss_account_id), 10.0 - wallet)
                comparison = self.env["mixpay.comparison"].sudo()._compare(self.method)
                self.assertTrue(comparison.is_equal, comparison.note)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_booked_sale_that_keeps_its_part_of_what_came(self):
        payment = self.sale_on_other_terms("kept")
        self.booking(payment, "correction").move_id.unlink()
        self.book()
        self.book()
        self.assertEqual(self.booking(payment, "clearing").outcome, "attached")
        self.assert_suspense(0.0)
        outstanding = self.method.outstanding_account_id
        self.assertEqual(self.balance(outstanding, "amount_residual"), 2.5)
        comparisons = self.env["mixpay.comparison"].sudo()
        self.assertFalse(comparisons._compare(self.method).is_equal, "what never comes is named")
        lost = ((self.journal.loss_account_id, 2.5), (outstanding, -2.5))
        self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in lost
                ]
            }
        ).action_post()
        found = comparisons._compare(self.method)
        self.assertTrue(found.is_equal, found.note)

    def test_a_booked_sale_that_fails_prepares_a_correction(self):
        payment = self.failed_sale()
        correction = self.booking(payment, "correction")
        self.assertEqual((correction.state, correction.move_id.state), ("draft", "draft"))
        self.assertEqual(self.balance(self.method.outstanding_account_id), 10.0)
        correction.move_id.action_post()
        self.book()
        self.assertEqual(correction.state, "done")
        self.assertEqual(self.balance(self.method.outstanding_account_id, "amount_residual"), 0.0)
        self.assertEqual(self.balance(self.journal.loss_account_id), 10.0)

    def test_a_correction_that_was_deleted_stays_so(self):
        payment = self.failed_sale()
        correction = self.booking(payment, "correction")
        correction.move_id.unlink()
        self.book()
        self.assertEqual(correction.state, "off")

    def assert_corrected_once(self, correction, move):
        account = self.method.outstanding_account_id
        self.assertEqual((correction.state, correction.move_id), ("done", move))
        self.assertEqual(self.env["account.move"].search([("ref", "=", move.ref)]), move)
        for field in ("balance", "amount_residual"):
            self.assertEqual(self.balance(account, field), 0.0)
        self.assertEqual(self.balance(self.journal.loss_account_id), 10.0)

    def test_a_correction_that_was_matched_by_hand(self):
        correction = self.booking(self.failed_sale(), "correction")
        move = correction.move_id
        move.action_post()
        account = self.method.outstanding_account_id
        lines = self.env["account.move.line"].search([("account_id", "=", account.id)])
        self.assertEqual(len(lines), 2)
        lines.reconcile()
        self.book()
        self.book()
        self.assert_corrected_once(correction, move)

    def test_a_correction_while_the_entry_of_its_session_is_a_draft(self):
        correction = self.booking(self.failed_sale(), "correction")
        move, made = correction.move_id, self.pos_session.bank_payment_ids
        move.action_post()
        made.action_draft()
        self.book()
        self.assertEqual((correction.state, correction.hold), ("held", "no_entry"))
        move.button_draft()
        self.book()
        self.assertEqual((correction.state, correction.hold), ("draft", False))
        move.action_post()
        self.book()
        self.assertEqual((correction.state, correction.hold), ("held", "no_entry"))
        made.action_post()
        self.book()
        self.assert_corrected_once(correction, move)

    def test_money_that_comes_after_all(self):
        for is_posted in (False, True):
            with self.subTest(is_posted=is_posted):
                payment = self.failed_sale()
                correction = self.booking(payment, "correction")
                move = correction.move_id
                if is_posted:
                    move.action_post()
                    self.book()
                now = fields.Datetime.now()
                payment.write({"recovered_at": now, "settled_at": now})
                payment.env["mixpay.review"]._review(payment)
                self.book()
                self.book()
                self.assertEqual(move.exists(), move if is_posted else move.browse())
                outstanding = self.method.outstanding_account_id
                self.assertEqual(self.balance(outstanding, "amount_residual"), 0.0)
                self.assertEqual(self.balance(self.journal.profit_account_id), 0.0)
                self.assert_suspense(0.0)
                self.open_new_session()


@tagged("post_install", "-at_install")
class TestMixpayDailyStatements(MixpayBooksCase, TestPoSCommon):
    def test_a_days_lines_of_one_coin_are_one_statement(self):
        payments = [self.sell() for _number in range(3)]
        self.close()
        for payment in payments:
            self.settle(payment)
        payments[2].settle_asset_id = False
        payments[2].settle_symbol = "BTC"
        self.book()
        gather = self.env["mixpay.daily.statement"]._gather
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            gather(self.method)
            self.assertFalse(self.lines(payments[0]).statement_id, "nobody asked for it")
            self.method.mixpay_daily_statements = True
            gather(self.method)
        first, second, third = (self.lines(payment).statement_id for payment in payments)
        self.assertEqual(first, second)
        self.assertEqual(len(first.line_ids), 2)
        self.assertNotEqual(first, third)
        self.assertIn("USDT (Tron)", first.name)
        for statement in first | third:
            self.assertTrue(statement.is_complete)
            self.assertTrue(statement.is_valid)


@tagged("post_install", "-at_install")
class TestMixpayComparison(MixpayBooksCase, TestPoSCommon):
    def compare(self):
        self.run_job("compare")
        return self.env["mixpay.comparison"].search([("payment_method_id", "=", self.method.id)])

    def test_both_say_the_same(self):
        settled, open_one, late = self.sell(), self.sell(amount=20.0), self.late(amount=30.0)
        self.close()
        self.settle(settled)
        self.book()
        found = self.compare()
        self.assertTrue(found.is_equal, found.note)
        self.assertEqual((found.settled_amount, found.booked_amount), (10.0, 10.0))
        self.assertEqual((found.unsettled_amount, found.outstanding_balance), (20.0, 20.0))
        self.assertEqual((found.unmatched_amount, found.suspense_balance), (30.0, 30.0))
        self.decide(late, "kept")
        self.settle(open_one)
        self.book()
        found = self.compare()
        self.assertEqual(len(found), 1, "one a day")
        self.assertTrue(found.is_equal, found.note)
        self.assertEqual((found.settled_amount, found.suspense_balance), (30.0, 0.0))

    def test_differences_are_named(self):
        payment = self.sell()
        self.close()
        self.settle(payment)
        self.company.fiscalyear_lock_date = fields.Date.today()
        self.book()
        found = self.compare()
        self.assertFalse(found.is_equal)
        self.assertIn(payment.trace_id, found.note)
        self.assertIn("locked", found.note)
        self.assertIn("≠", found.note)

    def test_a_method_without_accounts_of_its_own_proves_nothing(self):
        self.pos_session.action_pos_session_closing_control()
        self.method.outstanding_account_id = self.company.transfer_account_id
        self.assertIn("outstanding account of its own", self.compare().note)

    def test_one_that_fails_keeps_no_other_waiting(self):
        other = self.create_mixpay_method(name="Second")
        room = type(self.env["mixpay.comparison"])
        original = room._amounts

        def amounts(this, method):
            if method == self.method:
                raise RuntimeError("out of order")
            return original(this, method)

        with (
            patch.object(room, "_amounts", amounts),
            mute_logger("odoo.addons.pos_mixpay.models.mixpay_comparison"),
        ):
            self.assertFalse(self.compare())
        self.assertTrue(
            self.env["mixpay.comparison"].search([("payment_method_id", "=", other.id)])
        )
