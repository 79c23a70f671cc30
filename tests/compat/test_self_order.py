"""Orders that customers make themselves, and pay at the counter."""

from odoo.fields import Command

from .common import CompatTours, compat


@compat
class TestSelfOrder(CompatTours):
    def order(self, mode, tour, methods):
        """Have a customer order at a Point of Sale of its own; return that, and the order."""
        self.desk_pad.pos_categ_ids = self.pos_cat_desk_test
        config = self.env["pos.config"].create(
            {
                "name": "Terrace",
                "module_pos_restaurant": True,
                "payment_method_ids": [Command.set(methods.ids)],
                "limit_categories": True,
                "iface_available_categ_ids": [Command.set(self.pos_cat_desk_test.ids)],
                "use_presets": False,
                "default_preset_id": False,
                "available_preset_ids": [Command.clear()],
                "self_ordering_mode": mode,
                "self_ordering_pay_after": "each",
                "self_ordering_service_mode": "counter",
                "self_ordering_default_user_id": self.pos_user.id,
            }
        )
        session = self.open_register(config)
        session.set_opening_control(0, "")
        self.start_tour(config._get_self_order_route(), tour)
        order = session.order_ids
        self.assertEqual(order.state, "draft")
        return config, order

    def test_phone(self):
        """The register of the same Point of Sale takes the money."""
        methods = self.bank_payment_method + self.mixpay_method
        config, order = self.order("mobile", "MixpayCompatOrderOnPhoneTour", methods)
        self.start_pos_tour("MixpayCompatPayAtCounterTour", pos_config=config)
        self.assertEqual(order.state, "paid")
        self.assert_backed(order)

    def test_kiosk(self):
        """The kiosk takes no MixPay: the counter does, in its own session."""
        self.open_register().set_opening_control(0, "")
        _kiosk, order = self.order(
            "kiosk", "MixpayCompatOrderAtKioskTour", self.bank_payment_method
        )
        self.start_pos_tour("MixpayCompatPayAtCounterTour")
        self.assertEqual(order.state, "paid")
        self.assert_backed(order)
