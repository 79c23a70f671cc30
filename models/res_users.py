from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    mixpay_has_code = fields.Boolean(
        string="Has a MixPay Approval Code", compute="_compute_mixpay_has_code"
    )

    @property
    def SELF_READABLE_FIELDS(self):  # pylint: disable=invalid-name
        return super().SELF_READABLE_FIELDS + ["mixpay_has_code"]

    def _compute_mixpay_has_code(self):
        for user in self:
            user.mixpay_has_code = self.env["mixpay.code"]._of(user)._is_usable()

    def _mixpay_set_approval_code(self, code):
        """Set the code with which this user approves at tills and decides in the back office.

        Proving who sets it is the caller's part: the preferences' dialog asks for the password.

        :param str code: at least 6 digits
        :raises UserError: when it is too short or too easy to guess
        """
        self.ensure_one()
        self.env["mixpay.code"]._set(self, code)

    def action_mixpay_revoke_code(self):
        """Revoke the approval code of the user who is logged in."""
        self.env["mixpay.code"]._of(self.env.user)._revoke()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
