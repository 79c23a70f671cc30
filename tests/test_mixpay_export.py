"""What accountants see, and what they take with them: frozen, complete, and harmless."""

import csv
import io
import uuid
import zipfile
from datetime import datetime
from decimal import Decimal
from unittest.mock import patch

import openpyxl
import psycopg2
from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .. import exports
from ..mixpay import facts
from .common import USDT_TRON, MixpayShopCase

REPORTED = {
    "payable_amount": "10.0125",
    "payable_symbol": "USDT",
    "payable_asset_id": USDT_TRON,
    "payment_amount": "10.0125",
    "payment_symbol": "USDT",
    "payment_version": "TRC20",
    "payment_asset_id": USDT_TRON,
    "txid": "0xabcdef",
}
SETTLED = {
    "settle_status": "success",
    "settle_amount": "10.0125",
    "settle_symbol": "USDT",
    "settle_version": "TRC20",
    "settle_asset_id": USDT_TRON,
}
OCTOBER = {"date_from": "2025-10-01", "date_to": "2025-10-31"}
NOVEMBER = {"date_from": "2025-11-01", "date_to": "2025-11-30"}
EVIL = '=HYPERLINK("https://evil.example")'


class MixpayExportCase(MixpayShopCase):
    """A shop in Berlin with real sales of the past, and people who keep its books."""

    def setUp(self):
        super().setUp()
        self.company.mixpay_timezone = "Europe/Berlin"
        self.chief = self.person("chief", "account.group_account_manager")
        self.reader = self.person("reader", "account.group_account_readonly")
        self.bookkeeper = self.person("bookkeeper", "account.group_account_invoice")
        self.cashier = self.person("cashier", "point_of_sale.group_pos_user")
        self.manager = self.person("manager", "point_of_sale.group_pos_manager")

    def person(self, name, group, company=None):
        return self.new_user(f"mixpay_{name}", f"base.group_user,{group}", company)

    def sold(self, at="2025-10-15 12:00:00", is_test=False, reported=None, **order):
        """Sell one product for a real payment, at a moment in UTC; return the payment."""
        self.line_uuid = str(uuid.uuid4())
        payment = self.record(is_test=is_test)
        payment.env["mixpay.answer"]._transition(payment, "success", reported or REPORTED)
        self.sync(self.order_data() | order)
        return self.move(payment, at)

    def move(self, payment, at):
        """Have a payment be of another moment: what happened with it, and with its order."""
        self.env.flush_all()
        self.env.cr.execute(
            """
            UPDATE mixpay_payment
               SET create_date = %(at)s, finished_at = %(at)s,
                   counted_at = CASE WHEN counted_at IS NOT NULL THEN %(at)s::timestamp END,
                   covered_at = CASE WHEN covered_at IS NOT NULL THEN %(at)s::timestamp END
             WHERE id = %(id)s
            """,
            {"at": at, "id": payment.id},
        )
        self.env.invalidate_all()
        payment.pos_order_id.date_order = at
        return payment

    def settle(self, payment, at, **changes):
        payment.write({**SETTLED, **changes, "settled_at": at})

    def export(self, period=None, user=None):
        model = self.env["mixpay.export"].with_user(user or self.chief)
        return model.create(dict(period or OCTOBER)).sudo()

    def rows(self, export, sheet="payments"):
        return list(self.env["mixpay.export.line"].sudo()._rows(export, sheet))

    def files(self, export):
        return {one.name.rpartition(".")[2]: one.raw for one in export.file_ids}


@tagged("post_install", "-at_install")
class TestMixpayAccountant(MixpayExportCase, TestPoSCommon):
    def test_what_counts_is_real_and_paid(self):
        paid, test = self.sold(), self.sold(is_test=True)
        failed = self.record(payment_uuid=str(uuid.uuid4()), is_test=False)
        failed.env["mixpay.answer"]._transition(failed, "failed", {"failure_code": "40000"})
        late = self.record(payment_uuid=str(uuid.uuid4()), is_test=False)
        late.env["mixpay.answer"]._transition(late, "failed", {"failure_code": "40000"})
        late.write({"recovered_at": datetime(2025, 10, 16)})
        payments = paid | test | failed | late
        self.assertEqual(payments.filtered("counted_at"), paid | late)
        self.assertEqual(payments.mapped("paid_amount"), [10.0, 0.0, 0.0, 10.0])

    def test_a_covered_order_counts_by_an_approver_s_word_and_stays_counted(self):
        payment = self.record(is_test=False)
        payment.env["mixpay.decision"]._confirm_manually(payment, "seen on the phone", "Boss")
        self.assertFalse(payment.counted_at)
        self.sync(self.order_data())
        since = payment.counted_at
        self.assertTrue(since)
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertEqual(payment.counted_at, since)

    def test_lists_begin_with_what_was_paid_and_never_add_up_two_currencies(self):
        paid, _test = self.sold(), self.sold(is_test=True)
        action = self.env.ref("pos_mixpay.mixpay_payment_action_account")
        self.assertIn("search_default_counted", action.context)
        payments = self.env["mixpay.payment"].with_user(self.bookkeeper)
        shown = payments.search([("counted_at", "!=", False)])
        self.assertEqual(shown.ids, paid.ids)
        self.assertFalse(payments._fields["amount"].aggregator)
        for view in self.env["ir.ui.view"].search([("model", "=", "mixpay.payment")]):
            self.assertNotIn('sum="', view.arch, view.name)

    def test_people_with_books_read_and_nobody_writes(self):
        payment, export = self.sold(), self.export()
        evenings = self.env["mixpay.evening"].sudo()
        values = evenings._report(self.config, datetime(2025, 10, 1), datetime(2025, 10, 2))
        evening = evenings.create(values | {"day": "2025-10-02"})
        for record in (payment, payment.transfer_ids, export, export.line_ids[:1], evening):
            for user in (self.reader, self.bookkeeper, self.chief):
                own = record.with_user(user)
                own.check_access("read")
                for right in ("write", "unlink"):
                    self.assertFalse(own.browse().has_access(right), record._name)


@tagged("post_install", "-at_install")
class TestMixpayExport(MixpayExportCase, TestPoSCommon):
    # === COLUMNS === #

    def test_a_payment_and_its_order(self):
        payment = self.sold()
        self.settle(payment, "2025-10-15 12:10:00")
        export = self.export()
        [row], [order] = self.rows(export), self.rows(export, "orders")
        expected = {
            "company": self.company.name,
            "shop": self.config.name,
            "session": self.pos_session.name,
            "order": payment.pos_order_id.name,
            "date": "2025-10-15",
            "time": "14:00:00",
            "zone": "+02:00",
            "amount": "10.00",
            "value": "10.00",
            "currency": payment.currency_id.name,
            "coin": "USDT",
            "network": "TRC20",
            "units": "10.0125",
            "txids": "0xabcdef",
            "settled_coin": "USDT",
            "settled_units": "10.0125",
            "fee": "0",
            "kind": "Regular",
            "trace_id": payment.trace_id,
        }
        self.assertEqual({name: row[name] for name in expected}, expected)
        self.assertEqual(order["order_key"], row["order_key"])
        self.assertEqual((order["total"], order["mixpay"], order["others"]), ("10.00", "10.00", ""))

    def test_an_order_with_two_payments_has_its_total_once(self):
        self.line_uuid = str(uuid.uuid4())
        other_line = str(uuid.uuid4())
        order_uuid = self.order_of(self.line_uuid)
        payments = self.env["mixpay.payment"]
        for line in (self.line_uuid, other_line):
            payment = self.record(
                payment_uuid=line, order_uuid=order_uuid, amount=5.0, is_test=False
            )
            payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
            payments |= payment
        data = self.order_data(amount=5.0)
        second = dict(data["payment_ids"][0][2], uuid=other_line)
        data["payment_ids"].append([0, 0, second])
        data |= {"amount_paid": 10.0, "amount_return": 0.0}
        self.sync(data)
        for payment in payments:
            self.move(payment, "2025-10-15 12:00:00")
        export = self.export()
        self.assertEqual(facts.total(self.rows(export), "amount"), "10.00")
        [order] = self.rows(export, "orders")
        self.assertEqual((order["total"], order["mixpay"]), ("10.00", "10.00"))

    def test_taxes_by_rate_and_tips_apart_add_up_to_the_total(self):
        tip = self.create_product("Tip", self.categ_basic, 1.5)
        self.config.tip_product_id = tip
        taxed = self.create_product("Cake", self.categ_basic, 10.0, tax_ids=self.taxes["tax7"].ids)
        incl = self.create_product("Juice", self.categ_basic, 11.0, tax_ids=self.taxes["tax10"].ids)
        self.line_uuid = str(uuid.uuid4())
        data = self.create_ui_order_data(
            [(taxed, 1), (incl, 1), (tip, 1)],
            payments=[(self.method, 23.2)],
            uuid=self.order_of(self.line_uuid),
        )
        data["payment_ids"][0][2]["uuid"] = self.line_uuid
        payment = self.record(amount=data["amount_total"], is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        data["payment_ids"][0][2]["amount"] = data["amount_paid"] = data["amount_total"]
        self.sync(data)
        self.move(payment, "2025-10-15 12:00:00")
        [row] = self.rows(self.export(), "orders")
        number = {name: facts.number(row.get(name)) for name in row}
        taxes = [name for name in row if name.startswith("tax:")]
        self.assertEqual(len(taxes), 2)
        self.assertEqual(sum(number[name] for name in taxes), number["tax"])
        self.assertEqual(number["net"] + number["tips"] + number["tax"], number["total"])
        self.assertEqual(number["tips"], Decimal("1.5"))
        self.assertEqual(number["total"], Decimal(f"{data['amount_total']:.2f}"))

    def test_tests_are_in_none_of_it(self):
        self.sold(is_test=True)
        export = self.export()
        for sheet in facts.SHEETS:
            if sheet != "settings":
                self.assertFalse(self.rows(export, sheet), sheet)

    # === PERIODS === #

    def test_a_period_ends_at_the_place_s_midnight(self):
        last, first = self.sold("2025-10-31 22:59:59"), self.sold("2025-10-31 23:00:00")
        before = self.sold("2025-09-30 21:59:59")
        october, november = self.export(OCTOBER), self.export(NOVEMBER)
        self.assertEqual([row["trace_id"] for row in self.rows(october)], [last.trace_id])
        self.assertEqual([row["trace_id"] for row in self.rows(november)], [first.trace_id])
        self.assertNotIn(before.trace_id, str(self.rows(october) + self.rows(november)))

    def test_the_night_in_which_an_hour_comes_twice(self):
        self.sold("2025-10-26 00:30:00")
        self.sold("2025-10-26 01:30:00")
        shown = [(row["time"], row["zone"]) for row in self.rows(self.export())]
        self.assertEqual(shown, [("02:30:00", "+02:00"), ("02:30:00", "+01:00")])

    def test_another_time_zone_leaves_no_gap_and_no_overlap(self):
        october = self.export()
        self.company.mixpay_timezone = "America/New_York"
        november = self.export(NOVEMBER)
        self.assertEqual(november.begins_at, october.ends_at)

    def test_a_period_that_is_not_over_is_refused(self):
        with freeze_time("2025-10-31 22:59:59"), self.assertRaisesRegex(UserError, "not over"):
            self.export()
        with freeze_time("2025-10-31 23:00:01"):
            self.assertTrue(self.export())

    def test_a_day_is_exported_once(self):
        self.export()
        overlaps = (OCTOBER, {"date_from": "2025-10-31", "date_to": "2025-11-30"})
        for period in overlaps:
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(psycopg2.errors.ExclusionViolation),
                self.cr.savepoint(),
            ):
                self.export(period)
                self.env.flush_all()
        with self.assertRaises(UserError):
            self.export({"date_from": "2025-10-31", "date_to": "2025-10-01"})

    def test_the_month_before_is_proposed(self):
        exports = self.env["mixpay.export"].with_user(self.chief)
        with freeze_time("2026-03-31 21:59:59"):
            values = exports.default_get(["date_from", "date_to", "company_id"])
        self.assertEqual(str(values["date_from"]), "2026-02-01")
        self.assertEqual(str(values["date_to"]), "2026-02-28")
        with freeze_time("2026-03-31 22:00:00"):
            values = exports.default_get(["date_from", "date_to"])
        self.assertEqual(str(values["date_to"]), "2026-03-31")

    # === FROZEN, AND WHAT COMES LATER === #

    def test_later_facts_are_adjustments_and_all_rows_add_up(self):
        payment = self.sold()
        october = self.export(OCTOBER)
        kept = self.files(october)
        self.settle(payment, "2025-11-02 09:00:00")
        november = self.export(NOVEMBER)
        [row] = self.rows(november)
        self.assertEqual(
            (row["kind"], row["amount"], row["settled_units"]), ("Adjustment", "", "10.0125")
        )
        rows = self.rows(october) + self.rows(november)
        self.assertEqual(facts.total(rows, "amount"), "10.00")
        self.assertEqual(facts.total(rows, "settled_units"), "10.0125")
        self.assertEqual(self.files(october), kept)
        self.assertEqual(november.adjustment_count, 1)
        december = self.export({"date_from": "2025-12-01", "date_to": "2025-12-31"})
        self.assertFalse(self.rows(december), "what was told is not told again")

    def test_what_is_heard_of_a_frozen_period_is_late_in_the_next(self):
        self.sold()
        october = self.export(OCTOBER)
        late = self.sold("2025-10-20 10:00:00")
        november = self.export(NOVEMBER)
        [row] = self.rows(november)
        self.assertEqual((row["kind"], row["trace_id"]), ("Late", late.trace_id))
        self.assertEqual([o["kind"] for o in self.rows(november, "orders")], ["Late"])
        [total] = self.rows(november, "totals")
        self.assertEqual((total["payments"], total["amount"]), ("1", "10.00"))
        self.assertEqual(len(self.rows(october)), 1)

    def test_an_order_that_comes_after_its_payment_was_exported(self):
        self.line_uuid = str(uuid.uuid4())
        payment = self.record(is_test=False)
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        self.move(payment, "2025-10-15 12:00:00")
        october = self.export(OCTOBER)
        self.assertEqual(len(self.rows(october)), 1)
        self.assertFalse(self.rows(october, "orders"))
        self.sync(self.order_data())
        november = self.export(NOVEMBER)
        [row], [order] = self.rows(november), self.rows(november, "orders")
        self.assertEqual((row["kind"], row["amount"]), ("Adjustment", ""))
        self.assertEqual((row["order_key"], order["total"]), (order["order_key"], "10.00"))

    def test_the_same_one_twice_is_the_same_to_the_last_byte(self):
        for hour in range(3):
            self.sold(f"2025-10-15 {hour:02}:00:00")
        with freeze_time("2026-01-01"):
            export = self.export()
        kept = {one.name: one.raw for one in export.file_ids}
        self.env.flush_all()
        self.env.invalidate_all()
        with freeze_time("2027-05-05 05:05:05"):
            again = dict(export.with_context(lang="en_US", tz="Asia/Tokyo")._files())
        self.assertEqual(again.keys(), kept.keys())
        for name, content in again.items():
            self.assertEqual(content, kept[name], name)

    def test_it_stays_in_the_language_of_who_made_it(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.sold()
        german = self.env["mixpay.export"].with_user(self.chief).with_context(lang="de_DE")
        export = german.create(dict(OCTOBER)).sudo()
        self.assertEqual(export.lang, "de_DE")
        env = self.env(context={"lang": "de_DE"})
        titles = exports.header(env, exports.columns(env, "payments"))
        again = dict(export.with_context(lang="en_US")._files())
        [sheet] = [content for name, content in again.items() if name.endswith("payments.csv")]
        self.assertEqual(next(csv.reader(sheet.decode("utf-8-sig").splitlines())), titles)
        self.assertIn(sheet, [one.raw for one in export.file_ids])

    def test_frozen_for_everybody(self):
        self.sold()
        export = self.export()
        for record in (export, export.line_ids):
            for change in (
                lambda r: r.write({"company_id": r[:1].company_id.id}),
                lambda r: r.unlink(),
            ):
                with self.assertRaises(UserError):
                    change(record)
        with self.assertRaises(UserError):
            export.copy()

    def test_rows_come_in_batches(self):
        payments = [self.sold(f"2025-10-15 {hour:02}:00:00") for hour in range(5)]
        with (
            patch("odoo.addons.pos_mixpay.models.mixpay_export_line.BATCH", 2),
            patch("odoo.addons.pos_mixpay.models.mixpay_export_content.BATCH", 2),
        ):
            export = self.export()
            again = dict(export._files())
        rows = self.rows(export)
        self.assertEqual([row["trace_id"] for row in rows], [p.trace_id for p in payments])
        self.assertEqual(again, {one.name: one.raw for one in export.file_ids})

    # === FILES === #

    def test_files_hold_the_rows_and_no_formula(self):
        self.config.name = "@SUM(1)"
        payment = self.sold()
        payment.pos_order_id.name = EVIL
        self.env.flush_all()
        export = self.export()
        files = self.files(export)
        book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
        self.assertEqual(book.sheetnames[:2], ["Orders", "Payments"])
        cells = {cell.value for row in book["Payments"].rows for cell in row}
        self.assertIn(f"'{EVIL}", cells)
        for sheet in book.worksheets:
            for row in sheet.rows:
                for cell in row:
                    self.assertNotEqual(cell.data_type, "f")
                    self.assertFalse(str(cell.value or "").startswith(("=", "@", "+")))
        names = [cell.value for cell in next(book["Payments"].rows)]
        amount = [row[names.index("Amount")].value for row in book["Payments"].rows][1]
        self.assertEqual(amount, 10.0)
        with zipfile.ZipFile(io.BytesIO(files["zip"])) as archive:
            self.assertEqual(len(archive.namelist()), 4)
            name = next(n for n in archive.namelist() if n.endswith("-payments.csv"))
            text = archive.read(name).decode("utf-8-sig")
        [header, line] = csv.reader(io.StringIO(text, newline=""))
        self.assertEqual(line[header.index("Order")], f"'{EVIL}")
        self.assertEqual(line[header.index("Units, Exact")], "10.0125")

    def test_units_that_no_spreadsheet_holds_are_text_alone(self):
        exact = "1.000000000000000001"
        self.sold(reported={**REPORTED, "payment_amount": exact})
        book = openpyxl.load_workbook(io.BytesIO(self.files(self.export())["xlsx"]))
        header, line = ([cell.value for cell in row] for row in book["Payments"].rows)
        self.assertEqual(line[header.index("Units, Exact")], exact)
        self.assertIsNone(line[header.index("Units")])

    def test_the_page_escapes_and_says_what_is_open(self):
        payment = self.sold()
        payment.write({"decision": "kept", "decided_at": "2025-10-16", "decided_by": "<b>Boss</b>"})
        page = self.files(self.export())["html"].decode()
        self.assertIn("&lt;b&gt;Boss", page)
        self.assertIn("Not settled", page)
        self.assertIn("How payments are taken and booked", page)

    def test_it_is_printed_also_without_the_program_for_pdf(self):
        self.sold()
        export = self.export().with_user(self.reader)
        report = self.env["ir.actions.report"].with_user(self.reader)
        html, _kind = report._render_qweb_html("pos_mixpay.mixpay_export_document", export.ids)
        self.assertIn(b"Open at Cut-off", html)

    # === MONTH-END === #

    def test_coins_opening_in_out_closing(self):
        first, second = self.sold("2025-09-15 12:00:00"), self.sold()
        self.settle(first, "2025-09-15 13:00:00", settle_amount="0.1")
        self.settle(second, "2025-10-15 13:00:00", settle_amount="0.200000000000000001")
        [coin] = self.rows(self.export(), "coins")
        self.assertEqual(
            [coin[name] for name in ("coin", "opening", "received", "spent", "closing")],
            ["USDT (Tron)", "0.1", "0.200000000000000001", "0", "0.300000000000000001"],
        )

    def test_unsettled_is_what_was_unsettled_at_the_cut_off(self):
        settled, later, never = self.sold(), self.sold(), self.sold()
        self.settle(settled, "2025-10-31 22:59:59")
        self.settle(later, "2025-10-31 23:00:00")
        export = self.export()
        traces = {row["trace_id"] for row in self.rows(export, "open")}
        self.assertEqual(traces, {later.trace_id, never.trace_id})
        [total] = self.rows(export, "totals")
        self.assertEqual(
            [facts.number(total[name]) for name in ("payments", "amount", "unsettled")],
            [3, 30, 2],
        )
        self.assertEqual(facts.number(total["amount_unsettled"]), 20)

    def test_decisions_with_their_reasons(self):
        payment, old = self.sold(), self.sold()
        at = {"decided_by": "Boss", "decision_note": "given back in cash"}
        payment.write({"decision": "refunded", "decided_at": "2025-10-20 10:00:00", **at})
        old.write({"decision": "kept", "decided_at": "2025-09-20 10:00:00", **at})
        [row] = self.rows(self.export(), "decisions")
        self.assertEqual(row["trace_id"], payment.trace_id)
        self.assertEqual((row["reason"], row["decided_by"]), ("given back in cash", "Boss"))

    def test_settings_are_those_of_the_cut_off(self):
        self.company.mixpay_code_max_daily = 700.0
        event = self.env["mixpay.event"].search([], limit=1)
        self.assertEqual(event.data["setting"], "mixpay_code_max_daily")
        label = self.company._fields["mixpay_code_max_daily"].string
        november = {"date_from": "2025-11-01", "date_to": "2025-11-10"}
        cases = (("2025-10-01", "700.0", OCTOBER), ("2025-11-15", "2000.0", november))
        for moment, value, period in cases:
            self.env.cr.execute(
                "UPDATE mixpay_event SET create_date = %s WHERE id = %s", [moment, event.id]
            )
            event.invalidate_recordset()
            rows = self.rows(self.export(period), "settings")
            [row] = [row for row in rows if row["setting"] == label]
            self.assertEqual(row["value"], value)
        self.assertIn(self.method.display_name, {row["scope"] for row in rows})

    # === RIGHTS === #

    def test_who_may_freeze_a_period(self):
        for user in (self.cashier, self.manager, self.reader, self.bookkeeper):
            with self.assertRaises(AccessError):
                self.export(user=user)
        self.assertTrue(self.export(user=self.person("full", "account.group_account_user")))

    def test_what_an_export_says_is_the_server_s(self):
        for vals in ({"fingerprint": "x"}, {"line_ids": []}, {"ends_at": "2020-01-01"}):
            with self.assertRaises(UserError):
                self.env["mixpay.export"].with_user(self.chief).create({**OCTOBER, **vals})

    def test_defaults_from_outside_change_nothing(self):
        self.sold()
        defaults = {"default_tz": "UTC", "default_payment_count": 9, "default_public": True}
        exports = self.env["mixpay.export"].with_user(self.chief).with_context(**defaults)
        self.env["ir.default"].with_user(self.chief).set("ir.attachment", "public", True, True)
        export = exports.create(dict(OCTOBER)).sudo()
        self.assertEqual((export.tz, export.payment_count), ("Europe/Berlin", 1))
        self.assertFalse(any(export.file_ids.mapped("public")))

    def test_files_are_for_those_who_read_exports(self):
        self.sold()
        files = self.export().file_ids
        self.assertEqual(len(files), 5)
        for user in (self.reader, self.bookkeeper, self.chief):
            self.assertTrue(files.with_user(user).mapped("raw"))
            with self.assertRaises(AccessError):
                files.with_user(user).write({"raw": b"other"})
        for user in (self.cashier, self.manager):
            with self.assertRaises(AccessError):
                files.with_user(user).mapped("raw")

    def test_each_company_has_its_own(self):
        other = self.env["res.company"].create({"name": "Next Door"})
        payment = self.sold()
        stranger = self.person("stranger", "account.group_account_manager", other)
        export = self.export(user=stranger)
        self.assertEqual(export.company_id, other)
        self.assertFalse(self.rows(export))
        own = self.export()
        self.assertIn(payment.trace_id, str(self.rows(own)))
        with self.assertRaises(AccessError):
            own.with_user(stranger).read(["fingerprint"])
        with self.assertRaises(AccessError):
            self.env["mixpay.export"].with_user(stranger).create(
                {**NOVEMBER, "company_id": self.company.id}
            )

    def test_a_sale_in_another_currency_has_its_value_in_the_company_s(self):
        payment = self.sold("2025-10-15 22:30:00")  # that is the next day in Berlin
        euro = self.env.ref("base.EUR")
        euro.active = True
        other = euro if self.company.currency_id != euro else self.env.ref("base.USD")
        self.env["res.currency.rate"].create(
            [
                {
                    "currency_id": other.id,
                    "rate": rate,
                    "name": day,
                    "company_id": self.company.id,
                }
                for day, rate in (("2025-01-01", 4.0), ("2025-10-16", 2.0))
            ]
        )
        self.env.cr.execute(
            "UPDATE mixpay_payment SET currency_id = %s, pos_order_id = NULL WHERE id = %s",
            [other.id, payment.id],
        )
        self.env.invalidate_all()
        [row] = self.rows(self.export())
        self.assertEqual(facts.number(row["amount"]), 10)
        self.assertEqual(row["value"], "5.00")
        self.assertNotEqual(row["currency"], row["value_currency"])
        [total] = self.rows(self.export(NOVEMBER), "totals")
        self.assertEqual(total["currency"], other.name)


@tagged("post_install", "-at_install")
class TestMixpaySaleDetails(MixpayExportCase, TestPoSCommon):
    """The X and Z report's crypto block."""

    def totals(self, **search):
        report = self.env["report.point_of_sale.report_saledetails"]
        return report.get_sale_details(**search)["mixpay"]["totals"]

    def test_a_session_s_and_a_day_s(self):
        payment, _other = self.sold(), self.sold()
        self.sold(is_test=True)
        self.settle(payment, "2025-10-15 12:10:00")
        expected = [
            f"Paid with MixPay: {payment.currency_id.format(20.0)} (2)",
            "Received: 20.0250 USDT (Tron)",
            "Settled: 10.0125 USDT (Tron)",
            "Not settled so far: 1",
        ]
        self.assertEqual(self.totals(session_ids=self.pos_session.ids), expected)
        day = {"date_start": "2025-10-15 00:00:00", "date_stop": "2025-10-15 23:59:59"}
        self.assertEqual(self.totals(config_ids=self.config.ids, **day), expected)
        day = {"date_start": "2025-10-16 00:00:00", "date_stop": "2025-10-16 23:59:59"}
        self.assertEqual(self.totals(config_ids=self.config.ids, **day), [])

    def test_it_is_printed(self):
        self.sold()
        html = self.env["ir.actions.report"]._render_qweb_html(
            "point_of_sale.sale_details_report", self.pos_session.ids
        )[0]
        self.assertIn("Paid with MixPay", html.decode())
