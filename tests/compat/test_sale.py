"""Sales, refunds and closing while all the other modules are there."""

from .common import CompatTours, compat


@compat
class TestSale(CompatTours):
    def test_paid(self):
        order, payment = self.play("MixpayPaidTour")
        self.assert_paid_by(order, payment)

    def test_split_tender(self):
        """Cash for a part: MixPay asks for the rest, and the cashier finishes the sale."""
        order, payment = self.play("MixpayCompatSplitTenderTour")
        self.assert_backed(order)
        self.assertAlmostEqual(payment.amount, 0.98)
        cash = order.payment_ids - payment.pos_payment_id
        self.assertEqual(cash.payment_method_id.type, "cash")
        self.assertAlmostEqual(cash.amount, 1)

    def test_refund(self):
        """MixPay cannot give money back: the cashier is told what to do, and does it."""
        session = self.open_register()
        self.start_pos_tour("MixpayCompatRefundTour")
        sale, refund = session.order_ids.sorted("id")
        self.assert_backed(sale)
        self.assertEqual(refund.state, "paid")
        self.assertEqual(refund.refunded_order_id, sale)
        self.assertEqual(refund.payment_ids.payment_method_id.type, "cash")

    def test_discount(self):
        """The discount is a line of its own, made by a module that knows nothing of us."""
        self.main_pos_config.module_pos_discount = True
        self.main_pos_config.discount_product_id = self.env.ref(
            "pos_discount.product_product_consumable"
        )
        session = self.open_register()
        self.start_pos_tour("MixpayCompatDiscountTour")
        order = session.order_ids
        self.assert_backed(order)
        self.assertAlmostEqual(order.amount_paid, 0.99)

    def test_closing(self):
        session = self.open_register()
        self.start_pos_tour("MixpayCompatClosingTour")
        order = session.order_ids
        self.assertEqual(session.state, "closed")
        self.assertEqual(order.state, "done")
        self.assert_backed(order)
        self.assertTrue(session.move_id)
