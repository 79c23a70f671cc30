"""Tickets of events, which are booked once they are paid."""

from odoo.addons.pos_event.tests.test_frontend import TestUi as Events

from .common import CompatTours, compat


@compat
class TestEvent(CompatTours, Events):
    def test_ticket(self):
        self.pos_user.group_ids += self.env.ref("event.group_event_user")
        session = self.open_register()
        self.start_pos_tour("MixpayCompatEventTour")
        order = session.order_ids
        self.assert_backed(order)
        registration = self.test_event.registration_ids
        self.assertEqual(registration.pos_order_id, order)
        self.assertEqual(registration.state, "open")
