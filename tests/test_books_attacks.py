"""The books hold: against a till's login, an accountant's slips, and odd news from MixPay."""

import dataclasses
import uuid
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import money
from ..mixpay.client import MixpayClient
from ..models.mixpay_settings import USER_AGENT
from .common import USDT_ETHEREUM, USDT_TRON
from .test_books_closings import ClosingsMixin
from .test_books_rights import MixpayBooksPeople
from .test_refunds import MixpayRefundsMixin


class Restored(Exception):
    """What was done since the backup is lost."""


@tagged("post_install", "-at_install")
class TestMixpayBooksAttacks(ClosingsMixin, MixpayBooksPeople, TestPoSCommon):
    """What a login of the till, or a browser with its session, may send."""

    def test_a_context_puts_no_line_in_the_place_of_a_settlement(self):
        """Closing makes lines for cash as the superuser, with the context of whoever closes."""
        payment = self.sell()
        session = self.pos_session.with_user(self.cashier).with_context(
            default_mixpay_reference=payment.trace_id, default_payment_ref=payment.trace_id
        )
        data = self.create_ui_order_data([(self.product, 2)], payments=[(self.cash_pm1, 20.0)])
        self.sync(data | {"access_token": str(uuid.uuid4())})
        session.action_pos_session_closing_control()
        self.assertEqual(session.state, "closed")
        cash = self.env["account.bank.statement.line"].search([("pos_session_id", "=", session.id)])
        self.assertTrue(cash)
        self.assertFalse(any(cash.mapped("mixpay_reference")))
        self.settle(payment)
        self.book()
        self.assertEqual(self.booking(payment).state, "done")

    def test_saved_defaults_name_no_entry(self):
        self.env["ir.default"].set("account.bank.statement.line", "mixpay_reference", "a trace")
        line = self.env["account.bank.statement.line"].create(
            {"journal_id": self.method.journal_id.id, "amount": 1.0}
        )
        self.assertFalse(line.mixpay_reference)

    def test_a_session_gets_no_line_in_the_journal_of_coins(self):
        vals = {
            "journal_id": self.method.journal_id.id,
            "amount": 1.0,
            "payment_ref": "a trace",
            "mixpay_reference": "a trace",
        }
        for user in (self.cashier, self.manager):
            with self.assertRaises(AccessError), self.cr.savepoint():
                self.pos_session.with_user(user).write(
                    {"statement_line_ids": [Command.create(vals)]}
                )
        self.assertFalse(
            self.env["account.bank.statement.line"].search([("payment_ref", "=", "a trace")])
        )

    def test_the_till_changes_no_line_of_ours(self):
        line = self.lines(self.sold_and_booked())
        for user in (self.cashier, self.manager):
            for vals in (
                {"amount": 1.0},
                {"payment_ref": "other"},
                {"journal_id": self.bank_pm1.journal_id.id},
                {"mixpay_reference": "other"},
                {"transaction_details": {}},
            ):
                with self.assertRaises(AccessError), self.cr.savepoint():
                    line.with_user(user).write(vals)
        self.assertEqual(line.amount, 10.0)


@tagged("post_install", "-at_install")
class TestMixpayBooksSlips(ClosingsMixin, MixpayBooksPeople, TestPoSCommon):
    """What accountants do by mistake, or for reasons of their own."""

    def test_what_is_in_the_books_is_not_deleted_as_a_draft(self):
        kept = self.late(amount=20.0)
        self.book()
        self.decide(kept, "kept")
        payment = self.sold_and_booked()
        for booking in (self.booking(payment), self.booking(kept, "clearing")):
            move = booking.move_id.with_user(self.adviser)
            move.button_draft()
            with self.assertRaisesRegex(UserError, "cannot be deleted"), self.cr.savepoint():
                move.unlink()
            self.assertTrue(booking.move_id)
        found = self.compare()
        self.assertFalse(found.is_equal)
        for one in (payment, kept):
            self.assertIn(one.trace_id, found.note)
        self.assertIn("Entry: Draft", found.note)
        (self.booking(payment) | self.booking(kept, "clearing")).move_id.action_post()
        self.assertEqual(self.balance(self.method.outstanding_account_id), 0.0)

    def test_who_reads_no_statement_lines_deletes_drafts(self):
        """As administrators of Purchase delete draft bills."""
        rights = dict.fromkeys(("account.move", "account.move.line"), True)
        rights |= dict.fromkeys(("account.journal", "account.partial.reconcile"), False)
        rights |= dict.fromkeys(("account.account", "account.tax", "account.analytic.line"), False)
        group = self.env["res.groups"].create({"name": "Buyers"})
        for name, is_all in rights.items():
            self.env["ir.model.access"].create(
                {
                    "name": name,
                    "model_id": self.env["ir.model"]._get_id(name),
                    "group_id": group.id,
                    "perm_read": True,
                    **dict.fromkeys(("perm_write", "perm_create", "perm_unlink"), is_all),
                }
            )
        buyer = self.new_user("books_buyer")
        buyer.group_ids += group
        self.assertFalse(
            self.env["account.bank.statement.line"].with_user(buyer).has_access("read")
        )
        accounts = self.company.transfer_account_id | self.sales_account
        draft = self.env["account.move"].create(
            {
                "move_type": "entry",
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": amount})
                    for account, amount in zip(accounts, (10.0, -10.0), strict=True)
                ],
            }
        )
        self.env.flush_all()
        self.env.invalidate_all()
        draft.with_user(buyer).unlink()
        self.assertFalse(draft.exists())
        ours = self.booking(self.sold_and_booked()).move_id
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            ours.with_user(buyer)._unlink_never_mixpay()

    def test_its_amount_is_not_changed_by_its_items(self):
        """Core carries what is changed of journal items over to the line, as the superuser."""
        payment = self.sold_and_booked()
        line = self.lines(payment)
        line.move_id.button_draft()
        wallet, other = line._seek_for_lines()[0], line._seek_for_lines()[2]
        changes = [
            Command.update(wallet.id, {"debit": 7.0, "credit": 0.0}),
            Command.update(other.id, {"credit": 7.0, "debit": 0.0}),
        ]
        with self.assertRaises(AccessError), self.cr.savepoint():
            line.move_id.with_user(self.adviser).write({"line_ids": changes})
        with self.assertRaises(AccessError), self.cr.savepoint():
            changes = [Command.update(wallet.id, {"name": "other"})]
            line.move_id.with_user(self.adviser).write({"line_ids": changes})
        self.assertEqual(line.amount, 10.0)

    def test_matching_that_is_undone_is_named(self):
        payment, other = self.sell(), self.sell(amount=20.0)
        self.close()
        self.settle(payment)
        self.book()
        self.lines(payment).with_user(self.bookkeeper).action_undo_reconciliation()
        found = self.compare()
        self.assertFalse(found.is_equal)
        self.assertIn(payment.trace_id, found.note)
        self.assertIn("Matched: ✗", found.note)
        self.settle(other)
        self.book()
        self.assertTrue(self.lines(other).is_reconciled, "it keeps no other waiting")
        self.assertNotIn(other.trace_id, self.compare().note)

    def test_matching_that_is_removed_leaves_room_for_the_others(self):
        payments = [self.sell(amount=amount) for amount in (10.0, 20.0)]
        self.close()
        self.settle(payments[0])
        self.book()
        self.lines(payments[0]).line_ids.remove_move_reconcile()
        self.assertTrue(self.compare().is_equal, "no account has another balance")
        self.settle(payments[1])
        self.book()
        self.assertTrue(self.lines(payments[1]).is_reconciled)
        self.assertEqual(self.balance(self.method.outstanding_account_id), 0.0)

    def test_a_sessions_entry_that_is_reset_to_draft(self):
        payment = self.sell()
        self.close()
        made = self.pos_session.bank_payment_ids
        made.action_draft()
        self.settle(payment)
        self.book()
        booking = self.booking(payment)
        self.assertEqual((booking.state, booking.hold), ("held", "no_entry"))
        self.assertFalse(self.lines(payment))
        made.action_post()
        self.book()
        self.assertTrue(self.lines(payment).is_reconciled)

    def test_another_suspense_account_meanwhile(self):
        payments = [self.late(), self.late(), self.late(amount=20.0)]
        self.book()
        journal = self.method.journal_id
        before = journal.suspense_account_id
        self.close()
        self.set_up_own_books(self.method)
        self.assertNotEqual(journal.suspense_account_id, before)
        self.assertTrue(self.compare().is_equal, self.compare().note)
        self.decide(payments[0], "kept")
        self.decide(payments[1], "refunded")
        self.book()
        self.assertEqual(self.booking(payments[0], "clearing").state, "done")
        for field in ("balance", "amount_residual"):
            self.assertEqual(self.balance(before, field), -20.0)
        self.assertTrue(self.compare().is_equal, self.compare().note)

    def test_two_methods_with_one_wallet(self):
        other = self.create_mixpay_method(
            name="Other", journal_id=self.method.journal_id.id, mixpay_test_mode=False
        )
        wizard = self.env["mixpay.set.up.books"].create({"payment_method_id": other.id})
        wizard.has_own_journal = False
        self.close()
        wizard.action_create_accounts()
        self.assertEqual(other.journal_id, self.method.journal_id)
        self.open_new_session()
        payment = self.late()
        self.book()
        for method in (self.method, other):
            found = self.compare(method)
            self.assertTrue(found.is_equal, found.note)
        self.assertEqual(self.compare().suspense_balance, 10.0)
        clearing = self.lines(payment).line_ids.filtered("account_id.reconcile")
        clearing.move_id.button_draft()
        self.assertFalse(self.compare().is_equal)

    def test_a_former_suspense_account_that_others_use_too(self):
        self.late()
        self.book()
        shared = self.method.journal_id.suspense_account_id
        shared.reconcile = False
        self.close()
        self.set_up_own_books(self.method)
        move = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in ((shared, -70.0), (self.sales_account, 70.0))
                ]
            }
        )
        move.action_post()
        self.assertTrue(self.compare().is_equal, self.compare().note)

    def test_another_outstanding_account_between_sessions(self):
        old = self.sell()
        self.close()
        account = self.method.outstanding_account_id
        self.set_up_own_books(self.method)
        self.assertNotEqual(self.method.outstanding_account_id, account)
        self.open_new_session()
        new = self.sell(amount=20.0)
        self.close()
        found = self.compare()
        self.assertTrue(found.is_equal, found.note)
        self.assertEqual(found.outstanding_balance, 30.0)
        for payment in (old, new):
            self.settle(payment)
        self.book()
        self.assertFalse(self.balance(account, "amount_residual"))
        self.assertTrue(self.compare().is_equal, self.compare().note)

    def test_another_wallet_account_meanwhile(self):
        payment, late = self.sell(), self.late(amount=20.0)
        self.book()
        self.method.journal_id.default_account_id = self.bank_pm1.journal_id.default_account_id
        self.decide(late, "refunded")
        self.close()
        self.settle(payment)
        self.book()
        self.assertTrue(self.lines(payment).is_reconciled)
        self.assertEqual(self.booking(late, "clearing").state, "done")
        self.assert_proven()

    def test_an_archived_method_is_entered_and_compared_to_its_end(self):
        payment = self.sell()
        self.close()
        self.config.payment_method_ids -= self.method
        self.method.active = False
        self.assertEqual(self.compare().unsettled_amount, 10.0)
        self.settle(payment)
        self.book()
        self.assertTrue(self.lines(payment).is_reconciled)
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            last = self.compare()
        self.assertEqual(last.date, fields.Date.today(), "nothing is open, nothing is compared")

    def test_an_archived_method_whose_money_is_not_entered_yet(self):
        payment = self.sell()
        self.close()
        self.config.payment_method_ids -= self.method
        self.method.active = False
        self.settle(payment)
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            self.assertEqual(self.compare().date, fields.Date.today())

    def test_an_archived_method_that_cannot_be_read_keeps_no_other_waiting(self):
        other = self.method.copy({"name": "Former"})
        other.active = False
        self.patch(
            type(self.env["mixpay.comparison"]),
            "_has_open_money",
            lambda comparisons, _method: comparisons.env.cr.execute("SELECT nothing_like_it"),
        )
        loggers = ("odoo.sql_db", "odoo.addons.pos_mixpay.models.mixpay_comparison")
        with mute_logger(*loggers):
            self.assertTrue(self.compare())

    def test_suspense_that_is_cleared_by_hand(self):
        payment = self.late()
        self.book()
        suspense = self.lines(payment)._seek_for_lines()[1]
        move = self.env["account.move"].create(
            {
                "line_ids": [
                    Command.create({"account_id": account.id, "balance": balance})
                    for account, balance in (
                        (suspense.account_id, 10.0),
                        (self.sales_account, -10.0),
                    )
                ]
            }
        )
        move.action_post()
        (suspense | move.line_ids.filtered("debit")).reconcile()
        self.decide(payment, "kept")
        self.book()
        clearing = self.booking(payment, "clearing")
        self.assertEqual((clearing.state, clearing.hold), ("held", "matched"))
        clearing.with_user(self.bookkeeper).action_keep_off()
        self.assertTrue(self.compare().is_equal, self.compare().note)

    def test_the_currency_is_not_made_coarser(self):
        """Core refuses it, once there are entries: amounts stay what they were."""
        self.sold_and_booked()
        with self.assertRaises(UserError), self.cr.savepoint():
            self.company.currency_id.rounding = 1.0


@tagged("post_install", "-at_install")
class TestMixpayBooksOddFacts(ClosingsMixin, TestPoSCommon):
    """What MixPay says in another way than ever before."""

    def hear(self, payment, **changes):
        """Have a report recorded that says something else, as it is read from an answer."""
        client = MixpayClient(self.server.api_url, 4, user_agent=USER_AGENT)
        report = client.payment_report(payment.trace_id)
        for name in ("settle_amount", "surplus_amount"):
            if name in changes:
                changes[name] = money.plain(changes[name])
        said = dataclasses.replace(report, result=dataclasses.replace(report.result, **changes))
        self.assertTrue(payment.env["mixpay.settlement"]._record_report(payment, said))

    def test_an_older_answer_takes_no_settlement_back(self):
        payment = self.sold_and_booked()
        heard_at = payment.settled_at
        for status in ("pending", "failed", ""):
            self.hear(payment, settle_status=status, settle_amount="", settle_symbol="")
            self.assertEqual(payment.settle_status, "success", status)
            self.assertEqual((payment.settle_amount, payment.settle_symbol), ("10", "USDT"))
        self.assertEqual(payment.settled_at, heard_at)
        self.assert_proven()

    def test_settled_twice_also_in_another_coin_is_one_line(self):
        payment = self.sold_and_booked()
        line = self.lines(payment)
        details = line.transaction_details
        self.hear(payment)
        self.hear(payment, settle_amount="11.5", settle_asset_id=USDT_ETHEREUM)
        self.env["mixpay.booking"]._plan_entries(payment)
        self.book()
        self.assertEqual(self.lines(payment), line)
        self.assertEqual((line.amount, line.transaction_details), (10.0, details))
        self.assert_proven()
        self.assertTrue(payment.is_other_coin, "and it is said")

    def test_units_that_are_no_amount_are_entered_at_the_price_and_listed(self):
        odd = ("1." + "0" * 39 + "1", "-10", "1e3", "NaN", "٣", "10" * 20)
        payments = [self.sell() for _units in odd]
        self.close()
        for payment, units in zip(payments, odd, strict=True):
            self.simulator.settle(payment.trace_id)
            self.hear(payment, settle_amount=units)
            self.assertFalse(payment.settle_amount, units)
        self.book()
        for payment in payments:
            line = self.lines(payment)
            self.assertEqual((line.amount, line.is_reconciled), (10.0, True))
            self.assertNotIn("amount", line.transaction_details["mixpay"]["settled"])
        self.assert_proven()
        day = fields.Date.today()
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            export = self.env["mixpay.export"].create({"date_from": day, "date_to": day})
        rows = self.env["mixpay.export.line"]._rows(export, "open")
        listed = {row["trace_id"]: row["reason"] for row in rows}
        self.assertEqual(set(listed), {payment.trace_id for payment in payments})
        self.assertEqual(set(listed.values()), {"Settled Units: ?"})

    def test_no_fee_is_said_only_where_it_was_checked(self):
        payment = self.sell()
        payment.write({"payment_amount": "10.5", "payment_asset_id": USDT_ETHEREUM})
        payment.write({"settle_status": "success", "settle_asset_id": USDT_ETHEREUM})
        for units, asset_id, fee in (
            ("10.5", USDT_ETHEREUM, "0"),
            ("10.500000000000000001", USDT_ETHEREUM, "0"),
            ("10.499999999999999999", USDT_ETHEREUM, ""),
            ("10.5", USDT_TRON, ""),
            ("", USDT_ETHEREUM, ""),
        ):
            payment.write({"settle_amount": units, "settle_asset_id": asset_id})
            found = self.env["mixpay.export.facts"]._settled(payment, "UTC")
            self.assertEqual(found["fee"], fee, (units, asset_id))

    def test_a_surplus_below_zero_is_none(self):
        payment = self.sold_and_booked()
        self.hear(payment, surplus_amount="-2.5", surplus_status="expired")
        self.assertEqual(payment.surplus_amount, "0", "as it was")
        self.assertNotEqual(payment.issue, "surplus")

    def test_a_restored_backup_learns_it_again_and_enters_it_once(self):
        payment = self.sell()
        self.close()
        with self.assertRaises(Restored), self.cr.savepoint():
            self.settle(payment)
            self.book()
            self.assertTrue(self.lines(payment))
            raise Restored
        self.env.invalidate_all()
        self.assertFalse(payment.settled_at)
        self.follow(payment)
        self.assertTrue(payment.settled_at)
        self.book()
        self.env["mixpay.booking"]._plan_entries(payment)
        self.book()
        self.assertEqual(len(self.lines(payment)), 1)
        self.assert_proven()


@tagged("post_install", "-at_install")
class TestMixpayRefundStatements(MixpayRefundsMixin, ClosingsMixin, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allow_refunds()

    def test_a_day_with_a_refund_is_gathered_and_compared(self):
        self.method.mixpay_daily_statements = True
        refund = self.ready(original=self.sell())
        self.close()
        self.pay_out(refund)
        self.book()
        line = self.booking(refund.payment_ids, "payout").statement_line_id
        self.assertEqual(line.amount, -10.0)
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            found = self.compare()
        self.assertTrue(found)
        self.assertIn("USDT (Tron)", line.statement_id.name)
