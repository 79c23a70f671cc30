"""The register's routes: who may ask, what is refused, and what is answered."""

import uuid

from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import file_open, mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..models.mixpay_presenter import KEYS_BEFORE
from .common import USDT_TRON, MixpayRoutesCase

CONTROLLER = "odoo.addons.pos_mixpay.controllers.register"


@tagged("post_install", "-at_install")
class TestMixpayRoutes(MixpayRoutesCase, TestPoSCommon, HttpCase):
    def assert_create_refused(self, words, **changes):
        self.assert_refused(words, "create", **self.create_params(**changes))
        self.assertFalse(self.simulator.requests(), "nothing was asked of MixPay")

    def test_pages_of_the_version_before_are_understood(self):
        """They go on with their own words until they hear of the new version, and reload."""
        answer = self.create_payment()
        for old, new in KEYS_BEFORE.items():
            self.assertEqual(answer[old], answer[new])
        with file_open("pos_mixpay/static/src/lazy/version.js") as page:
            self.assertIn(f"export const VERSION = {answer['version']};", page.read())

    def test_create_status_cancel(self):
        payment = self.create_payment()
        self.assertEqual(payment["state"], "unpaid")
        self.assertEqual(payment["amount"], "10.00")
        answer = self.call("status", trace_ids=[payment["trace_id"]])
        self.assertGreater(answer["poll_after"], 0)
        self.assertEqual(answer["payments"][0]["trace_id"], payment["trace_id"])
        answer = self.call("cancel", trace_id=payment["trace_id"])
        self.assertTrue(answer["is_abandoned"])

    def test_the_login_s_language_is_spoken(self):
        """Each login's, also where two are at the same payment, as each writes amounts."""
        payment = self.create_payment()
        self.env["res.lang"]._activate_lang("fr_FR")
        for language, amount in (("en_US", "10.00"), ("fr_FR", "10,00")):
            self.cashier.lang = language
            self.authenticate("mixpay_till", "mixpay_till")
            [shown] = self.call("status", trace_ids=[payment["trace_id"]])["payments"]
            self.assertIn(amount, shown["amount_text"])

    def test_the_remark_carries_shop_and_order(self):
        payment = self.create_payment(order_name="Order 0042")
        [call] = self.simulator.requests()
        self.assertEqual(call["params"]["remark"], f"{self.config.name} Order 0042")
        self.assertEqual(call["params"]["traceId"], payment["trace_id"])
        self.assertEqual(call["params"]["quoteAmount"], "10.00")

    def test_the_smallest_and_the_largest_price_are_taken(self):
        """Limits are floats for Odoo: 0.1 is stored as a little more, 26.33 as a little less."""
        asset = self.env["mixpay.asset"]._for_currency(self.company.currency_id)
        asset.write({"min_amount": 0.1, "max_amount": 26.33})
        for amount in ("0.09", "26.34"):
            self.assert_create_refused("MixPay takes payments from", amount=amount)
        for amount in ("0.10", "26.33"):
            self.assertEqual(self.create_payment(amount=amount)["amount"], amount)

    def test_amounts_that_are_refused(self):
        for amount in ("0", "-1", "1.001", "ten", "", None, True, "9" * 14, 1e30, [], "1e3"):
            with self.subTest(amount=amount):
                self.assert_create_refused("larger than zero", amount=amount)

    def test_identifiers_that_are_refused(self):
        for name in ("order_uuid", "payment_uuid"):
            for value in ("", "x", None, 7, ["a"], str(uuid.uuid4()) + "'"):
                with self.subTest(name=name, value=value):
                    self.assert_create_refused("not the identifier", **{name: value})

    def test_the_order_comes_along(self):
        params = self.create_params()
        order = {"uuid": params["order_uuid"], "lines": []}
        payment = self.call("create", order=order, **params)
        record = self.env["mixpay.payment"].search([("trace_id", "=", payment["trace_id"])])
        self.assertEqual(record.sudo().order_data, order)
        self.assertNotIn("order_data", payment)

    def test_only_the_order_of_the_payment_may_come_along(self):
        for order in ([], "x", 7, {}, {"uuid": str(uuid.uuid4())}):
            with self.subTest(order=order):
                self.assert_create_refused("not the order", order=order)

    def test_an_order_of_absurd_size_is_left_out(self):
        params = self.create_params()
        order = {"uuid": params["order_uuid"], "lines": "x" * 2_000_000}
        payment = self.call("create", order=order, **params)
        record = self.env["mixpay.payment"].search([("trace_id", "=", payment["trace_id"])])
        self.assertFalse(record.sudo().order_data)

    def test_whatever_an_order_is_called_it_is_sold(self):
        tags = "<img src=x onerror=alert(1)>"
        for name, kept in (
            ("Tab\0le\n1", "Tab le 1"),
            ("half \ud83d", "half"),
            ("whole \U0001f600", "whole \U0001f600"),
            (tags, tags),
            ("x" * 100_000, "x" * 64),
            (None, ""),
            ({"a": 1}, ""),
            (10**400, ""),
        ):
            with self.subTest(name=str(name)[:20]):
                self.assertEqual(self.create_payment(order_name=name)["order_name"], kept)

    def test_an_order_is_kept_as_far_as_it_can_be(self):
        deep = []
        for _level in range(100):
            deep = [deep]
        for extra, kept in (
            ({"note": "a\0b\ud83d\nc"}, {"note": "ab\nc"}),
            ({"no\0te": 1}, {"note": 1}),
            ({"amount": float("nan")}, None),
            ({"amount": 10**400}, None),
            ({"lines": deep}, None),
        ):
            with self.subTest(extra=str(extra)[:30]), mute_logger(CONTROLLER):
                params = self.create_params()
                order = {"uuid": params["order_uuid"], **extra}
                trace_id = self.call("create", order=order, **params)["trace_id"]
                record = self.env["mixpay.payment"].search([("trace_id", "=", trace_id)]).sudo()
                expected = kept and {"uuid": params["order_uuid"], **kept}
                self.assertEqual(record.order_data or None, expected)

    def test_identifiers_that_no_database_takes(self):
        for wrong in ("\0", "\ud83d", "x" * 100_000, [], None, 7):
            with self.subTest(wrong=str(wrong)[:20]):
                self.assertEqual(self.call("status", trace_ids=[wrong])["payments"], [])
                self.assert_refused("not yours to see", "cancel", trace_id=wrong)
        check = {"session_id": self.pos_session.id}
        for lines in ({"\0": "1"}, {"x": "1"}, {"\ud83d": "1"}):
            self.assert_refused("not the identifier", "check", lines=lines, **check)
        for huge in (2**31, 10**30, -1):
            self.assert_refused("does not exist", "check", session_id=huge, lines={})

    def test_sessions_and_methods_that_are_refused(self):
        card = self.env["pos.payment.method"].create(
            {"name": "Card", "journal_id": self.method.journal_id.id}
        )
        elsewhere = self.create_mixpay_method(name="Elsewhere")
        for method_id in (card.id, elsewhere.id, 0, -1, "1", None, True):
            with self.subTest(method=method_id):
                self.assert_create_refused("cannot be used", payment_method_id=method_id)
        for session_id in (0, -1, "1", None, True):
            with self.subTest(session=session_id):
                self.assert_create_refused("does not exist", session_id=session_id)
        self.pos_session.state = "closed"
        self.assert_create_refused("session is closed")

    def test_no_method_of_another_company(self):
        """Core's check misses methods that are archived, or in no company that one works in now."""
        other = self.setup_other_company(name="Other shop")
        method = self.create_mixpay_method(
            company_id=other["company"].id, journal_id=other["default_journal_bank"].id
        )
        method.active = False
        config = self.config.with_context(bypass_payment_method_ids_forbidden_change=True)
        config.payment_method_ids = [(4, method.id)]
        method.with_context(allowed_company_ids=other["company"].ids).active = True
        self.assertIn(method, self.config.payment_method_ids)
        self.cashier.company_ids += other["company"]
        self.assert_create_refused("cannot be used", payment_method_id=method.id)

    def test_another_company_s_session(self):
        other = self.setup_other_company()["company"]
        config = (
            self.env["pos.config"]
            .with_company(other)
            .create({"name": "Other shop", "company_id": other.id})
        )
        session = self.env["pos.session"].create({"config_id": config.id})
        self.assert_create_refused("not yours", session_id=session.id)

    def test_only_users_of_the_point_of_sale(self):
        payment = self.create_payment()
        self.simulator.reset()
        self.authenticate("mixpay_clerk", "mixpay_clerk")
        self.assert_create_refused("Only users of the Point of Sale")
        for route, params in (
            ("status", {"trace_ids": [payment["trace_id"]]}),
            ("cancel", {"trace_id": payment["trace_id"]}),
        ):
            self.assert_refused("Only users", route, **params)
        self.authenticate(None, None)
        self.assert_create_refused("[Ss]ession")

    def test_somebody_else_s_payment_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self.record_payment(self.pos_session, self.method, company_id=other.id)
        answer = self.call("status", trace_ids=[hidden.trace_id])
        self.assertEqual(answer["payments"], [])
        self.assert_refused("does not exist", "cancel", trace_id=hidden.trace_id)

    # === WHAT THE RECORD RULES SHOW === #

    def session_of(self, config):
        session = self.env["pos.session"].create({"config_id": config.id})
        self.set_state(session, "opened")
        return session

    def set_state(self, session, state):
        self.env.flush_all()
        self.env.cr.execute("UPDATE pos_session SET state = %s WHERE id = %s", [state, session.id])
        self.env.invalidate_all()

    def save_order(self, order_uuid, state="draft"):
        """Save an order without lines on the server, as its register would."""
        return self.env["pos.order"].create(
            {
                "uuid": order_uuid,
                "session_id": self.pos_session.id,
                "state": state,
                "amount_tax": 0.0,
                "amount_total": 0.0,
                "amount_paid": 0.0,
                "amount_return": 0.0,
            }
        )

    def payments_of_all_kinds(self):
        """Record payments that differ in what the record rules ask for; return them."""
        config = self.config.copy({"name": "Former days"})
        closed = self.session_of(config)
        other = self.env["res.company"].create({"name": "Other"})
        payments = self.env["mixpay.payment"].sudo()
        for session in (self.pos_session, closed):
            for state in (None, "draft", "cancel"):
                for company in (self.company, other):
                    payment = self.record_payment(session, self.method, company_id=company.id)
                    payments |= payment
                    if state:
                        self.save_order(payment.order_uuid, state)
        payments |= self.record_payment(self.pos_session, self.method, pos_session_id=False)
        self.set_state(closed, "closed")
        return payments, other

    def test_status_shows_what_the_record_rules_show(self):
        """Its query goes around the ORM: it and the rules must not drift apart."""
        payments, other = self.payments_of_all_kinds()
        cashier = "base.group_user,point_of_sale.group_pos_user"
        logins = {
            "cashier": (cashier, self.company),
            "cashier of both": (cashier, self.company | other),
            "cashier elsewhere": (cashier, other),
            "manager": ("base.group_user,point_of_sale.group_pos_manager", self.company),
            "accountant": (cashier + ",account.group_account_readonly", self.company | other),
            "bookkeeper": (cashier + ",account.group_account_invoice", other),
        }
        shown = {}
        for number, (who, (groups, companies)) in enumerate(logins.items()):
            user = new_test_user(
                self.env,
                f"mixpay_rules_{number}",
                groups,
                company_id=companies[0].id,
                company_ids=[(6, 0, companies.ids)],
            )
            for allowed in ({}, {"allowed_company_ids": companies.ids[:1]}):
                model = self.env["mixpay.payment"].with_user(user).with_context(**allowed)
                traces = payments.mapped("trace_id")
                by_query = model.env["mixpay.presenter"]._read_status(traces)
                by_rule = model.search([("id", "in", payments.ids)])
                with self.subTest(who=who, allowed=allowed):
                    self.assertEqual({shown.id for shown in by_query}, set(by_rule.ids))
                for payment in by_rule:
                    payment.check_access("read")
                shown.setdefault(who, frozenset(by_rule.ids))
        self.assertEqual(len(set(shown.values())), len(shown), f"each sees others: {shown}")
        self.assertLess(shown["cashier"], shown["manager"])

    def test_a_snapshot_has_what_the_record_has(self):
        self.payments_of_all_kinds()
        payments = self.env["mixpay.payment"].sudo().search([])
        payments[0].write({"confirmations": 3, "payable_amount": "1.720000000000000001"})
        payments.flush_recordset()
        self.env.cr.execute("UPDATE mixpay_payment SET paid_at = '2026-03-29 00:59:59.9'")
        payments.invalidate_recordset()
        for payment, snapshot in zip(
            payments, payments.env["mixpay.presenter"]._of_records(payments), strict=True
        ):
            # Approvals are told by the ORM; seconds go by between two readings.
            names = set(vars(snapshot)) & set(payment._fields) - {"approval_id", "time_left"}
            for name in names:
                value, ours = getattr(snapshot, name), payment[name]
                if payment._fields[name].type == "datetime" and ours:
                    ours = ours.replace(microsecond=0)
                elif payment._fields[name].type == "many2one":
                    ours = ours.id
                with self.subTest(name=name, payment=payment.id):
                    self.assertEqual(value or False, ours or False)

    def test_payments_of_closed_sessions_are_not_shown(self):
        payment = self.create_payment()
        traces = [payment["trace_id"]]
        self.set_state(self.pos_session, "closed")
        self.assertEqual(self.call("status", trace_ids=traces)["payments"], [])
        self.assert_refused("does not exist", "cancel", trace_id=payment["trace_id"])
        next_session = self.session_of(self.config)
        self.simulator.reset()
        self.assert_create_refused(
            "closed session",
            session_id=next_session.id,
            order_uuid=payment["order_uuid"],
            payment_uuid=payment["payment_uuid"],
        )

    def test_an_order_that_goes_on_in_the_next_session_takes_its_payment_along(self):
        payment = self.create_payment()
        record = self.env["mixpay.payment"].sudo().search([("trace_id", "=", payment["trace_id"])])
        self.save_order(payment["order_uuid"])
        self.set_state(self.pos_session, "closed")
        [shown] = self.call("status", trace_ids=[payment["trace_id"]])["payments"]
        self.assertEqual(shown["trace_id"], payment["trace_id"])
        next_session = self.session_of(self.config)
        again = self.create_payment(
            session_id=next_session.id,
            order_uuid=payment["order_uuid"],
            payment_uuid=payment["payment_uuid"],
        )
        self.assertEqual(again["trace_id"], payment["trace_id"])
        self.assertEqual(record.pos_session_id, next_session)

    def test_another_point_of_sale_s_payment_stays_in_its_session(self):
        """Registers that share orders may go on with it, but each session keeps what it began."""
        payment = self.create_payment()
        record = self.env["mixpay.payment"].sudo().search([("trace_id", "=", payment["trace_id"])])
        other = self.session_of(self.config.copy({"name": "Bar"}))
        again = self.create_payment(
            session_id=other.id,
            order_uuid=payment["order_uuid"],
            payment_uuid=payment["payment_uuid"],
        )
        self.assertEqual(again["trace_id"], payment["trace_id"])
        self.assertEqual(record.pos_session_id, self.pos_session)

    def test_nothing_is_asked_for_an_order_that_has_ended(self):
        for state in ("paid", "cancel"):
            order = self.save_order(str(uuid.uuid4()), state)
            with self.subTest(state=state):
                self.assert_create_refused("paid or cancelled", order_uuid=order.uuid)

    def test_nothing_is_asked_where_core_saves_no_orders(self):
        """The code would be taken from under the customer's phone when the save is refused."""
        self.config.invoice_journal_id = False
        self.assert_create_refused("no invoice journal", order_uuid=str(uuid.uuid4()))

    def test_what_goes_on_is_named_also_when_closing_has_begun(self):
        """A register without cash puts the session into closing control before core looks."""
        order = self.save_order(str(uuid.uuid4()), "draft")
        self.record_payment(self.pos_session, self.method, order_uuid=order.uuid)
        named = {"carried": [order.pos_reference], "carried_ids": order.ids}
        for _step in range(2):
            answer = self.call("closing", session_id=self.pos_session.id)
            self.assertEqual({name: answer[name] for name in named}, named)
            self.pos_session.update_closing_control_state_session("")
        self.assertFalse(order.session_id)
        self.assertTrue(self.call("acknowledge", session_id=self.pos_session.id, trace_ids=[]))

    def test_what_closing_finishes_is_kept_but_not_named(self):
        order = self.save_order(str(uuid.uuid4()), "draft")
        self.record_payment(self.pos_session, self.method, order_uuid=order.uuid)
        session_class = self.registry["pos.session"]
        self.patch(session_class, "_mixpay_orders_to_finish", lambda _session, orders: orders)
        answer = self.call("closing", session_id=self.pos_session.id)
        self.assertEqual((answer["carried"], answer["carried_ids"]), ([], order.ids))

    def test_one_query_whatever_a_register_waits_for(self):
        payments = [self.create_payment()["trace_id"] for _count in range(20)]
        self.env.cr.execute(
            "UPDATE mixpay_job SET due_at = due_at + interval '1 day', pause = 90000"
        )
        model = self.env["mixpay.payment"].with_user(self.cashier).with_context(lang="en_US")
        for traces in (payments[:1], payments):
            self.env.flush_all()
            self.env.invalidate_all()
            model.env["mixpay.checkout"]._poll(
                traces
            )  # what is kept between requests is not counted
            self.env.invalidate_all()
            with self.assertQueryCount(1):
                answer = model.env["mixpay.checkout"]._poll(traces)
            self.assertEqual([shown["trace_id"] for shown in answer["payments"]], traces)

    def test_three_queries_when_they_are_paid(self):
        """Their methods say what is on receipts, their orders whose language slips are in."""
        payments = self.env["mixpay.payment"]
        for trace_id in [self.create_payment()["trace_id"] for _count in range(5)]:
            payments |= payments.search([("trace_id", "=", trace_id)])
        for payment in payments.sudo():
            payment.env["mixpay.answer"]._transition(
                payment, "success", {"txid": "0xabc", "payment_asset_id": USDT_TRON}
            )
        self.env.flush_all()
        model = payments.with_user(self.cashier).with_context(lang="en_US")
        traces = payments.mapped("trace_id")
        model.env["mixpay.checkout"]._poll(traces)  # what is kept between requests is not counted
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(3):
            answer = model.env["mixpay.checkout"]._poll(traces)
        evidence = {(paid["payment_ref_no"], paid["card_brand"]) for paid in answer["payments"]}
        self.assertEqual(evidence, {("0xabc", "USDT (Tron)")})

    def test_status_shows_what_the_orm_would(self):
        payment = self.create_payment()
        [shown] = self.call("status", trace_ids=[payment["trace_id"]])["payments"]
        record = self.env["mixpay.payment"].search([("trace_id", "=", payment["trace_id"])])
        expected = record.env["mixpay.presenter"]._to_register(record)
        self.assertAlmostEqual(shown.pop("seconds_left"), expected.pop("seconds_left"), delta=2)
        self.assertAlmostEqual(shown.pop("answer_age"), expected.pop("answer_age"), delta=2)
        self.assertEqual(shown, expected)

    def test_late_payments_of_the_point_of_sale(self):
        late = self.record_payment(self.pos_session, self.method, is_abandoned=True)
        late.env["mixpay.answer"]._transition(late, "success", {})
        other_config = self.config.copy({"name": "Another"})
        elsewhere = self.record_payment(
            self.pos_session, self.method, is_abandoned=True, pos_config_id=other_config.id
        )
        elsewhere.env["mixpay.answer"]._transition(elsewhere, "success", {})
        other = self.env["res.company"].create({"name": "Other"})
        hidden = self.record_payment(
            self.pos_session, self.method, is_abandoned=True, company_id=other.id
        )
        hidden.env["mixpay.answer"]._transition(hidden, "success", {})
        waiting = self.create_payment()
        self.assertEqual((late | elsewhere | hidden).mapped("issue"), ["late"] * 3)
        answer = self.call("late", session_id=self.pos_session.id)
        self.assertEqual([shown["id"] for shown in answer["payments"]], late.ids)
        self.assertEqual(answer["payments"][0]["trace_id"], late.trace_id)
        self.assertNotEqual(waiting["id"], late.id)

    def test_late_payments_are_for_users_of_the_session(self):
        self.assert_refused("does not exist", "late", session_id=0)
        self.authenticate("mixpay_clerk", "mixpay_clerk")
        self.assert_refused("Only users", "late", session_id=self.pos_session.id)

    def displayed(self, trace_id, display):
        """What a customer display is sent by a call, as (channel, message)."""
        sent = []
        bus = type(self.env["bus.bus"])
        self.patch(bus, "_sendone", lambda _bus, *message: sent.append(message))
        self.call("show_code", trace_id=trace_id, display=display)
        return sent

    def test_a_code_reaches_the_display_that_has_the_secret(self):
        """The shop's own channel is open to everybody: no code, link or trace is sent there."""
        payment, secret = self.create_payment(), str(uuid.uuid4())
        message = {"id": payment["id"], "qr": payment["qr"]}
        expected = [(f"pos_mixpay_display-{secret}", "MIXPAY_CODE", message)]
        self.assertEqual(self.displayed(payment["trace_id"], secret.upper()), expected)

    def test_only_codes_that_can_be_paid_are_displayed(self):
        payment = self.create_payment()
        self.call("cancel", trace_id=payment["trace_id"])
        self.assertEqual(self.displayed(payment["trace_id"], str(uuid.uuid4())), [])

    def test_secrets_and_payments_that_are_refused(self):
        payment = self.create_payment()
        for display in ("", "x", None, 7, ["a"], self.config.access_token + "x"):
            with self.subTest(display=display):
                params = {"trace_id": payment["trace_id"], "display": display}
                self.assert_refused("not the identifier", "show_code", **params)
        display = str(uuid.uuid4())
        self.assert_refused("not exist", "show_code", trace_id=str(uuid.uuid4()), display=display)

    def test_a_line_of_another_order(self):
        payment = self.create_payment()
        self.simulator.reset()
        self.assert_create_refused("another order", payment_uuid=payment["payment_uuid"])

    def test_status_takes_a_bounded_list(self):
        for wrong in (None, "x", 1, {"a": 1}, [str(uuid.uuid4())] * 101):
            self.assert_refused("Too many", "status", trace_ids=wrong)
        answer = self.call("status", trace_ids=[1, None, "x"])
        self.assertEqual(answer["payments"], [])

    def test_the_register_asks_whether_its_lines_are_covered(self):
        paid, waiting = self.create_payment(), self.create_payment()
        record = self.env["mixpay.payment"].search([("trace_id", "=", paid["trace_id"])]).sudo()
        record.env["mixpay.answer"]._transition(record, "success", {})
        unknown = str(uuid.uuid4())

        def uncovered(**lines):
            answer = self.call("check", session_id=self.pos_session.id, lines=lines)
            return set(answer["uncovered"])

        self.assertEqual(uncovered(**{paid["payment_uuid"]: "10.00"}), set())
        self.assertEqual(uncovered(**{paid["payment_uuid"]: 10}), set())
        for amount in ("9.99", "10.01", "100.00"):
            lines = {paid["payment_uuid"]: amount}
            self.assertEqual(uncovered(**lines), {paid["payment_uuid"]})
        both = {waiting["payment_uuid"]: "10.00", unknown: "1.00"}
        self.assertEqual(uncovered(**both), {waiting["payment_uuid"], unknown})
        self.assert_refused(
            "Too many", "check", session_id=self.pos_session.id, lines=[paid["payment_uuid"]]
        )

    def test_a_check_takes_identifiers_only(self):
        for line_uuid in ("", "x", "\x00" * 36):
            self.assert_refused(
                "not the identifier",
                "check",
                session_id=self.pos_session.id,
                lines={line_uuid: "1.00"},
            )

    def test_paused_and_not_allowed(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.paused", "True")
        self.assert_create_refused("paused")
        params.set_param("pos_mixpay.paused", "False")
        params.set_param("pos_mixpay.allow_test_mode", "False")
        self.assert_create_refused("not allowed in this database")

    def test_payments_waiting_at_once_are_bounded(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.max_live_per_session", "1")
        payment = self.create_payment()
        self.simulator.reset()
        self.assert_create_refused("Too many MixPay payments")
        self.call("cancel", trace_id=payment["trace_id"])
        self.create_payment()

    def test_payments_begun_within_a_minute_are_bounded(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.max_new_per_minute", "2")
        for _payment in range(2):
            self.create_payment()
        self.simulator.reset()
        self.assert_create_refused("too many MixPay payments within a minute")
        self.env.cr.execute(
            "UPDATE mixpay_payment SET create_date = create_date - interval '61 seconds'"
        )
        self.create_payment()

    def test_a_changed_payee_does_not_touch_a_payment_under_way(self):
        payment = self.create_payment()
        record = self.env["mixpay.payment"].search([("trace_id", "=", payment["trace_id"])])
        before = record.payee_id
        self.method.mixpay_payee_id = str(uuid.uuid4())
        self.assertEqual(record.payee_id, before)

    @mute_logger("odoo.http")
    def test_callbacks_with_unknown_tokens_are_not_acknowledged(self):
        for token in ("x", "A" * 43, "%00"):
            answer = self.url_open(f"/pos_mixpay/callback/{token}", data="{}", method="POST")
            self.assertNotIn("SUCCESS", answer.text)
            self.assertNotEqual(answer.status_code, 200)
        self.assertFalse(self.simulator.requests())
