"""Who may do what about the books; coins sold; what closing a session counts."""

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER
from .test_books import MixpayBooksCase
from .test_migration import script


class MixpayBooksPeople(MixpayBooksCase):
    def setUp(self):
        super().setUp()
        self.cashier = self.new_user("books_till", CASHIER)
        self.reader = self.new_user("books_reader", "account.group_account_readonly")
        self.bookkeeper = self.new_user("books_keeper", "account.group_account_user")
        self.adviser = self.new_user("books_adviser", "account.group_account_manager")


@tagged("post_install", "-at_install")
class TestMixpayBooksRights(MixpayBooksPeople, TestPoSCommon):
    def test_nothing_for_users_of_the_point_of_sale(self):
        booking = self.booking(self.sold_and_booked())
        for user in (self.cashier, self.manager):
            for name in ("booking", "comparison", "cash.out", "set.up.books", "enter.value"):
                model = self.env[f"mixpay.{name}"].with_user(user)
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(model.has_access(operation), (user.login, name, operation))
            for action in ("action_try_again", "action_keep_off", "action_keep_on"):
                with self.assertRaises(AccessError):
                    getattr(booking.with_user(user), action)()

    def test_accountants_read_and_nobody_writes(self):
        booking = self.booking(self.sold_and_booked())
        for user in (self.reader, self.bookkeeper, self.adviser):
            own = booking.with_user(user)
            self.assertTrue(own.read(["state", "reason", "value", "order_name", "trace_id"]))
            with self.assertRaises(AccessError):
                own.write({"state": "off"})
            with self.assertRaises(AccessError):
                own.unlink()
        with self.assertRaises(UserError):
            booking.unlink()
        with self.assertRaises(AccessError):
            booking.with_user(self.reader).action_keep_off()

    def test_only_the_server_makes_lines_of_ours(self):
        """Core lets who keeps the books and sells create statement lines of a session."""
        self.bookkeeper.group_ids += self.env.ref("point_of_sale.group_pos_user")
        model = self.env["account.bank.statement.line"].with_user(self.bookkeeper)
        vals = {
            "journal_id": self.method.journal_id.id,
            "pos_session_id": self.pos_session.id,
            "amount": 1.0,
        }
        with self.assertRaisesRegex(AccessError, "Only the server"):
            model.create(vals | {"mixpay_reference": "a trace"})
        line = model.with_context(default_mixpay_reference="a trace").create(vals)
        self.assertFalse(line.mixpay_reference, "a context is no server")

    def test_lines_of_ours_stay_as_they_are(self):
        line = self.lines(self.sold_and_booked())
        own = line.with_user(self.adviser)
        for vals in (
            {"amount": 9.0},
            {"payment_ref": "other"},
            {"mixpay_reference": False},
            {"transaction_details": {}},
        ):
            with self.assertRaises(AccessError):
                own.write(vals)
        line.with_user(self.bookkeeper).write({"narration": "seen"})
        with self.assertRaises(UserError):
            own.unlink()

    def test_only_accounting_managers_create_accounts(self):
        self.close()
        accounts = self.env["account.account"].search_count([])
        for user in (self.cashier, self.manager, self.reader, self.bookkeeper):
            model = self.env["mixpay.set.up.books"].with_user(user)
            with self.assertRaises(AccessError):
                model.create({"payment_method_id": self.method.id}).action_create_accounts()
        self.assertEqual(self.env["account.account"].search_count([]), accounts)
        wizard = (
            self.env["mixpay.set.up.books"]
            .with_user(self.adviser)
            .create({"payment_method_id": self.method.id})
        )
        self.assertEqual(self.env["account.account"].search_count([]), accounts, "nothing silently")
        wizard.action_create_accounts()
        self.assertEqual(self.env["account.account"].search_count([]), accounts + 3)

    def test_accounts_are_created_for_mixpay_and_while_no_session_is_open(self):
        wizard = self.env["mixpay.set.up.books"].create({"payment_method_id": self.method.id})
        with self.assertRaises(UserError):
            wizard.action_create_accounts()
        self.close()
        wizard.payment_method_id = self.bank_pm1
        with self.assertRaises(ValidationError):
            wizard.action_create_accounts()

    def test_a_new_method_shares_accounts_and_says_so(self):
        method = self.create_mixpay_method(
            name="New", outstanding_account_id=self.company.transfer_account_id.id
        )
        self.assertIn("outstanding account of its own", method.mixpay_books_notice)
        self.assertFalse(self.method.mixpay_books_notice)
        wizard = self.env["mixpay.set.up.books"].create({"payment_method_id": method.id})
        self.assertTrue(wizard.has_own_journal, "other money stands in it")
        wizard.action_create_accounts()
        self.assertFalse(method.mixpay_books_notice)
        self.assertNotEqual(method.journal_id, self.method.journal_id)
        self.assertTrue(method.journal_id.default_account_id)

    def test_managers_of_the_point_of_sale_do_not_decide_about_the_books(self):
        for vals in ({"mixpay_book_settlements": False}, {"mixpay_daily_statements": True}):
            with self.assertRaises(AccessError):
                self.method.with_user(self.manager).write(vals)

    def test_methods_that_were_there_go_on_by_hand(self):
        migrate = script("pre-books", "19.0.1.4.0").migrate
        cr = self.env.cr
        migrate(cr, "19.0.1.3.0")
        self.assertTrue(self.method.mixpay_book_settlements, "it does nothing twice")
        cr.execute("ALTER TABLE pos_payment_method DROP COLUMN mixpay_book_settlements")
        migrate(cr, None)
        migrate(cr, "19.0.1.3.0")
        self.method.invalidate_recordset()
        self.assertFalse(self.method.mixpay_book_settlements)

    def test_what_was_settled_before_is_by_hand(self):
        """Else the books would never agree with MixPay: that money was entered by somebody."""
        payment, waiting = self.sell(), self.sell(amount=20.0)
        payment.write({"settle_status": "success", "settled_at": False})
        self.close()
        self.env.flush_all()
        migrate = script("post-books", "19.0.1.4.0").migrate
        migrate(self.env.cr, None)
        self.assertFalse(self.booking(payment))
        for _time in range(2):
            migrate(self.env.cr, "19.0.1.3.0")
        self.assertEqual(self.booking(payment).state, "off")
        self.assertFalse(self.booking(waiting))
        self.book()
        self.assertFalse(self.lines(payment))
        amounts = self.env["mixpay.comparison"]._amounts(self.method)
        self.assertEqual((amounts["settled_amount"], amounts["booked_amount"]), (0.0, 0.0))
        self.assertEqual(amounts["unsettled_amount"], 20.0)


@tagged("post_install", "-at_install")
class TestMixpayCount(MixpayBooksPeople, TestPoSCommon):
    """What MixPay took is what the server knows, whatever is said to have been counted."""

    def assert_not_booked(self, session):
        self.assertEqual(session.state, "closed")
        made = session.bank_payment_ids.filtered(
            lambda one: one.pos_payment_method_id == self.method
        )
        self.assertEqual(sum(made.mapped("amount")), 10.0)
        self.assertEqual(self.balance(self.method.outstanding_account_id), 10.0)
        self.assertIn("counted", " ".join(session.message_ids.mapped("body")))

    def test_a_register_that_counts_otherwise(self):
        self.sell()
        session = self.pos_session
        session.post_closing_cash_details(session.cash_register_balance_end)
        session.update_closing_control_state_session("")
        answer = session.with_user(self.cashier).close_session_from_ui([[self.method.id, -4.0]])
        self.assertTrue(answer["successful"])
        self.assert_not_booked(session)

    def test_the_same_past_the_register(self):
        for split in (False, True):
            with self.subTest(split=split):
                if split:
                    self.identify_customers()
                before = self.balance(self.method.outstanding_account_id)
                self.sell(customer=self.customer)
                session = self.pos_session
                session.action_pos_session_closing_control(
                    bank_payment_method_diffs={self.method.id: 5.0}
                )
                self.assertEqual(session.state, "closed")
                after = self.balance(self.method.outstanding_account_id)
                self.assertEqual(after - before, 10.0)
                self.open_new_session()

    def test_other_methods_are_counted_as_before(self):
        session = self.pos_session
        kept = session._mixpay_without_ours({self.method.id: 1.0, self.bank_pm1.id: 2.0})
        self.assertEqual(kept, {self.bank_pm1.id: 2.0})

    def test_the_register_shows_no_field_to_count_it_in(self):
        data = self.pos_session.get_closing_control_data()["non_cash_payment_methods"]
        types = {method["id"]: method["type"] for method in data}
        self.assertEqual(types[self.method.id], "mixpay")
        self.assertEqual(types[self.bank_pm1.id], "bank")


@tagged("post_install", "-at_install")
class TestMixpayCashOut(MixpayBooksPeople, TestPoSCommon):
    def sold_coins(self, user=None, **changes):
        vals = {
            "payment_method_id": self.method.id,
            "coin": "USDT (Tron)",
            "units": "9.876543210987654321",
            "cost": 10.0,
            "cost_method": "first in, first out",
            "proceeds": 10.5,
            "fee": 0.1,
            "proceeds_account_id": self.company.transfer_account_id.id,
            "fee_account_id": self.company_data["default_account_expense"].id,
        }
        model = self.env["mixpay.cash.out"].with_user(user or self.bookkeeper)
        return model.create(vals | changes)

    def test_one_entry_with_fee_and_gain(self):
        self.sold_and_booked()
        sold = self.sold_coins()
        self.assertAlmostEqual(sold.difference, 0.5)
        sold.action_post()
        self.assertEqual(sold.state, "posted")
        journal = self.method.journal_id
        self.assertEqual(self.balance(journal.default_account_id), 0.0)
        self.assertEqual(self.balance(self.company.transfer_account_id), 10.4)
        self.assertAlmostEqual(self.balance(journal.profit_account_id), -0.5)
        fee = sold.move_id.line_ids.filtered(lambda line: line.account_id == sold.fee_account_id)
        self.assertAlmostEqual(fee.balance, 0.1)
        line = sold.statement_line_id
        self.assertEqual((line.amount, line.is_reconciled), (-10.0, True))
        facts = line.transaction_details["mixpay"]
        self.assertEqual(facts["units"], "9.876543210987654321")

    def test_accountants_need_no_right_in_the_point_of_sale(self):
        for user in (self.bookkeeper, self.adviser):
            self.env.invalidate_all()
            sold = self.sold_coins(user)
            self.env.invalidate_all()
            self.assertEqual(sold.journal_id, self.method.journal_id)
            methods = self.env["pos.payment.method"].with_user(user)
            self.assertIn(self.method.id, dict(methods.name_search(self.method.name)))
        self.env.invalidate_all()
        self.assertEqual(sold.with_user(self.reader).currency_id, self.company.currency_id)

    def test_what_is_in_the_books_stays(self):
        sold = self.sold_coins()
        for vals in ({"state": "posted"}, {"move_id": 1}):
            with self.assertRaises(UserError):
                sold.write(vals)
        sold.action_post()
        lines = self.env["account.bank.statement.line"].search_count([])
        sold.action_post()
        self.assertEqual(self.env["account.bank.statement.line"].search_count([]), lines)
        for change in (lambda: sold.write({"cost": 1.0}), sold.unlink):
            with self.assertRaises(UserError):
                change()

    def test_amounts_and_accounts_are_checked(self):
        wallet = self.method.journal_id.default_account_id
        for changes in (
            {"units": "1e3"},
            {"units": "0"},
            {"cost": -1.0},
            {"fee": 11.0},
            {"fee_account_id": False},
            {"proceeds_account_id": wallet.id},
        ):
            with self.subTest(changes=changes), self.assertRaises(ValidationError):
                self.sold_coins(**changes)

    def test_coins_that_the_books_have_for_nothing(self):
        wallet = self.method.journal_id.default_account_id
        for proceeds in (10.5, 0.0):
            sold = self.sold_coins(cost=0.0, proceeds=proceeds, fee=0.0)
            sold.action_post()
            self.assertEqual(sold.statement_line_id.amount, 0.0)
            [item] = sold.move_id.line_ids.filtered(lambda one: one.account_id == wallet)
            self.assertEqual((item.balance, sold.move_id.state), (0.0, "posted"))

    def test_locked_books_refuse_it(self):
        sold = self.sold_coins()
        self.close()
        self.company.fiscalyear_lock_date = fields.Date.today()
        with self.assertRaises(UserError):
            sold.action_post()

    def test_readers_do_not_sell(self):
        with self.assertRaises(AccessError):
            self.sold_coins(user=self.reader)
        with self.assertRaises(AccessError):
            self.sold_coins().with_user(self.reader).action_post()
