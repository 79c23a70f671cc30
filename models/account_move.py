from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _compute_payments_widget_reconciled_info(self):
        """Add to an invoice's payment line what the receipt says of a MixPay payment."""
        result = super()._compute_payments_widget_reconciled_info()
        for move in self:
            widget = move.invoice_payments_widget or {}
            for payment in widget.get("content", ()):
                if not payment.get("pos_payment_name"):
                    continue
                line = self.sudo().browse(payment["move_id"]).pos_payment_ids[:1]
                if line.mixpay_receipt:
                    details = ", ".join(line.mixpay_receipt.splitlines())
                    payment["pos_payment_name"] += f" ({details})"
        return result
