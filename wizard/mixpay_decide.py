from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..mixpay.issues import ATTACHED, KEPT, REFUNDED
from .mixpay_set_code import CODE_KEY


class MixpayDecide(models.TransientModel):
    """What becomes of money that fits no sale. The manager's approval code proves who decides."""

    _name = "mixpay.decide"
    _description = "Decide about MixPay payments"

    payment_ids = fields.Many2many(
        "mixpay.payment", string="Payments", required=True, readonly=True
    )
    decisions_offered = fields.Char(compute="_compute_decisions_offered")
    decision = fields.Selection(
        [
            (ATTACHED, "Attach it to an unpaid order"),
            (REFUNDED, "It was given back to the customer"),
            (KEPT, "Keep the money"),
        ],
        required=True,
        default=KEPT,
    )
    order_id = fields.Many2one(
        "pos.order",
        string="Unpaid Order",
        domain="[('id', 'in', candidate_order_ids)]",
    )
    candidate_order_ids = fields.Many2many("pos.order", compute="_compute_candidate_order_ids")
    note = fields.Char(string="Reason", help="Why, or where the money went. Kept with the payment.")
    # Never stored: it travels in the button's context, as with core's own identity check.
    code = fields.Char(string="Your Approval Code", store=False)
    has_code = fields.Boolean(string="Has a Code", compute="_compute_has_code")

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        if self.env.context.get("active_model") == "mixpay.payment":
            values["payment_ids"] = [(6, 0, self.env.context.get("active_ids", []))]
        return values

    @api.depends("payment_ids")
    def _compute_candidate_order_ids(self):
        """Offer the unpaid orders that are waiting for just this amount."""
        for wizard in self:
            orders = self.env["pos.order"]
            payment = wizard.payment_ids
            if len(payment) == 1:
                drafts = orders.search(
                    [("state", "=", "draft"), ("company_id", "=", payment.company_id.id)]
                )
                orders = drafts.filtered(
                    lambda o, p=payment: o.currency_id == p.currency_id
                    and p.currency_id.is_zero(self.env["mixpay.fulfilment"]._due_of(o) - p.amount)
                )
            wizard.candidate_order_ids = orders

    @api.depends("candidate_order_ids")
    def _compute_decisions_offered(self):
        """Name the decisions that can be taken, with spaces between them."""
        for wizard in self:
            attached = [ATTACHED] if wizard.candidate_order_ids else []
            wizard.decisions_offered = " ".join([*attached, REFUNDED, KEPT])

    @api.depends_context("uid")
    def _compute_has_code(self):
        for wizard in self:
            wizard.has_code = self.env.user.mixpay_has_code

    def action_set_code(self):
        """Open the dialog in which the manager sets their approval code."""
        return self.env["mixpay.set.code"]._open_dialog()

    def action_decide(self):
        """Carry the decision out, once the manager has proven who they are.

        The code is in the context, under the key `mixpay_code`.

        :raises AccessError: for anybody but a manager of the Point of Sale
        :raises UserError: in words for the manager
        """
        self.ensure_one()
        code = self.env.context.get(CODE_KEY)
        # From here on nothing that is called, kept or opened next has it.
        context = {name: value for name, value in self.env.context.items() if name != CODE_KEY}
        self.with_env(self.env(context=context))._decide_all(code)
        return {"type": "ir.actions.act_window_close"}

    def _decide_all(self, code):
        if not self.env.user.has_group("point_of_sale.group_pos_manager"):
            raise AccessError(self.env._("Only managers of the Point of Sale decide about money."))
        payments = self.payment_ids
        payments.check_access("read")
        payments_sudo = payments.sudo()
        self._check_input(payments_sudo)
        decisions = self.env["mixpay.approval.decision"]
        approval = decisions._approve_in_office(payments_sudo, code, self.note)
        payments_sudo.env["mixpay.decision"]._decide(
            payments_sudo, self.decision, approval.reason, approval.approver
        )
        if self.decision == ATTACHED:
            payments_sudo.env["mixpay.fulfilment"]._attach(payments_sudo, self.order_id.sudo())

    def _check_input(self, payments):
        if len(payments.company_id) != 1:
            raise UserError(self.env._("Decide about the payments of one company at a time."))
        if self.decision == ATTACHED and (len(payments) != 1 or not self.order_id):
            raise UserError(self.env._("Choose one payment, and the unpaid order that it pays."))
        self.order_id.check_access("read")
