from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayNeutralize(MixpaySimulatorMixin, TestPoSCommon):
    def test_a_neutralized_copy_keeps_no_payee_and_asks_no_real_address(self):
        self.start_simulator()
        method = self.create_mixpay_method(mixpay_test_mode=False)
        self.config = self.basic_config
        self.config.payment_method_ids += method
        self.open_new_session()
        payment = self.record_payment(self.pos_session, method, is_test=False)
        self.env["mixpay.watch"]._start(payment)
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.api_url", "https://api.mixpay.me/v1")
        params.set_param("pos_mixpay.allow_test_mode", "False")
        params.set_param("pos_mixpay.callback_base_url", "https://shop.example")
        self.env.flush_all()
        for query in get_neutralization_queries(["base", "pos_mixpay"]):
            self.cr.execute(query)
        self.env.invalidate_all()
        self.env.registry.clear_cache()

        gateway = self.env["mixpay.gateway"]
        self.assertFalse(method.mixpay_payee_id)
        self.assertTrue(method.mixpay_test_mode)
        self.assertEqual(gateway._addresses(is_test=True)[0], self.server.api_url)
        with self.assertRaisesRegex(UserError, "neutralized copy"):
            gateway._addresses(is_test=False)
        self.assertEqual(self.env["mixpay.watch"]._count_due(), [])
