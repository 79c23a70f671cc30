from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    mixpay_currency_id = fields.Many2one(
        "res.currency", string="Currency of Limits", related="company_id.currency_id"
    )
    mixpay_code_enabled = fields.Boolean(related="company_id.mixpay_code_enabled", readonly=False)
    mixpay_code_max_amount = fields.Monetary(
        related="company_id.mixpay_code_max_amount",
        readonly=False,
        currency_field="mixpay_currency_id",
    )
    mixpay_code_max_daily = fields.Monetary(
        related="company_id.mixpay_code_max_daily",
        readonly=False,
        currency_field="mixpay_currency_id",
    )
    mixpay_unconfirmed_max_daily = fields.Monetary(
        related="company_id.mixpay_unconfirmed_max_daily",
        readonly=False,
        currency_field="mixpay_currency_id",
    )
    mixpay_timezone = fields.Selection(related="company_id.mixpay_timezone", readonly=False)
    mixpay_evening_hour = fields.Integer(related="company_id.mixpay_evening_hour", readonly=False)
    mixpay_retention_years = fields.Integer(
        related="company_id.mixpay_retention_years", readonly=False
    )
    pos_mixpay_evening_user_ids = fields.Many2many(
        related="pos_config_id.mixpay_evening_user_ids", readonly=False
    )
