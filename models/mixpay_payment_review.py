"""What people are asked about a payment, and what they decided."""

from odoo import fields, models

from ..mixpay import standing, states
from ..mixpay.issues import (
    ATTACHED,
    CONFIRMED_FAILED,
    ERROR,
    FAILED_WITH_FUNDS,
    FINISH,
    KEPT,
    LATE,
    MISMATCH,
    NO_ORDER,
    OTHER_COIN,
    RECOVERED,
    REFUNDED,
    SHORT,
    SURPLUS,
    UNCONFIRMED,
    UNCONFIRMED_FAILED,
    UNREADABLE,
    UNSETTLED,
    UNVERIFIED,
)


class MixpayPayment(models.Model):
    """What a payment knows of people: issue, decision, manual confirmation."""

    _inherit = "mixpay.payment"

    issue = fields.Selection(
        [
            (LATE, "Came for a cancelled sale"),
            (FINISH, "Paid, finish it on a register"),
            (NO_ORDER, "Paid, but in no order"),
            (MISMATCH, "Not paid as asked"),
            (FAILED_WITH_FUNDS, "Failed after money was sent"),
            (RECOVERED, "Paid after it had failed"),
            (SURPLUS, "Paid too much"),
            (UNVERIFIED, "Marked as paid, not verified"),
            (CONFIRMED_FAILED, "Marked as paid, but not paid"),
            (UNCONFIRMED, "Accepted unconfirmed, still not confirmed"),
            (UNCONFIRMED_FAILED, "Accepted unconfirmed, but failed"),
            (SHORT, "Paid, but less arrived than was due"),
            (UNSETTLED, "Not settled after a day"),
            (OTHER_COIN, "Settled in another coin"),
            (UNREADABLE, "MixPay's answers cannot be read"),
            (ERROR, "Could not be processed"),
        ],
        readonly=True,
        index="btree_not_null",
        copy=False,
    )
    funds_detected = fields.Boolean(readonly=True, help="MixPay has reported money of the payer.")
    decision = fields.Selection(
        [
            (ATTACHED, "Attached to an order"),
            (REFUNDED, "Given back"),
            (KEPT, "Kept"),
        ],
        readonly=True,
        copy=False,
    )
    decided_issue = fields.Char(readonly=True, copy=False)
    decision_note = fields.Char(readonly=True, copy=False)
    decided_by = fields.Char(readonly=True, copy=False)
    decided_at = fields.Datetime(readonly=True, copy=False)
    acknowledged_by_id = fields.Many2one(
        "res.users", string="Seen By", readonly=True, copy=False, help="At a session's closing."
    )
    acknowledged_at = fields.Datetime(string="Seen At", readonly=True, copy=False)
    confirmed_at = fields.Datetime(string="Marked as Paid At", readonly=True, copy=False)
    confirmed_by = fields.Char(string="Marked as Paid By", readonly=True, copy=False)
    confirmation_reason = fields.Char(string="Reason", readonly=True, copy=False)
    accepted_unconfirmed_at = fields.Datetime(
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="When it began to count as paid before its network had confirmed it, since the payment"
        " method says so.",
    )
    accepted_unconfirmed_amount = fields.Float(
        readonly=True, copy=False, digits=(16, 4), help="In the company's currency."
    )
    approval_id = fields.Many2one(
        "mixpay.approval",
        string="Latest Request for Approval",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    is_unanswered = fields.Boolean(
        string="No Answer from MixPay",
        compute="_compute_is_unanswered",
        help="MixPay gives no answer about it at the moment.",
    )

    def _decided_so_far(self):
        """Return what people have decided so far: pairs of an issue and a decision.

        The record has the latest only; the history has those before, which still hold.
        """
        events_sudo = self.env["mixpay.event"].sudo()
        events_sudo = events_sudo.search([("payment_id", "=", self.id), ("kind", "=", "decided")])
        facts = [event.data or {} for event in events_sudo]
        earlier = {(one.get("issue"), one.get("decision")) for one in facts}
        return earlier | {(self.decided_issue, self.decision)}

    def _is_written_off(self):
        """Tell whether a person has decided that this money pays no sale."""
        return bool(self.written_off_at)

    def _can_confirm_manually(self):
        """Tell whether an approver may mark it as paid: somebody waits, and there is a reason."""
        return standing.may_confirm(self, standing.standing(self))

    def _is_confirmable(self):
        """Tell whether it still makes a difference to mark it as paid."""
        return not self._is_over()

    def _is_over(self):
        """Tell whether nobody waits for it at a till any more, or need to."""
        return standing.standing(self).is_over

    def _compute_is_unanswered(self):
        """Ask whether the last attempt failed, or the circuit is open."""
        self.env.cr.execute(
            """
            SELECT payment.id
              FROM mixpay_payment AS payment
         LEFT JOIN mixpay_job AS job ON job.payment_id = payment.id
         LEFT JOIN mixpay_endpoint AS endpoint ON endpoint.api_url = payment.api_url
             WHERE payment.id = ANY(%s)
               AND (job.failures > 0 OR endpoint.open_until IS NOT NULL)
            """,
            [self._origin.ids],
        )
        unanswered = {payment_id for (payment_id,) in self.env.cr.fetchall()}
        for payment in self:
            payment.is_unanswered = payment._origin.id in unanswered

    def _is_unconfirmed(self):
        """Tell whether it counts as paid, since it was accepted before it was confirmed."""
        return standing.standing(self).is_unconfirmed

    def _is_awaiting_detected_funds(self):
        """Tell whether money was seen for a sale that is still waited for."""
        return not self._is_over() and states.STATES[self.state].funds_detected
