"""Money that a person must decide about: money rule 6."""

from datetime import timedelta

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from ..mixpay import money, result, states
from .mixpay_defaults_mixin import as_server

LATE = "late"
NO_ORDER = "no_order"
MISMATCH = "mismatch"
FAILED_WITH_FUNDS = "failed_with_funds"
SURPLUS = "surplus"
UNVERIFIED = "unverified"
CONFIRMED_FAILED = "confirmed_failed"
SHORT = "short_success"
OTHER_COIN = "other_coin"
UNREADABLE = "unreadable"
ERROR = "error"
# Where a person must act soon, and no register is there to say so.
ALARMING = frozenset({NO_ORDER, MISMATCH, FAILED_WITH_FUNDS, CONFIRMED_FAILED})

ATTACHED = "attached"
REFUNDED = "refunded"
KEPT = "kept"

# A sale is finished by its register or by the server within this time; then it is nobody's.
NO_ORDER_AFTER = timedelta(minutes=15)
# MixPay's answers may be odd for a moment; for so long, somebody should look there.
UNREADABLE_AFTER = timedelta(hours=1)
# MixPay's words for a surplus that needs nothing more (its documentation, `surplusStatus`).
SURPLUS_CLOSED = ("no", "success")
# MixPay reports no more about a surplus that the payer did not claim.
SURPLUS_ASKED = ("", "pending", "sending")


class MixpayAttentionMixin(models.AbstractModel):
    """What is wrong with a `mixpay.payment`, who is told, and what was decided."""

    _name = "mixpay.attention.mixin"
    _description = "MixPay payment that needs a decision"

    issue = fields.Selection(
        [
            (LATE, "Came for a cancelled sale"),
            (NO_ORDER, "Paid, but in no order"),
            (MISMATCH, "Paid on other terms"),
            (FAILED_WITH_FUNDS, "Failed after money was sent"),
            (SURPLUS, "Paid too much"),
            (UNVERIFIED, "Confirmed by hand, not verified"),
            (CONFIRMED_FAILED, "Confirmed by hand, but not paid"),
            (SHORT, "Paid, but less arrived than was due"),
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
    confirmed_at = fields.Datetime(string="Confirmed By Hand At", readonly=True, copy=False)
    confirmed_by = fields.Char(readonly=True, copy=False)
    confirmation_reason = fields.Char(string="Reason", readonly=True, copy=False)
    approval_id = fields.Many2one(
        "mixpay.approval",
        string="Latest Request for Approval",
        readonly=True,
        copy=False,
        ondelete="restrict",
    )
    is_unanswered = fields.Boolean(
        compute="_compute_is_unanswered", help="MixPay gives no answer about it at the moment."
    )

    # === WHAT IS WRONG === #

    def _review(self):
        """Find out what is wrong with these payments, and tell whom it concerns when it is new."""
        for payment in self:
            issue = payment._current_issue()
            if issue == payment.issue:
                continue
            payment.write({"issue": issue})
            if issue:
                payment._raise_alarm()
            else:
                payment._end_alarm()

    def _current_issue(self):
        """Return what a person must decide about, False for nothing."""
        issue = {
            states.SUCCESS: self._issue_of_success,
            states.FAILED: self._issue_of_failure,
            states.MISMATCH: lambda: MISMATCH,
        }.get(self.state, self._issue_of_waiting)()
        issue = issue or (self.error and self.state != states.FAILED and ERROR)
        is_decided = issue == self.decided_issue and not self._is_unbooked()
        return False if is_decided else issue or False

    def _issue_of_waiting(self):
        if self.confirmed_at:
            return UNVERIFIED
        since = self.unusable_since
        is_unreadable = since and self._has_passed(since, UNREADABLE_AFTER)
        return is_unreadable and UNREADABLE

    def _issue_of_success(self):
        """Return the first that nobody has decided about; those after it come up then.

        Money that no order holds is listed whatever was decided before: only a decision about all
        of it ends that, see `_written_off_by`.
        """
        if self._is_unbooked():
            if self.is_abandoned or self.order_ended_at:
                return LATE
            if self._has_passed(self.finished_at, NO_ORDER_AFTER):
                return NO_ORDER
        found = [issue for issue in self._issues_of_success() if issue]
        if self.decided_issue in found:
            found = found[found.index(self.decided_issue) + 1 :]
        return next(iter(found), False)

    def _issues_of_success(self):
        """Yield what is wrong with the money itself, in the order in which it becomes known."""
        yield self._is_short() and SHORT
        yield self._has_open_surplus() and SURPLUS
        yield self._is_settled_otherwise() and OTHER_COIN

    def _is_short(self):
        """Tell whether MixPay calls paid what is less than it asked for, in one coin."""
        coins = {self.payable_asset_id, self.payment_asset_id} - {False, ""}
        return len(coins) < 2 and result.is_short(self.payable_amount, self.payment_amount)

    def _is_settled_otherwise(self):
        """Tell whether the shop got a coin that was not agreed: a payer can edit a pay link."""
        settled = self.settle_asset_id
        return bool(settled) and not result.settles_as_agreed(self._terms(), settled)

    def _issue_of_failure(self):
        if self.confirmed_at:
            return CONFIRMED_FAILED
        is_seen = self.funds_detected or self.failure_code in states.FAILURES_WITH_MONEY
        return is_seen and FAILED_WITH_FUNDS

    def _has_open_surplus(self):
        surplus = money.parse_or_none(self.surplus_amount)
        return bool(surplus) and self.surplus_status not in SURPLUS_CLOSED

    def _follow_surplus(self):
        """Have MixPay asked how far the return of a surplus is."""
        if self._has_open_surplus() and (self.surplus_status or "") in SURPLUS_ASKED:
            self.env["mixpay.job"]._add(self)

    # === WHO IS TOLD === #

    def _notify_registers(self):
        """Tell the registers that something changed; they ask back what it was.

        Nothing but the id: whoever scans a code for ordering by oneself may listen.
        """
        for payment in self.filtered("pos_config_id"):
            payment.pos_config_id._notify("MIXPAY_PAYMENT", {"id": payment.id})

    def _raise_alarm(self):
        """Tell the register about late money if its session is open; managers about the rest."""
        if self.issue == LATE and self.pos_config_id.current_session_id:
            self.pos_config_id._notify("MIXPAY_LATE", {"id": self.id})
        elif self.issue in ALARMING or self.issue == LATE:
            self._schedule_activities()

    def _schedule_activities(self):
        for manager in self.company_id._mixpay_managers():
            payment = as_server(self).with_context(lang=manager.lang)
            labels = dict(self._fields["issue"]._description_selection(payment.env))
            payment.activity_schedule(
                "mail.mail_activity_data_warning",
                user_id=manager.id,
                summary=labels[self.issue],
                # A note is HTML, and an order's name is whatever somebody typed.
                note=Markup.escape(payment._summary()),
            )

    def _end_alarm(self):
        self.activity_unlink(["mail.mail_activity_data_warning"])

    def _summary(self):
        """Return one line about this payment for people; plain text."""
        return self.env._(
            "MixPay payment of %(amount)s for %(order)s (%(trace_id)s): %(message)s",
            amount=self.currency_id.format(self.amount),
            order=self.order_name or self.env._("an order"),
            trace_id=self.trace_id,
            message=self._texts()[1],
        )

    # === WHAT WAS DECIDED === #

    def _decide(self, decision, note, approver):
        """Record what a person has decided. Proving who decides is the caller's part.

        :param str decision: ATTACHED, REFUNDED or KEPT
        :param str note: why, or where the money went
        :param str approver: the name of who decided
        :raises UserError: when there is nothing to decide
        """
        for payment in self:
            if not payment._can_decide():
                raise UserError(payment.env._("There is nothing to decide about this payment."))
            if payment.issue == ERROR:
                raise UserError(
                    payment.env._(
                        "The server tries again to process this payment: %(error)s. There is"
                        " nothing to decide about its money yet.",
                        error=payment.error or "?",
                    )
                )
            payment.write(
                {
                    "decision": decision,
                    # Money that no order holds is decided about before it is listed, too.
                    "decided_issue": payment.issue or NO_ORDER,
                    "written_off_at": payment._written_off_by(decision),
                    "decision_note": note,
                    "decided_by": approver,
                    "decided_at": fields.Datetime.now(),
                }
            )
            payment.env["mixpay.event"]._record(
                "decided",
                payment=payment,
                actor=approver,
                data={"decision": decision, "issue": payment.decided_issue, "reason": note},
            )
            labels = dict(payment._fields["decision"]._description_selection(payment.env))
            payment._log_note(f"{labels[decision]}: {note}", approver)
            payment._review()
            payment._plan_finishing()

    def _is_written_off(self):
        """Tell whether a person has decided that this money pays no sale."""
        return bool(self.written_off_at)

    def _written_off_by(self, decision):
        """Return since when this money pays no sale, False for never, should this be decided now.

        Once so it stays so: what is decided about its surplus later is another matter.
        """
        is_about_all = (self.issue or NO_ORDER) in (LATE, NO_ORDER)
        is_given_back = decision == REFUNDED and self._is_unbooked()
        if is_given_back or (is_about_all and decision in (REFUNDED, KEPT)):
            return fields.Datetime.now()
        return self.written_off_at

    def _confirm_manually(self, reason, approver):
        """Count a payment as paid on an approver's word; the job goes on asking MixPay.

        Whether there is a reason to is checked with the approval: `_can_confirm_manually`.

        :raises UserError: when MixPay's last word is there, or nobody waits for it
        """
        self.ensure_one()
        self._lock()
        if not self._is_confirmable():
            raise UserError(
                self.env._(
                    "This payment cannot be confirmed by hand any more: %(state)s.",
                    state=self._texts()[0],
                )
            )
        now = self._now().replace(microsecond=0)
        self.write(
            {
                "confirmed_at": now,
                "confirmed_by": approver,
                "confirmation_reason": reason,
                "finish_at": now,
                "notified_at": now,
            }
        )
        self._log_note(self.env._("Confirmed by hand: %(reason)s", reason=reason), approver)
        self.pos_session_id._mixpay_log(
            self.env._(
                "%(approver)s confirmed the MixPay payment %(trace_id)s of %(amount)s for %(order)s"
                " by hand: %(reason)s",
                approver=approver,
                trace_id=self.trace_id,
                amount=self.currency_id.format(self.amount),
                order=self.order_name or "?",
                reason=reason,
            )
        )
        self._link_to_pos_payment()
        self._review()
        self._notify_registers()

    def _force_cancel(self, reason, approver):
        """Free the line although money was seen; the payment is watched on.

        :raises UserError: when there is nothing to let go of
        """
        self.ensure_one()
        self._lock()
        if not self._can_force_cancel():
            raise UserError(
                self.env._(
                    "Nobody waits for this payment any more: %(state)s.", state=self._texts()[0]
                )
            )
        # First what polls change too: the note takes a while, in which one could come first.
        self._abandon()
        self._log_note(self.env._("Let go: %(reason)s", reason=reason), approver)
        self._review()
        self._notify_registers()

    def _can_confirm_manually(self):
        """Tell whether an approver may mark it as paid: somebody waits, and there is a reason to.

        The reasons: time is up, funds are detected, or MixPay gives no answer.
        """
        if not self._is_confirmable():
            return False
        is_detected = states.STATES[self.state].funds_detected or self.funds_detected
        return is_detected or not self._seconds_left() or self.is_unanswered

    def _is_confirmable(self):
        """Tell whether it still makes a difference to mark it as paid."""
        return not self._is_over()

    def _is_over(self):
        """Tell whether nobody waits for it at a till any more, or need to."""
        return bool(self._is_final() or self.is_abandoned or self.confirmed_at)

    def _compute_is_unanswered(self):
        """Ask whether the last question was in vain, or nobody calls MixPay after such ones."""
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

    def _can_force_cancel(self):
        """Tell whether only an approver may free the line: money is on its way, or there."""
        return self._is_held()

    def _warning(self):
        """Return what an approver must know before deciding; empty for nothing."""
        if self.state != states.AUDITING:
            return ""
        return self.env._(
            "MixPay is reviewing this payment and may still refuse it. Whoever marks it as paid"
            " answers for the whole amount."
        )

    def _is_awaiting_detected_funds(self):
        """Tell whether money was seen for a sale that is still waited for."""
        is_live = not (self._is_final() or self.is_abandoned or self.confirmed_at)
        return is_live and states.STATES[self.state].funds_detected

    def _log_note(self, text, author):
        """Keep a note about a decision on the payment and on its order."""
        body = Markup("%s<br/>%s") % (text, author)
        self.message_post(body=body)
        if self.pos_order_id:
            self.pos_order_id.message_post(
                body=Markup("%s: %s") % (self.env._("MixPay payment %s", self.trace_id), body)
            )

    # === CLOSING A SESSION === #

    def _acknowledge(self):
        """Note that the user has seen these payments at the closing of their session."""
        self.sudo().write(
            {"acknowledged_by_id": self.env.uid, "acknowledged_at": fields.Datetime.now()}
        )
