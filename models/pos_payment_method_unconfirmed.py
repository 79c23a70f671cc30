"""What a payment method accepts before it is confirmed; off by default."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PosPaymentMethod(models.Model):
    _inherit = "pos.payment.method"

    mixpay_unconfirmed_limit = fields.Monetary(
        string="Accept Unconfirmed up to",
        currency_field="mixpay_limit_currency_id",
        copy=False,
        groups="point_of_sale.group_pos_manager",
        help="Payments up to this amount count as paid as soon as MixPay sees all of their money,"
        " before the network has confirmed it. It may still be taken back: the loss is the shop's."
        " Zero accepts none.",
    )
    mixpay_unconfirmed_asset_ids = fields.Many2many(
        "mixpay.asset",
        string="Accept Unconfirmed in",
        domain=[("network", "!=", False)],
        copy=False,
        groups="point_of_sale.group_pos_manager",
        help="The coins, each on its network, that are accepted before they are confirmed.",
    )
    mixpay_limit_currency_id = fields.Many2one(
        "res.currency", string="Currency of the Limit", compute="_compute_mixpay_limit_currency_id"
    )

    @api.depends("journal_id.currency_id", "company_id.currency_id")
    def _compute_mixpay_limit_currency_id(self):
        for method in self:
            own, company = method.journal_id.currency_id, method.company_id.currency_id
            method.mixpay_limit_currency_id = own or company

    @api.constrains("mixpay_unconfirmed_limit", "mixpay_unconfirmed_asset_ids")
    def _check_mixpay_unconfirmed(self):
        for method in self.sudo():
            limit = method.mixpay_unconfirmed_limit
            if limit < 0 or (limit and not method.mixpay_unconfirmed_asset_ids):
                raise ValidationError(
                    self.env._(
                        "To accept unconfirmed payments, set an amount, and choose the coins in"
                        " which they are accepted. Zero accepts none."
                    )
                )
