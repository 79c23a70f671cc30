"""Asking for an approval, on the devices of those responsible: money rule 8."""

from contextlib import contextmanager
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError

from ..transactions import commit, own_transaction
from .mixpay_approval import DEVICE, REFUND, SHOWN_MINUTES
from .mixpay_defaults_mixin import as_login

# Requests of one session within SHOWN_MINUTES.
REQUESTS_PER_SESSION = 6


class MixpayApprovalRequest(models.AbstractModel):
    """Records a request of a register, once, and has those who may decide notified."""

    _name = "mixpay.approval.request"
    _description = "MixPay approval requests"

    @api.model
    def _request(self, payment, action, reason):
        """Ask for a decision about a payment; return the request, for good.

        The caller's transaction is ended first: the request is made in one of its own, in which
        nobody else makes any, so that what bounds them holds for requests at the same instant.

        :param payment: `mixpay.payment` that the caller may use
        :param str action: CONFIRM or FORCE_CANCEL
        :param str reason: in the cashier's words
        :rtype: mixpay.approval
        :raises UserError: in words for the cashier
        """
        decisions = self.env["mixpay.approval.decision"]
        reason = decisions._checked_reason(reason)
        decisions._check_action(action)
        commit(payment.env)
        with as_login(self)._alone() as own:
            approval_id = own._find_or_create(payment.with_env(own.env), action, reason).id
        commit(payment.env)  # so that the next query sees what was just made
        payment.invalidate_recordset()
        approval_sudo = self.env["mixpay.approval"].sudo().browse(approval_id)
        self.env["mixpay.approval.notification"]._notify_asked(approval_sudo)
        payment.env["mixpay.presenter"]._notify_registers(payment)
        return approval_sudo

    @contextmanager
    def _alone(self):
        """Return a context: this model in a transaction of its own that alone makes requests.

        The table is locked before anything is read: so under Odoo's REPEATABLE READ, too, the
        snapshot begins after the lock is had, and shows what others have committed before.
        """
        with own_transaction(self, keeps_login=True) as own:
            # This mode conflicts only with itself: decisions, which may take long, do not block it.
            own.env.cr.execute("LOCK TABLE mixpay_approval IN SHARE UPDATE EXCLUSIVE MODE")
            yield own

    @api.model
    def _find_or_create(self, payment, action, reason):
        payment._lock(nowait=True)  # others wait for this transaction; Odoo repeats the request
        approvals = self.env["mixpay.approval"]
        latest = approvals._requests(payment, action)
        if latest._is_open():
            return latest
        users = self._users_to_ask(payment)
        self._check_request(payment, action, users)
        approvals._end_expired()
        approval = approvals._add_approval(action, DEVICE, payment, reason, users)
        payment.write({"approval_id": approval.id})
        approval._record_approval("approval_requested")
        return approval

    @api.model
    def _users_to_ask(self, payment):
        return self.env["mixpay.approver"]._users_to_ask(
            payment.company_id, payment.pos_config_id, payment
        )

    @api.model
    def _check_request(self, payment, action, users):
        """Check that a decision could have an effect, and is not asked for too often.

        :param users: `res.users` who can be asked
        :raises UserError: else
        """
        self.env["mixpay.approval.decision"]._check_possible(payment, action)
        since = self.env.cr.now() - timedelta(minutes=SHOWN_MINUTES)
        of_session = [
            ("pos_session_id", "=", payment.pos_session_id.id),
            ("channel", "=", DEVICE),
            ("action", "!=", REFUND),  # asked for, and bounded, elsewhere
            ("create_date", ">", since),
        ]
        if self.env["mixpay.approval"].search_count(of_session) >= REQUESTS_PER_SESSION:
            raise UserError(
                self.env._(
                    "This session has asked for approval too often. Wait a few minutes, or have"
                    " an approver type a code."
                )
            )
        if not users:
            raise UserError(
                self.env._(
                    "Nobody can be asked: no other user is responsible for this shop. Have an"
                    " approver type a code."
                )
            )
