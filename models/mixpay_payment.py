"""The server's record of a MixPay payment: the source of truth for register, books and people."""

import secrets
import uuid
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

from ..core_values import differing
from ..mixpay import links, money, states
from ..mixpay.evaluate import SECOND_ANSWER_SECONDS
from ..mixpay.standing import Price, standing

# Who sees where the money goes, besides the server: managers and whoever keeps the books.
SEES_MONEY = (
    "point_of_sale.group_pos_manager,account.group_account_readonly,account.group_account_invoice"
)
# What a payment is about. Fixed when it is recorded: one amount, one trace.
TERMS = frozenset(
    {
        "trace_id",
        "amount",
        "currency_id",
        "company_id",
        "payee_id",
        "quote_asset_id",
        "settlement_asset_id",
        "strict_mode",
        "expires_at",
        "is_test",
        "api_url",
        "pay_url",
        "payment_uuid",
        "order_uuid",
        "callback_token",
        "callback_url",
        "remark",
        "payment_method_id",
        "pos_config_id",
    }
)
# Fields that tie a payment to the line that it covers: fixed once it covers it.
COVERAGE = frozenset(
    {"pos_payment_id", "pos_order_id", "attached_uuid", "moved_order_uuid", "covered_at"}
)


class MixpayPayment(models.Model):
    """One payment that a customer was, or is about to be, asked for."""

    _name = "mixpay.payment"
    _description = "MixPay payment"
    _inherit = [
        "mixpay.evidence.mixin",
        "mixpay.defaults.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _rec_name = "trace_id"
    _grouped_texts = frozenset(
        {
            "payable_symbol",
            "payable_version",
            "payment_symbol",
            "payment_version",
            "settle_symbol",
            "settle_version",
            "settle_status",
            "surplus_status",
            "failure_code",
            "payee_name",
        }
    )

    # === FIELDS: TERMS, FIXED AT CREATION === #

    trace_id = fields.Char(
        string="Trace ID", required=True, default=lambda self: str(uuid.uuid4()), copy=False
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    # Never summed: some are tests, or failed. What may be summed is `paid_amount`.
    amount = fields.Monetary(required=True, aggregator=None)
    payee_id = fields.Char(
        string="Payee ID",
        required=True,
        groups=SEES_MONEY,
    )
    quote_asset_id = fields.Char(
        string="Price Asset ID", required=True, help="What the price is in, as MixPay names it."
    )
    settlement_asset_id = fields.Char(
        string="Settlement Asset ID", required=True, help="The coin that the payee receives."
    )
    strict_mode = fields.Boolean(string="Only this coin")
    expires_at = fields.Datetime(required=True)
    is_test = fields.Boolean(string="Test", help="A test server was asked: no real money moves.")
    api_url = fields.Char(string="API Address", required=True)
    pay_url = fields.Char(string="Payer's Pages", required=True)
    remark = fields.Char()
    callback_token = fields.Char(
        groups="base.group_system",
        required=True,
        copy=False,
        default=lambda self: secrets.token_urlsafe(32),
    )
    callback_url = fields.Char(string="Callback URL", groups="base.group_system")

    # === FIELDS: WHAT IT IS FOR === #

    # No `check_company`: a customer waits for a new payment, and no answer may fail to be written.
    # The company is the Point of Sale's, whose methods are of it (the register's routes check it);
    # a line or an order of another company is refused by `_backs` and `mixpay.coverage`.
    payment_method_id = fields.Many2one("pos.payment.method", required=True, ondelete="restrict")
    pos_config_id = fields.Many2one(
        "pos.config", string="Point of Sale", ondelete="restrict", index=True
    )
    pos_session_id = fields.Many2one(
        "pos.session", string="Session", ondelete="restrict", index=True
    )
    payment_uuid = fields.Char(string="Payment Line UUID", required=True, index=True)
    order_uuid = fields.Char(string="Order UUID", required=True, index=True)
    order_name = fields.Char(string="Order Number")

    # === FIELDS: HOW IT STANDS === #

    state = fields.Selection(
        [(name, state.label) for name, state in states.STATES.items()],
        string="Status",
        required=True,
        default=states.DRAFT,
        index=True,
    )
    is_abandoned = fields.Boolean(
        string="Cancelled at the register",
        help="Nobody waits for it at a register any more. The payment is watched on.",
    )
    link_type = fields.Selection(
        [(links.CODE, "One-time code"), (links.PAYLINK, "Pay link")],
        string="QR Code",
        required=True,
    )
    link = fields.Char(string="Payment Link")
    clock_offset = fields.Float(help="Seconds that MixPay's clock is ahead of the database's.")

    # === FIELDS: WHAT MIXPAY REPORTED === #

    payable_amount = fields.Char(
        string="Amount to Send", help="What the payer has to send, in the payer's coin."
    )
    payable_symbol = fields.Char(string="Coin to Send")
    payable_asset_id = fields.Char(string="Asset ID to Send")
    payable_version = fields.Char(string="Network to Send On")
    payment_amount = fields.Char(
        string="Amount Sent", help="What was recognized, in the payer's coin."
    )
    payment_symbol = fields.Char(string="Coin Sent")
    payment_asset_id = fields.Char(string="Asset ID Sent")
    payment_version = fields.Char(string="Network Sent On")
    txid = fields.Char(string="Chain Transaction ID")
    explorer_url = fields.Char(string="Block Explorer")
    confirmations = fields.Integer(default=-1, help="-1 when not known.")
    required_confirmations = fields.Integer(string="Confirmations Needed", help="0 when not known.")
    surplus_amount = fields.Char()
    surplus_status = fields.Char()
    settle_status = fields.Char(string="Settlement Status")
    settle_amount = fields.Char(string="Settled Amount")
    settle_symbol = fields.Char(string="Settled Coin")
    settle_asset_id = fields.Char(string="Settled Asset ID")
    failure_code = fields.Char()
    failure_reason = fields.Char()
    payee_name = fields.Char(
        string="Paid To", help="Who gets the money, as MixPay names the payee."
    )
    paid_at = fields.Datetime()
    mismatch = fields.Char(string="Other Terms", help="What MixPay reported otherwise than asked.")
    unknown_status = fields.Char(help="A status of MixPay that this version does not know.")
    is_taken = fields.Boolean(
        string="Taken by Somebody Else",
        readonly=True,
        copy=False,
        help="Somebody else opened this link on other terms: the sale needs a new code.",
    )
    unusable_since = fields.Datetime(
        readonly=True,
        copy=False,
        help="Since when MixPay's answers about this payment cannot be read.",
    )
    other_terms_at = fields.Datetime(
        string="Other Terms Reported",
        readonly=True,
        copy=False,
        help="When MixPay first reported an end on other terms; a second answer decides.",
    )

    # === CONSTRAINTS === #

    _trace_id_uniq = models.UniqueIndex("(trace_id)", "Trace IDs are unique.")
    _callback_token_uniq = models.UniqueIndex("(callback_token)", "Tokens are unique.")
    _live_line_uniq = models.UniqueIndex(
        "(payment_uuid) WHERE is_abandoned IS NOT TRUE AND state IN ({})".format(
            ", ".join(f"'{state}'" for state in states.LIVE)
        ),
        "A payment line has one live MixPay payment at most.",
    )
    _amount_positive = models.Constraint("CHECK (amount > 0)", "Amounts must be more than zero.")

    time_left = fields.Float(
        compute="_compute_time_left", help="Seconds until MixPay's deadline, by MixPay's clock."
    )

    error = fields.Char(
        string="Processing Error",
        readonly=True,
        copy=False,
        help="Why this server could not process the payment when it last tried.",
    )
    finish_failures = fields.Integer(
        readonly=True, copy=False, help="Times in a row that finishing its sale failed."
    )

    # === CRUD METHODS === #

    def write(self, vals):
        """Write what may change; the terms never do.

        :raises UserError: for a change of terms, or a transition that is not allowed
        """
        frozen = sorted(TERMS & vals.keys())
        if frozen:
            raise UserError(
                self.env._(
                    "The terms of a MixPay payment never change (%(names)s).",
                    names=", ".join(frozen),
                )
            )
        if COVERAGE & vals.keys():
            self._check_coverage_kept(vals)
        if "state" in vals:
            for payment in self:
                if vals["state"] not in states.TRANSITIONS[payment.state]:
                    raise UserError(
                        self.env._(
                            "MixPay payment %(trace_id)s cannot go from %(old)s to %(new)s.",
                            trace_id=payment.trace_id,
                            old=payment.state,
                            new=vals["state"],
                        )
                    )
        return super().write(vals)

    def _check_coverage_kept(self, vals):
        """Check that a payment which covers a line stays with it.

        :raises UserError: when it would be freed, or moved to another line
        """
        for payment in self.filtered("covered_at"):
            if differing(payment, COVERAGE, vals):
                raise UserError(
                    self.env._(
                        "MixPay payment %(trace_id)s has paid an order and stays with it.",
                        trace_id=payment.trace_id,
                    )
                )

    @api.model
    def _terms_of_method(self, method):
        """Return the terms that a new payment takes from its method as it is now, to be stored.

        :param method: `pos.payment.method`, with the server's rights
        :raises UserError: when there is no address of MixPay that may be called
        """
        is_test = method.mixpay_test_mode
        api_url, pay_url = self.env["mixpay.settings"]._addresses(is_test)
        return {
            "payment_method_id": method.id,
            "settlement_asset_id": method.mixpay_settlement_asset_id.asset_id,
            "strict_mode": method.mixpay_strict_mode,
            "is_test": is_test,
            "api_url": api_url,
            "pay_url": pay_url,
        }

    @property
    def price(self):
        """What it asks for, as a `Snapshot` has it."""
        currency = self.currency_id
        places = currency.decimal_places
        return Price(
            f"{self.amount:.{places}f}", currency.name, currency.symbol, currency.position, places
        )

    def _abandon(self):
        """Mark payments as not waited for, and have the background job ask about them at once."""
        self.sudo().write({"is_abandoned": True})
        # Written at once: another payment of the same line may become the live one next.
        self.flush_recordset()
        self.env["mixpay.job"]._enqueue(self.filtered(lambda p: not p._is_final()))

    def _terms(self, amount=None):
        """Return the terms as MixPay takes them.

        :param Decimal amount: the amount to the letter, where the caller knows it
        """
        return links.Terms(
            trace_id=self.trace_id,
            payee_id=self.payee_id,
            settlement_asset_id=self.settlement_asset_id,
            quote_asset_id=self.quote_asset_id,
            quote_amount=amount
            or money.from_float(self.amount, self._currency_of(self.currency_id.id)[-1]),
            remark=self.remark or "",
            # Odoo's datetimes are naive and in UTC.
            expires_at=int(self.expires_at.replace(tzinfo=timezone.utc).timestamp()),
            callback_url=self.callback_url or "",
            strict_mode=self.strict_mode,
        )

    @api.model
    @ormcache("currency_id", cache="stable")
    def _currency_of(self, currency_id):
        """Return how amounts in a currency are written; kept for as long as core keeps the same.

        :return: its name, its sign, where that stands, and how many decimals there are
        :rtype: tuple[str, str, str, int]
        """
        currency_sudo = self.env["res.currency"].sudo().browse(currency_id)
        return (
            currency_sudo.name,
            currency_sudo.symbol,
            currency_sudo.position,
            currency_sudo.decimal_places,
        )

    def _seconds_since_other_terms(self, moment):
        """Return the seconds from the first report on other terms to a moment; 0 without one."""
        if not self.other_terms_at:
            return 0.0
        return (moment - self.other_terms_at).total_seconds()

    def _recheck_seconds(self):
        """Return in how many seconds a second answer on other terms is asked for, or None."""
        if not self.other_terms_at or self._is_final():
            return None
        left = SECOND_ANSWER_SECONDS - self._seconds_since_other_terms(self._now())
        return min(max(left, 1.0), SECOND_ANSWER_SECONDS)

    def _values_of_state(self, new_state):
        """Return what goes with a new state."""
        values = {"state": new_state}
        if states.STATES[new_state].funds_detected:
            values["funds_detected"] = True
        if states.STATES[new_state].is_final:
            now = self._now().replace(microsecond=0)
            values["finished_at"] = now
            if new_state == states.SUCCESS:
                values["finish_at"] = now
        return values

    # === QUESTIONS ABOUT A PAYMENT === #

    def _needs_link(self):
        """Tell whether there is nothing to show yet: MixPay was not asked, or did not answer."""
        return not (self.link or states.STATES[self.state].is_final)

    def _is_final(self):
        return states.STATES[self.state].is_final

    def _has_our_money(self):
        """Tell whether MixPay has recognized money on our own terms."""
        return states.STATES[self.state].funds_detected and self.state != states.MISMATCH

    def _is_being_checked(self):
        """Tell whether MixPay has reported an end on other terms, and was not asked again yet."""
        return standing(self).is_being_checked

    def _is_payable(self):
        """Tell whether the customer can still begin to pay it: live, and before its deadline."""
        is_live = not (self._is_final() or self.is_taken)
        return is_live and self._now() < self.expires_at

    @api.model
    def _has_passed(self, since, duration):
        """Tell whether a time has passed since a moment, by the database's clock.

        It has when that moment seems to lie in the future: the clock was set back since then.
        """
        now = self._now()
        return now >= since + duration or since > now + timedelta(seconds=1)

    @api.model
    def _now(self):
        """Return this moment by the database's clock, which all servers share; in UTC, naive.

        Deadlines and grace periods go by it: the clock of an Odoo server may be wrong.
        """
        self.env.cr.execute("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        return self.env.cr.fetchone()[0]

    @api.depends("expires_at", "clock_offset")
    def _compute_time_left(self):
        """Go by the database's clock, to which MixPay's was compared."""
        now = self._now()
        for payment in self:
            left = (payment.expires_at - now).total_seconds() if payment.expires_at else 0
            payment.time_left = left - payment.clock_offset
