"""Deciding: on one's own device, by code at a till or in the back office: money rule 8."""

import time

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from .. import texts
from ..transactions import BUSY, roll_back
from .mixpay_approval import CONFIRM, DECIDE, DEVICE, EXPIRED, FORCE_CANCEL, GRANTED, REFUSED
from .mixpay_approver import USER
from .mixpay_code_attempt import OFFICE, TILL
from .mixpay_defaults_mixin import as_login

# What a register may ask for.
ACTIONS = (CONFIRM, FORCE_CANCEL)

REASON_LENGTH = 500
# Where a payment is busy after a code was proven: this often, with this pause in seconds.
LOCK_ATTEMPTS = 10
LOCK_PAUSE = 0.05


class MixpayApprovalDecision(models.AbstractModel):
    """Checks who decides and about what, and carries the decision out under the payment's lock.

    Approvers prove who they are in their own login, which must not be the one that asked, or by
    a code of their own (`mixpay.code`).
    """

    _name = "mixpay.approval.decision"
    _description = "MixPay approval decisions"

    # === ON ONE'S OWN DEVICE === #

    @api.model
    def _decide_on_device(self, approval, *, is_granted):
        """Decide about a request, in the name of the user who is logged in.

        :param approval: `mixpay.approval` that the user may read
        :return: what the user must be told, empty when all went as they wished
        :rtype: str
        :raises AccessError: for users who may not decide
        :raises UserError: when it is not open any more, or was asked by the same login
        """
        approval.ensure_one()
        approval.check_access("read")
        user = self.env.user
        decisions, approval = as_login(self), as_login(approval)
        payment = approval.payment_id
        decisions._lock_to_decide(payment, approval)
        decisions._check_decider(approval, user)
        if is_granted and decisions._is_changed(approval):
            return decisions._show_again(approval)
        if is_granted:
            decisions._apply_outcome(approval, user.name, user)
        else:
            decisions._refuse(approval, user)
        approval._end_activities()
        payment.env["mixpay.presenter"]._notify_registers(payment)
        if is_granted and not approval.has_effect:
            return decisions._without_effect_text(approval)
        return ""

    @api.model
    def _check_decider(self, approval, user):
        """Check that a user may decide about a request, now.

        :raises AccessError: for users who may not decide
        :raises UserError: when it is not open any more, or was asked by the same login
        """
        problem = self._why_not(approval, user)
        if problem:
            raise AccessError(problem)
        if approval.approver:
            raise UserError(
                self.env._(
                    "This request was decided already, by %(name)s: %(outcome)s.",
                    name=approval.approver,
                    outcome=approval._selection_text("outcome"),
                )
            )
        if not approval._is_open():
            raise UserError(
                self.env._(
                    "This request has expired. If it is still wanted, have the till ask again."
                )
            )

    @api.model
    def _why_not(self, approval, user):
        """Return in words why a user may not decide about a request, empty when they may."""
        if approval.channel != DEVICE:
            return self.env._("This was decided by code, and is no request that can be answered.")
        if user == approval.user_id:
            return self.env._(
                "This login has asked for the approval itself. Decide with another login, or with"
                " an approval code at the till."
            )
        payment = approval.payment_id
        if user == payment.create_uid:
            return self.env._(
                "This login sells at the till that began this payment. Decide with another login,"
                " or with an approval code at the till."
            )
        approvers = self.env["mixpay.approver"]
        if not approvers._may_approve(user, payment, approval.pos_config_id):
            return self.env._("You are not responsible for this shop and amount.")
        return ""

    @api.model
    def _is_changed(self, approval):
        """Tell whether the payment is alive, but not as the approver was shown it."""
        is_possible = self._is_possible(approval.payment_id, approval.action)
        return is_possible and not approval._is_as_shown()

    @api.model
    def _show_again(self, approval):
        """Have the approver decide on how the payment stands now; nothing is approved."""
        payment = approval.payment_id
        approval.write(approval._standing_of(payment))
        return self.env._(
            "The payment has changed meanwhile: %(state)s, received: %(funds)s. Please decide"
            " again.",
            state=texts.label(payment),
            funds=texts.coins(payment.env, payment) or self.env._("nothing so far"),
        )

    # === BY CODE AT A TILL === #

    @api.model
    def _approve_at_till(self, payment, action, kind, approver_id, code, reason):
        """Check an approver's code, typed at a till, and apply the decision.

        :param payment: `mixpay.payment` that the caller may use
        :param str action: CONFIRM or FORCE_CANCEL
        :param str kind: USER or APPROVER: what the id is of
        :param code: what was typed
        :param str reason: in words
        :return: the approval, recorded; `has_effect` tells whether it had one
        :raises UserError: when the code is wrong, or approves nothing here
        """
        reason = self._checked_reason(reason)
        self._check_action(action)
        decisions, payment = as_login(self), as_login(payment)
        approvers = decisions.env["mixpay.approver"]
        person = approvers._checked_person(payment, kind, approver_id)
        if not payment._is_over():
            # Of what has ended while somebody typed, the decision is recorded as without effect.
            decisions._check_possible(payment, action)
        shown = (payment.state, payment.payment_amount)
        amount = approvers._amount_in_company(payment)
        decisions.env["mixpay.code"]._of(person)._prove(code, payment, TILL, amount)
        decisions._lock_after_proof(payment)
        # While the code was compared, somebody may have removed this approver, or changed a limit.
        person = approvers._checked_person(payment, kind, approver_id)
        is_changed = shown != (payment.state, payment.payment_amount)
        user = person if kind == USER else person.user_id
        approval = decisions.env["mixpay.approval"]._add_approval(action, TILL, payment, reason)
        decisions._apply_outcome(approval, person.name, user, is_changed=is_changed)
        decisions.env["mixpay.approval.notification"]._mail_use(approval, person)
        decisions._close_open_request(approval)
        payment.env["mixpay.presenter"]._notify_registers(payment)
        return approval

    @api.model
    def _close_open_request(self, approval):
        """End the request for what an approval has decided with a code."""
        request = approval._requests(approval.payment_id, approval.action)
        if request and approval.has_effect:
            request._lock()
            for one in request.filtered(lambda r: not r.outcome):
                user = approval.approver_user_id
                one._note_outcome(GRANTED, approval.approver, user, has_effect=True)
            request._end_activities()

    # === BY CODE IN THE BACK OFFICE === #

    @api.model
    def _approve_in_office(self, payments, code, reason):
        """Check the code of the manager who is logged in; return the approval, recorded.

        Carrying the decision out is the caller's part.

        :param payments: `mixpay.payment` records of one company
        :param code: what was typed
        :raises AccessError: for anybody but a manager of that company
        :raises UserError: when the code is wrong
        """
        reason = self._checked_reason(reason)
        user = self.env.user
        decisions, payments = as_login(self), as_login(payments)
        if user not in payments.company_id._mixpay_managers():
            raise AccessError(self.env._("Only managers of the Point of Sale decide about money."))
        code_record = decisions.env["mixpay.code"]._of(user)
        if not code_record._is_usable():
            raise UserError(
                self.env._("Set your approval code first: it proves that it is you who decides.")
            )
        code_record._prove(code, payments, OFFICE)
        decisions._lock_to_decide(payments)
        approval = decisions.env["mixpay.approval"]._add_approval(DECIDE, OFFICE, payments, reason)
        approval._note_outcome(GRANTED, user.name, user, has_effect=True)
        return approval

    # === CARRYING IT OUT === #

    @api.model
    def _apply_outcome(self, approval, name, user, *, is_changed=False):
        """Apply what was approved to the locked payment and record it, with or without effect.

        :param str name: of who decided
        :param user: `res.users` who decided, empty for people without a login
        :param bool is_changed: whether the payment is not as the approver was shown it
        """
        payment = approval.payment_id
        if is_changed or not self._is_possible(payment, approval.action):
            approval._note_outcome(EXPIRED, name, user, has_effect=False)
            approval._record_approval("approval_without_effect", state=payment.state)
            return
        approval._note_outcome(GRANTED, name, user, has_effect=True)
        approval._record_approval("approval_granted")
        if approval.action == CONFIRM:
            payment.env["mixpay.decision"]._confirm_manually(payment, approval.reason, name)
        else:
            payment.env["mixpay.decision"]._force_cancel(payment, approval.reason, name)

    @api.model
    def _refuse(self, approval, user):
        approval._note_outcome(REFUSED, user.name, user, has_effect=False)
        approval._record_approval("approval_refused")

    @api.model
    def _without_effect_text(self, approval):
        """Return in words that an approval came too late."""
        return self.env._(
            "The approval came too late and had no effect: %(state)s.",
            state=texts.label(approval.payment_id),
        )

    # === WHAT CAN BE APPROVED === #

    @api.model
    def _check_possible(self, payment, action):
        """Check that a payment is in a state in which this may be approved.

        :raises UserError: else
        """
        if self._is_possible(payment, action):
            return
        state = texts.label(payment)
        if action == FORCE_CANCEL:
            raise UserError(
                self.env._("Nobody needs to stop waiting for this payment: %(state)s.", state=state)
            )
        if payment._is_confirmable():
            raise UserError(
                self.env._(
                    "This payment cannot be marked as paid yet: the customer still has time to"
                    " pay, and MixPay answers. Wait, or cancel it."
                )
            )
        raise UserError(
            self.env._("This payment cannot be marked as paid any more: %(state)s.", state=state)
        )

    @api.model
    def _is_possible(self, payment, action):
        if action == CONFIRM:
            return payment._can_confirm_manually()
        return payment._can_force_cancel()

    @api.model
    def _check_action(self, action):
        if action not in ACTIONS:
            raise UserError(self.env._("This cannot be approved."))

    @api.model
    def _checked_reason(self, reason):
        """Return a reason as plain text that can be kept and shown.

        :raises UserError: when there is none
        """
        text = reason if isinstance(reason, str) else ""
        text = "".join(char if char.isprintable() else " " for char in text[: 2 * REASON_LENGTH])
        text = " ".join(text.split())[:REASON_LENGTH]
        if not text:
            raise UserError(self.env._("Please give a reason."))
        return text

    # === LOCKS === #

    @api.model
    def _lock_to_decide(self, payments, approvals=None):
        """Lock payments and approvals, always in this order, so that there is no deadlock.

        :raises SerializationFailure: when they were changed meanwhile; Odoo repeats the request
        """
        payments._lock()
        # A decision ends or begins their polling: no poll may change that meanwhile.
        self.env["mixpay.job"]._lock_jobs(payments)
        if approvals:
            approvals._lock()

    @api.model
    def _lock_after_proof(self, payments):
        """Lock payments, also where a register's poll is writing one at this moment.

        To repeat the whole request would count the code's use twice: it is recorded for good.

        :raises SerializationFailure: when they are busy for long; Odoo repeats the request
        """
        for _attempt in range(LOCK_ATTEMPTS - 1):
            try:
                return self._lock_to_decide(payments)
            except BUSY:
                roll_back(self.env)
                time.sleep(LOCK_PAUSE)
        return self._lock_to_decide(payments)
