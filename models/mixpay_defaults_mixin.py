"""Records whose values come from their own code alone."""

from odoo import api, models
from odoo.tools.misc import clean_context


class MixpayDefaultsMixin(models.AbstractModel):
    """Takes no default values from the context, which comes from a browser.

    Those that users set (`ir.default`) are left out there, see `ir_default.py`.
    """

    _name = "mixpay.defaults.mixin"
    _description = "Records without defaults from outside"

    @api.model
    def default_get(self, fields):
        model = self.with_context(clean_context(self.env.context))
        return super(MixpayDefaultsMixin, model).default_get(fields)
