from odoo import api, models

# Where the addon asks about money, and where MixPay calls. A change could turn money away.
WATCHED = frozenset(
    f"pos_mixpay.{name}"
    for name in ("api_url", "pay_url", "test_api_url", "test_pay_url", "callback_base_url")
)


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        params = super().create(vals_list)
        for param in params.filtered(lambda p: p.key in WATCHED):
            self.env["mixpay.change"]._record(param.key, "", param.value)
        return params

    def write(self, vals):
        old = {param: (param.key, param.value) for param in self}
        result = super().write(vals)
        for param, (key, value) in old.items():
            if {key, param.key} & WATCHED:
                self.env["mixpay.change"]._record(param.key, value, param.value)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_mixpay_log(self):
        for param in self.filtered(lambda p: p.key in WATCHED):
            self.env["mixpay.change"]._record(param.key, param.value, "")
