from odoo import models

from ..core_values import PROVIDER, PROVIDER_FIELD


class PosPayment(models.Model):
    """What a payment line is for MixPay: read by rooms that know no more of Odoo's own records."""

    _inherit = "pos.payment"

    def _is_mixpay(self):
        return self.payment_method_id[PROVIDER_FIELD] == PROVIDER

    def _mixpay_own(self):
        """Return those of these lines that MixPay pays, or for which coins are given back."""
        uuids = self.env["mixpay.refund"].sudo()._of_lines(self).mapped("payment_uuid")
        return self.filtered(lambda line: line._is_mixpay() or line.uuid in uuids)

    def _mixpay_payments(self):
        """Return every MixPay payment that was made for these lines, or attached to them."""
        uuids = [uuid for uuid in self.mapped("uuid") if uuid]
        return self.env["mixpay.payment"].sudo()._of_lines(uuids)

    def _mixpay_payment(self):
        """Return the MixPay payment that covers this line; empty when none does."""
        return self._mixpay_payments().filtered(lambda p: p._backs(self))[:1]

    def _mixpay_covering(self):
        """Return the MixPay payments that cover these lines."""
        payments_sudo = self.env["mixpay.payment"].sudo()
        return payments_sudo.union(*(line._mixpay_payment() for line in self))
