import base64

from odoo import api, models
from odoo.tools.misc import file_open

from ..core_values import IS_MIXPAY, PROVIDER_FIELD

# Drawn from the file of this name that ends in `.svg`; every register loads it.
PICTURE = "pos_mixpay/static/img/method.png"


class PosPaymentMethod(models.Model):
    """The picture that cashiers find MixPay by in the list of tenders."""

    _inherit = "pos.payment.method"

    @api.model_create_multi
    def create(self, vals_list):
        methods = super().create(vals_list)
        methods._mixpay_add_picture()
        return methods

    def write(self, vals):
        result = super().write(vals)
        if PROVIDER_FIELD in vals:
            self._mixpay_add_picture()
        return result

    def _mixpay_add_picture(self):
        """Give methods of ours that have no picture ours; one that somebody chose stays."""
        bare = self.sudo().filtered_domain(IS_MIXPAY).filtered(lambda method: not method.image)
        if bare:
            with file_open(PICTURE, "rb") as picture:
                bare.image = base64.b64encode(picture.read())
