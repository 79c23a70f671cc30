from odoo import models


class PosOrder(models.Model):
    """The hook for modules that have something to say before an order is finished."""

    _inherit = "pos.order"

    def _mixpay_finish_obstacle(self):
        """Return why a person must finish this paid draft at a register; empty for no reason.

        For modules to extend: one that asks something at the register before an order is
        validated, or that lets only the register book something, returns a reason of its own,
        added to the field `finish_reason` of `mixpay.payment`. See docs/architecture.md.

        :return: a value of that field, or ""
        :rtype: str
        """
        self.ensure_one()
        ours = self.payment_ids.filtered(lambda line: line._is_mixpay())
        covered = ours.filtered(lambda line: line._mixpay_payment())
        payments = covered._mixpay_covering()
        others = self.payment_ids - ours
        return self.env["mixpay.completion"]._obstacle(self, payments, covered, others)
