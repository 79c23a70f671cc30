from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..core_values import IS_MIXPAY
from ..mixpay import priority
from ..transactions import commit

# How many payments one press of the button asks about: each is a call that the shop shares.
MOST_AT_ONCE = 3


class MixpayPayment(models.Model):
    """The button with which a manager has MixPay asked about a payment, open or ended."""

    _inherit = "mixpay.payment"

    def action_ask_mixpay(self):
        """Ask MixPay about these payments now, those included whose end is known.

        What is new is recorded, and listed where a person must decide; nothing is reopened.

        :raises AccessError: for anybody but a manager of the Point of Sale
        """
        if not self.env.user.has_group("point_of_sale.group_pos_manager"):
            raise AccessError(self.env._("Only managers of the Point of Sale ask MixPay again."))
        self.check_access("read")
        payments_sudo = self.sudo()[:MOST_AT_ONCE]
        live = payments_sudo.filtered(lambda p: not p._is_final())
        for payment in live:
            self.env["mixpay.job"]._ensure(payment)  # nobody may have asked for days
        commit(self.env)
        answered = list(live.env["mixpay.sync"]._sync(live, priority.URGENT))
        for payment in payments_sudo - live:
            if payment.env["mixpay.settlement"]._request_report(payment):
                answered.append(payment)
        payments_sudo.invalidate_recordset()
        return self._answer_in_words(payments_sudo, len(answered))

    def _answer_in_words(self, payments, count):
        """Return a notification of how payments stand now.

        :param int count: about how many of them MixPay gave an answer
        """
        labels = dict(self._fields["state"]._description_selection(self.env))
        texts = [f"{p.order_name or p.trace_id}: {labels[p.state]}" for p in payments]
        if not count:
            texts = [
                self.env._(
                    "MixPay gave no answer. Nothing has changed, and no money is lost. Please try"
                    " again in a minute."
                )
            ]
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info" if count else "warning",
                "title": self.env._("What MixPay says"),
                "message": "\n".join(texts),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }


class MixpayLookUp(models.TransientModel):
    """A manager types a trace ID, from a receipt or a customer's phone: whose money is it?"""

    _name = "mixpay.look.up"
    _description = "Look up a MixPay payment"

    trace_id = fields.Char(string="Trace ID", required=True)
    payment_method_id = fields.Many2one(
        "pos.payment.method",
        required=True,
        domain=IS_MIXPAY,
        default=lambda self: self._default_method(),
        help="Its payee is the one that counts, and its MixPay is asked.",
    )

    @api.model
    def _default_method(self):
        domain = [*IS_MIXPAY, ("company_id", "in", self.env.companies.ids)]
        return self.env["pos.payment.method"].search(domain, limit=1)

    def action_look_up(self):
        """Open the payment that has this trace, or else what MixPay says about it.

        :raises AccessError: for anybody but a manager of the Point of Sale
        :raises UserError: for what is no trace ID, or too many look-ups
        """
        self.ensure_one()
        lookups = self.env["mixpay.lookup"]
        return lookups._form_of(lookups._look_up(self.trace_id, self.payment_method_id))
