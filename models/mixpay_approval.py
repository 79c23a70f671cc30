"""The record of who asked for an approval, who decided, and how they proved it: money rule 8."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from .mixpay_code_attempt import OFFICE, TILL
from .mixpay_evidence_mixin import SILENT

# Where the request is decided: see `channel`.
DEVICE = "device"

CONFIRM = "confirm"
FORCE_CANCEL = "force_cancel"
DECIDE = "decide"
REFUND = "refund"

REQUESTED = "requested"
GRANTED = "granted"
REFUSED = "refused"
EXPIRED = "expired"

# For how long a request can be decided, and for how long a register shows what became of it.
REQUEST_MINUTES = 5
SHOWN_MINUTES = 15


class MixpayApproval(models.Model):
    """A request for a manager's decision, or a decision by code; and what became of it.

    A request is open until it is this old; its age is looked at whenever it is read, and no job
    has to end it. Asking, notifying, deciding and the page are rooms of their own above this one:
    `mixpay.approval.request`, `.notification`, `.decision`, and `mixpay_approval_page.py`.
    """

    _name = "mixpay.approval"
    _description = "MixPay approval"
    _inherit = [
        "mixpay.evidence.mixin",
        "mixpay.defaults.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _check_company_auto = True
    _grouped_texts = frozenset({"approver"})

    # === FIELDS: WHAT WAS ASKED === #

    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    payment_id = fields.Many2one(
        "mixpay.payment",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    payment_ids = fields.Many2many(
        "mixpay.payment", string="Payments", readonly=True, check_company=True
    )
    refund_id = fields.Many2one(
        "mixpay.refund",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    pos_config_id = fields.Many2one(
        "pos.config", string="Point of Sale", readonly=True, check_company=True
    )
    pos_session_id = fields.Many2one(
        "pos.session",
        string="Session",
        readonly=True,
        index="btree_not_null",
        check_company=True,
    )
    action = fields.Selection(
        [
            (CONFIRM, "Mark as paid (manager)"),
            (FORCE_CANCEL, "Stop waiting (manager)"),
            (DECIDE, "Decide in the back office"),
            (REFUND, "Give back in coins"),
        ],
        required=True,
        readonly=True,
    )
    channel = fields.Selection(
        [
            (DEVICE, "On the approver's own device"),
            (TILL, "By code at a till"),
            (OFFICE, "By code in the back office"),
        ],
        string="Proof",
        required=True,
        readonly=True,
    )
    reason = fields.Char(readonly=True, help="In the words of who asked.")
    user_id = fields.Many2one(
        "res.users", string="Requested By", required=True, readonly=True, ondelete="restrict"
    )
    asked_user_ids = fields.Many2many(
        "res.users", "mixpay_approval_asked_rel", string="Asked", readonly=True
    )
    shown_state = fields.Char(readonly=True, help="The payment's state that this is about.")
    shown_funds = fields.Char(readonly=True, help="The recognized funds that this is about.")
    notified_at = fields.Datetime(readonly=True)

    # === FIELDS: WHAT BECAME OF IT === #

    outcome = fields.Selection(
        [(GRANTED, "Approved"), (REFUSED, "Refused"), (EXPIRED, "Expired")],
        readonly=True,
        help="Empty while it can be decided; and also after that, where nobody decided.",
    )
    state = fields.Selection(
        [
            (REQUESTED, "Requested"),
            (GRANTED, "Approved"),
            (REFUSED, "Refused"),
            (EXPIRED, "Expired"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    has_effect = fields.Boolean(
        string="Had an Effect", readonly=True, help="Not when the payment had ended meanwhile."
    )
    approver_user_id = fields.Many2one(
        "res.users", string="Approving User", readonly=True, ondelete="restrict"
    )
    approver = fields.Char(string="Decided By", readonly=True)
    decided_at = fields.Datetime(string="Decided On", readonly=True)

    _open_uniq = models.UniqueIndex(
        "(payment_id, action) WHERE outcome IS NULL AND channel = 'device'",
        "A payment has one open request of a kind.",
    )
    _session_date = models.Index("(pos_session_id, create_date)")

    # === COMPUTES === #

    @api.depends("outcome", "create_date")
    def _compute_state(self):
        for approval in self:
            approval.state = approval._state_now()

    def _state_now(self):
        return self.outcome or (REQUESTED if self._is_open() else EXPIRED)

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        since = self._open_since()
        domains = {
            REQUESTED: [("outcome", "=", False), ("create_date", ">", since)],
            EXPIRED: [
                "|",
                ("outcome", "=", EXPIRED),
                "&",
                ("outcome", "=", False),
                ("create_date", "<=", since),
            ],
        }
        return Domain.OR(
            Domain(domains.get(state, [("outcome", "=", state)])) for state in value if state
        )

    @api.depends("payment_id", "refund_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for approval in self:
            subject = approval.sudo()._subject()
            parts = [self.env._("MixPay approval")]
            if subject:
                parts += [subject.currency_id.format(subject.amount), subject.order_name]
            approval.display_name = " · ".join(part for part in parts if part)

    @api.model
    def _open_since(self):
        # The database's clock, as in `create_date`: those of Odoo's hosts may differ.
        return self.env.cr.now() - timedelta(minutes=REQUEST_MINUTES)

    def _is_open(self):
        """Tell whether somebody can still decide."""
        if self.outcome or not self.create_date:
            return False
        return self.create_date > self._open_since()

    def _selection_text(self, name):
        """Return in words what a selection field says, in the environment's language."""
        return dict(self._fields[name]._description_selection(self.env))[self[name]]

    # === RECORDING === #

    @api.model
    def _add_approval(self, action, channel, payments, reason, asked=None):
        """Record a request, or a decision that a code has proven; nobody follows the record.

        :param str action: CONFIRM, FORCE_CANCEL or DECIDE
        :param str channel: DEVICE, TILL or OFFICE
        :param payments: `mixpay.payment` records of one company
        :param str reason: checked text
        :param asked: `res.users` who are asked
        :rtype: mixpay.approval
        """
        payment = payments if len(payments) == 1 else payments.browse()
        # Every field is given, so that none takes a default from a context.
        vals = {
            "action": action,
            "channel": channel,
            "reason": reason,
            "company_id": payments.company_id.id,
            "payment_id": payment.id,
            "payment_ids": [(6, 0, payments.ids)],
            "pos_config_id": payment.pos_config_id.id,
            "pos_session_id": payment.pos_session_id.id,
            "user_id": self.env.uid,
            "asked_user_ids": [(6, 0, asked.ids if asked else [])],
            "outcome": False,
            "has_effect": False,
            "approver_user_id": False,
            "approver": False,
            "decided_at": False,
            "notified_at": False,
        }
        vals |= self._standing_of(payment)
        return self.with_context(**SILENT).create(vals).with_env(self.env)

    @api.model
    def _add_payout_approval(self, refund, channel):
        """Record the decision that money is given back in coins.

        :param refund: `mixpay.refund`
        :param str channel: DEVICE or TILL
        :rtype: mixpay.approval
        """
        approval = self._add_approval(REFUND, channel, refund.payment_ids, refund.reason)
        approval.write(
            {
                "refund_id": refund.id,
                "user_id": refund.user_id.id,
                "pos_config_id": refund.pos_config_id.id,
                "pos_session_id": refund.pos_session_id.id,
            }
        )
        return approval

    def _subject(self):
        """Return what it is about: a payment, or a refund; both have an amount and an order."""
        return self.refund_id or self.payment_id

    @api.model
    def _standing_of(self, payment):
        """Return the values that say how a payment stands, which is what is decided about."""
        return {
            "shown_state": payment.state or "",
            "shown_funds": payment.payment_amount or "",
        }

    def _is_as_shown(self):
        """Tell whether the payment is still as it was shown."""
        now = self._standing_of(self.payment_id)
        return all((self[name] or "") == value for name, value in now.items())

    def _note_outcome(self, outcome, name, user, *, has_effect):
        """Note what was decided.

        :param str outcome: GRANTED, REFUSED, or EXPIRED where it came too late
        :param str name: of who decided
        :param user: `res.users` who decided, empty for people without a login
        """
        self.write(
            {
                "outcome": outcome,
                "has_effect": has_effect,
                "approver": name,
                "approver_user_id": user.id if user else False,
                "decided_at": self.env.cr.now(),
            }
        )

    def _record_approval(self, kind, **data):
        """Keep in the history of each payment what happened to this approval."""
        for payment in self.payment_ids:
            self.env["mixpay.event"]._record(
                kind,
                payment=payment,
                actor=self.approver or None,
                data={
                    "approval_id": self.id,
                    "action": self.action,
                    "proof": self.channel,
                    "reason": self.reason,
                    "asked_by": self.user_id.login,
                    **data,
                },
            )

    # === REQUESTS THAT NOBODY DECIDED === #

    @api.model
    def _requests(self, payment, action):
        """Return what was asked about a payment on devices, and nobody decided or noted as expired.

        :param str action: CONFIRM or FORCE_CANCEL
        """
        return self.search(
            [
                ("payment_id", "=", payment.id),
                ("action", "=", action),
                ("channel", "=", DEVICE),
                ("outcome", "=", False),
            ]
        )

    @api.model
    def _end_expired(self):
        """Note the end of requests that nobody decided in time, and end their activities."""
        expired_sudo = self.sudo().search(
            [("outcome", "=", False), ("create_date", "<=", self._open_since())]
        )
        expired_sudo.write({"outcome": EXPIRED})
        expired_sudo.flush_recordset()  # before another of the same payment is recorded
        expired_sudo._end_activities()

    @api.autovacuum
    def _gc_activities(self):
        """End the activities of requests that nobody decided in time."""
        self._end_expired()

    # === REGISTER === #

    def _approval_to_register(self):
        """Return what the register may know, as JSON values; False for what is long ago."""
        approval_sudo = self.sudo()
        if not approval_sudo:
            return False
        if approval_sudo.create_date < self.env.cr.now() - timedelta(minutes=SHOWN_MINUTES):
            return False
        left = (approval_sudo.create_date - approval_sudo._open_since()).total_seconds()
        state = approval_sudo._state_now()
        return {
            "id": approval_sudo.id,
            "action": approval_sudo.action,
            "state": state,
            "by": approval_sudo.approver or "",
            "reason": approval_sudo.reason or "",
            "seconds_left": max(int(left), 0) if state == REQUESTED else 0,
            "has_effect": approval_sudo.has_effect,
        }
