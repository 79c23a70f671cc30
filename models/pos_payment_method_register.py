import base64

from odoo import api, fields, models
from odoo.tools.misc import file_open

from ..core_values import IS_MIXPAY, PROVIDER_FIELD

# Drawn from the file of this name that ends in `.svg`; every register loads it.
PICTURE = "pos_mixpay/static/img/method.png"


class PosPaymentMethod(models.Model):
    """What registers make of a method: its picture in the list of tenders, sounds, receipts."""

    _inherit = "pos.payment.method"

    mixpay_sounds = fields.Boolean(string="Sounds", default=True)
    mixpay_receipt_coins = fields.Boolean(
        string="Coins on Receipts",
        default=True,
        help="Receipts and invoices say which coin was sent, how much of it, and at which rate. The"
        " payment's reference is always on them.",
    )

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
        bare_sudo = self.sudo().filtered_domain(IS_MIXPAY).filtered(lambda method: not method.image)
        if bare_sudo:
            with file_open(PICTURE, "rb") as picture:
                bare_sudo.image = base64.b64encode(picture.read())

    @api.model
    def _load_pos_data_fields(self, config):
        return [*super()._load_pos_data_fields(config), "mixpay_sounds"]
