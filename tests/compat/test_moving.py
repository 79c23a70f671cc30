"""Orders that restaurants merge, split and transfer, and their payments."""

import uuid
from copy import deepcopy

from odoo.exceptions import UserError, ValidationError

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..common import MixpayShopCase
from .common import compat


@compat
class TestMixpayCompatMoving(MixpayShopCase, TestPoSCommon):
    """Two devices at one table, and tables that become one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.config.module_pos_restaurant = True
        floor = cls.env["restaurant.floor"].create(
            {"name": "Garden", "pos_config_ids": [(6, 0, cls.config.ids)]}
        )
        tables = [{"table_number": number, "floor_id": floor.id} for number in (81, 82)]
        cls.table, cls.other_table = cls.env["restaurant.table"].create(tables)

    def at_table(self, table=None, **changes):
        """Return what a second device sends: an order of its own, with its MixPay line."""
        self.line_uuid = str(uuid.uuid4())
        table = table or self.table
        return self.order_data(state="draft") | {"table_id": table.id} | changes

    def sync(self, data):
        """Send an order as a register does; core takes what it is sent apart."""
        return super().sync(deepcopy(data))

    def without_payment(self, data):
        return data | {"payment_ids": [], "amount_paid": 0}

    def first_order(self):
        """Return the order that the first device has saved at the table."""
        return self.sync(self.without_payment(self.at_table(uuid=str(uuid.uuid4()))))

    def test_two_devices_at_one_table(self):
        for is_asked_first in (True, False):
            with self.subTest(is_asked_first=is_asked_first):
                first, data = self.first_order(), self.at_table()
                payment = self.paid(amount=10.0) if is_asked_first else None
                merged = self.sync(data)
                self.assertEqual(merged, first, "core makes one order of both")
                payment = payment or self.paid(amount=10.0)
                self.assertEqual(payment.moved_order_uuid, first.uuid)
                self.assertEqual(payment.order_uuid, data["uuid"], "what it was asked for stays")
                self.assertEqual(payment.pos_order_id, first)
                cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
                first.add_payment(
                    {"pos_order_id": first.id, "amount": 10.0, "payment_method_id": cash.id}
                )
                first._compute_prices()
                first.action_pos_order_paid()
                self.assertTrue(payment._is_booked())

    def test_what_only_one_of_two_devices_was_paid_for_is_not_finished(self):
        """Core keeps the total of the second one's order, with the products of both."""
        first, data = self.first_order(), self.at_table()
        payment = self.paid(amount=10.0)
        self.sync(data)
        self.assertEqual((len(first.lines), first.amount_total), (2, 10.0))
        self.leave_alone(payment)
        payment.env["mixpay.fulfilment"]._finish_what_is_left(payment)
        self.assertEqual((first.state, payment.finish_reason), ("draft", "part"))

    def test_an_order_that_was_printed_at_the_table_is_found_out_before_a_code(self):
        """Core saves the second device's payment into it, and refuses that."""
        first, data = self.first_order(), self.at_table()
        orders = self.env["pos.order"]
        orders._mixpay_check_can_be_saved(data["uuid"], data)
        first.nb_print = 1
        with self.assertRaisesRegex(UserError, "printed already"):
            orders._mixpay_check_can_be_saved(data["uuid"], data)
        for odd in ({"table_id": "x"}, {"session_id": [1]}, {"table_id": self.other_table.id}):
            orders._mixpay_check_can_be_saved(data["uuid"], data | odd)

    def test_the_order_of_a_dead_device_joins_no_other(self):
        data = self.at_table()
        payment = self.record(order_data=data)
        stranger = self.first_order()
        payment.env["mixpay.fulfilment"]._restore_order(payment, is_last_chance=True)
        own = self.env["pos.order"].search([("uuid", "=", data["uuid"])])
        self.assertEqual(own.state, "draft")
        self.assertFalse(own.table_id, "the table has another order by now")
        self.assertFalse(stranger.payment_ids)
        self.assertFalse(payment.moved_order_uuid)

    def test_the_order_of_a_dead_device_gets_its_table_back(self):
        data = self.at_table()
        payment = self.record(order_data=data)
        payment.env["mixpay.fulfilment"]._restore_order(payment, is_last_chance=True)
        own = self.env["pos.order"].search([("uuid", "=", data["uuid"])])
        self.assertEqual(own.table_id, self.table)

    def test_an_order_that_was_merged_is_not_restored_again(self):
        first, data = self.first_order(), self.at_table()
        payment = self.record(order_data=data)
        self.sync(data)
        payment.env["mixpay.fulfilment"]._restore_order(payment, is_last_chance=True)
        self.assertFalse(self.env["pos.order"].search([("uuid", "=", data["uuid"])]))
        self.assertFalse(payment.error)
        self.assertEqual(first.payment_ids.uuid, self.line_uuid)

    def test_an_order_that_is_transferred_keeps_its_payment(self):
        data = self.at_table()
        payment, order = self.paid(), self.sync(data)
        order.write({"table_id": self.other_table.id})
        self.assertFalse(payment.moved_order_uuid)
        order.action_pos_order_paid()
        self.assertEqual(payment.pos_order_id, order)

    def test_tables_that_become_one(self):
        """The register moves products to the other order, and cancels the one it took them from."""
        order = self.sync(self.at_table())
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "unpaid", {})
        other = self.sync(self.without_payment(self.at_table(self.other_table)))
        order.payment_ids.write({"pos_order_id": other.id})
        order.action_pos_order_cancel()
        self.assertFalse(payment.is_abandoned)
        self.assertEqual(payment.moved_order_uuid, other.uuid)

    def test_a_split_order_keeps_its_payment(self):
        """The register puts some products on a new order; the payment stays where it was."""
        order = self.sync(self.at_table())
        payment = self.record()
        payment.env["mixpay.answer"]._transition(payment, "success", {})
        split = self.sync(
            self.without_payment(self.order_data(state="draft")) | {"uuid": str(uuid.uuid4())}
        )
        self.assertNotEqual(split, order)
        split.write({"payment_ids": [(0, 0, self.line_of(split))]})
        with self.assertRaisesRegex(ValidationError, "no payment was requested"):
            split.write({"state": "paid"})
        self.assertEqual(payment.pos_order_id, order)

    def line_of(self, order):
        return {"amount": order.amount_total, "payment_method_id": self.method.id}
