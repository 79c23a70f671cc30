"""Applies what a person has decided. Proving who decides is the caller's part: money rule 8."""

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from .. import texts
from ..mixpay.issues import ERROR, KEPT, NO_ORDER, REFUNDED, WITHOUT_ORDER


class MixpayDecision(models.AbstractModel):
    """Applies what a person has decided. Proving who decides is the caller's part: money rule 8."""

    _name = "mixpay.decision"
    _description = "What people decided about MixPay payments"

    def _decide(self, payments, decision, note, approver):
        """Record what a person has decided. Proving who decides is the caller's part.

        :param str decision: ATTACHED, REFUNDED or KEPT
        :param str note: why, or where the money went
        :param str approver: the name of who decided
        :raises UserError: when there is nothing to decide
        """
        for payment in payments:
            self._check_can_decide(payment)
            payment.write(
                {
                    "decision": decision,
                    # Money that no order holds is decided about before it is listed, too.
                    "decided_issue": payment.issue or NO_ORDER,
                    "decision_note": note,
                    "decided_by": approver,
                    "decided_at": fields.Datetime.now(),
                }
                | self._written_off_by(payment, decision)
            )
            payment.env["mixpay.event"]._record(
                "decided",
                payment=payment,
                actor=approver,
                data={"decision": decision, "issue": payment.decided_issue, "reason": note},
            )
            labels = dict(payment._fields["decision"]._description_selection(payment.env))
            self._log_note(payment, f"{labels[decision]}: {note}", approver)
            self.env["mixpay.review"]._review(payment)
            self.env["mixpay.fulfilment"]._plan_finishing(payment)

    def _check_can_decide(self, payment):
        """Check that there is something to decide about a payment.

        :raises UserError: when there is not
        """
        if not payment._can_decide():
            raise UserError(payment.env._("There is nothing to decide about this payment."))
        if payment.issue == ERROR:
            raise UserError(
                payment.env._(
                    "The server could not process this payment, and will try again: %(error)s."
                    " There is nothing to decide about its money yet.",
                    error=payment.error or "?",
                )
            )

    def _written_off_by(self, payment, decision):
        """Return what says that this money pays no sale, should this be decided now: values.

        Once so it stays so: what is decided about its surplus later is another matter.
        """
        if payment.written_off_at:
            # An older version has kept no word of its own for it: it was the latest decision.
            return {"written_off_as": payment.written_off_as or payment.decision}
        is_about_all = (payment.issue or NO_ORDER) in WITHOUT_ORDER
        is_given_back = decision == REFUNDED and payment._is_unbooked()
        if is_given_back or (is_about_all and decision in (REFUNDED, KEPT)):
            return {"written_off_at": fields.Datetime.now(), "written_off_as": decision}
        return {}

    def _confirm_manually(self, payment, reason, approver):
        """Count a payment as paid on an approver's word; the job goes on asking MixPay.

        Whether there is a reason to is checked with the approval: `_can_confirm_manually`.

        :raises UserError: when MixPay's last word is there, or nobody waits for it
        """
        payment.ensure_one()
        payment._lock()
        if not payment._is_confirmable():
            raise UserError(
                self.env._(
                    "This payment can no longer be marked as paid: %(state)s.",
                    state=texts.label(payment),
                )
            )
        now = payment._now().replace(microsecond=0)
        payment.write(
            {
                "confirmed_at": now,
                "confirmed_by": approver,
                "confirmation_reason": reason,
                "finish_at": now,
                "notified_at": now,
            }
        )
        self._log_note(payment, self.env._("Marked as paid: %(reason)s", reason=reason), approver)
        self._post_in_session(payment, reason, approver)
        self.env["mixpay.coverage"]._link_to_pos_payment(payment)
        self.env["mixpay.review"]._review(payment)
        self.env["mixpay.presenter"]._notify_registers(payment)

    def _post_in_session(self, payment, reason, approver):
        """Tell the readers of the session's report that a payment was marked as paid."""
        text = self.env._(
            "%(approver)s marked the MixPay payment %(trace_id)s of %(amount)s for %(order)s"
            " as paid: %(reason)s",
            approver=approver,
            trace_id=payment.trace_id,
            amount=payment.currency_id.format(payment.amount),
            order=payment.order_name or "?",
            reason=reason,
        )
        payment.pos_session_id.sudo().message_post(body=Markup("%s") % text)

    def _force_cancel(self, payment, reason, approver):
        """Free the line although funds were detected; polling continues.

        :raises UserError: when nobody waits for it any more
        """
        payment.ensure_one()
        payment._lock()
        if not payment._can_force_cancel():
            raise UserError(
                self.env._(
                    "Nobody waits for this payment any more: %(state)s.",
                    state=texts.label(payment),
                )
            )
        # First what polls change too: the note takes a while, in which one could come first.
        payment._abandon()
        self._log_note(payment, self.env._("Stopped waiting: %(reason)s", reason=reason), approver)
        self.env["mixpay.review"]._review(payment)
        self.env["mixpay.presenter"]._notify_registers(payment)

    def _log_note(self, payment, text, author):
        """Keep a note about a decision on the payment and on its order."""
        body = Markup("%s<br/>%s") % (text, author)
        payment.message_post(body=body)
        if payment.pos_order_id:
            payment.pos_order_id.message_post(
                body=Markup("%s: %s") % (self.env._("MixPay payment %s", payment.trace_id), body)
            )

    def _acknowledge(self, payments):
        """Note that the user has seen these payments at the closing of their session."""
        payments.sudo().write(
            {"acknowledged_by_id": self.env.uid, "acknowledged_at": fields.Datetime.now()}
        )
