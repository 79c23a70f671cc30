"""What happened to payments and settings, by whom: written once, never changed."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class MixpayEvent(models.Model):
    """One thing that was asked, heard, decided or changed. Append-only, for every role."""

    _name = "mixpay.event"
    _description = "MixPay event"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "id desc"
    _rec_name = "kind"
    _grouped_texts = frozenset({"actor"})
    _log_access = False

    create_date = fields.Datetime(string="Date", required=True, default=fields.Datetime.now)
    kind = fields.Selection(
        [
            ("approval_requested", "Approval requested"),
            ("approval_granted", "Approved"),
            ("approval_refused", "Refused by an approver"),
            ("approval_without_effect", "Approved, without effect"),
            ("code_wrong", "Wrong approval code"),
            ("code_set", "Approval code set"),
            ("code_revoked", "Approval code revoked"),
            ("code_disabled", "Approval code disabled after wrong tries"),
            ("approver_changed", "Approver changed"),
            ("decided", "Decided"),
            ("finish_left", "Left to a person at a register"),
            ("finish_postponed", "A register is at work on its order"),
            ("order_moved", "Moved to another order"),
            ("order_deferred", "Deferred to the next session"),
            ("other_terms", "Other terms reported"),
            ("unusable_answer", "Unusable answer"),
            ("unconfirmed_accepted", "Accepted unconfirmed"),
            ("unconfirmed_ended", "End of what was accepted unconfirmed"),
            ("reported", "Reported after the end"),
            ("looked_up", "Looked up"),
            ("taken_over", "Taken onto the list"),
            ("booked", "In the books"),
            ("refund", "Refund in coins"),
            ("error", "Error"),
            ("setting_changed", "Setting changed"),
            ("method_changed", "Payment method changed"),
            ("payee_proposed", "New payee proposed"),
            ("payee_agreed", "New payee agreed"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    payment_id = fields.Many2one(
        "mixpay.payment", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    # No `check_company`: what happened is kept, also where a method has another company by now.
    company_id = fields.Many2one(
        "res.company", readonly=True, index=True, help="Empty when it holds for all companies."
    )
    payment_method_id = fields.Many2one("pos.payment.method", readonly=True, ondelete="set null")
    user_id = fields.Many2one("res.users", required=True, readonly=True, ondelete="restrict")
    actor = fields.Char(
        string="Person", readonly=True, help="Who did it, where that is not the user above."
    )
    data = fields.Json(readonly=True)

    # === CRUD METHODS === #

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: history is not rewritten.

        :raises UserError: always
        """
        raise UserError(self.env._("MixPay's history cannot be changed."))

    # === BUSINESS METHODS === #

    @api.model
    def _record(self, kind, *, payment=None, company=None, method=None, actor=None, data=None):
        """Add an event in the caller's transaction.

        :param str kind: one of the field's values
        :param payment: `mixpay.payment` it is about; its company and method are filled in
        :param company: `res.company`, where there is no payment; None for the whole database
        :param method: `pos.payment.method`
        :param str actor: the name of who did it, None for the user who is logged in
        :param dict data: details as JSON values: texts, numbers, booleans; amounts as texts
        :rtype: mixpay.event
        """
        if payment:
            company = company or payment.company_id
            method = method or payment.payment_method_id
        return self.sudo().create(
            {
                "create_date": fields.Datetime.now(),
                "kind": kind,
                "payment_id": payment.id if payment else False,
                "company_id": company.id if company else False,
                "payment_method_id": method.id if method else False,
                "user_id": self.env.uid,
                "actor": actor or self.env.user.name,
                "data": data or {},
            }
        )
