"""Whether a payment method gives money back in coins; off by default."""

from odoo import api, fields, models


class PosPaymentMethod(models.Model):
    _inherit = "pos.payment.method"

    mixpay_refunds = fields.Boolean(
        string="Refunds in Coins",
        copy=False,
        help="Registers may ask for a refund in coins. An approver has to agree; a manager pays it"
        " from the shop's own wallet and records the transaction: MixPay gives no money back.",
    )

    @api.model
    def _load_pos_data_fields(self, config):
        return [*super()._load_pos_data_fields(config), "mixpay_refunds"]
