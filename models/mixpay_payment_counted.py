"""What of the payments counts: money that came, or that an order's books rely on; no tests."""

from odoo import api, fields, models

from ..mixpay import states

# Of a new payment. Where these are left to be computed, a row is written twice.
NOT_COUNTED = {"counted_at": False, "paid_amount": 0}


class MixpayPayment(models.Model):
    """Since when a payment counts as paid, and with how much: all that is ever summed."""

    _inherit = "mixpay.payment"

    counted_at = fields.Datetime(
        string="Paid, for the Books",
        compute="_compute_counted",
        store=True,
        index="btree_not_null",
        help="When its money came, or when an order was paid with it, whichever was first. Empty"
        " for payments that brought nothing, and for tests.",
    )
    paid_amount = fields.Monetary(
        string="Paid",
        compute="_compute_counted",
        store=True,
        help="The amount of a real payment that was paid; nothing for all others.",
    )

    @api.depends("amount", "is_test", "state", "finished_at", "recovered_at", "covered_at")
    def _compute_counted(self):
        for payment in self:
            moments = (
                payment.state == states.SUCCESS and payment.finished_at,
                payment.recovered_at,
                payment.covered_at,
            )
            since = not payment.is_test and min(filter(None, moments), default=False)
            payment.counted_at = since
            payment.paid_amount = payment.amount if since else 0.0
