"""What the server finishes as a register would, and what it leaves to a person: money rule 9."""

import json
import re
import uuid
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models import ir_cron
from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..models import mixpay_completion, mixpay_liveness
from .common import CASHIER, MANAGER, MixpayRoutesCase, MixpayShopCase

MODELS = "odoo.addons.pos_mixpay.models"
FULFILMENT = f"{MODELS}.mixpay_fulfilment"
COMPLETION = f"{MODELS}.mixpay_completion"


class MixpayFinishingCase(MixpayShopCase):
    """A sale that is paid, and that no register finishes; mixed into `TestPoSCommon`."""

    def paid_sale(self, **changes):
        """Return a draft whose MixPay line is paid, and its payment; no register is at work.

        :param changes: of what its register has sent
        """
        self.line_uuid = str(uuid.uuid4())
        order = self.sync(self.order_data(state="draft") | changes)
        payment = self.paid(order_uuid=order.uuid)
        self.leave_alone(payment)
        return order, payment

    def finish(self, payment):
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)

    def identify_customer(self):
        """Have MixPay's method ask for a customer, as if it had done so before the session."""
        method_class = self.registry["pos.payment.method"]
        with patch.object(method_class, "_is_write_forbidden", lambda _method, _fields: False):
            self.method.split_transactions = True

    def assert_left(self, order, payment, reason):
        """Have the server look at a paid order, and check that it leaves it, and says why."""
        with mute_logger(FULFILMENT):
            self.finish(payment)
        self.assertEqual((order.state, payment.finish_reason), ("draft", reason))
        self.assertEqual(payment.issue, "finish")

    def assert_finished(self, order, payment):
        self.finish(payment)
        self.assertEqual((order.state, payment.finish_reason), ("paid", False))
        self.assertFalse(payment.issue)

    def sent(self, name):
        """Return what the bus has carried to registers under a name."""
        self.env.cr.precommit.run()
        messages = self.env["bus.bus"].sudo().search([("message", "ilike", f'{name}"')])
        return [json.loads(message)["payload"] for message in messages.mapped("message")]


@tagged("post_install", "-at_install")
class TestMixpayFinishing(MixpayFinishingCase, TestPoSCommon):
    """What a register would ask before it finishes an order, with Odoo's Point of Sale alone."""

    # === AS A REGISTER DOES === #

    def test_what_is_finished_is_as_from_a_register(self):
        order, payment = self.paid_sale()
        order.date_order -= timedelta(hours=1)
        self.assert_finished(order, payment)
        self.assertEqual(order.payment_ids.payment_status, "done")
        self.assertEqual(order.payment_ids.transaction_id, payment.trace_id)
        self.assertGreater(order.date_order, fields.Datetime.now() - timedelta(minutes=1))
        self.assertEqual((order.source, order.session_id), ("pos", self.pos_session))
        self.assertNotIn("/", order.name)

    def test_it_is_done_in_the_name_of_who_opened_the_session(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        seller = self.new_user("mixpay_opener", CASHIER, tz="Asia/Tokyo", lang="fr_FR")
        order, payment = self.paid_sale()
        self.open_as(seller)
        seen = []
        order_class = self.registry["pos.order"]
        original = order_class.sync_from_ui

        def sync_from_ui(model, orders):
            context = model.env.context
            seen.append((model.env.user, model.env.company, context.get("tz"), context.get("lang")))
            return original(model, orders)

        with patch.object(order_class, "sync_from_ui", sync_from_ui):
            self.assert_finished(order, payment)
        self.assertEqual(seen, [(seller, self.company, "Asia/Tokyo", "fr_FR")])

    def open_as(self, user):
        """Have the session be one that a user has opened."""
        self.pos_session.user_id = user
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pos_session SET create_uid = %s WHERE id = %s", [user.id, self.pos_session.id]
        )
        self.env.invalidate_all()

    def test_nobody_is_acted_for_who_may_sell_no_more(self):
        order, payment = self.paid_sale()
        self.open_as(self.new_user("mixpay_no_seller"))
        self.assert_left(order, payment, "user")

    def test_a_cashier_chooses_nobody_to_be_acted_for(self):
        cashier = self.new_user("mixpay_opener", CASHIER)
        order, payment = self.paid_sale()
        self.open_as(cashier)
        boss = self.new_user("mixpay_boss", MANAGER)
        self.pos_session.with_user(cashier).write({"user_id": boss.id})
        self.assert_left(order, payment, "user")

    def test_twice_changes_nothing(self):
        order, payment = self.paid_sale()
        room = payment.env["mixpay.fulfilment"]
        self.assertTrue(room._complete(order))
        name, written = order.name, order.write_date
        self.assertFalse(room._complete(order))
        self.finish(payment)
        self.assertEqual((order.name, order.write_date), (name, written))
        self.assertEqual(len(order.payment_ids), 1)

    def test_lines_that_nobody_waits_for_are_dropped_as_a_register_does(self):
        order, payment = self.paid_sale()
        line = order.payment_ids.copy({"uuid": str(uuid.uuid4()), "payment_status": "retry"})
        self.assert_finished(order, payment)
        self.assertFalse(line.exists())

    def test_in_an_opened_session_only(self):
        for state in ("opening_control", "closing_control"):
            with self.subTest(state=state):
                order, payment = self.paid_sale()
                self.pos_session.state = state
                self.assert_left(order, payment, "session")
                self.pos_session.state = "opened"
                self.assert_finished(order, payment)

    # === WHAT A REGISTER WOULD ASK === #

    def test_another_payment_that_may_never_have_been_handed_over(self):
        bank = self.config.payment_method_ids.filtered(lambda m: m.type == "bank") - self.method
        cash = self.config.payment_method_ids.filtered("is_cash_count")
        for method, status in ((cash, False), (bank, "done"), (bank, False)):
            with self.subTest(method=method[:1].name, status=status):
                line = {
                    "amount": 2.0,
                    "payment_method_id": method[:1].id,
                    "uuid": str(uuid.uuid4()),
                }
                self.line_uuid = str(uuid.uuid4())
                data = self.order_data(state="draft", amount=8.0)
                line |= {"payment_status": status, "name": fields.Datetime.now()}
                data["payment_ids"].append((0, 0, line))
                order = self.sync(data)
                payment = self.paid(order_uuid=order.uuid, amount=8.0)
                self.leave_alone(payment)
                self.assert_left(order, payment, "tender")

    def test_the_rest_of_the_price(self):
        self.line_uuid = str(uuid.uuid4())
        order = self.sync(self.order_data(state="draft", amount=9.0))
        payment = self.paid(order_uuid=order.uuid, amount=9.0)
        self.leave_alone(payment)
        self.assert_left(order, payment, "part")

    def test_a_total_that_is_not_that_of_the_products(self):
        """Two devices' orders became one with the total of the second; or somebody wrote it."""
        order, payment = self.paid_sale()
        order.lines.copy({"order_id": order.id, "uuid": str(uuid.uuid4())})
        written = order.write_date
        self.assert_left(order, payment, "part")
        self.assertEqual((order.amount_total, order.write_date), (10.0, written))
        order.lines[1].unlink()
        self.assert_finished(order, payment)

    def test_nor_is_such_an_order_paid_by_what_is_attached_to_it(self):
        order, payment = self.draft(), self.paid()
        room = payment.env["mixpay.fulfilment"]
        self.assertFalse(room._attach_problem(payment, order))
        order.lines.copy({"order_id": order.id, "uuid": str(uuid.uuid4())})
        self.assertIn("its products", room._attach_problem(payment, order))

    def test_a_part_that_somebody_had_given_up_waiting_for(self):
        """The customer may have paid it otherwise, or have left: a person has to see it."""
        data = self.order_data(state="draft", amount=4.0)
        other = {"payment_method_id": self.method.id, "name": fields.Datetime.now()}
        data["payment_ids"].append((0, 0, {**other, "amount": 6.0, "uuid": str(uuid.uuid4())}))
        order = self.sync(data)
        given_up, payment = (
            self.record(order_uuid=order.uuid, amount=line.amount, payment_uuid=line.uuid)
            for line in order.payment_ids.sorted("amount")
        )
        given_up._abandon()
        for one in (given_up, payment):
            one.env["mixpay.answer"]._transition(one, "success", {})
            self.leave_alone(one)
        self.assert_left(order, payment, "given_up")
        self.assertEqual(given_up.issue, "late")

    def test_in_the_shop_that_was_paid_only(self):
        """Whoever sells may write another session to a draft."""
        order, payment = self.paid_sale()
        other = self.config.copy({"name": "Next Door"})
        other.payment_method_ids = self.method
        other.open_ui()
        other.current_session_id.set_opening_control(0, "")
        order.session_id = other.current_session_id
        self.assertEqual(order.config_id, other)
        self.assert_left(order, payment, "shop")
        other.trusted_config_ids = self.config
        self.assert_finished(order, payment)

    def test_a_method_that_identifies_the_customer(self):
        self.identify_customer()
        order, payment = self.paid_sale()
        self.assert_left(order, payment, "customer")
        order.partner_id = self.customer
        self.assert_finished(order, payment)

    def test_an_invoice_without_a_customer(self):
        order, payment = self.paid_sale(to_invoice=True)
        self.assert_left(order, payment, "customer")

    def test_a_parcel_without_customer_or_address(self):
        order, payment = self.paid_sale(shipping_date=fields.Date.to_string(fields.Date.today()))
        self.assert_left(order, payment, "customer")
        order.partner_id = self.env["res.partner"].create({"name": "Somebody"})
        self.assert_left(order, payment, "details")
        order.partner_id.write(
            {"street": "Road 1", "city": "Town", "country_id": self.env.ref("base.be").id}
        )
        self.assertFalse(order._mixpay_finish_obstacle())

    def test_what_a_preset_asks_for(self):
        order, payment = self.paid_sale()
        named = self.env["pos.preset"].create({"name": "Named", "identification": "name"})
        sent = self.env["pos.preset"].create({"name": "Sent", "identification": "address"})
        timed = self.env["pos.preset"].create({"name": "Timed", "use_timing": True})
        order.preset_id = named
        self.assert_left(order, payment, "preset")
        order.floating_order_name = "Jo"
        self.assertFalse(order._mixpay_finish_obstacle())
        order.preset_id = sent
        self.assertEqual(order._mixpay_finish_obstacle(), "preset")
        order.partner_id = self.env["res.partner"].create({"name": "Jo", "street2": "Floor 2"})
        self.assertFalse(order._mixpay_finish_obstacle())
        order.preset_id = timed
        self.assertEqual(order._mixpay_finish_obstacle(), "preset")
        order.preset_time = fields.Datetime.now()
        self.assert_finished(order, payment)

    def test_what_is_taken_back(self):
        order, payment = self.paid_sale()
        line = order.lines.copy({"order_id": order.id, "uuid": str(uuid.uuid4())})
        for vals in (
            {"qty": -1},
            {"qty": 1, "price_subtotal_incl": -1.0},
            {"price_subtotal_incl": 0, "refunded_orderline_id": order.lines[0].id},
        ):
            line.write(vals)
            self.assert_left(order, payment, "refund")

    # === KITCHEN === #

    def kitchen(self):
        """Have the product's dishes printed in a kitchen; return the printer."""
        category = self.env["pos.category"].create({"name": "Drinks"})
        self.product.pos_categ_ids = self.env["pos.category"].create(
            {"name": "Tea", "parent_id": category.id}
        )
        return self.env["pos.printer"].create(
            {
                "name": "Kitchen",
                "printer_type": "epson_epos",
                "epson_printer_ip": "localhost",
                "product_categories_ids": category.ids,
                "pos_config_ids": self.config.ids,
            }
        )

    def sent_to_kitchen(self, order, **changes):
        """Note what the register has sent of an order, as core's `updateLastOrderChange` does."""
        lines = {
            line.uuid: {"uuid": line.uuid, "quantity": line.qty, "note": "[]", "customer_note": ""}
            | changes
            for line in order.lines
        }
        order.last_order_preparation_change = json.dumps({"lines": lines})

    def test_what_the_kitchen_was_not_told(self):
        self.kitchen()
        order, payment = self.paid_sale()
        self.assert_left(order, payment, "kitchen")
        for changes in ({"quantity": 2}, {"note": "hot"}, {"customer_note": "to go"}):
            self.sent_to_kitchen(order, **changes)
            self.assertEqual(order._mixpay_finish_obstacle(), "kitchen", changes)
        for odd in ("[]", "{", '{"lines": [1]}', '{"lines": {"a": 1}}', "7", '{"lines": "x"}'):
            order.last_order_preparation_change = odd
            self.assertEqual(order._mixpay_finish_obstacle(), "kitchen", odd)
        self.sent_to_kitchen(order)
        self.assert_finished(order, payment)

    def test_what_the_kitchen_was_told_and_is_gone(self):
        self.kitchen()
        order, payment = self.paid_sale()
        self.sent_to_kitchen(order)
        known = json.loads(order.last_order_preparation_change)
        known["lines"]["gone"] = {"uuid": "gone", "quantity": 1}
        order.last_order_preparation_change = json.dumps(known)
        self.assert_left(order, payment, "kitchen")

    def test_dishes_of_no_interest_to_the_kitchen(self):
        printer = self.kitchen()
        self.product.pos_categ_ids = self.env["pos.category"].create({"name": "Books"})
        order, payment = self.paid_sale()
        self.assert_finished(order, payment)
        self.assertTrue(printer)

    # === WHAT ODOO OR ANOTHER MODULE SAYS === #

    def test_what_odoo_refuses_is_left_with_its_words_on_record(self):
        order, payment = self.paid_sale()
        refusal = patch.object(
            self.registry["pos.order"],
            "action_pos_order_paid",
            lambda _order: (_ for _ in ()).throw(UserError("Count the spoons first.")),
        )
        with refusal:
            self.assert_left(order, payment, "refused")
        event = self.env["mixpay.event"].search([("payment_id", "=", payment.id)], limit=1)
        self.assertEqual(event.data["words"], "Count the spoons first.")
        self.assert_finished(order, payment)

    def test_another_module_may_leave_an_order_to_a_person(self):
        order, payment = self.paid_sale()
        with patch.object(
            self.registry["pos.order"], "_mixpay_finish_obstacle", lambda _order: "register"
        ):
            self.assert_left(order, payment, "register")

    def test_where_a_device_signs_sales(self):
        """It is told by what it left on a sale of this Point of Sale, whatever module it is of."""
        order, payment = self.paid_sale()
        names = patch(f"{COMPLETION}.FISCAL_SIGNATURE", re.compile("^ticket_code$"))
        with names:
            self.assertFalse(order._mixpay_finish_obstacle())
        self.line_uuid = str(uuid.uuid4())
        self.paid()
        self.sync(self.order_data()).ticket_code = "signed"
        with names:
            self.assert_left(order, payment, "fiscal")

    def test_where_the_point_of_sale_names_a_device(self):
        order, payment = self.paid_sale()
        self.config.receipt_header = "device 1"
        with patch(f"{COMPLETION}.FISCAL_SETTING", re.compile("^receipt_header$")):
            self.assert_left(order, payment, "fiscal")

    def test_where_books_are_unalterable(self):
        """As France's module says of a company; it is not installed here."""
        order, payment = self.paid_sale()
        name = "_is_accounting_unalterable"
        with patch.object(self.registry["res.company"], name, lambda _company: True, create=True):
            self.assert_left(order, payment, "fiscal")

    def test_names_of_fiscal_devices(self):
        settings = (
            "certified_blackbox_identifier",
            "iface_fiscal_data_module",
            "iface_sweden_fiscal_data_module",
            "l10n_de_fiskaly_client_id",
            "l10n_de_fiskaly_tss_id",
            "it_fiscal_printer_ip",
            "l10n_es_tbai_is_enabled",
            "l10n_es_edi_verifactu_required",
            "is_spanish",
            "asign_enabled",
        )
        for name in settings:
            self.assertTrue(mixpay_completion.FISCAL_SETTING.search(name), name)
        for name in ("l10n_fr_hash", "blackbox_signature", "l10n_de_fiskaly_transaction_uuid"):
            self.assertTrue(mixpay_completion.FISCAL_SIGNATURE.search(name), name)
        for model in ("pos.config", "res.company", "pos.order"):
            for name in self.env[model]._fields:
                self.assertFalse(mixpay_completion.FISCAL_SETTING.search(name), name)
        for name in self.env["pos.order"]._fields:
            self.assertFalse(mixpay_completion.FISCAL_SIGNATURE.search(name), name)

    def test_where_every_sale_is_invoiced(self):
        """Its register makes it so, when its payment screen opens."""
        order, payment = self.paid_sale(partner_id=self.customer.id)
        for code in mixpay_completion.INVOICING_COUNTRIES:
            self.company.country_id = self.env.ref(f"base.{code.lower()}")
            self.assert_left(order, payment, "register")
        order.to_invoice = True
        self.assertFalse(order._mixpay_finish_obstacle())
        order.to_invoice = False
        self.company.country_id = self.env.ref("base.sa")
        self.assertFalse(order._mixpay_finish_obstacle(), "its module is not installed")
        with patch(f"{COMPLETION}.SAUDI_INVOICE", "to_invoice"):
            self.assert_left(order, payment, "register")

    # === WHO IS TOLD === #

    def test_it_is_listed_told_and_taken_off_the_list(self):
        self.identify_customer()
        order, payment = self.paid_sale()
        self.assert_left(order, payment, "customer")
        self.assertEqual(payment._finish_reason_text(), "It needs a customer.")
        self.assertEqual(self.sent("MIXPAY_UNFINISHED"), [{"id": payment.id}])
        self.assertEqual(order.payment_ids.payment_status, "done", "its line shows the money")
        self.finish(payment)
        self.assertEqual(len(self.sent("MIXPAY_UNFINISHED")), 1, "no news")
        order.partner_id = self.customer
        self.assert_finished(order, payment)
        self.assertEqual(self.sent("MIXPAY_UNFINISHED"), [{"id": payment.id}] * 2)

    def test_managers_are_told_after_the_time_that_was_set(self):
        self.identify_customer()
        order, payment = self.paid_sale()
        self.assert_left(order, payment, "customer")
        self.assertFalse(payment.activity_ids)
        self.env["ir.config_parameter"].set_param("pos_mixpay.finish_alarm_minutes", "5")
        payment.finished_at -= timedelta(minutes=5)
        self.finish(payment)
        self.assertEqual((payment.issue, payment.finish_reason), ("no_order", "customer"))
        self.assertEqual(payment.activity_ids.user_id, self.company._mixpay_managers())

    def test_a_manager_s_decision_ends_it(self):
        self.identify_customer()
        order, payment = self.paid_sale()
        self.assert_left(order, payment, "customer")
        payment.env["mixpay.decision"]._decide(payment, "refunded", "in cash", "a manager")
        self.finish(payment)
        self.assertEqual((payment.finish_reason, payment.issue), (False, False))
        self.assertTrue(payment.written_off_at)

    # === A LIVING REGISTER IS ASKED FIRST === #

    def unasked_sale(self):
        order, payment = self.paid_sale()
        payment.register_asked_at = False
        return order, payment

    def answer(self, payment, is_unsaved=False):
        return payment.env["mixpay.liveness"]._answer(payment, is_unsaved)

    def pass_time(self, payment, seconds):
        for name in ("register_asked_at", "register_answered_at", "finished_at", "unsaved_at"):
            if payment[name]:
                payment[name] -= timedelta(seconds=seconds)

    def test_registers_are_asked_first_and_who_is_silent_is_dead(self):
        order, payment = self.unasked_sale()
        self.finish(payment)
        self.assertEqual(order.state, "draft")
        self.assertEqual(self.sent("MIXPAY_ASK"), [{"id": payment.id}])
        self.finish(payment)
        self.assertEqual(len(self.sent("MIXPAY_ASK")), 1)
        self.pass_time(payment, 21)
        self.assert_finished(order, payment)

    def test_an_answer_counts_for_ten_minutes(self):
        order, payment = self.unasked_sale()
        self.finish(payment)
        self.assertTrue(self.answer(payment))
        self.pass_time(payment, 570)
        self.finish(payment)
        self.assertEqual((order.state, payment.finish_reason), ("draft", False))
        self.pass_time(payment, 40)
        self.finish(payment)
        self.assertEqual(len(self.sent("MIXPAY_ASK")), 2, "they are asked again")
        self.assertEqual(order.state, "draft")

    def test_silence_counts_for_ten_minutes(self):
        """A register that was away comes back, and takes up what kept the server from finishing."""
        self.identify_customer()
        order, payment = self.unasked_sale()
        self.finish(payment)
        self.pass_time(payment, 21)
        self.assert_left(order, payment, "customer")
        self.pass_time(payment, 580)
        order.partner_id = self.customer
        self.finish(payment)
        self.assertEqual(len(self.sent("MIXPAY_ASK")), 2, "they are asked again")
        self.assertTrue(self.answer(payment))
        self.pass_time(payment, 300)
        self.finish(payment)
        self.assertEqual(order.state, "draft")
        self.pass_time(payment, 301)
        self.finish(payment)
        self.assertEqual(len(self.sent("MIXPAY_ASK")), 3)
        self.pass_time(payment, 21)
        self.assert_finished(order, payment)

    def test_nobody_postpones_for_ever(self):
        order, payment = self.unasked_sale()
        for _time in range(3):
            self.finish(payment)
            self.assertTrue(self.answer(payment))
            self.assertFalse(self.answer(payment), "one answer to one question")
            self.pass_time(payment, 601)
        self.assert_finished(order, payment)

    def test_an_answer_that_nobody_asked_for_or_too_late_counts_nothing(self):
        order, payment = self.unasked_sale()
        self.assertFalse(self.answer(payment))
        self.finish(payment)
        self.pass_time(payment, 21)
        self.assertFalse(self.answer(payment))
        self.assert_finished(order, payment)

    def test_what_a_register_has_not_saved_stays_its_own(self):
        order, payment = self.unasked_sale()
        self.finish(payment)
        self.assertTrue(self.answer(payment, is_unsaved=True))
        payment.register_answered_at -= timedelta(minutes=11)
        payment.register_asked_at -= timedelta(minutes=11)
        payment.register_answers = 3
        self.assert_left(order, payment, "unsaved")
        order.flush_recordset()
        self.env.cr.execute(
            "UPDATE pos_order SET write_date = %s WHERE id = %s",
            [payment.unsaved_at + timedelta(seconds=1), order.id],
        )
        order.invalidate_recordset()
        self.assert_finished(order, payment)

    def test_one_run_of_the_job_asks_and_waits(self):
        order, payment = self.unasked_sale()
        with patch.object(mixpay_liveness, "ANSWER_SECONDS", 2):
            self.run_job("finish_orders")
        self.assertEqual(order.state, "paid")
        self.assertTrue(payment.register_asked_at)

    def test_one_run_of_the_job_finishes_all_that_it_has_waited_for(self):
        """The waiting takes longer than the time that Odoo gives a job; it goes on all the same."""
        sales = [self.unasked_sale() for _number in range(3)]
        with (
            patch.object(mixpay_liveness, "ANSWER_SECONDS", 2),
            patch.object(ir_cron, "MIN_TIME_PER_JOB", 1.9),
        ):
            self.run_job("finish_orders")
        self.assertEqual([order.state for order, _payment in sales], ["paid"] * 3)


@tagged("post_install", "-at_install")
class TestMixpayFinishingRoutes(MixpayRoutesCase, TestPoSCommon, HttpCase):
    """What registers are told of unfinished orders, and what they may say."""

    def unfinished(self, **changes):
        payment = self.record_payment(self.pos_session, self.method, **changes)
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        payment.finish_reason = "kitchen"
        return payment

    def test_the_unfinished_orders_of_a_point_of_sale(self):
        payment = self.unfinished()
        other_config = self.config.copy({"name": "Other shop"})
        elsewhere = self.unfinished(pos_config_id=other_config.id)
        self.assertTrue(elsewhere.finish_reason)
        [shown] = self.call("unfinished", session_id=self.pos_session.id)["payments"]
        self.assertEqual(shown["trace_id"], payment.trace_id)
        self.assertEqual(shown["finish_reason"], "Something was not sent to the kitchen yet.")

    def test_an_order_that_came_from_a_shop_that_shares_them(self):
        other_config = self.config.copy({"name": "Other shop"})
        payment = self.unfinished(pos_config_id=other_config.id)
        self.env["pos.order"].create(
            {
                "uuid": payment.order_uuid,
                "session_id": self.pos_session.id,
                "amount_tax": 0.0,
                "amount_total": 10.0,
                "amount_paid": 0.0,
                "amount_return": 0.0,
            }
        )
        [shown] = self.call("unfinished", session_id=self.pos_session.id)["payments"]
        self.assertEqual(shown["trace_id"], payment.trace_id)

    def mine(self, payment, **changes):
        params = {
            "session_id": self.pos_session.id,
            "payment_id": payment.id,
            "order_uuids": [payment.order_uuid],
        }
        return self.call("mine", **params | changes)

    def test_who_is_at_work_on_an_order(self):
        payment = self.unfinished()
        self.assertFalse(self.mine(payment), "nobody asked")
        payment.register_asked_at = fields.Datetime.now()
        self.assertFalse(self.mine(payment, order_uuids=[str(uuid.uuid4())]))
        self.assertFalse(self.mine(payment, payment_id=payment.id + 1000))
        self.assertTrue(self.mine(payment, unsaved_uuids=[payment.order_uuid]))
        self.assertTrue(payment.unsaved_at)
        self.assertEqual(payment.register_answers, 1)
        event = self.env["mixpay.event"].search([("payment_id", "=", payment.id)], limit=1)
        self.assertEqual((event.kind, event.user_id), ("finish_postponed", self.cashier))

    def test_another_shop_s_register_says_nothing(self):
        other_config = self.config.copy({"name": "Other shop"})
        payment = self.unfinished(pos_config_id=other_config.id)
        payment.register_asked_at = fields.Datetime.now()
        self.assertFalse(self.mine(payment))
        self.assertFalse(payment.register_answers)

    def test_odd_answers_of_registers(self):
        payment = self.unfinished()
        payment.register_asked_at = fields.Datetime.now()
        for odd in (None, "x", 1, {}, [None] * 101):
            self.assert_refused(
                "Too many",
                "mine",
                session_id=self.pos_session.id,
                payment_id=payment.id,
                order_uuids=odd,
            )
        for odd in (None, "x", 0, -1, True, 2**40):
            self.assertFalse(self.mine(payment, payment_id=odd))
        self.assertFalse(self.mine(payment, order_uuids=[None, 7, {}, []]))
        self.authenticate("mixpay_clerk", "mixpay_clerk")
        self.assert_refused(
            "Only users",
            "mine",
            session_id=self.pos_session.id,
            payment_id=payment.id,
            order_uuids=[payment.order_uuid],
        )
        self.assertFalse(payment.register_answers)
