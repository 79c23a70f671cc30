"""Points of Sale that share their open orders, only one of which takes MixPay."""

from .common import CompatTours, compat


@compat
class TestShops(CompatTours):
    def test_the_order_goes_on_where_mixpay_is_not_taken(self):
        """Begun in one shop, whose device dies under the code; paid and finished next door."""
        shop, bank = self.main_pos_config, self.bank_payment_method
        vals = {"name": "Next Door", "payment_method_ids": [(6, 0, bank.ids)]}
        next_door = shop.copy(vals | {"trusted_config_ids": [(6, 0, shop.ids)]})
        begun = self.open_register()
        self.start_pos_tour("MixpayCompatBegunTour")
        order = begun.order_ids
        self.assertEqual(order.payment_ids.payment_method_id, self.mixpay_method)
        session = self.open_register(next_door)
        self.start_pos_tour("MixpayCompatNextDoorTour", pos_config=next_door)
        self.assertEqual((order.state, order.session_id), ("paid", session))
        self.assertEqual(len(self.simulator.payments()), 1, "asked for once, by the first shop")
        self.assert_backed(order)
        session.action_pos_session_closing_control()
        self.assertEqual((session.state, order.state), ("closed", "done"))
        begun.action_pos_session_closing_control()
        self.assertEqual(begun.state, "closed")
