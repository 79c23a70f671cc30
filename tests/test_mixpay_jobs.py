"""One bad record never stops the others (money rule 10), and what jobs and clocks must bear."""

import json
import uuid
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .. import texts
from ..mixpay import forecast, links, money, priority
from ..mixpay.request import NewLink
from ..models.mixpay_endpoint import RETRY_AFTER
from ..transactions import read_committed
from .common import CASHIER, MixpayRoutesCase, MixpayShopCase

MODELS = "odoo.addons.pos_mixpay.models"
FAILURE = f"{MODELS}.mixpay_retry"
PRESENTER = f"{MODELS}.mixpay_presenter"
SESSION = f"{MODELS}.pos_session"
AHEAD = "clock_timestamp() AT TIME ZONE 'UTC' + interval '2 hours'"

# Whose methods take the record as their first argument.
ROOM_OF = {
    "_build_request": "mixpay.sync",
    "_apply": "mixpay.answer",
    "_review": "mixpay.review",
    "_complete": "mixpay.fulfilment",
    "_finish_what_is_left": "mixpay.fulfilment",
    "_restore_order": "mixpay.fulfilment",
}


class FailingMixin:
    """Makes a method raise for one record only."""

    @contextmanager
    def failing(self, record, name, error=None):
        """Have a method raise for a record, as a bug of any addon might."""
        room = ROOM_OF.get(name)
        model = self.registry[room or record._name]
        original = getattr(model, name)

        def method(records, *args, **kwargs):
            if record.id in (args[0] if room else records).ids:
                raise error or RuntimeError("out of order")
            return original(records, *args, **kwargs)

        with patch.object(model, name, method):
            yield

    @contextmanager
    def failing_text(self, record, name):
        """Have what is said of a payment raise for this one."""
        original = getattr(texts, name)

        def function(*args, **kwargs):
            if any(getattr(arg, "id", None) == record.id for arg in args):
                raise RuntimeError("out of order")
            return original(*args, **kwargs)

        with patch.object(texts, name, function):
            yield

    def watched(self, **changes):
        """Record a payment that is asked about."""
        payment = self.record(payment_uuid=str(uuid.uuid4()), **changes)
        self.env["mixpay.job"]._enqueue(payment)
        return payment

    def watch_of(self, payment):
        self.env["mixpay.job"].invalidate_model()
        return self.env["mixpay.job"].search([("payment_id", "=", payment.id)])

    def make_due(self, payment):
        self.env.cr.execute(
            "UPDATE mixpay_job SET due_at = '2000-01-01', attempted_at = NULL"
            " WHERE payment_id = %s",
            [payment.id],
        )

    def asked(self):
        return [call["params"]["traceId"] for call in self.simulator.requests()]


@tagged("post_install", "-at_install")
class TestMixpayJobs(FailingMixin, MixpayShopCase, TestPoSCommon):
    """The jobs go on, whatever one payment raises."""

    def setUp(self):
        super().setUp()
        self.simulator.reset()

    def test_a_payment_that_fails_keeps_nobody_waiting(self):
        for name in ("_build_request", "_apply"):
            with self.subTest(method=name):
                bad, good = self.watched(), self.watched()
                self.make_due(bad)
                with self.failing(bad, name), self.assertLogs(FAILURE, "WARNING") as logs:
                    self.run_job("sync")
                self.assertIn("out of order", logs.output[0])
                self.assertIn(good.trace_id, self.asked())
                self.assertEqual(self.watch_of(good).processing_failures, 0)
                self.assertEqual(self.watch_of(bad).processing_failures, 1)
                self.assertGreater(self.watch_of(bad).due_at, fields.Datetime.now())
                self.assertFalse(self.watch_of(bad).lease_until)

    def test_a_payment_that_fails_is_listed_put_back_and_logged_once(self):
        bad = self.watched()
        pauses = []
        for count in range(3):
            self.make_due(bad)
            logs = self.assertNoLogs if count else self.assertLogs
            with self.failing(bad, "_apply"), logs(FAILURE, "WARNING"):
                self.run_job("sync")
            pauses.append(self.watch_of(bad).pause)
        self.assertEqual(pauses, [10, 20, 40])
        self.assertEqual(bad.issue, "error")
        self.assertIn("out of order", bad.error)
        events = self.env["mixpay.event"].search([("payment_id", "=", bad.id)])
        self.assertEqual(events.mapped("kind"), ["error"])
        self.assertIn("out of order", events.data["reason"])
        with self.assertRaises(UserError):
            bad.env["mixpay.decision"]._decide(bad, "kept", "no reason", "a manager")
        self.make_due(bad)
        self.run_job("sync")
        self.assertEqual((bad.error, bad.issue), (False, False), "mended")
        self.assertEqual(self.watch_of(bad).processing_failures, 0)

    def test_what_is_said_of_a_failure_is_short_and_no_secret(self):
        bad = self.watched()
        error = RuntimeError(f"{bad.callback_token} {'x ' * 500}\nmore")
        with self.failing(bad, "_apply", error), mute_logger(FAILURE):
            self.run_job("sync")
        self.assertNotIn(bad.callback_token, bad.error)
        self.assertLessEqual(len(bad.error), 200)
        self.assertNotIn("more", bad.error)

    def test_a_payment_whose_telling_fails_is_listed_all_the_same(self):
        bad = self.watched()
        with (
            self.enter_registry_test_mode(),
            self.failing(bad, "_review"),
            mute_logger(FAILURE),
        ):
            bad.env["mixpay.retry"]._set_aside(bad, RuntimeError("first"))
        bad.invalidate_recordset()
        self.assertEqual(bad.issue, "error")

    def test_no_register_suffers_from_another_s_payment(self):
        bad, good = self.watched(), self.watched()
        for payment in (bad, good):
            self.make_due(payment)
        with self.enter_registry_test_mode(), self.failing(bad, "_apply"), mute_logger(FAILURE):
            for _poll in range(2):
                self.assertTrue(good.env["mixpay.sync"]._sync_due(self.server.api_url))
        self.assertIn(good.trace_id, self.asked())

    def test_a_payment_that_cannot_be_shown_hides_no_other(self):
        bad, good = self.record(), self.record(payment_uuid=str(uuid.uuid4()))
        traces = [bad.trace_id, good.trace_id]
        with self.failing_text(bad, "register_texts"):
            with self.assertLogs(PRESENTER, "WARNING"):
                answer = bad.env["mixpay.checkout"]._poll(traces)
            with self.assertNoLogs(PRESENTER, "WARNING"):
                bad.env["mixpay.checkout"]._poll(traces)
        self.assertEqual([shown["trace_id"] for shown in answer["payments"]], [good.trace_id])

    # === SALES THAT NO REGISTER FINISHES === #

    def paid_order(self):
        """Return a paid payment and its unpaid order, that the server may finish."""
        self.line_uuid = str(uuid.uuid4())
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid(order_uuid=order.uuid)
        self.leave_alone(payment)
        return payment, order

    def test_an_order_that_fails_keeps_no_other_from_being_finished(self):
        (bad, bad_order), (good, good_order) = self.paid_order(), self.paid_order()
        bad.finish_at -= timedelta(minutes=5)
        with self.failing(bad_order, "_complete"), self.assertLogs(FAILURE, "WARNING"):
            self.run_job("finish_orders")
        self.assertEqual((bad_order.state, good_order.state), ("draft", "paid"))
        self.assertEqual(good.pos_order_id, good_order)
        self.assertEqual(bad.finish_failures, 1)
        self.assertGreater(bad.finish_at, fields.Datetime.now())
        self.assertEqual(bad.issue, "error")
        for _again in range(2):
            bad.finish_at = fields.Datetime.now() - timedelta(minutes=5)
            failing = self.failing(bad_order, "_complete")
            with failing, self.assertNoLogs(FAILURE, "WARNING"):
                self.run_job("finish_orders")
        self.assertEqual(bad.finish_failures, 3)
        self.assertGreater(bad.finish_at, fields.Datetime.now() + timedelta(seconds=30))
        bad.finish_at = fields.Datetime.now() - timedelta(minutes=5)
        self.run_job("finish_orders")
        self.assertEqual(bad_order.state, "paid", "mended")
        self.assertEqual((bad.error, bad.issue, bad.finish_failures), (False, False, 0))

    def test_more_failing_orders_than_a_batch_holds_keep_nobody_waiting(self):
        bad, good = self.paid_order(), self.paid_order()
        bad[0].finish_at -= timedelta(minutes=5)
        with (
            patch(f"{MODELS}.mixpay_fulfilment.FINISH_BATCH", 1),
            self.failing(bad[0], "_finish_what_is_left"),
            mute_logger(FAILURE),
        ):
            self.run_job("finish_orders")
        self.assertEqual(good[1].state, "paid")

    def sent_along(self, **changes):
        """Record a payment whose register died before it saved the order."""
        self.line_uuid = str(uuid.uuid4())
        data = self.order_data(state="draft")
        payment = self.record(order_data=data, order_uuid=data["uuid"], **changes)
        self.env["mixpay.job"]._enqueue(payment)
        payment.flush_recordset()
        self.env.cr.execute(
            "UPDATE mixpay_payment SET create_date = create_date - interval '1 minute'"
            " WHERE id = %s",
            [payment.id],
        )
        payment.invalidate_recordset()
        return payment

    def test_an_order_whose_saving_fails_keeps_no_other_from_being_saved(self):
        bad, good = self.sent_along(), self.sent_along()
        for _run in range(2):
            with self.failing(bad, "_restore_order"), mute_logger(FAILURE):
                self.run_job("finish_orders")
        self.assertTrue(self.order_of_payment(good))
        self.assertEqual(bad.finish_failures, 1, "put back, so not tried at once again")
        self.assertEqual(bad.issue, "error")

    def test_a_payment_that_cannot_be_shown_closes_no_report_and_no_dialog(self):
        bad, good = self.record(), self.record(payment_uuid=str(uuid.uuid4()))
        for payment in (bad, good):
            payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        report = self.env["report.point_of_sale.report_saledetails"]
        with self.failing_text(bad, "state_texts"), mute_logger(PRESENTER):
            shown = bad.env["mixpay.presenter"].sudo()._each_for_closing(bad | good)
            details = report.get_sale_details(session_ids=self.pos_session.ids)
        self.assertEqual([line["trace_id"] for line in shown], (bad | good).mapped("trace_id"))
        lines = " ".join(details["mixpay"]["to_review"])
        for payment in (bad, good):
            self.assertIn(payment.trace_id, lines)

    def test_nothing_is_saved_for_who_may_save_nothing(self):
        left = self.new_user("mixpay_left", CASHIER)
        left.active = False
        clerk = self.new_user("mixpay_clerk_too")
        other = self.env["res.company"].create({"name": "Other"})
        elsewhere = self.new_user("mixpay_elsewhere", CASHIER, other)
        for creator in (None, left.id, clerk.id, elsewhere.id, self.env.ref("base.user_root").id):
            with self.subTest(creator=creator):
                payment = self.sent_along()
                self.env.cr.execute(
                    "UPDATE mixpay_payment SET create_uid = %s WHERE id = %s", [creator, payment.id]
                )
                payment.invalidate_recordset()
                with mute_logger(f"{MODELS}.mixpay_fulfilment"):
                    payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
                self.assertFalse(self.order_of_payment(payment))
                self.assertEqual(payment.issue, "error", "listed instead")
                self.assertIn("not saved", payment.error)

    # === OTHER JOBS === #

    def test_a_payment_that_cannot_be_told_of_hides_no_other(self):
        bad, good = [self.record(payment_uuid=str(uuid.uuid4())) for _count in range(2)]
        for payment in (bad, good):
            payment._abandon()
            payment.env["mixpay.answer"]._transition(payment, "success", {})
        with self.failing_text(bad, "summary"), mute_logger(PRESENTER):
            self.run_job("remind")
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn(good.trace_id, mail.body_html)
        self.assertIn(bad.trace_id, mail.body_html)

    def test_each_job_does_its_part_alone(self):
        jobs = self.env["ir.cron"].search([("cron_name", "ilike", "MixPay")])
        codes = jobs.mapped("code")
        for code in ("_cron_sync", "_cron_finish_orders", "_cron_remind", "_cron_refresh"):
            self.assertIn(f"model.{code}()", codes)

    def test_a_job_without_work_reports_none(self):
        for name in ("sync", "finish_orders", "remind"):
            self.run_job(name)
            job = self.env.ref(f"pos_mixpay.ir_cron_mixpay_{name}")
            progress = self.env["ir.cron.progress"].search([("cron_id", "=", job.id)])
            self.assertEqual(set(progress.mapped("remaining")), {0})
            self.assertTrue(job.active)

    # === WHAT THE BUS SAYS === #

    def test_the_bus_names_no_trace(self):
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        payment._abandon()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].sudo().search([("message", "ilike", "MIXPAY_")])
        payloads = [json.loads(message)["payload"] for message in sent.mapped("message")]
        self.assertTrue(payloads)
        self.assertEqual([dict(payload) for payload in payloads], [{"id": payment.id}] * len(sent))

    def test_a_register_is_noted_as_told_on_its_own_cursor(self):
        payment = self.paid()
        payment.order_name = "changed in the same transaction"
        payment.env["mixpay.fulfilment"]._mark_notified(payment)
        self.assertTrue(payment.notified_at)
        notified_at = payment.notified_at
        payment.env["mixpay.fulfilment"]._mark_notified(payment)
        self.assertEqual(payment.notified_at, notified_at)


@tagged("post_install", "-at_install")
class TestMixpayClosing(FailingMixin, MixpayShopCase, TestPoSCommon):
    """Closing a session never fails for MixPay's sake."""

    def paid_draft(self):
        self.line_uuid = str(uuid.uuid4())
        order = self.sync(self.order_data(state="draft"))
        return order, self.paid(order_uuid=order.uuid)

    def assert_closes(self, close):
        (bad, payment), (good, _other) = self.paid_draft(), self.paid_draft()
        session = self.pos_session
        with self.failing(bad, "_complete"), self.assertLogs(SESSION, "WARNING"):
            close(session)
        self.assertEqual(session.state, "closed")
        self.assertIn(good.state, ("paid", "done"))
        self.assertEqual(bad.state, "draft")
        self.assertFalse(bad.session_id, "it goes on in the next session")
        log = " ".join(session.message_ids.mapped("body"))
        self.assertIn(bad.pos_reference, log)
        self.assertIn("out of order", log)
        self.assertIn("out of order", payment.error)

    def test_from_the_back_office(self):
        self.assert_closes(lambda session: session.action_pos_session_closing_control())

    def test_past_the_closing_control(self):
        self.assert_closes(lambda session: session.action_pos_session_close())
        self.open_new_session()
        self.assert_closes(lambda session: session.action_pos_session_validate())

    def test_from_the_register_that_has_cash(self):
        def close(session):
            self.assertTrue(session.post_closing_cash_details(0)["successful"])
            session.update_closing_control_state_session("")
            self.assertTrue(session.close_session_from_ui()["successful"])

        self.assert_closes(close)

    def test_from_a_register_without_cash(self):
        self.pos_session.action_pos_session_closing_control()
        self.config.payment_method_ids -= self.config.payment_method_ids.filtered("is_cash_count")
        self.open_new_session()
        self.assertFalse(self.config.cash_control)

        def close(session):
            self.assertTrue(session.close_session_from_ui()["successful"])

        self.assert_closes(close)

    def test_a_rescue_session(self):
        self.pos_session.rescue = True
        self.assert_closes(lambda session: session.action_pos_session_closing_control())

    def test_by_force(self):
        wizard = self.env["pos.close.session.wizard"].create({})
        self.assert_closes(
            lambda session: wizard.with_context(active_ids=session.ids).close_session()
        )

    def test_a_payment_that_cannot_be_given_up(self):
        bad, good = self.record(), self.record(payment_uuid=str(uuid.uuid4()))
        with self.failing(bad, "_abandon"), self.assertLogs(SESSION, "WARNING"):
            self.pos_session.action_pos_session_closing_control()
        self.assertEqual(self.pos_session.state, "closed")
        self.assertFalse(bad.is_abandoned)
        self.assertTrue(good.is_abandoned)

    def test_however_many_wait_their_lines_are_looked_for_at_once(self):
        counts = []
        for more in (1, 1, 3):
            for _number in range(more):
                self.line_uuid = str(uuid.uuid4())
                self.record(order_uuid=self.sync(self.order_data(state="draft")).uuid)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.pos_session._mixpay_restore_orders()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2], "the first has read what is kept")

    def test_however_many_are_paid_those_that_wait_are_given_up_at_closing(self):
        counts = []
        for more in (1, 1, 3):
            for _number in range(more):
                self.line_uuid = str(uuid.uuid4())
                self.paid()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.pos_session._mixpay_note_closed()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2], "what is paid costs nothing more")

    def test_money_that_came_between_the_register_s_requests(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.record(order_uuid=order.uuid)
        self.pos_session.write({"state": "closing_control"})
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.assertTrue(self.pos_session.close_session_from_ui()["successful"])
        self.assertFalse(order.session_id)
        self.assertFalse(payment.error, "nothing is wrong with it")


@tagged("post_install", "-at_install")
class TestMixpayClocks(FailingMixin, MixpayShopCase, TestPoSCommon):
    """The database's clock decides; what lies further ahead than it could is not believed."""

    def test_the_limit_holds_and_a_clock_that_was_set_back_blinds_nobody(self):
        self.assertEqual(self.use_up(priority.URGENT), 60)
        self.assertEqual(self.use_up(priority.URGENT), 0)
        with read_committed(self.env) as cr:
            cr.execute("UPDATE mixpay_slot SET busy_until = busy_until + interval '2 hours'")
        self.assertEqual(self.use_up(priority.URGENT), 1, "the first at once, others one by one")
        with read_committed(self.env) as cr:
            cr.execute(
                "SELECT count(*) FROM mixpay_slot WHERE busy_until > clock_timestamp() AT TIME ZONE"
                " 'UTC' + interval '9 seconds'"
            )
            self.assertLessEqual(cr.fetchone()[0], 53, "some within 10 s")
            cr.execute(
                "SELECT count(*) FROM mixpay_slot WHERE busy_until > clock_timestamp() AT TIME ZONE"
                " 'UTC' + interval '61 seconds'"
            )
            self.assertEqual(cr.fetchone()[0], 0)

    def test_of_slots_ahead_only_those_of_the_last_minute_stay_taken(self):
        self.use_up(priority.URGENT)
        with read_committed(self.env) as cr:
            cr.execute("UPDATE mixpay_slot SET busy_until = busy_until + interval '2 hours'")
            cr.execute(
                "UPDATE mixpay_slot SET busy_until = busy_until - interval '10 minutes'"
                " WHERE number > 10"
            )
        self.assertEqual(self.use_up(priority.URGENT), 51)

    def test_slots_pauses_and_probes_ahead_are_not_believed(self):
        url = self.server.api_url
        self.use_up(priority.CALLED)
        with read_committed(self.env) as cr:
            cr.execute(f"UPDATE mixpay_slot SET busy_until = {AHEAD} WHERE purpose = 'concurrency'")
            cr.execute("DELETE FROM mixpay_endpoint")
            cr.execute(
                "INSERT INTO mixpay_endpoint (api_url, open_until, probe_until)"
                f" VALUES (%s, {AHEAD}, {AHEAD})",
                [url],
            )
        self.addCleanup(self.forget_calls)
        with self.registry.cursor() as cr:  # which sees what was committed
            endpoint = self.env(cr=cr)["mixpay.endpoint"]
            [[retry_after]] = endpoint.env.execute_query(
                SQL(f"SELECT {RETRY_AFTER} FROM mixpay_endpoint AS endpoint")
            )
            self.assertEqual(retry_after, 0)
        limiter = self.env["mixpay.limiter"]
        self.assertTrue(limiter._has_free_slot(url, priority.POLL))
        with limiter._call(url, priority.URGENT, 1) as call:
            self.assertTrue(call.is_probe)

    def test_a_job_ahead_is_not_believed(self):
        payment = self.watched()
        job = self.env["mixpay.job"]
        moment = job._ensure(payment)
        self.env.cr.execute(
            f"""
            UPDATE mixpay_job
               SET due_at = {AHEAD}, attempted_at = {AHEAD},
                   synced_at = {AHEAD}, lease_until = {AHEAD},
                   webhook_at = {AHEAD} + interval '1 minute', pause = 3, poll_interval = 3
            """
        )
        self.assertFalse(job._is_leased(payment.id))
        self.assertFalse(job._is_leased(payment.id, within=2))
        is_synced = SQL("SELECT %s", job._synced_since(payment.id, moment))
        self.assertEqual(self.env.execute_query(is_synced), [(False,)])
        self.assertEqual(job._count_due(), [(self.server.api_url, 1)])
        [snapshot] = payment.env["mixpay.presenter"]._read_status([payment.trace_id])
        self.assertEqual((snapshot.due_in, snapshot.synced_for), (0, None))
        self.assertEqual(forecast.due_address([snapshot]), self.server.api_url)
        lease = job._lease_one(payment.id, 3600)
        self.assertFalse(lease.has_webhook)
        job._finish_attempt(
            lease,
            payment.env["mixpay.sync"]._polled(payment),
            has_failed=False,
            was_answered=True,
            was_for_link=False,
        )
        row = self.watch_of(payment)
        self.assertLess(row.due_at, fields.Datetime.now() + timedelta(seconds=10))
        self.assertLess(row.synced_at, fields.Datetime.now() + timedelta(seconds=10))
        self.assertFalse(row.lease_until)

    def test_payments_of_what_is_the_future_by_now_do_not_count_as_of_this_minute(self):
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.max_new_per_minute", "1")
        payment = self.record()
        with self.assertRaisesRegex(UserError, "within a minute"):
            payment.env["mixpay.checkout"]._check_not_too_many(self.pos_session)
        payment.flush_recordset()
        self.env.cr.execute(f"UPDATE mixpay_payment SET create_date = {AHEAD}")
        payment.env["mixpay.checkout"]._check_not_too_many(self.pos_session)

    def test_sales_are_finished_after_the_clock_was_set_back(self):
        order = self.sync(self.order_data(state="draft"))
        payment = self.paid(order_uuid=order.uuid)
        payment.write({"finish_at": fields.Datetime.now() + timedelta(hours=2)})
        payment.write({"finished_at": fields.Datetime.now() + timedelta(hours=2)})
        self.run_job("finish_orders")
        self.assertEqual(order.state, "paid")

    def test_deadlines_go_by_the_database_s_clock(self):
        now, amount = self.env["mixpay.payment"]._now(), money.to_charge("10.00", 2)
        for hours in (-1, 1):
            with self.subTest(hours=hours), freeze_time(now + timedelta(hours=hours)):
                vals = self.env["mixpay.checkout"]._new_vals(
                    self.method, self.pos_session, amount, "o", "l", "Order"
                )
                left = vals["expires_at"] - now
                expected = timedelta(minutes=self.method.mixpay_expiry_minutes)
                self.assertLess(abs(left - expected), timedelta(seconds=60))

    def test_the_time_left_goes_by_the_database_s_clock(self):
        payment = self.record()
        now = payment._now()
        for hours in (-1, 1):
            with self.subTest(hours=hours), freeze_time(now + timedelta(hours=hours)):
                payment.invalidate_recordset(["time_left"])
                self.assertAlmostEqual(payment.time_left, 900, delta=60)
                self.assertTrue(payment._is_payable())
                [shown] = payment.env["mixpay.checkout"]._poll([payment.trace_id])["payments"]
                self.assertAlmostEqual(shown["seconds_left"], 900, delta=60)

    def test_mixpay_s_clock_is_compared_with_the_database_s(self):
        payment = self.record()
        with freeze_time(payment._now() + timedelta(hours=1)):
            # MixPay's clock is right, so it is an hour behind that of this Odoo server.
            payment.env["mixpay.answer"]._apply_link(
                payment, NewLink("https://example.com", links.CODE, clock_offset=-3600.0)
            )
        self.assertAlmostEqual(payment.clock_offset, 0, delta=60)

    def test_the_last_word_is_dated_by_the_database_s_clock(self):
        with freeze_time(self.env["mixpay.payment"]._now() + timedelta(hours=1)):
            payment = self.paid()
        self.assertLess(payment.finished_at, fields.Datetime.now() + timedelta(minutes=1))
        self.assertLess(payment.finish_at, fields.Datetime.now() + timedelta(minutes=1))


@tagged("post_install", "-at_install")
class TestMixpayLoad(FailingMixin, MixpayRoutesCase, TestPoSCommon, HttpCase):
    """What one operator can cost the whole shop is bounded."""

    def test_who_creates_and_cancels_without_end_is_told_so(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.max_live_per_session", "4")
        for _count in range(6):
            payment = self.create_payment()
            self.call("cancel", trace_id=payment["trace_id"])
        self.assert_refused("begun and cancelled", "create", **self.create_params())
        self.env.cr.execute(
            "UPDATE mixpay_payment SET create_date = create_date - interval '61 minutes'"
        )
        self.create_payment()

    def test_who_tries_a_line_again_and_again_is_not(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.max_live_per_session", "1")
        line = self.create_params()
        for _count in range(10):
            payment = self.call("create", **line)
            self.call("cancel", trace_id=payment["trace_id"])

    def test_a_person_s_request_asks_mixpay_about_few_payments(self):
        payments = [self.create_payment() for _count in range(6)]
        traces = [payment["trace_id"] for payment in payments]
        ids = {p.trace_id: p.id for p in self.env["mixpay.payment"].search([])}
        self.env.cr.execute("UPDATE mixpay_job SET attempted_at = NULL")
        for minutes, trace_id in enumerate(traces):
            self.env.cr.execute(
                "UPDATE mixpay_job SET synced_at = synced_at - %s * interval '1 minute'"
                " WHERE payment_id = %s",
                [minutes, ids[trace_id]],
            )
        self.simulator.reset()
        self.simulator.set_knobs(auto_confirm_seconds=None)
        answer = self.call("status", trace_ids=traces, check_now=True)
        self.assertEqual(len(answer["payments"]), 6)
        self.assertEqual(self.asked(), traces[:2:-1], "those unheard of for longest")

    @mute_logger("odoo.http")
    def test_calls_with_unknown_tokens_are_counted_and_logged_now_and_then(self):
        webhook = "odoo.addons.pos_mixpay.controllers.webhook"
        with patch(f"{webhook}._unknown._logged_at", None), patch(f"{webhook}._unknown._count", 0):
            with self.assertLogs(webhook, "WARNING") as logs:
                for token in ["A" * 43, "short", "B" * 43]:
                    answer = self.url_open(f"/pos_mixpay/callback/{token}", data="{}")
                    self.assertEqual(answer.status_code, 404)
            self.assertEqual(len(logs.output), 1)
            with (
                patch(f"{webhook}.LOG_SECONDS", 0),
                self.assertLogs(webhook, "WARNING") as logs,
            ):
                self.url_open(f"/pos_mixpay/callback/{'C' * 43}", data="{}")
            self.assertIn("3 since", logs.output[0])
