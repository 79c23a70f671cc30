"""What the books have of a payment, and what is still to be entered: one row for each entry."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..mixpay import bookings, states
from ..mixpay.bookings import (
    CLEARING,
    CORRECTION,
    CURRENCY,
    DIFFERENCE,
    FAILED,
    HELD,
    LOCKED,
    MATCHED,
    NO_DIFFERENCE,
    NO_ENTRY,
    NO_OUTSTANDING,
    NO_SUSPENSE,
    PAYOUT,
    RECEIPT,
    SAME_ACCOUNT,
    SESSION_OPEN,
    SURPLUS_KEPT,
    UNDECIDED,
    VALUE,
    WAITING,
)
from ..mixpay.issues import CONFIRMED_FAILED, KEPT, REFUNDED, SURPLUS, UNCONFIRMED_FAILED

_NOW = "clock_timestamp() AT TIME ZONE 'UTC'"
# The advisory lock of who enters something in a company's books: its number is no other lock's.
BOOKS_LOCK = 0x4D495842
ACCOUNTANTS = ("account.group_account_user", "account.group_account_manager")


class MixpayBooking(models.Model):
    """One entry of a payment in the books, made or still to be made. Written by the server alone.

    It is the queue of the job that makes the entries, their register, and what makes sure in the
    database that none is made twice.
    """

    _name = "mixpay.booking"
    _description = "MixPay entry in the books"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "id desc"
    _rec_name = "trace_id"
    _check_company_auto = True

    payment_id = fields.Many2one(
        "mixpay.payment",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    refund_id = fields.Many2one(
        "mixpay.refund",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    trace_id = fields.Char(related="payment_id.trace_id")
    order_name = fields.Char(related="payment_id.order_name")
    payment_method_id = fields.Many2one(related="payment_id.payment_method_id", store=True)
    pos_config_id = fields.Many2one(related="payment_id.pos_config_id")
    kind = fields.Selection(
        [
            (RECEIPT, "Settled by MixPay"),
            (CLEARING, "Cleared from suspense"),
            (SURPLUS_KEPT, "Surplus kept"),
            (CORRECTION, "Correction of a sale that was not paid"),
            (DIFFERENCE, "Difference in value"),
            (PAYOUT, "Refund paid out"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [
            (WAITING, "Comes by itself"),
            (HELD, "Needs somebody"),
            (bookings.DRAFT, "Draft to be posted"),
            (bookings.DONE, "In the books"),
            (bookings.OFF, "Not kept here"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default=WAITING,
        index=True,
    )
    outcome = fields.Selection(
        [
            (bookings.TO_SALE, "Pays a sale"),
            (bookings.TO_SUSPENSE, "Suspense, no sale known"),
            (bookings.TO_ORDER, "Attached to a sale"),
            (bookings.TO_SHOP, "Kept"),
            (bookings.TO_PAYER, "Given back"),
            (bookings.TO_RESULT, "Gain or loss"),
            (bookings.TO_REFUND, "Pays a refund"),
        ],
        string="What Became of It",
        readonly=True,
    )
    hold = fields.Char(readonly=True, help="The code of why it is not entered yet.")
    error = fields.Char(readonly=True, help="What the server last failed with.")
    reason = fields.Char(string="Why Not Yet", compute="_compute_reason")

    # === FIELDS: THE ENTRY === #

    journal_id = fields.Many2one("account.journal", readonly=True, check_company=True)
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, check_company=True, index="btree_not_null"
    )
    statement_line_id = fields.Many2one(
        "account.bank.statement.line", readonly=True, check_company=True, index="btree_not_null"
    )
    is_reconciled = fields.Boolean(
        string="Matched",
        related="statement_line_id.is_reconciled",
        help="Nothing of the statement line is open any more.",
    )
    # Where money without a sale was entered; the journal may have another one by now.
    suspense_account_id = fields.Many2one("account.account", readonly=True, check_company=True)
    received_on = fields.Date(readonly=True, help="The day in the time zone that counts here.")
    zone = fields.Char(string="Time Zone", readonly=True)
    date = fields.Date(string="Entered For", readonly=True)
    is_postponed = fields.Boolean(
        string="Later Day",
        compute="_compute_is_postponed",
        store=True,
        help="The books of its own day were locked, so it stands on the first day that was open.",
    )

    # === FIELDS: VALUE === #

    currency_id = fields.Many2one(related="payment_id.currency_id", store=True)
    amount = fields.Monetary(readonly=True, help="In the journal's currency, as the wallet has it.")
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    value = fields.Monetary(
        string="Value at Receipt", readonly=True, currency_field="company_currency_id"
    )
    basis = fields.Selection(
        [
            ("price", "Price of the sale, at receipt"),
            ("entered", "Value that was entered"),
            ("rate", "Rate that was reported"),
        ],
        readonly=True,
        help="How the value was found; printed on reports.",
    )
    value_source = fields.Char(string="Source of the Value", readonly=True)
    value_date = fields.Date(string="Date of the Value", readonly=True)
    settled_value = fields.Monetary(
        string="Value of the Settled Coin",
        readonly=True,
        currency_field="company_currency_id",
        help="Only where somebody has entered it: MixPay reports none.",
    )
    settled_value_source = fields.Char(string="Source of That Value", readonly=True)
    settled_value_date = fields.Date(string="Date of That Value", readonly=True)
    difference = fields.Monetary(readonly=True, currency_field="company_currency_id")
    fee = fields.Monetary(
        string="MixPay's Fee",
        readonly=True,
        help="What MixPay keeps of the settled money: nothing; its report names no fee.",
    )

    # === FIELDS: THE QUEUE === #

    due_at = fields.Datetime(readonly=True)
    failures = fields.Integer(readonly=True)

    _once = models.UniqueIndex(
        "(payment_id, kind) WHERE refund_id IS NULL", "Each entry of a payment is made once."
    )
    _refund_once = models.UniqueIndex(
        "(refund_id) WHERE refund_id IS NOT NULL", "A refund is entered once."
    )
    _due_idx = models.Index("(due_at) WHERE state IN ('waiting', 'held', 'draft')")

    @api.depends("received_on", "date")
    def _compute_is_postponed(self):
        for booking in self:
            booking.is_postponed = bool(booking.date) and booking.date != booking.received_on

    @api.depends("hold", "error", "state")
    @api.depends_context("lang")
    def _compute_reason(self):
        texts = self._reasons()
        for booking in self:
            is_open = booking.state in bookings.OPEN
            reason = texts.get(booking.hold, "") if is_open else ""
            booking.reason = f"{reason} {booking.error or ''}".strip()

    @api.model
    def _reasons(self):
        """Return in words why something is not entered yet, and what to do, by its code."""
        _ = self.env._
        return {
            SESSION_OPEN: _("The session is still open. It is entered once that is closed."),
            UNDECIDED: _("It waits for its sale, or for a manager's decision."),
            NO_ENTRY: _(
                "The closed session has no entry of this payment method. Enter the money by hand,"
                " then press “Entered by Hand”."
            ),
            NO_OUTSTANDING: _(
                "The payment method had no outstanding account when the session was closed. Set up"
                " its accounts, and enter this one by hand."
            ),
            SAME_ACCOUNT: _(
                "The session was booked straight to the bank account, so the money stands there"
                " already. Set up the payment method's own outstanding account."
            ),
            CURRENCY: _("The journal is in another currency than the sale. Enter it by hand."),
            MATCHED: _(
                "The session's entry is matched already, maybe by hand. Undo that, or press"
                " “Entered by Hand”."
            ),
            NO_SUSPENSE: _("The journal has no suspense account. Set up the method's accounts."),
            NO_DIFFERENCE: _(
                "The journal has no account for differences. Set up the method's accounts."
            ),
            VALUE: _("Nobody knows its value. Enter what it was worth, and how you know."),
            LOCKED: _("The books are locked up to today. It is entered on the first open day."),
            FAILED: _("The server failed at it, and will try again. No money is lost."),
        }

    # === THE QUEUE === #

    @api.model
    def _plan_entries(self, payments):
        """Have entered what is to be entered of payments; repeated, it changes nothing.

        :param payments: `mixpay.payment` records that something has happened to
        """
        real = payments.filtered(lambda payment: not payment.is_test)
        for payment in real:
            for kind in self._kinds(payment):
                self._add_entry(payment, kind)

    def _kinds(self, payment):
        """Return which entries a payment needs that begin by themselves.

        A test payment needs none; what follows from an entry is added by that entry.
        """
        kinds = []
        is_decided = payment.decision in (KEPT, REFUNDED)
        if payment.settled_at or (payment.state == states.MISMATCH and is_decided):
            kinds.append(RECEIPT)
        if payment.decision == KEPT and payment.decided_issue == SURPLUS:
            kinds.append(SURPLUS_KEPT)
        is_unpaid = payment.issue in (CONFIRMED_FAILED, UNCONFIRMED_FAILED)
        if payment._is_booked() and (is_unpaid or payment.state == states.MISMATCH):
            kinds.append(CORRECTION)
        return kinds

    @api.model
    def _add_payout_entry(self, refund):
        """Add the entry of a refund in coins that was paid out.

        :param refund: `mixpay.refund`; its first payment stands for all in the list of entries
        """
        self._add_entry(refund.payment_ids.sorted("id")[:1], PAYOUT, refund=refund)

    def _add_entry(self, payment, kind, pause=0, refund=None):
        """Add an entry to make, or have one looked at now that waits.

        By SQL, so that another server that does the same in this moment makes nobody fail.
        """
        payment.flush_recordset()
        self.env.cr.execute(
            f"""
            INSERT INTO mixpay_booking
                        (payment_id, refund_id, company_id, payment_method_id, currency_id, kind,
                         state, due_at, create_date)
                 VALUES (%(payment)s, %(refund)s, %(company)s, %(method)s, %(currency)s, %(kind)s,
                         'waiting', {_NOW} + %(pause)s * interval '1 second', {_NOW})
            ON CONFLICT DO NOTHING
            """,
            {
                "payment": payment.id,
                "refund": refund.id if refund else None,
                "company": payment.company_id.id,
                "method": payment.payment_method_id.id,
                "currency": payment.currency_id.id,
                "kind": kind,
                "pause": pause,
            },
        )
        self._make_entries_due(payment)

    @api.model
    def _make_entries_due(self, payments):
        """Have the open entries of payments looked at now; what is being made is left alone."""
        self.env.cr.execute(
            f"""
            UPDATE mixpay_booking
               SET due_at = {_NOW}
             WHERE id IN (SELECT id
                            FROM mixpay_booking
                           WHERE payment_id = ANY(%s)
                             AND state IN ('waiting', 'held', 'draft')
                             AND due_at > {_NOW}
                             FOR NO KEY UPDATE SKIP LOCKED)
            """,
            [payments.ids],
        )
        self.env["mixpay.booking"].invalidate_model(["due_at"])
        payments.invalidate_recordset(["booking_ids"])

    @api.model
    def _due(self, limit):
        """Return the entries to be made now, the oldest first."""
        self.flush_model(["state", "due_at"])
        self.env.cr.execute(
            SQL(
                """
                SELECT id FROM mixpay_booking
                 WHERE state IN ('waiting', 'held', 'draft') AND due_at <= %s
              ORDER BY due_at, id LIMIT %s
                """,
                SQL(_NOW),
                limit,
            )
        )
        return self.browse(booking_id for (booking_id,) in self.env.cr.fetchall())

    def _lock_if_free(self):
        """Lock this entry for this transaction; return whether nobody else has it, or made it.

        One server at a time enters something for a company: sales of one session are all matched
        with one line, and two that reach for it would only make each other fail.
        """
        self.env.cr.execute(
            "SELECT pg_try_advisory_xact_lock(%s, %s)", [BOOKS_LOCK, self.company_id.id]
        )
        [is_alone] = self.env.cr.fetchone()
        if not is_alone:
            return False
        self.flush_recordset()
        self.env.cr.execute(
            "SELECT id FROM mixpay_booking WHERE id = %s AND state IN ('waiting', 'held', 'draft')"
            " FOR UPDATE SKIP LOCKED",
            [self.id],
            log_exceptions=False,
        )
        self.invalidate_recordset()
        return bool(self.env.cr.fetchone())

    def _hold(self, hold, error=""):
        """Note why it is not entered yet, and have it looked at again later."""
        failures = self.failures + 1 if hold == FAILED else 0
        self.write(
            {
                "state": bookings.state_of(hold),
                "hold": hold,
                "error": error,
                "failures": failures,
            }
        )
        self._look_again(bookings.pause(hold, failures))

    def _look_again(self, seconds):
        self.flush_recordset()
        self.env.cr.execute(
            f"UPDATE mixpay_booking SET due_at = {_NOW} + %s * interval '1 second' WHERE id = %s",
            [seconds, self.id],
        )
        self.invalidate_recordset(["due_at"])

    def _mark_entered(self, **values):
        """Note that it is in the books."""
        self.write({"state": bookings.DONE, "hold": False, "error": False, "failures": 0} | values)

    def _follow_value(self):
        """Have entered by how much the settled coin was worth more or less than its receipt says.

        Nothing follows while nobody has entered what it was worth.
        """
        if not self.settled_value:
            return
        self.difference = self.company_currency_id.round(self.settled_value - self.value)
        if self.difference:
            self._add_entry(self.payment_id, DIFFERENCE)

    def _about(self):
        """Return what it is about, as people and statements name it: (order, reference)."""
        if self.refund_id:
            return self.refund_id.order_name, self.refund_id.reference
        return self.order_name, self.trace_id

    def _other(self, kind):
        """Return the entry of another kind of the same payment; an empty record for none."""
        return self.search([("payment_id", "=", self.payment_id.id), ("kind", "=", kind)])

    # === ACTIONS OF ACCOUNTANTS === #

    @api.model
    def _check_accountant(self):
        """Check that the user keeps the books.

        :raises AccessError: otherwise
        """
        if not any(self.env.user.has_group(group) for group in ACCOUNTANTS):
            raise AccessError(self.env._("Only accountants enter MixPay payments in the books."))

    def _checked(self):
        """Return these entries with the server's rights, for an accountant who may see them."""
        self._check_accountant()
        self.check_access("read")
        return self.sudo()

    def action_try_again(self):
        """Have these entries made now rather than later: something was set up meanwhile."""
        for booking in self._checked():
            booking._make_entries_due(booking.payment_id)
        self.env.ref("pos_mixpay.ir_cron_mixpay_book").sudo()._trigger()

    def action_keep_off(self):
        """Note that these are entered by hand: the server will not.

        :raises UserError: for what is in the books
        """
        for booking in self._checked():
            if booking.state not in (WAITING, HELD):
                raise UserError(self.env._("This is in the books already. Reverse its entry."))
            booking.write({"state": bookings.OFF})
            booking._record_done("marked as entered by hand")

    def action_keep_on(self):
        """Have the server enter what was marked as entered by hand."""
        for booking in self._checked().filtered(lambda one: one.state == bookings.OFF):
            booking.write({"state": WAITING, "hold": False})
            booking._look_again(0)
            booking._record_done("to be entered by the server")

    def _record_done(self, what, **data):
        """Keep in the history what a person did about an entry."""
        data = {"what": what, "kind": self.kind, **data}
        self.env["mixpay.event"]._record("booked", payment=self.payment_id, data=data)
