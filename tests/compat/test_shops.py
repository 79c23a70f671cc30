"""Orders under a code that go on where MixPay is not taken, or is not taken any more."""

from .common import CompatTours, compat


@compat
class TestShops(CompatTours):
    def begin(self):
        """Have a device die under a code; return its session and the order."""
        session = self.open_register()
        self.start_pos_tour("MixpayCompatBegunTour")
        order = session.order_ids
        self.assertEqual(order.payment_ids.payment_method_id, self.mixpay_method)
        return session, order

    def go_on(self, order, config):
        """Have the customer pay, and the order finished, at another register; then close there."""
        session = self.open_register(config)
        self.start_pos_tour("MixpayCompatElsewhereTour", pos_config=config)
        self.assertEqual((order.state, order.session_id), ("paid", session))
        self.assertEqual(len(self.simulator.payments()), 1, "asked for once")
        self.assert_backed(order)
        session.action_pos_session_closing_control()
        self.assertEqual((session.state, order.state), ("closed", "done"))

    def test_a_shop_that_shares_its_orders_with_one_without_mixpay(self):
        shop, bank = self.main_pos_config, self.bank_payment_method
        vals = {"name": "Next Door", "payment_method_ids": [(6, 0, bank.ids)]}
        next_door = shop.copy(vals | {"trusted_config_ids": [(6, 0, shop.ids)]})
        begun, order = self.begin()
        self.go_on(order, next_door)
        begun.action_pos_session_closing_control()
        self.assertEqual(begun.state, "closed")

    def test_the_method_is_archived_while_an_order_goes_on(self):
        begun, order = self.begin()
        begun.action_pos_session_closing_control()
        self.assertFalse(order.session_id)
        self.mixpay_method.active = False
        self.go_on(order, self.main_pos_config)
