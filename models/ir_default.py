from odoo import api, models


class IrDefault(models.Model):
    _inherit = "ir.default"

    @api.model
    def _get_model_defaults(self, model_name, condition=False):
        """Leave out this addon's settings of other models: any employee may set own defaults.

        Test mode would come in by them. (For models of its own, see `mixpay.defaults.mixin`.)
        """
        defaults = super()._get_model_defaults(model_name, condition)
        return {name: value for name, value in defaults.items() if not name.startswith("mixpay_")}
