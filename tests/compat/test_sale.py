"""A plain sale while all the other modules are there."""

from .common import CompatTours, compat


@compat
class TestSale(CompatTours):
    def test_paid(self):
        order, payment = self.play("MixpayPaidTour")
        self.assert_paid_by(order, payment)
