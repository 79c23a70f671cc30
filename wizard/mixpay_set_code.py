from odoo import api, fields, models
from odoo.exceptions import AccessDenied, AccessError, UserError

# Under these keys the button hands over what was typed; none of it is ever stored.
PASSWORD_KEY = "mixpay_password"
CODE_KEY = "mixpay_code"
REPEATED_KEY = "mixpay_code_repeated"


class MixpayApprover(models.Model):
    """The button on an approver's form that opens the dialog below."""

    _inherit = "mixpay.approver"

    def action_set_code(self):
        """Open the dialog in which this person types their code.

        :raises UserError: for people who set it in their own preferences
        """
        self.ensure_one()
        self.check_access("write")
        if self.user_id:
            raise UserError(
                self.env._("%s has a login, and sets the code in their own preferences.", self.name)
            )
        return self.env["mixpay.set.code"]._open_dialog(self)


class ResUsers(models.Model):
    """The button in one's own preferences that opens the dialog below."""

    _inherit = "res.users"

    def action_mixpay_set_code(self):
        """Open the dialog in which the user who is logged in sets their own approval code."""
        return self.env["mixpay.set.code"]._open_dialog()


class MixpaySetCode(models.TransientModel):
    """A person types their new approval code, after a password was given: each time anew.

    One's own code takes one's own password. The code of an approver without a login is typed by
    that person in a dialog that a manager opens, with the manager's password.
    """

    _name = "mixpay.set.code"
    _description = "Set an approval code"

    approver_id = fields.Many2one("mixpay.approver", readonly=True)
    owner_name = fields.Char(string="Owner of the Code", compute="_compute_owner_name")
    # Never stored: they travel in the button's context, as with core's own identity check.
    password = fields.Char(string="Your Password", store=False)
    code = fields.Char(string="New Approval Code", store=False)
    code_repeated = fields.Char(string="The Same Code Again", store=False)

    @api.depends("approver_id")
    @api.depends_context("uid")
    def _compute_owner_name(self):
        for wizard in self:
            wizard.owner_name = wizard.approver_id.name or self.env.user.name

    @api.model
    def _open_dialog(self, approver=None):
        """Return an action that opens the dialog; for one's own code when no approver is given."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Approval Code"),
            "res_model": self._name,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_approver_id": approver.id if approver else False},
        }

    def action_set(self):
        """Set the code that the button's context holds, once its password has been checked.

        :raises AccessError: for who may not set it
        :raises UserError: when the password is wrong, or the code is not acceptable
        """
        self.ensure_one()
        secrets = [self.env.context.get(name) for name in (PASSWORD_KEY, CODE_KEY, REPEATED_KEY)]
        # From here on nothing that is called, kept or opened next has them.
        wizard = self.with_env(self.env(context={"lang": self.env.user.lang or "en_US"}))
        wizard._set_code(*secrets)
        return {"type": "ir.actions.act_window_close"}

    def _set_code(self, password, code, repeated):
        approver = self.approver_id
        if approver:
            approver.check_access("write")
            approver._check_manager()
            if approver.user_id:
                raise AccessError(
                    self.env._("%s sets the code in their own preferences.", approver.name)
                )
        self._check_password(password)
        if code != repeated:
            raise UserError(self.env._("The two codes are not the same."))
        if approver:
            self.env["mixpay.code"]._set(approver.sudo(), code)
        else:
            self.env.user._mixpay_set_approval_code(code)

    def _check_password(self, password):
        """Check the password of the user who is logged in, whatever was checked just before.

        :raises UserError: when it is wrong, or was tried too often
        """
        user = self.env.user
        credential = {"type": "password", "login": user.login, "password": password}
        try:
            if not isinstance(password, str) or not password:
                raise AccessDenied()
            # Core's own check and cooldown, as for a login.
            with user._assert_can_auth(user=user.login):
                user._check_credentials(credential, {"interactive": True})
        except AccessDenied as error:
            raise UserError(self.env._("This is not your password.")) from error
