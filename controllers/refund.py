"""Refunds in coins: what the register asks, and the page on which a customer names an address."""

import re

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from .. import payouts
from ..models.mixpay_approver import USER
from ..models.mixpay_claim import REFUND_PATH
from ..models.mixpay_refund_request import CUSTOMER, REGISTER
from ..transactions import commit
from .claim import HEADERS, language_of, may_view, render, too_often
from .register import MixpayController, checked_int

_ID = re.compile(r"[0-9]{1,9}", re.ASCII)
# A page with a form, which goes nowhere but here.
FORM_HEADERS = HEADERS | {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"].replace(
        "form-action 'none'", "form-action 'self'"
    )
}


class MixpayRefundController(MixpayController):
    """What the register asks about refunds in coins. All decisions are the model's."""

    @http.route("/pos_mixpay/refund_ask", type="jsonrpc", auth="user")
    def mixpay_refund_ask(self, session_id, payment_uuid, reason):
        """Ask for the payout of a line that gives money back; the same line gives the same again.

        :param payment_uuid: of a payment line that is saved, in a draft of the session's shop
        :param reason: in the cashier's words
        """
        session = self._checked_session(session_id)
        self._check_uuids(payment_uuid)
        line = request.env["pos.payment"].search(
            [
                ("uuid", "=", payment_uuid),
                ("pos_order_id.config_id", "=", session.config_id.id),
                ("amount", "<", 0),
            ]
        )
        if not line or not line._is_mixpay():
            raise UserError(request.env._("This refund is not saved so far. Please try again."))
        return self._answer(request.env["mixpay.refund.request"]._request_payout(line, reason))

    @http.route("/pos_mixpay/refund_find", type="jsonrpc", auth="user")
    def mixpay_refund_find(self, session_id, payment_uuid):
        """Return how the refund of a payment line stands; False for none."""
        session = self._checked_session(session_id)
        self._check_uuids(payment_uuid)
        refund = self._search(session, [("payment_uuid", "=", payment_uuid)])
        return bool(refund) and self._answer(refund)

    @http.route("/pos_mixpay/refund_approvers", type="jsonrpc", auth="user")
    def mixpay_refund_approvers(self, session_id, reference):
        """Return who can approve a refund with a code at the till."""
        session = self._checked_session(session_id)
        refund = self._checked_refund(session, reference)
        return request.env["mixpay.approver"]._choices(session, refund)

    @http.route("/pos_mixpay/refund_approve", type="jsonrpc", auth="user")
    def mixpay_refund_approve(self, session_id, reference, approver_id, code, approver_kind=USER):
        """Approve a refund by an approver's code; return how it stands."""
        refund = self._checked_refund(self._checked_session(session_id), reference)
        requests = request.env["mixpay.refund.request"]
        approval = requests._approve_payout_at_till(
            refund, approver_kind, checked_int(approver_id), code
        )
        commit(refund.env)  # decided for good, before its owner is told
        request.env["mixpay.approval.notification"]._notify_owner(approval)
        refund.invalidate_recordset()
        return self._answer(refund)

    @http.route("/pos_mixpay/refund_address", type="jsonrpc", auth="user")
    def mixpay_refund_address(
        self, session_id, reference, asset_id, address, memo="", is_confirmed=False
    ):
        """Note where the customer wants the coins, as scanned or typed at the register.

        :param is_confirmed: True where the customer has confirmed coin and network
        """
        refund = self._checked_refund(self._checked_session(session_id), reference)
        request.env["mixpay.refund.request"]._set_address(
            refund, checked_int(asset_id), address, memo, is_confirmed, REGISTER
        )
        return self._answer(refund)

    @http.route("/pos_mixpay/refund_cancel", type="jsonrpc", auth="user")
    def mixpay_refund_cancel(self, session_id, reference):
        """Cancel a refund whose order is not finished."""
        refund = self._checked_refund(self._checked_session(session_id), reference)
        request.env["mixpay.refund.request"]._cancel_payout(refund)
        return self._answer(refund)

    def _answer(self, refund):
        refund_sudo = refund.with_env(request.env).sudo()
        assets = refund_sudo.env["mixpay.refund.request"]._assets(refund_sudo)
        return payouts.for_register(refund_sudo.env, refund_sudo, assets)

    def _search(self, session, domain):
        """Return a refund of the session's shop, the latest.

        Its order may have come from a Point of Sale that shares its orders.
        """
        refunds_sudo, config = request.env["mixpay.refund"].sudo(), session.config_id
        own = ["|", ("pos_config_id", "=", config.id), ("pos_order_id.config_id", "=", config.id)]
        return refunds_sudo.search([*domain, *own], order="id desc", limit=1)

    def _checked_refund(self, session, reference):
        self._check_uuids(reference)
        refund = self._search(session, [("reference", "=", reference)])
        if not refund:
            raise UserError(request.env._("This refund does not exist, or is not yours to see."))
        return refund


class MixpayRefundPage(http.Controller):
    """A page for customers: how their refund stands, and a form for their address.

    Whoever has its address is the customer, as with any slip; no login acts here, so no other
    site can make a browser act for one, and no CSRF token would add to the token of the address.
    """

    @http.route(
        f"{REFUND_PATH}/<string:reference>/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        save_session=False,
        sitemap=False,
        csrf=False,
    )
    def mixpay_refund(self, reference, token, lang="", **form):
        """Show how a refund stands; note the address that the customer has entered."""
        if not may_view():
            return too_often()
        refund = request.env["mixpay.claim"]._find_refund(reference, token)
        payment, problem = refund.payment_ids[:1], ""
        if refund and request.httprequest.method == "POST":
            form = {name: text for name, text in form.items() if isinstance(text, str)}
            problem = self._enter(refund.with_context(lang=language_of(payment, lang)), form)
            if not problem:
                return request.redirect(request.httprequest.full_path, code=303)
        return render(refund, payment, lang, _words, FORM_HEADERS, problem=problem, form=form)

    def _enter(self, refund, form):
        """Note the customer's address; return in words what is wrong with it, empty for nothing."""
        asset_id = form.get("asset_id", "")
        try:
            refund.env["mixpay.refund.request"]._set_address(
                refund,
                int(asset_id) if _ID.fullmatch(asset_id) else 0,
                form.get("address"),
                form.get("memo"),
                form.get("is_confirmed") == "1",
                CUSTOMER,
            )
        except UserError as error:
            is_known = refund.address == (form.get("address") or "").strip()
            return "" if is_known else str(error)  # a form that is sent twice says nothing else
        return ""


def _words(refund):
    assets = refund.env["mixpay.refund.request"]._assets(refund)
    return payouts.page(refund.env, refund, assets)
