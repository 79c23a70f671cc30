from odoo import api, models

from .pos_payment import UNPAID_ORDER_STATES


class PosOrder(models.Model):
    _inherit = "pos.order"

    @api.constrains("state")
    def _check_mixpay_backed(self):
        """Refuse to count an order as paid while a MixPay line of it is not covered."""
        for order in self:
            if order.state not in UNPAID_ORDER_STATES:
                for line in order.payment_ids:
                    line._mixpay_check_backed()
