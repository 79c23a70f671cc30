"""Who may approve: managers, and the people whom they name: money rule 8."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .mixpay_defaults_mixin import as_login

# What an approver's number is of, for registers.
USER = "user"
APPROVER = "approver"

# What an approver may decide about. All of it is kept in the history when it changes.
_RECORDED = (
    "name",
    "user_id",
    "partner_id",
    "company_id",
    "pos_config_ids",
    "max_amount",
    "currency_id",
    "active",
)


class MixpayApprover(models.Model):
    """A person who may approve in some shops, up to an amount. Shift leaders seldom have a login.

    Only managers of the Point of Sale write this; each change is in the history and is mailed.
    """

    _name = "mixpay.approver"
    _description = "MixPay approver"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Login",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        ondelete="restrict",
        index="btree_not_null",
        help="Approves on their own device, and at tills with the code set in their preferences."
        " A login that sells at a till cannot approve on its own phone what it asked for itself.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        help="Is mailed each use of the code. For people without a login.",
        compute="_compute_partner_id",
        store=True,
        readonly=False,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    pos_config_ids = fields.Many2many(
        "pos.config",
        string="Points of Sale",
        check_company=True,
        # Empty means all: a shop that is archived or deleted must not empty it.
        context={"active_test": False},
        ondelete="restrict",
        help="Leave empty for all Points of Sale of the company.",
    )
    max_amount = fields.Monetary(string="Up To", required=True)
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id
    )
    active = fields.Boolean(default=True)
    # Always written by the code below: whose login it was, and when.
    named_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    named_at = fields.Datetime(readonly=True, copy=False)
    has_code = fields.Boolean(string="Has a Code", compute="_compute_has_code")

    _amount_positive = models.Constraint(
        "CHECK (max_amount > 0)", "The amount must be more than zero."
    )

    # === COMPUTES AND CONSTRAINTS === #

    @api.depends("user_id")
    def _compute_partner_id(self):
        for approver in self.filtered("user_id"):
            approver.partner_id = approver.user_id.partner_id

    @api.depends("user_id")
    def _compute_has_code(self):
        for approver in self:
            code = self.env["mixpay.code"]._of(approver.sudo()._code_owner())
            approver.has_code = code._is_usable()

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for approver in self.sudo().filtered("user_id"):
            if not approver._has_login_of_company():
                raise ValidationError(
                    self.env._("%s is no internal user of this company.", approver.user_id.name)
                )

    def _has_login_of_company(self):
        """Tell whether the login is an internal user of the company; it may have left since."""
        return not self.user_id.share and self.company_id in self.user_id.company_ids

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        approvers = super().create([vals | self._named() for vals in vals_list])
        for approver in approvers:
            approver._check_manager()
            approver._record_change({}, approver._recorded())
        return approvers

    def write(self, vals):
        self._check_manager()
        before = {approver.id: approver._recorded() for approver in self}
        result = super().write(vals | self._named())
        self._check_manager()
        for approver in self:
            if "user_id" in vals and before[approver.id]["user_id"] != approver.user_id.id:
                approver._code()._revoke()
            approver._record_change(before[approver.id], approver._recorded())
        return result

    def unlink(self):
        self._check_manager()
        for approver in self:
            approver._record_change(approver._recorded(), {})
        return super().unlink()

    @api.model
    def _named(self):
        """Return the values that say who names an approver, or changes one, at this moment."""
        return {"named_by_id": self.env.uid, "named_at": self.env.cr.now()}

    def _check_manager(self):
        """Check that whoever writes approvers is a manager of their companies.

        :raises AccessError: else
        """
        if self.env.su and self.env.uid == SUPERUSER_ID:
            return  # installation and scripts of the database's administrator
        for approver in self.sudo():
            if self.env.user not in approver.company_id._mixpay_managers():
                raise AccessError(
                    self.env._("Only managers of the company's Points of Sale name approvers.")
                )

    # === HISTORY === #

    def _recorded(self):
        """Return what this person may do, as JSON values."""
        approver_sudo = self.sudo()
        values = {name: approver_sudo[name] for name in _RECORDED}
        return {
            "name": values["name"],
            "user_id": values["user_id"].id,
            "login": values["user_id"].login or "",
            "contact": values["partner_id"].display_name or "",
            "company": values["company_id"].name,
            "shops": values["pos_config_ids"].mapped("name"),
            "max_amount": str(values["max_amount"]),
            "currency": values["currency_id"].name,
            "active": values["active"],
        }

    def _record_change(self, old, new):
        """Keep a change in the history, and mail it to the company's managers."""
        if old == new:
            return
        approver_sudo = self.sudo()
        as_login(self.env["mixpay.event"])._record(
            "approver_changed",
            company=approver_sudo.company_id,
            data={"approver_id": approver_sudo.id, "old": old, "new": new},
        )
        managers = approver_sudo.company_id._mixpay_managers().partner_id
        approver_sudo.company_id._mixpay_mail(
            managers, lambda env: approver_sudo.with_env(env)._change_texts(old, new)
        )

    def _change_texts(self, old, new):
        _ = self.env._
        subject = _("MixPay approver: %(name)s", name=(new or old)["name"])
        if not new:
            return subject, _("%(login)s removed this approver.", login=self.env.user.name)
        text = _(
            "%(login)s changed who may approve MixPay payments: %(name)s, up to %(amount)s"
            " %(currency)s, in %(shops)s. Login: %(user)s. If you do not know of this, look into"
            " it at once.",
            login=self.env.user.name,
            name=new["name"],
            amount=new["max_amount"],
            currency=new["currency"],
            shops=", ".join(new["shops"]) or _("all shops"),
            user=new["login"] or _("none"),
        )
        return subject, text if new["active"] else _("Archived. %(text)s", text=text)

    # === WHO MAY APPROVE === #

    @api.model
    def _may_approve(self, user, payment, config=None):
        """Tell whether a user may approve: a manager by group, or named by one.

        :param payment: `mixpay.payment` to approve
        :param config: `pos.config`, None for the payment's
        """
        if user in payment.company_id._mixpay_managers():
            return True
        config = config or payment.pos_config_id
        return user in self._of_shop(payment.company_id, config, payment).user_id

    @api.model
    def _of_shop(self, company, config, payment):
        """Return the named approvers of a shop.

        :param config: `pos.config`
        :param payment: `mixpay.payment` that they are to approve, empty when not known
        """
        approvers_sudo = self.sudo().search([("company_id", "=", company.id)])
        approvers_sudo = approvers_sudo.filtered(
            lambda a: (not a.pos_config_ids or config in a.pos_config_ids)
            and (not a.user_id or (a.user_id.active and a._has_login_of_company()))
        )
        if payment:
            approvers_sudo = approvers_sudo.filtered(
                lambda a: a._is_within_limit(payment) and a._counts_for(payment)
            )
        return approvers_sudo

    def _is_within_limit(self, payment):
        """Tell whether a payment is not beyond what this approver may approve."""
        amount = payment.currency_id._convert(
            payment.amount, self.currency_id, self.company_id, fields.Date.context_today(self)
        )
        return self.currency_id.compare_amounts(amount, self.max_amount) <= 0

    def _counts_for(self, payment):
        """Tell whether this approver counts for a payment of a session.

        Many tills run under a manager's login, with which a cashier could name anybody. So an
        approver whom the login that sells in a session has named or changed during that session
        counts only from the next session on.

        :param payment: `mixpay.payment`
        """
        # Not when it was opened: that field may be written by whoever sells.
        begun_at = payment.pos_session_id.create_date
        is_new = bool(begun_at and self.named_at) and self.named_at >= begun_at
        return not (is_new and self.named_by_id == payment.create_uid)

    @api.model
    def _users_to_ask(self, company, config, payment):
        """Return who can be asked for approval on their own device by the current login.

        :param payment: `mixpay.payment` to approve, empty when not known
        """
        users = company._mixpay_managers() | self._of_shop(company, config, payment).user_id
        return users - self.env.user - payment.create_uid

    # === WHO MAY APPROVE WITH A CODE === #

    @api.model
    def _people_with_codes(self, company, config, payment):
        """Return who can approve with a code at a till.

        :param payment: `mixpay.payment` to approve, empty when not known
        :return: users and approvers without a login, as (kind, record) pairs
        """
        approvers = self._of_shop(company, config, payment)
        users = company._mixpay_managers() | approvers.user_id
        codes = self.env["mixpay.code"]
        usable = (codes._of(users) | codes._of(approvers)).filtered(lambda c: c._is_usable())
        people = [(USER, user) for user in usable.user_id]
        people += [(APPROVER, one) for one in usable.approver_id if not one.user_id]
        return sorted(people, key=lambda person: person[1].name.lower())

    @api.model
    def _checked_person(self, payment, kind, person_id):
        """Return a user or approver who may approve this with a code, if that is who it is.

        :param str kind: USER or APPROVER: what the id is of
        :raises UserError: else
        """
        payment.company_id._mixpay_check_codes_enabled()
        people = self._people_with_codes(payment.company_id, payment.pos_config_id, payment)
        for known, person in people:
            if (known, person.id) == (kind, person_id):
                return person
        raise UserError(self.env._("Choose who approves this."))

    @api.model
    def _is_within_caps(self, company, payment):
        """Tell whether a code could approve a payment in one use."""
        amount = self._amount_in_company(payment) if payment else 0
        return company.currency_id.compare_amounts(amount, company.mixpay_code_max_amount) <= 0

    @api.model
    def _amount_in_company(self, payment):
        """Return a payment's amount as a float in its company's currency, which caps are in."""
        return payment.currency_id._convert(
            payment.amount,
            payment.company_id.currency_id,
            payment.company_id,
            fields.Date.context_today(payment),
        )

    # === REGISTER === #

    @api.model
    def _choices(self, session, payment):
        """Return who may approve in a session, as JSON values; names only.

        :param session: `pos.session`
        :param payment: `mixpay.payment` to approve, empty when not known
        """
        # As it is checked: the sale may have come from a Point of Sale that shares its orders.
        config_sudo = payment.pos_config_id or session.sudo().config_id
        company = config_sudo.company_id
        is_allowed = company.mixpay_code_enabled and self._is_within_caps(company, payment)
        people = self._people_with_codes(company, config_sudo, payment) if is_allowed else []
        return {
            "approvers": [
                {"id": person.id, "kind": kind, "name": person.name, "has_code": True}
                for kind, person in people
            ],
            "codes_allowed": is_allowed,
            "can_request": bool(self._users_to_ask(company, config_sudo, payment)),
        }

    # === CODES === #

    def _code_owner(self):
        """Return whose code it is: a user has one code, as manager or as approver."""
        return self.user_id or self

    def _code(self):
        return self.env["mixpay.code"]._of(self)

    def action_revoke_code(self):
        """Revoke the code of a person without a login."""
        self.check_access("write")
        self._check_manager()
        for approver in self:
            approver._code()._revoke()
