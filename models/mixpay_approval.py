"""Who asked for an approval, who decided, and the proof that it was them: money rule 8."""

import logging
import time
from datetime import timedelta

from markupsafe import Markup
from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..transactions import commit, own_transaction, roll_back
from .mixpay_code import OFFICE, TILL
from .mixpay_defaults_mixin import as_server
from .mixpay_failure_mixin import BUSY

_logger = logging.getLogger(__name__)

CONFIRM = "confirm"
FORCE_CANCEL = "force_cancel"
DECIDE = "decide"
# What a register may ask for.
ACTIONS = (CONFIRM, FORCE_CANCEL)

REQUESTED = "requested"
GRANTED = "granted"
REFUSED = "refused"
EXPIRED = "expired"

DEVICE = "device"

USER = "user"
APPROVER = "approver"

# For how long a request can be decided, and for how long a register shows what became of it.
REQUEST_MINUTES = 5
SHOWN_MINUTES = 15
# Requests of one session within SHOWN_MINUTES.
REQUESTS_PER_SESSION = 6
REASON_LENGTH = 500
# Where a payment is busy after a code was proven: this often, with this pause in seconds.
LOCK_ATTEMPTS = 10
LOCK_PAUSE = 0.05

_SILENT = {"mail_create_nosubscribe": True, "mail_create_nolog": True, "tracking_disable": True}


class MixpayApproval(models.Model):
    """A request for a manager's decision, or a decision by code; and what became of it.

    Approvers prove who they are in their own login, which must not be the one that asked, or by
    a code of their own (`mixpay.code`). What holds a request open is its age, looked at when it is
    read: no job ends it.
    """

    _name = "mixpay.approval"
    _description = "MixPay approval"
    _inherit = ["mixpay.defaults.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    # === FIELDS: WHAT WAS ASKED === #

    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    payment_id = fields.Many2one(
        "mixpay.payment", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    payment_ids = fields.Many2many("mixpay.payment", string="Payments", readonly=True)
    pos_config_id = fields.Many2one("pos.config", string="Shop", readonly=True)
    pos_session_id = fields.Many2one(
        "pos.session", string="Session", readonly=True, index="btree_not_null"
    )
    action = fields.Selection(
        [
            (CONFIRM, "Mark as paid (manager)"),
            (FORCE_CANCEL, "Stop waiting (manager)"),
            (DECIDE, "Decide in the back office"),
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
        "res.users", string="Asked By", required=True, readonly=True, ondelete="restrict"
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
    decided_at = fields.Datetime(readonly=True)

    # === FIELDS: THE PAGE === #

    amount = fields.Monetary(related="payment_id.amount")
    currency_id = fields.Many2one(related="payment_id.currency_id")
    order_name = fields.Char(string="Order", related="payment_id.order_name")
    shop_name = fields.Char(string="Point of Sale", related="pos_config_id.name")
    method_name = fields.Char(string="Method", related="payment_id.payment_method_id.name")
    state_text = fields.Char(string="Payment State", compute="_compute_page")
    funds_text = fields.Char(string="Received", compute="_compute_page")
    warning = fields.Char(compute="_compute_page")
    earlier_refusals = fields.Text(compute="_compute_page")
    can_decide = fields.Boolean(compute="_compute_can_decide")
    can_revoke_code = fields.Boolean(compute="_compute_can_decide")

    _open_uniq = models.UniqueIndex(
        "(payment_id, action) WHERE outcome IS NULL AND channel = 'device'",
        "A payment has one open request of a kind.",
    )
    _session_date = models.Index("(pos_session_id, create_date)")

    # === COMPUTES === #

    @api.depends("outcome", "create_date")
    def _compute_state(self):
        for approval in self:
            approval.state = approval.outcome or (REQUESTED if approval._is_open() else EXPIRED)

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

    @api.depends("payment_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for approval in self:
            payment = approval.sudo().payment_id
            parts = [self.env._("MixPay approval")]
            if payment:
                parts += [payment.currency_id.format(payment.amount), payment.order_name]
            approval.display_name = " · ".join(part for part in parts if part)

    @api.depends("payment_id.state", "payment_id.payment_amount")
    @api.depends_context("lang")
    def _compute_page(self):
        for approval in self:
            payment = approval.sudo().payment_id
            approval.state_text = payment._texts()[0] if payment else ""
            approval.funds_text = payment._coins(payment.payment_amount) if payment else ""
            approval.warning = payment._warning() if payment else ""
            approval.earlier_refusals = approval._earlier_refusals()

    def _earlier_refusals(self):
        """Return who refused the same payment before, one a line; plain text."""
        earlier = self.sudo().search(
            [
                ("payment_id", "=", self.payment_id.id),
                ("id", "!=", self._origin.id),
                ("outcome", "=", REFUSED),
                ("payment_id", "!=", False),
            ]
        )
        return "\n".join(
            f"{fields.Datetime.to_string(one.decided_at)} (UTC) · {one.approver} · “{one.reason}”"
            for one in earlier
        )

    @api.depends("outcome", "create_date")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        user = self.env.user
        for approval in self:
            own = approval.sudo()
            approval.can_decide = own._is_open() and not own._why_not(user)
            approval.can_revoke_code = (
                own.channel == TILL and own.approver_user_id == user and user.mixpay_has_code
            )

    @api.model
    def _open_since(self):
        # The database's clock, as in `create_date`: those of Odoo's hosts may differ.
        return self.env.cr.now() - timedelta(minutes=REQUEST_MINUTES)

    def _is_open(self):
        """Tell whether somebody can still decide."""
        if self.outcome or not self.create_date:
            return False
        return self.create_date > self._open_since()

    # === CRUD METHODS === #

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Approvals are kept for ever: they are evidence."))

    # === WHO MAY APPROVE === #

    @api.model
    def _may_approve(self, user, payment, config=None):
        """Tell whether a user may approve: a manager by group, or named by one."""
        if user in payment.company_id._mixpay_managers():
            return True
        return user in self._named_approvers(payment, config).user_id

    @api.model
    def _named_approvers(self, payment, config=None):
        approvers = self.env["mixpay.approver"]._for_payment(
            payment.company_id,
            config or payment.pos_config_id,
            payment.amount,
            payment.currency_id,
        )
        approvers = approvers.filtered(lambda a: not a.user_id or a.user_id.active)
        return approvers.filtered(lambda a: a._counts_for(payment))

    @api.model
    def _users_to_ask(self, payment, config=None):
        """Return who can be asked for approval on their own device by the current login."""
        users = payment.company_id._mixpay_managers()
        users |= self._named_approvers(payment, config).user_id
        return users - self.env.user - payment.create_uid

    @api.model
    def _people_with_codes(self, company, config, payment=None):
        """Return who can approve with a code at a till.

        :param payment: `mixpay.payment` whose amount limits approvers, empty for any
        :return: users and approvers without a login, as (kind, record) pairs
        """
        approvers = self.env["mixpay.approver"]._for_payment(
            company,
            config,
            payment.amount if payment else None,
            payment.currency_id if payment else None,
        )
        if payment:
            approvers = approvers.filtered(lambda a: a._counts_for(payment))
        users = company._mixpay_managers() | approvers.user_id.filtered("active")
        codes = self.env["mixpay.code"]
        usable = (codes._of(users) | codes._of(approvers)).filtered(lambda c: c._is_usable())
        people = [(USER, user) for user in usable.user_id]
        people += [(APPROVER, one) for one in usable.approver_id if not one.user_id]
        return sorted(people, key=lambda person: person[1].name.lower())

    @api.model
    def _approvers(self, session, payment):
        """Return who may approve in a session, as JSON values; names only.

        :param session: `pos.session`
        :param payment: `mixpay.payment` to approve, empty when not known
        """
        config = session.sudo().config_id
        company = config.company_id
        is_allowed = company.mixpay_code_enabled and self._is_within_caps(company, payment)
        people = self._people_with_codes(company, config, payment) if is_allowed else []
        if payment:
            to_ask = self._users_to_ask(payment, config)
        else:
            approvers = self.env["mixpay.approver"]._for_payment(company, config, None, None)
            to_ask = (company._mixpay_managers() | approvers.user_id) - self.env.user
        return {
            "approvers": [
                {"id": person.id, "kind": kind, "name": person.name, "has_code": True}
                for kind, person in people
            ],
            "codes_allowed": is_allowed,
            "can_request": bool(to_ask),
        }

    @api.model
    def _is_within_caps(self, company, payment):
        """Tell whether a code could approve a payment in one use."""
        amount = self._amount_in_company(payment) if payment else 0
        return company.currency_id.compare_amounts(amount, company.mixpay_code_max_amount) <= 0

    @api.model
    def _amount_in_company(self, payments):
        return sum(
            payment.currency_id._convert(
                payment.amount,
                payment.company_id.currency_id,
                payment.company_id,
                fields.Date.context_today(payment),
            )
            for payment in payments
        )

    # === ASKING === #

    @api.model
    def _request(self, payment, action, reason):
        """Ask for a decision about a payment; return the request, for good.

        The caller's transaction is ended first: the request is made in one of its own, in which
        nobody else makes any, so that what bounds them holds for requests at the same instant.

        :param payment: `mixpay.payment` that the caller may use
        :param str action: CONFIRM or FORCE_CANCEL
        :param str reason: in the cashier's words
        :raises UserError: in words for the cashier
        """
        reason = self._checked_reason(reason)
        self._check_action(action)
        approvals = self.with_env(self._clean_env())
        commit(payment.env)
        with approvals._alone() as own:
            approval = own._find_or_create(payment.with_env(own.env), action, reason)
            approval_id = approval.id
        commit(payment.env)  # what was just made is in no snapshot of ours
        payment.invalidate_recordset()
        approval = self.sudo().browse(approval_id)
        approval._notify_asked()
        payment._notify_registers()
        return approval

    def _alone(self):
        """Return a context: this model in a transaction of its own that alone makes requests."""
        return _Alone(self)

    def _find_or_create(self, payment, action, reason):
        payment._lock(nowait=True)  # others wait for this transaction; Odoo repeats the request
        mine = [("payment_id", "=", payment.id), ("action", "=", action)]
        latest = self.search(mine + [("channel", "=", DEVICE), ("outcome", "=", False)], limit=1)
        if latest._is_open():
            return latest
        self._check_request(payment, action)
        self._end_expired()
        approval = self._record(
            self._vals(action, payment, reason, DEVICE)
            | {"asked_user_ids": [(6, 0, self._users_to_ask(payment).ids)]}
        )
        payment.write({"approval_id": approval.id})
        approval._record_event("approval_requested")
        return approval

    @api.model
    def _vals(self, action, payments, reason, channel):
        """Return the values of a new record; all that a context could set are in it."""
        payment = payments if len(payments) == 1 else payments.browse()
        return {
            "action": action,
            "channel": channel,
            "reason": reason,
            "company_id": payments.company_id.id,
            "payment_id": payment.id,
            "payment_ids": [(6, 0, payments.ids)],
            "pos_config_id": payment.pos_config_id.id,
            "pos_session_id": payment.pos_session_id.id,
            "user_id": self.env.uid,
            "asked_user_ids": [(6, 0, [])],
            "shown_state": payment.state or "",
            "shown_funds": payment.payment_amount or "",
            "outcome": False,
            "has_effect": False,
            "approver_user_id": False,
            "approver": False,
            "decided_at": False,
            "notified_at": False,
        }

    def _record(self, vals):
        """Create a record that nobody follows and that says nothing of its creation."""
        return self.with_context(**_SILENT).create(vals).with_env(self.env)

    def _check_request(self, payment, action):
        """Check that a decision could have an effect, and is not asked for too often.

        :raises UserError: else
        """
        self._check_possible(payment, action)
        since = self.env.cr.now() - timedelta(minutes=SHOWN_MINUTES)
        of_session = [
            ("pos_session_id", "=", payment.pos_session_id.id),
            ("channel", "=", DEVICE),
            ("create_date", ">", since),
        ]
        if self.search_count(of_session) >= REQUESTS_PER_SESSION:
            raise UserError(
                self.env._(
                    "This session has asked for approval too often. Wait a few minutes, or have"
                    " an approver type a code."
                )
            )
        if not self._users_to_ask(payment):
            raise UserError(
                self.env._(
                    "Nobody can be asked: no other user is responsible for this shop. Have an"
                    " approver type a code."
                )
            )

    def _check_possible(self, payment, action):
        """Check that a payment is in a state in which this may be approved.

        :raises UserError: else
        """
        if self._is_possible(payment, action):
            return
        state = payment._texts()[0]
        if action == FORCE_CANCEL:
            raise UserError(
                self.env._("Nobody needs to stop waiting for this payment: %(state)s.", state=state)
            )
        if payment._is_confirmable():
            raise UserError(
                self.env._(
                    "This payment cannot be marked as paid yet: the customer still has time to"
                    " pay, and MixPay answers. Wait, or cancel it."
                )
            )
        raise UserError(
            self.env._("This payment cannot be marked as paid any more: %(state)s.", state=state)
        )

    @api.model
    def _is_possible(self, payment, action):
        if action == CONFIRM:
            return payment._can_confirm_manually()
        return payment._can_force_cancel()

    @api.model
    def _check_action(self, action):
        if action not in ACTIONS:
            raise UserError(self.env._("This cannot be approved."))

    @api.model
    def _checked_reason(self, reason):
        """Return a reason as plain text that can be kept and shown.

        :raises UserError: when there is none
        """
        text = reason if isinstance(reason, str) else ""
        text = "".join(char if char.isprintable() else " " for char in text[: 2 * REASON_LENGTH])
        text = " ".join(text.split())[:REASON_LENGTH]
        if not text:
            raise UserError(self.env._("Please give a reason."))
        return text

    # === WHO IS ASKED === #

    def _notify_asked(self):
        """Tell those who may decide: message, web push, and an activity. Once.

        The request stands already, whatever comes of this, so trouble is logged and not raised;
        the next request for the payment tries again.
        """
        if self.notified_at or not self._is_open():
            return
        env = self._clean_env()
        try:
            with own_transaction(self.with_env(env), keeps_login=True) as own:
                if own._is_mine_to_notify():
                    own._send_request()
                    own.write({"notified_at": own.env.cr.now()})
        except pg_errors.SerializationFailure:
            return  # another till that asked for the same has notified in this very moment
        except Exception:  # pylint: disable=broad-exception-caught
            # Mail servers, push services and other modules' notifications may raise anything.
            _logger.exception("MixPay approval %s: nobody could be notified", self.id)

    def _is_mine_to_notify(self):
        """Tell whether nobody has notified, or is at it; hold the record if so."""
        self.env.cr.execute(
            """
            SELECT 1 FROM mixpay_approval
             WHERE id = %s AND notified_at IS NULL
               FOR UPDATE SKIP LOCKED
            """,
            [self.id],
            log_exceptions=False,
        )
        return bool(self.env.cr.fetchone())

    def _send_request(self):
        for lang, users in self.asked_user_ids.grouped("lang").items():
            approval = as_server(self).with_context(lang=lang or "en_US")
            subject, body = approval._request_texts()
            approval._send(users.partner_id, subject, body)
            for user in users:
                # The message is sent already: no second one about the activity.
                approval.with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_todo", user_id=user.id, summary=subject, note=body
                )

    def _request_texts(self):
        """Return subject (plain) and body (HTML) of what approvers are sent."""
        _ = self.env._
        payment = self.payment_id
        amount = payment.currency_id.format(payment.amount)
        subject = _("MixPay: your approval is wanted for %(amount)s", amount=amount)
        lines = [
            (_("What"), self._action_label()),
            (_("Amount"), amount),
            (_("Order"), payment.order_name or ""),
            (_("Shop"), self.pos_config_id.name or ""),
            (_("Payment state"), self.state_text),
            (_("Received"), self.funds_text or _("nothing so far")),
            (_("Asked by"), self.user_id.name),
            (_("Reason"), f"“{self.reason}”"),
            (_("Attention"), self.warning),
        ]
        hint = _(
            "Decide within %(minutes)s minutes on the page of this request.",
            minutes=REQUEST_MINUTES,
        )
        return subject, _as_html(lines, hint)

    def _action_label(self):
        return dict(self._fields["action"]._description_selection(self.env))[self.action]

    def _send(self, partners, subject, body):
        """Send a message about this record to people: inbox or mail, and web push."""
        as_server(self).message_notify(
            partner_ids=partners.ids,
            subject=" ".join(subject.split()),
            body=body,
            author_id=self.env.ref("base.partner_root").id,
            model_description=self.env._("MixPay approval"),
            force_send=False,  # a mail server that hangs must not hold a till
        )
        self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _notify_get_recipients_for_extra_notifications(
        self, message, recipients_data, msg_vals=False
    ):
        """Push to all who are notified: core leaves out those who get mails, and the author."""
        return {r["id"] for r in recipients_data if r["active"] and r["id"]}

    def _notify_thread_by_email(self, message, recipients_data, **kwargs):
        """Send no mail where one is sent anyway, with the decision's own transaction."""
        if self.env.context.get("mixpay_is_mailed"):
            return True
        return super()._notify_thread_by_email(message, recipients_data, **kwargs)

    # === DECIDING ON ONE'S OWN DEVICE === #

    def action_approve(self):
        """Grant the request and apply the decision, in the name of the user who is logged in.

        No dialog: called over RPC, it decides or says why not.

        :raises AccessError: for users who may not decide
        :raises UserError: when it is not open any more, or was asked by the same login
        """
        return self._decide_request(is_granted=True)

    def action_refuse(self):
        """Refuse the request, in the name of the user who is logged in.

        :raises AccessError: for users who may not decide
        :raises UserError: when it is not open any more, or was asked by the same login
        """
        return self._decide_request(is_granted=False)

    def _decide_request(self, *, is_granted):
        self.ensure_one()
        self.check_access("read")
        approval = self.with_env(self._clean_env())
        payment = approval.payment_id
        approval._lock_with(payment)
        approval._check_decider(self.env.user)
        if is_granted and approval._is_changed():
            return approval._show_again()
        approval._conclude(
            self.env.user.name, user=self.env.user, is_granted=is_granted, channel=DEVICE
        )
        approval._end_activities()
        payment._notify_registers()
        if is_granted and not approval.has_effect:
            return approval._notice(approval._without_effect_text())
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _lock_with(self, payments):
        """Lock payments and these approvals, in an order in which nobody waits for each other.

        :raises SerializationFailure: when they were changed meanwhile; Odoo repeats the request
        """
        payments._lock()
        # What is decided ends or begins the polls about them: no poll may change that meanwhile.
        self.env["mixpay.job"]._lock(payments)
        self._lock_rows()

    def _lock_after_proof(self, payments):
        """Lock payments, also where a register's poll is writing one at this moment.

        To repeat the whole request would count the code's use twice: it is recorded for good.

        :raises SerializationFailure: when they are busy for long; Odoo repeats the request
        """
        for _attempt in range(LOCK_ATTEMPTS - 1):
            try:
                return self._lock_with(payments)
            except BUSY:
                roll_back(self.env)
                time.sleep(LOCK_PAUSE)
        return self._lock_with(payments)

    def _lock_rows(self):
        self.flush_recordset()
        self.env.cr.execute(
            "SELECT id FROM mixpay_approval WHERE id = ANY(%s) FOR UPDATE",
            [self.ids],
            log_exceptions=False,
        )
        self.invalidate_recordset()

    def _check_decider(self, user):
        """Check that a user may decide about this request, now.

        :raises AccessError: for users who may not decide
        :raises UserError: when it is not open any more, or was asked by the same login
        """
        problem = self._why_not(user)
        if problem:
            raise AccessError(problem)
        if self.outcome:
            raise UserError(
                self.env._(
                    "This request was decided already: %(name)s, %(outcome)s.",
                    name=self.approver or "?",
                    outcome=dict(self._fields["outcome"]._description_selection(self.env))[
                        self.outcome
                    ],
                )
            )
        if not self._is_open():
            raise UserError(
                self.env._(
                    "This request has expired. If it is still wanted, have the till ask again."
                )
            )

    def _why_not(self, user):
        """Return in words why a user may not decide about this, empty when they may."""
        if self.channel != DEVICE:
            return self.env._("This was not asked on a device.")
        if user == self.user_id:
            return self.env._(
                "This login has asked for the approval itself. Decide with another login, or with"
                " an approval code at the till."
            )
        if user == self.payment_id.create_uid:
            return self.env._(
                "This login sells at the till that began this payment. Decide with another login,"
                " or with an approval code at the till."
            )
        if not self._may_approve(user, self.payment_id, self.pos_config_id):
            return self.env._("You are not responsible for this shop and amount.")
        return ""

    def _is_changed(self):
        """Tell whether the payment is alive, but not as the approver was shown it."""
        shown = (self.shown_state, self.shown_funds or "")
        now = (self.payment_id.state, self.payment_id.payment_amount or "")
        return shown != now and self._is_possible(self.payment_id, self.action)

    def _show_again(self):
        """Have the approver decide on how the payment stands now; nothing is approved."""
        payment = self.payment_id
        self.write({"shown_state": payment.state, "shown_funds": payment.payment_amount or ""})
        self.invalidate_recordset(["state_text", "funds_text", "warning"])
        return self._notice(
            self.env._(
                "The payment has changed meanwhile: %(state)s, received: %(funds)s. Please decide"
                " again.",
                state=self.state_text,
                funds=self.funds_text or self.env._("nothing so far"),
            )
        )

    def _without_effect_text(self):
        return self.env._(
            "The approval had no effect any more, and is recorded so: %(state)s.",
            state=self.payment_id._texts()[0],
        )

    def _notice(self, text):
        """Return an action that tells a text and shows the page anew."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "sticky": True,
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === DECIDING WITH A CODE === #

    @api.model
    def _approve_at_till(self, payment, action, kind, approver_id, code, reason):
        """Check an approver's code, typed at a till, and apply the decision.

        :param payment: `mixpay.payment` that the caller may use
        :param str action: CONFIRM or FORCE_CANCEL
        :param str kind: USER or APPROVER: what the id is of
        :param code: what was typed
        :param str reason: in words
        :return: the approval, recorded; `has_effect` tells whether it had one
        :raises UserError: when the code is wrong, or approves nothing here
        """
        reason = self._checked_reason(reason)
        self._check_action(action)
        approvals = self.with_env(self._clean_env())
        payment = payment.with_env(approvals.env)
        person = approvals._checked_person(payment, kind, approver_id)
        if not payment._is_over():
            # Of what has ended while somebody typed, the decision is recorded as without effect.
            approvals._check_possible(payment, action)
        shown = (payment.state, payment.payment_amount)
        code_record = self.env["mixpay.code"]._of(person)
        code_record._prove(code, payment, TILL, approvals._amount_in_company(payment))
        approvals._lock_after_proof(payment)
        # While the code was compared, somebody may have removed this approver, or changed a limit.
        person = approvals._checked_person(payment, kind, approver_id)
        approval = approvals._record(approvals._vals(action, payment, reason, TILL))
        is_changed = shown != (payment.state, payment.payment_amount)
        approval._conclude(
            person.name,
            user=person if kind == USER else person.user_id,
            is_granted=True,
            channel=TILL,
            is_changed=is_changed,
        )
        approval._mail_use(person)
        approval._close_open_request()
        payment._notify_registers()
        return approval

    @api.model
    def _checked_person(self, payment, kind, person_id):
        """Return a user or approver who may approve this with a code, if that is who it is.

        :raises UserError: else
        """
        company = payment.company_id
        if not company.mixpay_code_enabled:
            raise UserError(
                self.env._("Approval codes are not used at tills here. Ask for approval instead.")
            )
        people = self._people_with_codes(company, payment.pos_config_id, payment)
        for known, person in people:
            if (known, person.id) == (kind, person_id):
                return person
        raise UserError(self.env._("Choose who approves this."))

    @api.model
    def _decide_in_office(self, payments, code, reason):
        """Check the code of the manager who is logged in; return the approval, recorded.

        :param payments: `mixpay.payment` records of one company
        :param code: what was typed
        :raises UserError: when the code is wrong
        """
        reason = self._checked_reason(reason)
        approvals = self.with_env(self._clean_env())
        payments = payments.with_env(approvals.env)
        user = self.env.user
        if user not in payments.company_id._mixpay_managers():
            raise AccessError(self.env._("Only managers of the Point of Sale decide about money."))
        code_record = self.env["mixpay.code"]._of(user)
        if not code_record._is_usable():
            raise UserError(
                self.env._("Set your approval code first: it proves that it is you who decides.")
            )
        code_record._prove(code, payments, OFFICE)
        approvals._lock_with(payments)
        approval = approvals._record(approvals._vals(DECIDE, payments, reason, OFFICE))
        approval._note_outcome(GRANTED, user.name, user, has_effect=True)
        return approval

    def _close_open_request(self):
        """End a request for what this approval has decided with a code."""
        request = self.search(
            [
                ("payment_id", "=", self.payment_id.id),
                ("action", "=", self.action),
                ("channel", "=", DEVICE),
                ("outcome", "=", False),
            ]
        )
        if request and self.has_effect:
            request._lock_rows()
            for one in request.filtered(lambda r: not r.outcome):
                one._note_outcome(GRANTED, self.approver, self.approver_user_id, has_effect=True)
            request._end_activities()

    # === THE DECISION === #

    def _conclude(self, name, *, user, is_granted, channel, is_changed=False):
        """Apply a decision to the locked payment and record it, with or without effect.

        :param str name: of who decided
        :param user: `res.users` who decided, empty for people without a login
        :param bool is_changed: whether the payment is not as the approver was shown it
        """
        if not is_granted:
            self._note_outcome(REFUSED, name, user, has_effect=False)
            self._record_event("approval_refused")
            return
        payment = self.payment_id
        if is_changed or not self._is_possible(payment, self.action):
            self._note_outcome(EXPIRED, name, user, has_effect=False)
            self._record_event("approval_without_effect", state=payment.state)
            return
        self._note_outcome(GRANTED, name, user, has_effect=True)
        self._record_event("approval_granted")
        if self.action == CONFIRM:
            payment._confirm_manually(self.reason, name)
        else:
            payment._force_cancel(self.reason, name)

    def _note_outcome(self, outcome, name, user, *, has_effect):
        self.write(
            {
                "outcome": outcome,
                "has_effect": has_effect,
                "approver": name,
                "approver_user_id": user.id if user else False,
                "decided_at": self.env.cr.now(),
            }
        )

    def _record_event(self, kind, **data):
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

    @api.model
    def _end_expired(self):
        """Note the end of requests that nobody decided in time, and end their activities."""
        expired = self.sudo().search(
            [("outcome", "=", False), ("create_date", "<=", self._open_since())]
        )
        expired.write({"outcome": EXPIRED})
        expired.flush_recordset()  # before another of the same payment is recorded
        expired._end_activities()

    def _end_activities(self):
        self.env["mail.activity"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()

    @api.autovacuum
    def _gc_activities(self):
        """End the activities of requests that nobody decided in time."""
        self._end_expired()

    # === THE OWNER OF A CODE === #

    def _mail_use(self, person):
        """Mail to a code's owner what it was used for, with the decision's own transaction.

        :param person: `res.users` or `mixpay.approver`
        """
        partners = person.partner_id
        if person._name != "res.users":
            # Who has no login has this mail alone, and others may write a contact's address.
            partners |= self.company_id._mixpay_managers().partner_id
        self.company_id._mixpay_mail_partners(
            partners, lambda env: self.with_env(env)._use_texts(person.with_env(env))
        )

    def _use_texts(self, person):
        """Return subject (plain) and body (HTML) of what a code's owner is told."""
        _ = self.env._
        payment = self.payment_id
        amount = payment.currency_id.format(payment.amount)
        subject = _(
            "MixPay: the approval code of %(name)s was used for %(amount)s",
            name=person.name,
            amount=amount,
        )
        effect = _("yes") if self.has_effect else _("no: the payment had changed or ended")
        lines = [
            (_("What"), self._action_label()),
            (_("Had an effect"), effect),
            (_("Amount"), amount),
            (_("Order"), payment.order_name or ""),
            (_("Shop"), self.pos_config_id.name or ""),
            (_("Login at the till"), f"{self.user_id.name} ({self.user_id.login})"),
            (_("Reason"), f"“{self.reason}”"),
        ]
        if person._name == "res.users":
            hint = Markup('%s <a href="%s">%s</a>') % (
                _("If this was not you:"),
                f"{self.get_base_url()}{self.env['mixpay.code']._of(person)._revoke_path()}",
                _("revoke my code at once"),
            )
        else:
            hint = _("If this was not you, tell a manager at once: they revoke your code.")
        return subject, _as_html(lines, hint)

    def _tell_owner(self):
        """Send the message and push that a code was used; the mail is on its way already."""
        owner = self.approver_user_id
        if not owner or self.channel != TILL:
            return
        env = self.env(context={"lang": owner.lang or "en_US", "mixpay_is_mailed": True}, su=True)
        try:
            with own_transaction(self.with_env(env), keeps_login=True) as own:
                owner = own.approver_user_id
                own._send(owner.partner_id, *own._use_texts(owner))
        except Exception:  # pylint: disable=broad-exception-caught
            # As in `_notify_asked`; and what was approved stays approved.
            _logger.exception("MixPay approval %s: its owner could not be notified", self.id)

    def action_revoke_code(self):
        """Revoke one's own code, from the page of one of its uses."""
        return self.env.user.action_mixpay_revoke_code()

    # === REGISTER === #

    def _to_register(self):
        """Return what the register may know, as JSON values; False for what is long ago."""
        approval = self.sudo()
        if not approval:
            return False
        if approval.create_date < self.env.cr.now() - timedelta(minutes=SHOWN_MINUTES):
            return False
        left = (approval.create_date - approval._open_since()).total_seconds()
        state = approval.outcome or (REQUESTED if approval._is_open() else EXPIRED)
        return {
            "id": approval.id,
            "action": approval.action,
            "state": state,
            "by": approval.approver or "",
            "reason": approval.reason or "",
            "seconds_left": max(int(left), 0) if state == REQUESTED else 0,
            "has_effect": approval.has_effect,
        }

    # === ENVIRONMENT === #

    def _clean_env(self):
        """Return a superuser's environment with the login kept, and no context of a browser."""
        return self.env(context={"lang": self.env.user.lang or "en_US"}, su=True)


def _as_html(lines, hint):
    """Return labels with their texts as a list, and a hint below; all texts are escaped.

    :param lines: pairs of label and text; those without a text are left out
    """
    items = Markup("").join(
        Markup("<li>%s: %s</li>") % (label, text) for label, text in lines if text
    )
    return Markup("<ul>%s</ul><p>%s</p>") % (items, hint)


class _Alone:
    """`mixpay.approval` in a transaction of its own in which nobody else makes requests.

    The table is locked before anything is read: so under Odoo's REPEATABLE READ, too, the snapshot
    begins after the lock is had, and shows what others have committed before.
    """

    def __init__(self, approvals):
        self._transaction = own_transaction(approvals, keeps_login=True)

    def __enter__(self):
        own = self._transaction.__enter__()
        # A mode that meets itself alone: who decides meanwhile, maybe for long, is not in its way.
        own.env.cr.execute("LOCK TABLE mixpay_approval IN SHARE UPDATE EXCLUSIVE MODE")
        return own

    def __exit__(self, *exc_info):
        return self._transaction.__exit__(*exc_info)
