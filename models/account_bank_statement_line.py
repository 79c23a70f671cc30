"""Statement lines of what MixPay has settled: made by the server alone, each once."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..core_values import differing

OURS = frozenset({"mixpay_reference", "mixpay_booking_id"})
# What an entry of ours says; an accountant corrects it with an entry of their own.
FROZEN = OURS | {
    "amount",
    "amount_currency",
    "foreign_currency_id",
    "journal_id",
    "payment_ref",
    "transaction_details",
}


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    mixpay_reference = fields.Char(
        string="MixPay Reference",
        readonly=True,
        copy=False,
        help="The trace of the payment, and what for where that is not its receipt.",
    )
    mixpay_booking_id = fields.Many2one(
        "mixpay.booking",
        string="MixPay Entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    _mixpay_reference_uniq = models.UniqueIndex(
        "(mixpay_reference) WHERE mixpay_reference IS NOT NULL",
        "What MixPay has settled is entered once.",
    )

    @api.model
    def default_get(self, fields):
        """Take no default of ours: closing a session makes lines with a cashier's context."""
        return super().default_get([name for name in fields if name not in OURS])

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        # Core lets cashiers create statement lines.
        if not self.env.su and any(line[name] for line in lines.sudo() for name in OURS):
            raise AccessError(self.env._("Only the server enters what MixPay has settled."))
        return lines

    def write(self, vals):
        # Also not as superuser: core writes what somebody has changed of its journal items so.
        if self._mixpay_would_change(vals):
            raise AccessError(
                self.env._(
                    "What MixPay has settled stays as it was entered. Correct it with an entry of"
                    " your own."
                )
            )
        return super().write(vals)

    def _mixpay_would_change(self, vals):
        """Tell whether a write would really change what is ours; matching writes the same again."""
        return any(
            differing(line, FROZEN if line.mixpay_reference else OURS, vals) for line in self.sudo()
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never_mixpay(self):
        if any(self.sudo().mapped("mixpay_reference")):
            raise UserError(
                self.env._(
                    "What MixPay has settled cannot be deleted from the books. Correct it with an"
                    " entry of your own."
                )
            )
