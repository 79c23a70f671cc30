"""Money that this server does not know: asked about again, looked up, sent along by a register."""

import uuid
from datetime import datetime, timedelta, timezone
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay import links, priority
from ..mixpay.clean import moment
from ..mixpay.errors import MixpayUnknownId
from ..models import mixpay_lookup as room
from ..models import mixpay_lookup_register as room_of_registers
from .common import MANAGER, STRANGER, USDT_ETHEREUM, MixpayRoutesCase


class MixpayForgottenCase(MixpayRoutesCase):
    """MixPay knows payments that this server does not; mixed into `TestPoSCommon`, `HttpCase`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.new_user("mixpay_boss", MANAGER)

    def setUp(self):
        super().setUp()
        self.simulator.set_knobs(auto_settle_seconds=0)

    def as_manager(self, act):
        """Do something as the manager, in a transaction that may be committed."""
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            return act(self.env(user=self.manager, cr=cr))

    def look_up(self, trace_id):
        return self.as_manager(
            lambda env: env["mixpay.lookup"]
            ._look_up(trace_id, env["pos.payment.method"].browse(self.method.id))
            .id
        )

    def payment_of(self, trace_id):
        self.env.invalidate_all()
        return self.env["mixpay.payment"].search([("trace_id", "=", trace_id)])


@tagged("post_install", "-at_install")
class TestMixpayLookup(MixpayForgottenCase, TestPoSCommon, HttpCase):
    def test_a_manager_learns_whose_how_much_and_when_and_takes_it(self):
        trace_id = self.forgotten()
        lookup = self.env["mixpay.lookup"].browse(self.look_up(f" \u200e{trace_id.upper()}\u200e "))
        self.assertEqual((lookup.state, lookup.status), ("found", "success"))
        self.assertEqual((lookup.amount, lookup.payment_symbol), ("10.00", "USDT"))
        self.assertTrue(lookup.paid_at and lookup.payee_id and lookup.answer)
        self.assertFalse(self.payment_of(trace_id), "only asked about so far")
        self.as_manager(lambda env: env["mixpay.lookup"].browse(lookup.id).action_take())
        payment = self.payment_of(trace_id)
        self.assertEqual((payment.state, payment.issue), ("success", "late"))
        self.assertEqual(payment.amount, 10)
        self.assertFalse(payment.covered_at)
        self.assertEqual(lookup.payment_id, payment)
        self.assertEqual(self.events(payment, "taken_over"), 1)

    def events(self, payment, kind):
        domain = [("payment_id", "=", payment.id), ("kind", "=", kind)]
        return self.env["mixpay.event"].search_count(domain)

    def test_a_payment_that_is_known_is_opened_as_it_is(self):
        trace_id = self.create_payment()["trace_id"]
        self.assertEqual(self.look_up(trace_id), self.payment_of(trace_id).id)
        self.assertFalse(self.env["mixpay.lookup"].search([("trace_id", "=", trace_id)]))

    def test_another_payee_s_money_is_not_taken(self):
        trace_id = self.forgotten(payee=STRANGER)
        lookup_id = self.look_up(trace_id)
        lookup = self.env["mixpay.lookup"].browse(lookup_id)
        self.assertEqual(lookup.state, "foreign")
        with self.assertRaises(UserError):
            self.as_manager(lambda env: env["mixpay.lookup"].browse(lookup_id).action_take())
        self.assertFalse(self.payment_of(trace_id))

    def test_what_mixpay_does_not_know(self):
        lookup = self.env["mixpay.lookup"].browse(self.look_up(str(uuid.uuid4())))
        self.assertEqual(lookup.state, "unknown")

    def test_cashiers_do_not_see_what_a_manager_took(self):
        trace_id = self.forgotten()
        lookup_id = self.look_up(trace_id)
        self.as_manager(lambda env: env["mixpay.lookup"].browse(lookup_id).action_take())
        self.assertFalse(self.payment_of(trace_id).pos_session_id)
        payments = self.env["mixpay.payment"].with_user(self.cashier)
        self.assertFalse(payments.search([("trace_id", "=", trace_id)]))
        self.assertEqual(self.call("status", trace_ids=[trace_id])["payments"], [])

    def test_cashiers_look_nothing_up(self):
        with self.assertRaises(AccessError):
            self.env["mixpay.lookup"].with_user(self.cashier)._look_up(
                str(uuid.uuid4()), self.method
            )
        lookups = self.env["mixpay.lookup"].with_user(self.cashier)
        self.assertFalse(lookups.has_access("read"))
        with self.assertRaises(AccessError):
            self.env["mixpay.payment"].with_user(self.cashier).action_ask_mixpay()

    def test_words_that_are_no_trace(self):
        with self.assertRaises(UserError):
            self.look_up("order 17")

    def test_the_form_offers_the_company_s_method(self):
        form = Form(self.env["mixpay.look.up"].with_user(self.manager))
        self.assertEqual(form.payment_method_id, self.method)

    def test_a_manager_asks_again_about_what_has_ended(self):
        trace_id = self.create_payment()["trace_id"]
        payment = self.payment_of(trace_id)
        self.simulator.expire(trace_id)
        self.call("status", trace_ids=[trace_id], check_now=True)
        self.assertEqual(self.payment_of(trace_id).state, "failed")
        self.simulator.set_knobs(late_payment="success")
        self.simulator.pay_late(trace_id, asset=USDT_ETHEREUM)
        action = self.as_manager(
            lambda env: env["mixpay.payment"].browse(payment.id).action_ask_mixpay()
        )
        self.assertEqual(action["params"]["type"], "info")
        payment = self.payment_of(trace_id)
        self.assertEqual((payment.state, payment.issue), ("failed", "paid_after_failure"))

    def test_a_manager_asks_again_about_a_live_one(self):
        trace_id = self.create_payment()["trace_id"]
        payment = self.payment_of(trace_id)
        self.env.cr.execute("DELETE FROM mixpay_job")
        self.simulator.pay(trace_id, asset=USDT_ETHEREUM)
        self.simulator.succeed(trace_id)
        self.as_manager(lambda env: env["mixpay.payment"].browse(payment.id).action_ask_mixpay())
        self.assertEqual(self.payment_of(trace_id).state, "success")


@tagged("post_install", "-at_install")
class TestMixpayRestoredBackup(MixpayForgottenCase, TestPoSCommon, HttpCase):
    def creates(self):
        return [r for r in self.simulator.requests() if r["path"].endswith("one_time_payment")]

    def test_what_only_the_register_knows_is_asked_about_before_a_second_code(self):
        trace_id = self.forgotten()
        params = self.create_params(known_traces=[trace_id])
        self.assert_refused("paid this already", "create", **params)
        self.assertFalse(self.creates())
        payment = self.payment_of(trace_id)
        self.assertEqual((payment.state, payment.issue), ("success", "late"))
        self.assertEqual(payment.order_name, "Order 0001")
        self.assert_refused("paid this already", "create", **params)

    def test_it_pays_no_line_by_itself(self):
        """Whoever is at a register can send any trace."""
        trace_id = self.forgotten()
        params = self.create_params(known_traces=[trace_id])
        self.assert_refused("paid this already", "create", **params)
        payment = self.payment_of(trace_id)
        self.assertNotEqual(payment.payment_uuid, params["payment_uuid"])
        self.assertNotEqual(payment.order_uuid, params["order_uuid"])
        answer = self.call(
            "check", session_id=self.pos_session.id, lines={params["payment_uuid"]: "10.00"}
        )
        self.assertEqual(answer["uncovered"], [params["payment_uuid"]])

    def test_no_second_code_while_mixpay_cannot_be_asked(self):
        params = self.create_params(known_traces=[self.forgotten()])
        self.simulator.set_knobs(http_500_next=1)
        self.assert_refused("nobody pays twice", "create", **params)
        self.assert_refused("paid this already", "create", **params)
        self.assertFalse(self.creates())
        self.assertEqual(self.env["mixpay.lookup"].search_count([]), 1)

    def test_a_decision_lets_the_sale_go_on(self):
        params = self.create_params(known_traces=[self.forgotten()])
        self.assert_refused("paid this already", "create", **params)
        payment = self.payment_of(params["known_traces"][0]).sudo()
        payment.env["mixpay.decision"]._decide(payment, "refunded", "in cash", "a manager")
        self.assertTrue(self.call("create", **params)["link"])

    def test_what_nobody_has_paid_is_watched_and_the_sale_goes_on(self):
        trace_id = self.forgotten(is_paid=False)
        self.assertTrue(self.create_payment(known_traces=[trace_id])["link"])
        payment = self.payment_of(trace_id)
        self.assertEqual((payment.state, payment.is_abandoned), ("unpaid", True))
        job = self.env["mixpay.job"].search([("payment_id", "=", payment.id)])
        self.assertTrue(job)

    def test_a_stranger_s_payment_or_an_unknown_one_holds_nobody_up(self):
        known_traces = [self.forgotten(payee=STRANGER), str(uuid.uuid4())]
        self.assertTrue(self.create_payment(known_traces=known_traces)["link"])
        self.assertFalse(self.payment_of(known_traces[0]))

    def test_a_pay_link_that_is_opened_after_it_was_asked_about(self):
        """Of a pay link MixPay knows nothing until its payer has opened it."""
        trace_id = str(uuid.uuid4())
        self.assertTrue(self.create_payment(known_traces=[trace_id])["link"])
        self.assertEqual(self.lookup_of(trace_id).state, "unknown")
        self.forgotten(trace_id=trace_id)
        codes = len(self.creates())
        params = self.create_params(known_traces=[trace_id])
        self.simulator.set_knobs(http_500_next=1)
        for words in ("nobody pays twice", "paid this already"):
            self.may_ask_again()
            self.assert_refused(words, "create", **params)
        self.assertEqual(len(self.creates()), codes)
        self.assertEqual(self.payment_of(trace_id).issue, "late")

    def test_the_job_asks_again_about_what_mixpay_did_not_know(self):
        """Ever less often; what a manager has typed, a manager may type again."""
        trace_id = str(uuid.uuid4())
        self.call("status", trace_ids=[trace_id], session_id=self.pos_session.id)
        typed = self.env["mixpay.lookup"].browse(self.look_up(str(uuid.uuid4())))
        self.run_job("look_up")
        lookup = self.lookup_of(trace_id)
        self.assertEqual(lookup.state, "unknown")
        self.forgotten(trace_id=trace_id)
        for hours_ago, hours_known in ((0, 0), (2, 3)):
            self.turn_back(lookup, hours_ago, hours_known)
            self.run_job("look_up")
            self.assertFalse(self.payment_of(trace_id))
        self.turn_back(lookup | typed, 4, 3)
        calls = len(self.simulator.requests())
        self.run_job("look_up")
        self.assertEqual(self.payment_of(trace_id).issue, "late")
        self.assertEqual(len(self.simulator.requests()), calls + 1)

    def turn_back(self, lookups, hours_ago, hours_known):
        """Have MixPay last been asked so long ago, so long after the traces were recorded."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE mixpay_lookup SET answered_at = now - %(ago)s * interval '1 hour',"
            " create_date = now - (%(ago)s + %(known)s) * interval '1 hour'"
            " FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock"
            " WHERE id = ANY(%(ids)s)",
            {"ago": hours_ago, "known": hours_known, "ids": lookups.ids},
        )
        self.env.invalidate_all()

    def test_what_was_taken_onto_the_list_is_asked_about_before_another_code(self):
        trace_id = self.forgotten(is_paid=False)
        self.call("status", trace_ids=[trace_id], session_id=self.pos_session.id)
        self.run_job("look_up")
        self.assertEqual(self.payment_of(trace_id).state, "unpaid")
        self.env.cr.execute(
            "UPDATE mixpay_job SET due_at = due_at + interval '1 hour', pause = 7200"
        )
        self.simulator.pay(trace_id, asset=USDT_ETHEREUM)
        self.simulator.succeed(trace_id)
        params = self.create_params(known_traces=[trace_id])
        self.assert_refused("paid this already", "create", **params)
        self.assertFalse(self.creates())

    def test_it_is_watched_for_as_long_as_it_can_be_paid(self):
        trace_id = self.forgotten(is_paid=False)
        self.create_payment(known_traces=[trace_id])
        deadline = self.simulator.payment(trace_id)["expiredAt"]
        self.assertEqual(self.payment_of(trace_id).expires_at, moment(deadline))

    def test_a_deadline_that_no_payment_can_have_is_not_believed(self):
        for odd in (None, 1, "x", 2**33):
            with self.subTest(odd=odd):
                trace_id = self.forgotten(is_paid=False)
                self.simulator.raw(trace_id, {"expiredAt": odd})
                self.create_payment(known_traces=[trace_id])
                ahead = self.payment_of(trace_id).expires_at - datetime.now(timezone.utc).replace(
                    tzinfo=None
                )
                self.assertLess(abs(ahead), timedelta(days=2, seconds=5))
                if odd != 2**33:
                    self.assertLess(abs(ahead), timedelta(seconds=5))
                self.env.cr.execute("DELETE FROM mixpay_lookup")

    def test_a_test_server_out_of_reach_keeps_nobody_waiting(self):
        """Where a test method comes first, MixPay itself is asked by another one."""
        trial = self.create_mixpay_method(name="Trial", sequence=-1)
        self.env.flush_all()
        # Past core, which lets nobody do so while a session is open.
        self.env.cr.execute(
            "UPDATE pos_payment_method SET mixpay_test_mode = FALSE WHERE id = %s", self.method.ids
        )
        self.env.cr.execute(
            "INSERT INTO pos_config_pos_payment_method_rel (pos_config_id, pos_payment_method_id)"
            " VALUES (%s, %s)",
            [self.config.id, trial.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self.config.payment_method_ids.filtered("mixpay_payee_id")[0], trial)
        bad, good = self.named_with_a_status(), self.named_with_a_status()
        self.assertEqual(self.lookup_of(good).payment_method_id, self.method)
        self.lookup_of(bad).payment_method_id = trial
        lookups = self.env.registry["mixpay.lookup"]

        def answered(lookup, _kind):
            if lookup.payment_method_id == trial:
                raise priority.CircuitOpen()
            raise MixpayUnknownId(10062, "")

        with patch.object(lookups, "_report", answered):
            self.run_job("look_up")
        self.assertEqual(self.lookup_of(bad).state, "waiting")
        self.assertEqual(self.lookup_of(good).state, "unknown")

    def test_what_a_register_named_as_it_polled_holds_its_line_too(self):
        """A register polls before anybody taps; the trace has no line then."""
        for runs_job in (False, True):
            with self.subTest(runs_job=runs_job):
                trace_id = self.named_with_a_status()
                if runs_job:
                    self.run_job("look_up")
                    self.assertEqual(self.payment_of(trace_id).issue, "late")
                params = self.create_params(known_traces=[trace_id])
                self.assert_refused("paid this already", "create", **params)
                self.assertFalse(self.creates())

    def test_another_look_up_of_a_trace_ends_at_the_same_payment(self):
        """Registers of two shops may have one order."""
        trace_id = self.named_with_a_status()
        other = self.lookup_of(trace_id).copy({"pos_session_id": False})
        self.run_job("look_up")
        self.assertEqual(other.payment_id, self.payment_of(trace_id))

    def test_a_few_in_an_hour_in_however_many_sessions(self):
        """A session is closed and opened in a second; managers look up on."""
        with patch.object(room_of_registers, "MOST_OF_REGISTERS_PER_HOUR", 2):
            self.create_payment(known_traces=[str(uuid.uuid4()) for _trace in range(3)])
        self.assertEqual(self.env["mixpay.lookup"].search_count([]), 2)
        with patch.object(room, "MOST_PER_HOUR", 1):
            self.look_up(self.forgotten())
            with self.assertRaisesRegex(UserError, "Too many"):
                self.look_up(self.forgotten())

    def test_what_mixpay_never_answers_about_is_asked_ever_less_often(self):
        trace_id = self.forgotten()
        self.simulator.raw(trace_id, {"status": None})
        params = self.create_params(known_traces=[trace_id])
        self.assert_refused("nobody pays twice", "create", **params)
        lookup = self.lookup_of(trace_id)
        self.assertEqual(lookup.state, "unanswered")
        self.env.cr.execute(
            "UPDATE mixpay_lookup SET create_date = create_date - interval '1 minute'"
        )
        calls = len(self.simulator.requests())
        self.assert_refused("nobody pays twice", "create", **params)
        self.assertEqual(len(self.simulator.requests()), calls, "not at once again")
        lookup.answered_at -= timedelta(seconds=40)
        self.assert_refused("nobody pays twice", "create", **params)
        self.assertGreater(len(self.simulator.requests()), calls)

    def test_a_few_for_each_session(self):
        for _number in range(4):
            self.create_payment(known_traces=[str(uuid.uuid4()) for _trace in range(3)])
        self.assertEqual(self.env["mixpay.lookup"].search_count([]), 5)

    def test_what_is_known_costs_no_call(self):
        params = self.create_params()
        trace_id = self.call("create", **params)["trace_id"]
        calls = len(self.simulator.requests())
        self.call("create", **params, known_traces=[trace_id])
        self.assertEqual(len(self.simulator.requests()), calls)

    def test_with_a_status_it_is_looked_up_by_the_job(self):
        trace_id = self.forgotten()
        self.pos_session.user_id = self.cashier
        answer = self.call("status", trace_ids=[trace_id])
        self.assertEqual(answer["payments"], [])
        self.assertFalse(self.payment_of(trace_id))
        self.run_job("look_up")
        self.assertEqual(self.payment_of(trace_id).issue, "late")

    def named_with_a_status(self):
        """Have a register name a trace that this server lacks; return it."""
        trace_id = self.forgotten()
        self.pos_session.user_id = self.cashier
        self.call("status", trace_ids=[trace_id])
        return trace_id

    def test_another_cashier_of_the_point_of_sale_names_it_with_a_status(self):
        """Whoever opened the session; where it is closed, or another shop's, nobody is asked."""
        trace_id = self.forgotten()
        self.assertNotEqual(self.pos_session.user_id, self.cashier)
        self.call("status", trace_ids=[trace_id])
        self.assertFalse(self.lookup_of(trace_id), "an old page names no session")
        other_shop = self.foreign_session()
        for odd in (other_shop.id, 10**12, -1, "x", [1], True):
            self.call("status", trace_ids=[trace_id], session_id=odd)
            self.assertFalse(self.lookup_of(trace_id))
        self.call("status", trace_ids=[trace_id], session_id=self.pos_session.id)
        self.assertEqual(self.lookup_of(trace_id).pos_session_id, self.pos_session)
        self.run_job("look_up")
        self.assertEqual(self.payment_of(trace_id).issue, "late")

    def foreign_session(self):
        """Return an open session of a company that the cashier does not work for."""
        methods = [(6, 0, self.method.ids)]
        config = self.config.copy({"name": "Elsewhere", "payment_method_ids": methods})
        session = self.env["pos.session"].create({"config_id": config.id})
        company = self.env["res.company"].create({"name": "Other company"})
        self.env.flush_all()
        # Past core, which lets no shop change its company.
        self.env.cr.execute(
            "UPDATE pos_config SET company_id = %s WHERE id = %s", [company.id, config.id]
        )
        self.env.invalidate_all()
        return session

    def test_a_cashier_s_status_names_few_traces(self):
        for _number in range(4):
            traces = [str(uuid.uuid4()) for _trace in range(3)]
            self.call("status", trace_ids=traces, session_id=self.pos_session.id)
        self.assertEqual(self.env["mixpay.lookup"].search_count([]), 5)

    def lookup_of(self, trace_id):
        self.env.invalidate_all()
        return self.env["mixpay.lookup"].sudo().search([("trace_id", "=", trace_id)])

    def test_the_job_asks_again_where_mixpay_gave_no_answer(self):
        trace_id = self.named_with_a_status()
        self.simulator.set_knobs(http_500_next=1)
        self.run_job("look_up")
        lookup = self.lookup_of(trace_id)
        self.assertEqual(lookup.state, "unanswered")
        self.run_job("look_up")
        self.assertFalse(self.payment_of(trace_id), "not at once")
        lookup.answered_at -= timedelta(hours=2)
        self.run_job("look_up")
        self.assertEqual(self.payment_of(trace_id).issue, "late")

    def test_one_that_cannot_be_looked_up_never_stops_the_next(self):
        bad, good = self.named_with_a_status(), self.named_with_a_status()
        lookups = self.env.registry["mixpay.lookup"]
        report = lookups._report

        def failing(lookup, kind):
            if lookup.trace_id == bad:
                raise ValueError("odd")
            return report(lookup, kind)

        with patch.object(lookups, "_report", failing), patch.object(room, "CRON_BATCH", 1):
            with self.assertLogs("odoo.addons.pos_mixpay", "WARNING"):
                self.run_job("look_up")
            self.run_job("look_up")
        self.assertEqual(self.payment_of(good).issue, "late")
        self.assertEqual(self.lookup_of(bad).state, "unanswered")

    def test_odd_traces_are_refused_or_left_out(self):
        params = self.create_params()
        self.assert_refused("Too many", "create", **params, known_traces="x")
        self.assertTrue(self.create_payment(known_traces=[5, None, "x", links.API_URL])["link"])
        self.assertFalse(self.env["mixpay.lookup"].search_count([]))
