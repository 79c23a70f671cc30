"""Orders that customers make themselves, and pay at the counter."""

from odoo.addons.pos_restaurant.tests.test_frontend import TestFrontendCommon

from .common import CompatTours, compat


@compat
class TestSelfOrder(CompatTours, TestFrontendCommon):
    def order_and_pay(self, mode, tour):
        """Have a customer order, and a cashier take the money; return the order."""
        self.pos_config.write(
            {
                "is_order_printer": False,
                "printer_ids": [(5, 0, 0)],
                "use_presets": False,
                "default_preset_id": False,
                "available_preset_ids": [(5, 0, 0)],
                "self_ordering_mode": mode,
                "self_ordering_pay_after": "each",
                "self_ordering_service_mode": "counter",
                "self_ordering_default_user_id": self.pos_user.id,
            }
        )
        session = self.open_register()
        session.set_opening_control(0, "")
        self.start_tour(self.pos_config._get_self_order_route(), tour)
        order = session.order_ids
        self.assertEqual(order.state, "draft")
        self.start_pos_tour("MixpayCompatPayAtCounterTour")
        return order

    def test_phone(self):
        order = self.order_and_pay("mobile", "MixpayCompatOrderOnPhoneTour")
        self.assertEqual(order.state, "paid")
        self.assert_backed(order)

    def test_kiosk(self):
        order = self.order_and_pay("kiosk", "MixpayCompatOrderAtKioskTour")
        self.assertEqual(order.state, "paid")
        self.assert_backed(order)
