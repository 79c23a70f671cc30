"""Paid orders that no register finishes: what other modules have a register ask or book."""

import json
import uuid

from odoo import Command, fields

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..test_mixpay_finishing import MixpayFinishingCase
from .common import compat


@compat
class TestFinishing(MixpayFinishingCase, TestPoSCommon):
    """What the server leaves to a person with these modules, and what it finishes."""

    def setUp(self):
        super().setUp()
        self.env["loyalty.program"].search([]).active = False

    # === LOYALTY === #

    def program(self, program_type, applies_on, **rule):
        rule = {"reward_point_mode": "order", "reward_point_amount": 1, "minimum_qty": 1} | rule
        reward = {"reward_type": "discount", "discount": 10, "required_points": 1}
        return self.env["loyalty.program"].create(
            {
                "name": program_type,
                "program_type": program_type,
                "applies_on": applies_on,
                "trigger": "auto",
                "currency_id": self.config.currency_id.id,
                "company_id": self.company.id,
                "pos_config_ids": self.config.ids,
                "rule_ids": [Command.create(rule)],
                "reward_ids": [Command.create(reward)],
            }
        )

    def test_points_that_a_customer_would_earn(self):
        self.program("loyalty", "both")
        order, payment = self.paid_sale(partner_id=self.customer.id)
        self.assert_left(order, payment, "loyalty")
        order, payment = self.paid_sale()
        self.assert_finished(order, payment)

    def test_a_coupon_that_would_be_issued(self):
        self.program("next_order_coupons", "future")
        order, payment = self.paid_sale()
        self.assert_left(order, payment, "loyalty")

    def test_programs_of_other_products_and_of_this_order_alone(self):
        other = self.create_product("Coffee", self.categ_basic, 5.0)
        self.program("loyalty", "both", product_ids=other.ids)
        self.program("promotion", "current")
        order, payment = self.paid_sale(partner_id=self.customer.id)
        self.assert_finished(order, payment)

    def test_a_reward_or_a_gift_card_that_is_spent(self):
        program = self.program("gift_card", "future", product_ids=self.product.ids)
        card = self.env["loyalty.card"].create({"program_id": program.id, "points": 5})
        program.rule_ids.product_ids = self.create_product("Card", self.categ_basic, 5.0)
        order, payment = self.paid_sale()
        order.lines[0].write({"is_reward_line": True, "coupon_id": card.id})
        self.assert_left(order, payment, "loyalty")

    # === QUOTATIONS === #

    def quotation(self):
        orders = self.env["sale.order"].sudo()
        return orders.create(
            {
                "company_id": self.company.id,
                "partner_id": self.customer.id,
                "order_line": [
                    Command.create({"product_id": self.product.id, "price_unit": 10.0}),
                ],
            }
        )

    def test_a_quotation_is_confirmed_as_by_a_register(self):
        quotation = self.quotation()
        order, payment = self.paid_sale(partner_id=self.customer.id)
        order.lines.write(
            {
                "sale_order_origin_id": quotation.id,
                "sale_order_line_id": quotation.order_line.id,
            }
        )
        self.assertEqual(quotation.state, "draft")
        self.assert_finished(order, payment)
        self.assertEqual(quotation.state, "sale")

    def test_belgium_invoices_a_quotation_of_the_european_union(self):
        """With `l10n_be_pos_sale` each register makes it so when its payment screen opens."""
        self.company.country_id = self.env.ref("base.be")
        tax = self.env["account.tax"].create({"name": "0% EU", "amount": 0.0})
        position = self.env["account.fiscal.position"].create({"name": "EU"})
        position.tax_ids = tax
        name = f"{self.company.id}_fiscal_position_template_3"
        vals = {"module": "account", "name": name, "model": position._name, "res_id": position.id}
        self.env["ir.model.data"].create(vals)
        order, payment = self.paid_sale(partner_id=self.customer.id)
        order.lines.tax_ids = tax
        self.assertFalse(order._mixpay_finish_obstacle())
        order.lines.sale_order_origin_id = self.quotation()
        self.assert_left(order, payment, "register")
        order.lines.tax_ids = False
        self.assert_finished(order, payment)

    # === RESTAURANTS === #

    def tables(self):
        floor = self.env["restaurant.floor"].create(
            {"name": "Hall", "pos_config_ids": self.config.ids}
        )
        return self.env["restaurant.table"].create(
            [{"floor_id": floor.id, "table_number": number} for number in (1, 2)]
        )

    def test_a_table_and_tables_that_are_joined(self):
        table, other = self.tables()
        other.parent_id = table
        order, payment = self.paid_sale()
        order.table_id = table
        self.assert_left(order, payment, "register")
        other.parent_id = False
        self.assert_finished(order, payment)

    def test_what_a_restaurant_s_kitchen_was_not_told(self):
        category = self.env["pos.category"].create({"name": "Drinks"})
        self.product.pos_categ_ids = category
        self.env["pos.printer"].create(
            {
                "name": "Kitchen",
                "printer_type": "epson_epos",
                "epson_printer_ip": "localhost",
                "product_categories_ids": category.ids,
                "pos_config_ids": self.config.ids,
            }
        )
        order, payment = self.paid_sale()
        self.assert_left(order, payment, "kitchen")
        line = order.lines
        sent = {"uuid": line.uuid, "quantity": 1, "note": "[]", "customer_note": ""}
        order.last_order_preparation_change = json.dumps({"lines": {line.uuid: sent}})
        self.assert_finished(order, payment)

    # === DISCOUNT, EVENTS, ONLINE PAYMENTS === #

    def test_a_discount_of_the_whole_order_is_nothing_taken_back(self):
        discount = self.create_product("Discount", self.categ_basic, 0.0)
        order, payment = self.paid_sale()
        order.lines.price_unit = 11.0
        order.lines.copy(
            {
                "order_id": order.id,
                "uuid": str(uuid.uuid4()),
                "product_id": discount.id,
                "price_unit": -1.0,
                "price_subtotal": -1.0,
                "price_subtotal_incl": -1.0,
            }
        )
        self.assert_left(order, payment, "refund")
        self.config.discount_product_id = discount
        self.assertFalse(order._mixpay_finish_obstacle())

    def test_an_online_payment_is_certain_where_it_is_this_order_s(self):
        order, payment = self.paid_sale()
        order.lines.write({"price_unit": 12.0, "price_subtotal_incl": 12.0})
        order.amount_total = 12.0
        method = self.env["pos.payment.method"].create(
            {"name": "Online", "is_online_payment": True}
        )
        booked = self.env["account.payment"].create({"amount": 2.0, "pos_order_id": order.id})
        line = {
            "pos_order_id": order.id,
            "amount": 2.0,
            "payment_method_id": method.id,
            "online_account_payment_id": booked.id,
        }
        self.env["pos.payment"].create(line)
        self.assertFalse(order._mixpay_finish_obstacle())
        booked.pos_order_id = False
        self.assert_left(order, payment, "tender")

    def online_payment(self, order, amount):
        """Enter an online payment of an order, as Odoo does once a provider has taken its money."""
        provider = self.env["payment.provider"].create(
            {"name": "Online", "code": "none", "company_id": self.company.id}
        )
        booked = self.env["account.payment"].create({"amount": amount})
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": self.env.ref("payment.payment_method_unknown").id,
                "amount": amount,
                "currency_id": order.currency_id.id,
                "partner_id": self.customer.id,
                "reference": str(uuid.uuid4()),
                "state": "done",
                "payment_id": booked.id,
                "pos_order_id": order.id,
            }
        )
        transaction._process_pos_online_payment()

    def partly_online(self):
        """Return a draft of 12.00 with a line of 10.00 that MixPay was asked for, and its payment.

        Two more are then paid online.
        """
        self.line_uuid = str(uuid.uuid4())
        order = self.sync(self.order_data(state="draft"))
        payment = self.record(order_uuid=order.uuid)
        order.lines.write({"price_unit": 12.0, "price_subtotal": 12.0, "price_subtotal_incl": 12.0})
        order.amount_total = 12.0
        return order, payment

    def test_an_online_payment_is_entered_while_coins_are_waited_for(self):
        order, payment = self.partly_online()
        payment.env["mixpay.answer"]._transition(payment, "unpaid", {})
        self.online_payment(order, 2.0)
        self.assertEqual((order.state, order.amount_paid), ("draft", 12.0))
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.leave_alone(payment)
        self.assert_finished(order, payment)

    def test_an_online_payment_that_leaves_out_coins_on_their_way_is_entered(self):
        order, payment = self.partly_online()
        order.payment_ids.unlink()
        payment.is_abandoned = False
        payment.env["mixpay.answer"]._transition(payment, "confirming", {})
        self.online_payment(order, 12.0)
        self.assertEqual((order.state, order.amount_paid), ("draft", 12.0))

    def test_an_online_payment_after_the_coins_finishes_the_order(self):
        order, payment = self.partly_online()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.online_payment(order, 2.0)
        self.assertEqual(order.state, "paid")
        self.assertEqual(payment.pos_order_id, order)
        self.assertTrue(payment.covered_at)

    def test_an_online_payment_after_the_session_was_closed(self):
        order, payment = self.partly_online()
        self.pos_session.action_pos_session_closing_control()
        self.assertFalse(order.session_id)
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        self.online_payment(order, 2.0)
        self.assertEqual((order.state, order.amount_paid), ("draft", 12.0))
        self.open_new_session()
        self.leave_alone(payment)
        self.assert_finished(order, payment)
        self.assertEqual(order.payment_ids.session_id, self.pos_session)

    def test_a_ticket_of_an_event(self):
        event = (
            self.env["event.event"]
            .sudo()
            .create(
                {
                    "name": "Concert",
                    "date_begin": fields.Datetime.now(),
                    "date_end": fields.Datetime.add(fields.Datetime.now(), days=1),
                    "event_ticket_ids": [
                        Command.create({"name": "Seat", "product_id": self.product.id, "price": 10})
                    ],
                }
            )
        )
        order, payment = self.paid_sale()
        order.lines.event_ticket_id = event.event_ticket_ids
        registration = (
            self.env["event.registration"]
            .sudo()
            .create(
                {
                    "event_id": event.id,
                    "event_ticket_id": event.event_ticket_ids.id,
                    "pos_order_line_id": order.lines.id,
                    "name": "Jo",
                }
            )
        )
        self.assertEqual(registration.sale_status, "to_pay")
        self.assert_left(order, payment, "refused")  # as at a register: who sells must see events
        self.pos_session.user_id.sudo().group_ids += self.env.ref("event.group_event_user")
        self.assert_finished(order, payment)
        self.assertEqual(registration.sale_status, "sold")
