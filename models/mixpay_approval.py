"""Who approved what, and the proof that it was them: money rule 8."""

import logging

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessDenied, UserError

_logger = logging.getLogger(__name__)

OVERRIDE = "override"
LET_GO = "let_go"
DECIDE = "decide"

USER = "user"
EMPLOYEE = "employee"

# Wrong tries within these minutes: for one approver, and from one login.
TRY_MINUTES = 15
TRIES_PER_APPROVER = 5
TRIES_PER_LOGIN = 10


class MixpayApproval(models.Model):
    """A try to approve something, granted or not. Kept for ever; it also limits the tries.

    The till's login proves nothing: many shops have one login, and the cashiers of `pos_hr` live in
    the browser. So approvers give their own password, or PIN as an employee, each time.
    """

    _name = "mixpay.approval"
    _description = "MixPay approval"
    _order = "id desc"
    _log_access = False

    create_date = fields.Datetime(string="Date", required=True, default=fields.Datetime.now)
    company_id = fields.Many2one("res.company", required=True, index=True)
    payment_ids = fields.Many2many("mixpay.payment", string="Payments")
    action = fields.Selection(
        [(OVERRIDE, "Confirm by hand"), (LET_GO, "Let go"), (DECIDE, "Decide")], required=True
    )
    reason = fields.Char()
    user_id = fields.Many2one("res.users", string="Logged In", required=True, ondelete="restrict")
    approver_kind = fields.Selection([(USER, "User"), (EMPLOYEE, "Employee")], required=True)
    approver_ref = fields.Integer(string="Approver ID", required=True)
    approver = fields.Char(required=True)
    is_granted = fields.Boolean(string="Granted")

    _recent = models.Index("(approver_kind, approver_ref, create_date)")

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Approvals are kept for ever: they are evidence."))

    # === WHO MAY APPROVE === #

    @api.model
    def _approvers(self, company, config=None):
        """Return who may approve, as JSON values: names, and how they prove who they are.

        Users with the rights of a POS manager give their password; where `pos_hr` is used,
        employees with manager rights give their PIN.

        :param company: `res.company` whose money it is
        :param config: `pos.config` where it happens, None in the back office
        """
        employees = self._manager_employees(config) if config else []
        known = [(EMPLOYEE, employee) for employee in employees]
        known += [(USER, user) for user in company._mixpay_managers()]
        return [{"kind": kind, "id": person.id, "name": person.name} for kind, person in known]

    def _manager_employees(self, config):
        """Return the employees with manager rights and a PIN; none where `pos_hr` is not used."""
        config = config.sudo()
        if not (config.module_pos_hr and "advanced_employee_ids" in config._fields):
            return []
        managers = config.company_id._mixpay_managers()
        of_managers = self.env["hr.employee"].sudo().search([("user_id", "in", managers.ids)])
        employees = (config.advanced_employee_ids | of_managers).filtered(
            lambda e: e.active and e.pin and e.company_id == config.company_id
        )
        return employees.sorted("name")

    # === PROOF === #

    @api.model
    def _obtain(self, action, payments, company, approver, reason, config=None):
        """Check that an approver proves who they are, and record the approval.

        :param str action: OVERRIDE, LET_GO or DECIDE
        :param payments: `mixpay.payment` records that it is about
        :param company: `res.company` whose money it is
        :param dict approver: `kind`, `id`, and `secret` (password or PIN)
        :param str reason: in the approver's words
        :param config: `pos.config` where it happens, None in the back office
        :return: the approver's name
        :rtype: str
        :raises UserError: when the proof is wrong or missing, or was tried too often
        """
        reason = reason.strip()[:500] if isinstance(reason, str) else ""
        if not reason:
            raise UserError(self.env._("Please give a reason."))
        known = self._known_approver(self._approvers(company, config), approver)
        approval = self._record_try(
            {
                "company_id": company.id,
                "action": action,
                "reason": reason,
                "user_id": self.env.uid,
                "approver_kind": known["kind"],
                "approver_ref": known["id"],
                "approver": known["name"],
            }
        )
        if not self._is_proven(known, approver.get("secret")):
            _logger.warning("%s by %s (login %s) refused", action, known["name"], self.env.uid)
            raise UserError(self.env._("This is not the password or PIN of %s.", known["name"]))
        self._record_grant(approval, payments)
        # Checking a password takes a while; what registers and MixPay did meanwhile is in no
        # snapshot of before, and would end in a serialization failure.
        payments._end_transaction()
        return known["name"]

    def _known_approver(self, approvers, approver):
        for known in approvers:
            if known["kind"] == approver.get("kind") and known["id"] == approver.get("id"):
                return known
        raise UserError(self.env._("Choose who approves this."))

    def _record_try(self, vals):
        """Record a try for good before it is checked, so that no error can make it uncounted.

        In a transaction of its own: the caller's ends with an error when the try was wrong.

        :return: the id of the new record
        :raises UserError: after too many wrong tries
        """
        with self.env.registry.cursor() as cr:
            approvals = self.with_env(api.Environment(cr, SUPERUSER_ID, {}))
            if not approvals._has_tried_too_often(vals):
                return approvals.create(vals).id
        raise UserError(
            self.env._("Too many wrong tries. Wait %(minutes)s minutes.", minutes=TRY_MINUTES)
        )

    def _record_grant(self, approval_id, payments):
        """Note that a try was right; for good as well, or it would count as a wrong one."""
        with self.env.registry.cursor() as cr:
            approval = self.with_env(api.Environment(cr, SUPERUSER_ID, {})).browse(approval_id)
            approval.write({"is_granted": True, "payment_ids": [(6, 0, payments.ids)]})

    def _has_tried_too_often(self, vals):
        """Tell whether an approver, or a login, has had too many wrong tries of late."""
        since = fields.Datetime.subtract(fields.Datetime.now(), minutes=TRY_MINUTES)
        recent = [("create_date", ">=", since), ("is_granted", "=", False)]
        of_approver = [
            ("approver_kind", "=", vals["approver_kind"]),
            ("approver_ref", "=", vals["approver_ref"]),
        ]
        of_login = [("user_id", "=", vals["user_id"])]
        return (
            self.search_count(recent + of_approver) >= TRIES_PER_APPROVER
            or self.search_count(recent + of_login) >= TRIES_PER_LOGIN
        )

    def _is_proven(self, known, secret):
        if not isinstance(secret, str) or not secret:
            return False
        if known["kind"] == EMPLOYEE:
            return self.env["hr.employee"].sudo().browse(known["id"]).pin == secret
        user = self.env["res.users"].browse(known["id"])
        try:
            # Core's own check, as for a login: it knows every way to prove a password.
            user.with_user(user)._check_credentials(
                {"type": "password", "login": user.login, "password": secret},
                {"interactive": True},
            )
        except AccessDenied:
            return False
        return True
