"""Tables, courses and split bills."""

from odoo.addons.pos_restaurant.tests.test_frontend import TestFrontendCommon

from .common import CompatTours, compat


@compat
class TestRestaurant(CompatTours, TestFrontendCommon):
    def test_table(self):
        """Two courses sent to the kitchen, then paid: the table is free."""
        session = self.open_register()
        self.start_pos_tour("MixpayCompatTableTour")
        order = session.order_ids
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.table_id, self.main_floor_table_5)
        self.assert_backed(order)

    def test_split_bill(self):
        """Two guests, one table: each pays a code of their own."""
        session = self.open_register()
        self.start_pos_tour("MixpayCompatSplitBillTour")
        orders = session.order_ids
        self.assertEqual(len(orders), 2)
        for order in orders:
            self.assertEqual(order.state, "paid")
            self.assertAlmostEqual(order.amount_paid, 2.2)
            self.assert_backed(order)
        self.assertEqual(len(self.simulator.payments()), 2)

    def test_two_devices_at_one_table(self):
        """Core makes one order of theirs, before this one asks for money or while it does."""
        self.pos_config.write({"is_order_printer": False, "printer_ids": [(5, 0, 0)]})
        session = self.open_register()
        self.start_pos_tour("MixpayCompatTwoDevicesTour")
        orders = session.order_ids.sorted("id")
        self.assertEqual(orders.mapped("state"), ["paid", "paid"])
        for order in orders:
            self.assertEqual(len(order.lines), 2)
            self.assert_backed(order)
        of_both, order = orders
        payments = self.env["mixpay.payment"]
        self.assertAlmostEqual(payments.search([("pos_order_id", "=", of_both.id)]).amount, 4.4)
        payment = payments.search([("pos_order_id", "=", order.id)])
        self.assertAlmostEqual(payment.amount, 2.2)
        self.assertNotEqual(payment.order_uuid, order.uuid)
        self.assertEqual(payment.moved_order_uuid, order.uuid)
