"""Who receives the money: which payee a payment method had from when on, and who agreed to it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..mixpay import ids

PENDING = "pending"
IN_EFFECT = "in_effect"
WITHDRAWN = "withdrawn"


class MixpayPayee(models.Model):
    """One payee of one payment method, from a moment on.

    A payee that the company has not used before waits: until another POS manager agrees, or for as
    long as a setting says. Rows are written by this file alone; people only agree.
    """

    _name = "mixpay.payee"
    _description = "MixPay payee of a payment method"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "id desc"
    _rec_name = "payee_id"
    _grouped_texts = frozenset({"payee_id", "method_name"})
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, index=True, ondelete="restrict")
    payment_method_id = fields.Many2one(
        "pos.payment.method", ondelete="set null", index=True, check_company=True
    )
    method_name = fields.Char(string="Name of the Method", readonly=True)
    payee_id = fields.Char(string="Payee ID", required=True, help="As it was written.")
    payee_key = fields.Char(
        string="Payee ID as Compared",
        required=True,
        index=True,
        help="The payee ID as it is compared.",
    )
    proposed_by_id = fields.Many2one("res.users", string="Written By", required=True)
    proposed_at = fields.Datetime(string="Written At", required=True)
    agreed_by_id = fields.Many2one("res.users")
    effective_at = fields.Datetime(string="Takes Effect", required=True)
    is_withdrawn = fields.Boolean(
        string="Withdrawn", help="The method was given another payee before it took effect."
    )
    is_first = fields.Boolean(string="First of the Company", help="The company had none before.")
    state = fields.Selection(
        [
            (PENDING, "Waits"),
            (IN_EFFECT, "In effect, or was"),
            (WITHDRAWN, "Withdrawn"),
        ],
        compute="_compute_state",
    )
    may_agree = fields.Boolean(
        string="You May Agree", compute="_compute_state", help="Whether the user may agree to it."
    )

    _first_uniq = models.UniqueIndex(
        "(company_id) WHERE is_first IS TRUE",
        "Another payee was set up for this company at the same moment. Please try again.",
    )

    @api.depends("is_withdrawn", "effective_at", "proposed_by_id")
    @api.depends_context("uid")
    def _compute_state(self):
        now = self._database_time()
        for payee in self:
            is_pending = payee.effective_at and payee.effective_at > now
            payee.state = IN_EFFECT
            if payee.is_withdrawn:
                payee.state = WITHDRAWN
            elif is_pending:
                payee.state = PENDING
            payee.may_agree = payee.state == PENDING and payee._is_for_others_to_agree()

    # === ACTIONS === #

    def action_agree(self):
        """Have these payees take effect now, on the word of a second POS manager.

        :raises AccessError: for anybody else, and for who wrote the payee
        :raises UserError: for a payee that does not wait for anybody
        """
        self.check_access("read")
        for payee in self:
            if not self.env.user.has_group("point_of_sale.group_pos_manager"):
                raise AccessError(self.env._("Only a manager of the Point of Sale can agree."))
            if payee.company_id not in self.env.user.company_ids:
                raise AccessError(self.env._("Only a manager of that company can agree."))
            if not payee._is_for_others_to_agree():
                raise AccessError(
                    self.env._(
                        "You have written this payee yourself: somebody else must agree to it, with"
                        " another login."
                    )
                )
            payee.sudo()._agree()

    def _is_for_others_to_agree(self):
        """Tell whether the user is not the one who wrote it."""
        return self.sudo().proposed_by_id.id != self.env.uid

    def _agree(self):
        """Have a payee take effect now, wherever its company waits for it."""
        self._lock()
        now = self._database_time()
        if self.is_withdrawn or self.effective_at <= now:
            raise UserError(self.env._("This payee waits for nobody's agreement any more."))
        waiting = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("payee_key", "=", self.payee_key),
                ("is_withdrawn", "=", False),
                ("effective_at", ">", now),
            ]
        )
        waiting.write({"agreed_by_id": self.env.uid, "effective_at": now})
        for payee in waiting:
            self.env["mixpay.event"]._record_changes(
                "payee_agreed",
                [("mixpay_payee_id", payee.proposed_by_id.name, payee.payee_id)],
                company=payee.company_id,
                method=payee.payment_method_id,
            )

    # === WHICH ONE HOLDS === #

    @api.model
    def _is_of_company(self, company, payee_id):
        """Tell whether a payee is, or was, one that a company is paid at."""
        domain = [
            ("company_id", "=", company.id),
            ("payee_key", "=", ids.canonical(payee_id)),
            ("is_withdrawn", "=", False),
            ("effective_at", "<=", self._database_time()),
        ]
        return bool(self.sudo().search_count(domain, limit=1))

    @api.model
    def _effective(self, method):
        """Return the payee ID that a payment method pays to at this moment, empty for none.

        By the database's clock, since that of an Odoo host may be wrong. A customer waits: this is
        one query.
        """
        self.flush_model()
        self.env.cr.execute(
            """
            SELECT payee_id
              FROM mixpay_payee
             WHERE payment_method_id = %s
               AND company_id = %s
               AND is_withdrawn IS NOT TRUE
               AND effective_at <= now() AT TIME ZONE 'UTC'
          ORDER BY effective_at DESC, id DESC
             LIMIT 1
            """,
            [method.id, method.company_id.id or None],
        )
        row = self.env.cr.fetchone()
        return row[0] if row else ""

    @api.model
    def _pending(self, method):
        """Return the payee that a payment method waits for; empty for none."""
        return self.sudo().search(
            [
                ("payment_method_id", "=", method.id),
                ("is_withdrawn", "=", False),
                ("effective_at", ">", self._database_time()),
            ],
            limit=1,
        )

    @api.model
    def _follow(self, method, wanted, is_written):
        """Take up what a payment method's payee is now, after any change of the method.

        :param method: `pos.payment.method`, as superuser
        :param str wanted: the payee that it has now; empty for none that could ever be used
        :param bool is_written: whether the payee itself was written, be it as it was before
        :return: the payee if it is new, and has to wait
        :rtype: mixpay.payee
        """
        pending = self._pending(method)
        key = ids.canonical(wanted)
        if pending and (pending.payee_key, pending.company_id) != (key, method.company_id):
            pending.is_withdrawn = True
            pending = pending.browse()
        if pending:
            # The same payee, maybe in another spelling: it waits as long as before. A user who may
            # decide alone agrees to it by writing it again.
            pending.payee_id = wanted
            if is_written and self._may_decide_alone():
                pending._agree()
        elif wanted and self._effective(method) != wanted:
            return self._begin(method, wanted, is_written)
        return pending.browse()

    @api.model
    def _begin(self, method, wanted, is_written):
        """Record a payee: from now on, or from when its time has come.

        Where something else of the method was changed, its author is still who wrote the payee.
        """
        now = self._database_time()
        known_sudo = self.sudo().search(
            [
                ("company_id", "=", method.company_id.id),
                ("is_withdrawn", "=", False),
                ("effective_at", "<=", now),
            ]
        )
        key = ids.canonical(wanted)
        is_decided = is_written and self._may_decide_alone()
        is_at_once = not known_sudo or key in known_sudo.mapped("payee_key") or is_decided
        delay = self.env["mixpay.settings"]._values().payee_delay
        payee_sudo = self.sudo().create(
            {
                "company_id": method.company_id.id,
                "payment_method_id": method.id,
                "method_name": method.name,
                "payee_id": wanted,
                "payee_key": key,
                "proposed_by_id": self.env.uid if is_written else self._writer(method, key).id,
                "proposed_at": now,
                "agreed_by_id": False,
                "effective_at": now if is_at_once else now + delay,
                "is_withdrawn": False,
                "is_first": not known_sudo,
            }
        )
        payee_sudo.flush_recordset()
        return payee_sudo.filtered(lambda payee: payee.effective_at > now)

    @api.model
    def _writer(self, method, key):
        """Return who wrote a payee to a method; who changes the method, where that is not known."""
        domain = [("payment_method_id", "=", method.id), ("payee_key", "=", key)]
        return self.sudo().search(domain, limit=1).proposed_by_id or self.env.user

    @api.model
    def _may_decide_alone(self):
        """Tell whether the user's word is enough.

        The user counts who is logged in, also where the code runs as superuser: other modules write
        payment methods so for users of theirs.
        """
        return self.env.user.has_group("base.group_system")

    @api.model
    def _database_time(self):
        """Return the moment that this transaction began, by the database's clock; whole seconds."""
        self.env.cr.execute("SELECT date_trunc('second', now() AT TIME ZONE 'UTC')")
        return self.env.cr.fetchone()[0]
