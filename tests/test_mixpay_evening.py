"""Each evening one message per shop, whatever happens at the others."""

from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .test_mixpay_export import REPORTED, MixpayExportCase

ROOM = "odoo.addons.pos_mixpay.models.mixpay_evening"


@tagged("post_install", "-at_install")
class TestMixpayEvening(MixpayExportCase, TestPoSCommon):
    def setUp(self):
        super().setUp()
        self.manager.email = "boss@example.com"
        self.before = self.env["mail.mail"].sudo().search([])

    def tell(self, moment):
        """Let the job run at a moment in UTC."""
        self.env.flush_all()
        with freeze_time(moment):
            self.run_job("tell")
        self.env.invalidate_all()

    def told(self, config=None):
        domain = [("pos_config_id", "=", (config or self.config).id)]
        return self.env["mixpay.evening"].search(domain, order="day")

    def mails(self):
        return self.env["mail.mail"].sudo().search([]) - self.before

    def mail(self):
        """Return subject and text of the mail that one shop's people got."""
        mail = self.mails().filtered(lambda one: self.config.name in one.subject)
        self.assertEqual(len(mail), 1)
        return mail.subject, mail.body_html

    def test_sold_settled_and_to_review(self):
        settled, odd = self.sold("2025-10-15 12:00:00"), self.sold("2025-10-15 19:59:59")
        self.sold("2025-10-14 19:59:59"), self.sold("2025-10-15 20:00:00")
        self.sold("2025-10-15 12:00:00", is_test=True)
        self.settle(settled, "2025-10-15 12:10:00")
        odd.write({"issue": "surplus"})
        self.tell("2025-10-15 20:00:00")
        [evening] = self.told()
        self.assertEqual(evening.day, date(2025, 10, 15))
        self.assertEqual((evening.sold_count, evening.review_count), (2, 1))
        self.assertEqual(evening.sold, {settled.currency_id.name: "20.00"})
        self.assertEqual(evening.settled, {"USDT (Tron)": "10.0125"})
        subject, text = self.mail()
        self.assertIn("1 to review", subject)
        self.assertIn(f"20.00 {settled.currency_id.name} (payments: 2)", text)
        self.assertIn("10.0125 USDT (Tron)", text)
        self.assertIn(odd.trace_id, text)
        self.assertIn("2025-10-14 22:00:00 +02:00", text)

    def test_also_when_all_is_well_and_nothing_was_sold(self):
        self.tell("2025-10-15 20:00:00")
        subject, text = self.mail()
        self.assertNotIn("review", subject)
        self.assertIn("All is well", text)
        self.assertIn("Sold: nothing (payments: 0)", text)

    def test_once_a_day_whatever_happens(self):
        for moment in ("20:00:00", "20:15:00", "22:30:00"):
            self.tell(f"2025-10-15 {moment}")
        self.tell("2025-10-16 19:59:59")
        self.assertEqual(self.told().mapped("day"), [date(2025, 10, 15)])
        self.assertEqual(len(self.mails()), 1)
        self.company.mixpay_evening_hour = 23  # later on the same day: it was told
        self.tell("2025-10-15 21:30:00")
        self.assertEqual(len(self.told()), 1)

    def test_a_server_that_was_off_tells_it_later_and_forgets_nothing(self):
        self.tell("2025-10-15 20:00:00")
        self.sold("2025-10-16 12:00:00")
        self.tell("2025-10-18 08:00:00")
        first, second = self.told()
        self.assertEqual(second.day, date(2025, 10, 17))
        self.assertEqual(second.begins_at, first.ends_at)
        self.assertEqual(second.sold_count, 1)

    def test_the_hour_is_that_of_the_place_also_when_clocks_change(self):
        self.company.mixpay_timezone = "America/New_York"
        self.tell("2025-11-02 01:59:59")  # 21:59 the evening before
        self.assertEqual(self.told().day, date(2025, 10, 31))
        self.tell("2025-11-02 02:00:00")
        self.assertEqual(self.told()[-1].day, date(2025, 11, 1))
        self.tell("2025-11-03 02:59:59")
        self.assertEqual(self.told()[-1].day, date(2025, 11, 1))
        self.tell("2025-11-03 03:00:00")
        self.assertEqual(self.told()[-1].day, date(2025, 11, 2))

    def test_a_sale_over_midnight_in_the_night_of_the_clocks(self):
        """Asked for before midnight, paid in the hour that comes twice: told once, of that day."""
        self.tell("2025-10-25 20:00:00")
        with freeze_time("2025-10-25 21:59:00"):  # 23:59 in Berlin
            order = self.sync(self.order_data(state="draft"))
            payment = self.record(is_test=False)
        with freeze_time("2025-10-26 01:30:00"):  # half past two, for the second time
            payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
            payment.finished_at = fields.Datetime.now()
            payment.env["mixpay.fulfilment"]._complete(order)
        self.assertEqual((order.state, str(order.date_order)), ("paid", "2025-10-26 01:30:00"))
        self.tell("2025-10-26 20:59:59")
        self.assertEqual(len(self.told()), 1)
        self.tell("2025-10-26 21:00:00")
        self.assertEqual(self.told().mapped("sold_count"), [0, 1])
        before, after = self.told()
        self.assertEqual(after.begins_at, before.ends_at)
        self.assertEqual(after.ends_at - after.begins_at, timedelta(hours=25))
        report = self.env["report.point_of_sale.report_saledetails"]
        for begins, ends, is_sold in (
            ("2025-10-24 22:00:00", "2025-10-25 21:59:59", False),
            ("2025-10-25 22:00:00", "2025-10-26 22:59:59", True),
        ):
            details = report.get_sale_details(begins, ends, self.config.ids)
            self.assertEqual("(1)" in " ".join(details["mixpay"]["totals"]), is_sold)

    def test_one_bad_shop_never_stops_the_next(self):
        other = self.config.copy({"name": "Next Door"})
        model = self.registry["mixpay.evening"]
        original = model._report

        def report(evening, config, begins, ends):
            if config == self.config:
                raise RuntimeError("out of order")
            return original(evening, config, begins, ends)

        with patch.object(model, "_report", report), mute_logger(ROOM):
            self.tell("2025-10-15 20:00:00")
        self.assertFalse(self.told())
        self.assertTrue(self.told(other))
        self.tell("2025-10-15 20:15:00")
        self.assertTrue(self.told())

    def test_readers_are_those_whom_the_shop_names(self):
        self.reader.email = "books@example.com"
        self.config.mixpay_evening_user_ids = self.reader
        self.tell("2025-10-15 20:00:00")
        self.assertEqual(self.told().user_ids, self.reader)
        self.assertEqual(self.mails().recipient_ids, self.reader.partner_id)

    def test_somebody_who_has_left_is_told_nothing(self):
        self.config.mixpay_evening_user_ids = self.reader
        self.reader.active = False
        self.tell("2025-10-15 20:00:00")
        self.assertIn(self.manager, self.told().user_ids)

    def test_a_cashier_names_no_readers(self):
        with self.assertRaises(AccessError):
            self.config.with_user(self.cashier).write({"mixpay_evening_user_ids": [(6, 0, [])]})
        with self.assertRaises(AccessError):
            self.env["mixpay.evening"].with_user(self.cashier).search([])

    def test_what_was_told_stays(self):
        self.tell("2025-10-15 20:00:00")
        for change in (lambda r: r.write({"sold_count": 1}), lambda r: r.unlink()):
            with self.assertRaises(UserError):
                change(self.told())

    def test_a_name_is_no_markup(self):
        odd = self.sold("2025-10-15 12:00:00")
        odd.write({"issue": "surplus", "order_name": "<img src=x>"})
        self.tell("2025-10-15 20:00:00")
        _subject, text = self.mail()
        self.assertNotIn("<img", text)
