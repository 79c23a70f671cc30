"""The page of an approval: what an approver sees of the payment, and the buttons."""

from odoo import api, fields, models
from odoo.fields import Domain

from .. import locales, texts
from .mixpay_approval import REFUSED
from .mixpay_code_attempt import TILL


class MixpayApproval(models.Model):
    """What the server knows, in words, and what the user who is logged in can do about it."""

    _inherit = "mixpay.approval"

    amount = fields.Monetary(compute="_compute_subject", compute_sudo=True)
    currency_id = fields.Many2one("res.currency", compute="_compute_subject", compute_sudo=True)
    order_name = fields.Char(
        string="Order",
        compute="_compute_subject",
        compute_sudo=True,
        search="_search_order_name",
    )
    shop_name = fields.Char(string="Shop", related="pos_config_id.name")
    method_name = fields.Char(string="Payment Method", related="payment_id.payment_method_id.name")
    state_text = fields.Char(string="Payment State", compute="_compute_page")
    funds_text = fields.Char(string="Received", compute="_compute_page")
    warning = fields.Char(compute="_compute_page")
    earlier_refusals = fields.Text(compute="_compute_page")
    can_decide = fields.Boolean(compute="_compute_can_decide")
    can_revoke_code = fields.Boolean(compute="_compute_can_decide")

    # === COMPUTES === #

    @api.depends(
        *("payment_id.amount", "payment_id.currency_id", "payment_id.order_name"),
        *("refund_id.amount", "refund_id.currency_id", "refund_id.order_name"),
    )
    def _compute_subject(self):
        for approval in self:
            subject = approval._subject()
            approval.amount = subject.amount
            approval.currency_id = subject.currency_id
            approval.order_name = subject.order_name

    @api.model
    def _search_order_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        named = Domain("order_name", operator, value)
        # As the fields are computed: whoever sees the request sees what it is about.
        of_payment = Domain("payment_id", "any!", named)
        if operator == "in" and False in value:
            of_payment |= Domain("payment_id", "=", False)
        of_payment &= Domain("refund_id", "=", False)
        return of_payment | Domain("refund_id", "any!", named)

    @api.depends("payment_id.state", "payment_id.payment_amount")
    @api.depends_context("lang")
    def _compute_page(self):
        for approval in self:
            payment_sudo = approval.sudo().payment_id
            approval.state_text = texts.label(payment_sudo) if payment_sudo else ""
            approval.funds_text = (
                texts.coins(payment_sudo.env, payment_sudo) if payment_sudo else ""
            )
            approval.warning = texts.warning(payment_sudo.env, payment_sudo) if payment_sudo else ""
            approval.earlier_refusals = approval._earlier_refusals()

    def _earlier_refusals(self):
        """Return who refused the same payment before, one a line; plain text."""
        earlier_sudo = self.sudo().search(
            [
                ("payment_id", "=", self.payment_id.id),
                ("id", "!=", self._origin.id),
                ("outcome", "=", REFUSED),
                ("payment_id", "!=", False),
            ]
        )
        return "\n".join(
            f"{locales.moment(self.env, one.decided_at)} · {one.approver} · “{one.reason}”"
            for one in earlier_sudo
        )

    @api.depends("outcome", "create_date")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        user = self.env.user
        decisions_sudo = self.env["mixpay.approval.decision"].sudo()
        for approval in self:
            readable_sudo = approval.sudo()
            approval.can_decide = readable_sudo._is_open() and not decisions_sudo._why_not(
                readable_sudo, user
            )
            is_own_code = readable_sudo.channel == TILL and readable_sudo.approver_user_id == user
            approval.can_revoke_code = is_own_code and user.mixpay_has_code

    # === BUTTONS === #

    def action_approve(self):
        """Grant the request and apply the decision, in the name of the user who is logged in.

        No dialog: called over RPC, it decides or says why not.

        :raises AccessError: for users who may not decide
        :raises UserError: when it is not open any more, or was asked by the same login
        """
        decisions = self.env["mixpay.approval.decision"]
        return self._reload(decisions._decide_on_device(self, is_granted=True))

    def action_refuse(self):
        """Refuse the request, in the name of the user who is logged in.

        :raises AccessError: for users who may not decide
        :raises UserError: when it is not open any more, or was asked by the same login
        """
        decisions = self.env["mixpay.approval.decision"]
        return self._reload(decisions._decide_on_device(self, is_granted=False))

    def action_revoke_code(self):
        """Revoke one's own code, from the page of one of its uses."""
        self.env["mixpay.code"]._of(self.env.user)._revoke()
        return self._reload()

    @api.model
    def _reload(self, notice=""):
        """Return an action that shows the page anew, and tells something first."""
        reload = {"type": "ir.actions.client", "tag": "soft_reload"}
        if not notice:
            return reload
        params = {"type": "warning", "sticky": True, "message": notice, "next": reload}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
