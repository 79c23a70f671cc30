from odoo import api, models


class IrDefault(models.Model):
    _inherit = "ir.default"

    @api.model
    def _get_model_defaults(self, model_name, condition=False):
        """Leave out what this addon keeps: any employee may set defaults for their own records.

        As a default, `success` would be the state of a payment that nobody has paid.
        """
        if model_name.startswith("mixpay."):
            return {}
        defaults = super()._get_model_defaults(model_name, condition)
        return {
            name: value for name, value in defaults.items() if not name.startswith("mixpay_")
        }
