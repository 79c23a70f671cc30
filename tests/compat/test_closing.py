"""Closing beside kiosks, which delete drafts, and other modules that take part."""

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..test_closing import ClosingMixin
from .common import compat


@compat
class TestMixpayCompatClosing(ClosingMixin, TestPoSCommon):
    """Kiosks are closed from the back office; what may be paid is not deleted with the rest."""

    def assert_kiosk_closes(self, close):
        others = self.draft()
        waiting = [self.waiting(state) for state in ("unpaid", "confirming")]
        (paid, _payment), session = self.waiting("success"), self.pos_session
        close()
        self.assertEqual(session.state, "closed")
        self.assertFalse(others.exists(), "core deletes drafts")
        self.assertIn(paid.state, ("paid", "done", "draft"))
        for order, payment in waiting:
            self.assertEqual(order.state, "draft")
            self.assertFalse(order.session_id)
            self.assertFalse(payment.is_abandoned)
        if paid.state == "draft":
            self.assertFalse(paid.session_id, "a person finishes it in the next session")
        next_session = self.open_session()
        for order, _payment in waiting:
            self.assertEqual(order.session_id, next_session)

    def test_a_kiosk(self):
        self.assert_kiosk_closes(self.config.action_close_kiosk_session)

    def test_a_kiosk_of_a_shop_without_cash(self):
        self.without_cash()
        self.assert_kiosk_closes(self.config.action_close_kiosk_session)

    def test_every_way_beside_the_other_modules(self):
        for close in (self.from_the_back_office, self.from_the_register, self.by_force):
            with self.subTest(close=close.__name__):
                (order, payment), session = self.waiting(), self.pos_session
                close(session)
                self.assertEqual(session.state, "closed")
                self.assertFalse(order.session_id or payment.is_abandoned)
                self.open_session()
                self.assertEqual(order.session_id, self.pos_session)
                order.action_pos_order_cancel()

    def test_removed_at_a_register_beside_kiosks(self):
        """Their module cancels what a register removes, before it is removed."""
        (held, payment), (order, _payment) = self.waiting("confirming"), self.waiting()
        self.env["pos.order"].remove_from_ui((held | order).ids)
        self.assertEqual(order.state, "cancel")
        self.assertEqual(held.state, "draft")
        self.assertFalse(payment.is_abandoned)
