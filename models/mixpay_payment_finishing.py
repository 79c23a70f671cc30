"""What a payment knows of the finishing of its sale: what is in the way, and who is at it."""

from odoo import fields, models

from ..mixpay import finishing


class MixpayPayment(models.Model):
    """Why its order waits for a person, and what registers have said about it."""

    _inherit = "mixpay.payment"

    finish_reason = fields.Selection(
        list(finishing.REASONS.items()),
        string="Finish It on a Register",
        readonly=True,
        index="btree_not_null",
        copy=False,
        help="The money is there, but the order is not finished: why a person must do that.",
    )
    register_asked_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the registers were last asked which of them is at work on its order.",
    )
    register_answered_at = fields.Datetime(
        readonly=True, copy=False, help="When one of them said so."
    )
    register_answers = fields.Integer(
        readonly=True, copy=False, help="How often one of them said so."
    )
    unsaved_at = fields.Datetime(
        string="Unsaved Changes Reported",
        readonly=True,
        copy=False,
        help="When a register said that it has changes to the order that are not saved.",
    )

    def _finish_reason_text(self):
        """Return in the reader's language why a person must finish its order; empty for nothing."""
        labels = dict(self._fields["finish_reason"]._description_selection(self.env))
        return labels.get(self.finish_reason, "")
