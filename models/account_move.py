from odoo import api, models
from odoo.exceptions import UserError

from ..mixpay import bookings


class AccountMove(models.Model):
    _inherit = "account.move"

    @api.ondelete(at_uninstall=False)
    def _unlink_never_mixpay(self):
        """Refuse to delete what is in the books: with a draft's entry, its statement line goes."""
        # Who may delete entries, as people of Purchase may, need not read statement lines.
        self.sudo().statement_line_ids._unlink_never_mixpay()
        in_the_books = [("move_id", "in", self.ids), ("state", "=", bookings.DONE)]
        if self.env["mixpay.booking"].sudo().search_count(in_the_books, limit=1):
            raise UserError(
                self.env._(
                    "What MixPay has settled cannot be deleted from the books. Correct it with an"
                    " entry of your own."
                )
            )

    def _compute_payments_widget_reconciled_info(self):
        """Add to an invoice's payment line what the receipt says of a MixPay payment."""
        result = super()._compute_payments_widget_reconciled_info()
        for move in self:
            widget = move.invoice_payments_widget or {}
            for payment in widget.get("content", ()):
                if not payment.get("pos_payment_name"):
                    continue
                line_sudo = self.sudo().browse(payment["move_id"]).pos_payment_ids[:1]
                if line_sudo.mixpay_receipt:
                    details = ", ".join(line_sudo.mixpay_receipt.splitlines())
                    payment["pos_payment_name"] += f" ({details})"
        return result
