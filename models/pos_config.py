from contextlib import contextmanager

from odoo import api, models

from ..core_values import IS_MIXPAY


class PosConfig(models.Model):
    _inherit = "pos.config"

    @api.model_create_multi
    def create(self, vals_list):
        with self._mixpay_methods_followed():
            return super().create(vals_list)

    def write(self, vals):
        if "payment_method_ids" not in vals:
            return super().write(vals)
        with self._mixpay_methods_followed():
            return super().write(vals)

    def unlink(self):
        with self._mixpay_methods_followed():
            return super().unlink()

    @contextmanager
    def _mixpay_methods_followed(self):
        """Record which MixPay methods come into, and out of, which Point of Sale meanwhile.

        The other side of this relation is followed where payment methods are written.
        """
        methods = self.env["pos.payment.method"].sudo().with_context(active_test=False)
        methods = methods.search(IS_MIXPAY)
        before = {method: method._mixpay_config_names() for method in methods}
        yield
        methods.invalidate_recordset(["config_ids"])
        for method, names in before.items():
            method._mixpay_record({"config_ids": names})
