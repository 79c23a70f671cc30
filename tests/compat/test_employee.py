"""Employees who log in at the register, which is another user's."""

from odoo.addons.pos_hr.tests.test_frontend import TestPosHrHttpCommon

from .common import CompatTours, compat


@compat
class TestEmployee(CompatTours, TestPosHrHttpCommon):
    def test_employee(self):
        self.main_pos_config.with_user(self.pos_admin).open_ui()
        session = self.main_pos_config.current_session_id
        self.start_pos_tour("MixpayCompatEmployeeTour", login="pos_admin")
        order = session.order_ids
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.employee_id, self.emp1)
        self.assert_backed(order)
        self.assertEqual(self.mixpay_payments(order).create_uid, self.pos_admin)
