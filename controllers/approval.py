from odoo import http
from odoo.http import request

from ..models.mixpay_approver import USER
from ..transactions import commit
from .register import MixpayController, checked_int


class MixpayApprovalController(MixpayController):
    """What the register asks of approvers. All decisions are the model's."""

    @http.route("/pos_mixpay/request_approval", type="jsonrpc", auth="user")
    def mixpay_request_approval(self, trace_id, action, reason):
        """Ask those responsible for the shop to decide about a payment, on their own devices.

        :param str action: `confirm` or `force_cancel`
        :param str reason: in the cashier's words
        :return: `approval_id` and its `state`; the payment's JSON tells what becomes of it
        """
        payment = self._checked_payment(trace_id)
        approval = request.env["mixpay.approval.request"]._request(payment, action, reason)
        return {"approval_id": approval.id, "state": approval.state}

    @http.route("/pos_mixpay/approvers", type="jsonrpc", auth="user")
    def mixpay_approvers(self, session_id, trace_id=None, action=None):
        """Return who can approve with a code at the till, and whether others can be asked.

        :param str trace_id: of the payment to approve; its amount may be too much for some
        :param str action: as above; at this time the same people decide about both
        """
        session = self._checked_session(session_id)
        payment_sudo = request.env["mixpay.payment"].sudo()
        if trace_id is not None:
            payment_sudo = self._checked_payment(trace_id)
        return request.env["mixpay.approver"]._choices(session, payment_sudo)

    @http.route("/pos_mixpay/approve", type="jsonrpc", auth="user")
    def mixpay_approve(self, trace_id, action, approver_id, code, reason, approver_kind=USER):
        """Decide about a payment by an approver's code; return how it stands.

        :param str approver_kind: `user`, or `approver` for people without a login
        """
        payment = self._checked_payment(trace_id)
        decisions = request.env["mixpay.approval.decision"]
        approval = decisions._approve_at_till(
            payment, action, approver_kind, checked_int(approver_id), code, reason
        )
        commit(payment.env)  # decided for good, before its owner is told
        request.env["mixpay.approval.notification"]._notify_owner(approval)
        payment.invalidate_recordset()
        notice = "" if approval.has_effect else decisions._without_effect_text(approval)
        return payment.env["mixpay.presenter"]._to_register(payment, notice=notice)

    @http.route("/pos_mixpay/revoke_code", type="http", auth="user", methods=["GET"])
    def mixpay_revoke_code(self, token="", **_params):
        """Revoke an approval code by the link in the mail about its use, in its owner's login.

        One tap is enough: the link is for that code alone, and can only make it useless.

        :param str token: from the link
        """
        code = request.env["mixpay.code"]._of(request.env.user)
        is_revoked = code._revoke_by_link(str(token))
        return request.render("pos_mixpay.code_revoked", {"is_revoked": is_revoked})
