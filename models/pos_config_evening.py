from odoo import fields, models


class PosConfig(models.Model):
    _inherit = "pos.config"

    # Not a cashier's: registers write to their Point of Sale.
    mixpay_evening_user_ids = fields.Many2many(
        "res.users",
        "mixpay_evening_reader_rel",
        "config_id",
        "user_id",
        string="MixPay Evening Report To",
        groups="point_of_sale.group_pos_manager",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="Each evening they are told what was sold, what was settled, and what is to be"
        " reviewed. Empty: the company's managers of the Point of Sale.",
    )
