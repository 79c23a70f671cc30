"""An order under a code that goes on where MixPay is not taken any more."""

from .common import CompatTours, compat


@compat
class TestShops(CompatTours):
    def test_the_method_is_archived_while_an_order_goes_on(self):
        """Its device dies, its session is closed, and the customer pays in the next one."""
        begun = self.open_register()
        self.start_pos_tour("MixpayCompatBegunTour")
        order = begun.order_ids
        self.assertEqual(order.payment_ids.payment_method_id, self.mixpay_method)
        begun.action_pos_session_closing_control()
        self.assertFalse(order.session_id)
        self.mixpay_method.active = False
        session = self.open_register()
        self.start_pos_tour("MixpayCompatElsewhereTour")
        self.assertEqual((order.state, order.session_id), ("paid", session))
        self.assertEqual(len(self.simulator.payments()), 1, "asked for once")
        self.assert_backed(order)
        session.action_pos_session_closing_control()
        self.assertEqual((session.state, order.state), ("closed", "done"))
