"""The server's record of a MixPay payment: the source of truth for register, books and people."""

import logging
import math
import secrets
import time
import uuid
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from psycopg2 import errors as pg_errors

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..mixpay import ids, links, money, polling, priority, states
from ..mixpay.errors import (
    MixpayCompleted,
    MixpayEnded,
    MixpayRefused,
    MixpayUnavailable,
    MixpayUnknownId,
    MixpayUnusable,
)
from ..mixpay.evaluate import SECOND_ANSWER_SECONDS, evaluate, is_confirmed
from ..mixpay.request import NewLink, Request, error_of, send
from ..mixpay.result import PaymentResult
from ..transactions import commit, own_transaction, roll_back
from .mixpay_evidence_mixin import SILENT
from .mixpay_job import Lease
from .mixpay_limiter import Call
from .pos_payment import differing

_logger = logging.getLogger(__name__)

# Seconds for a one-time code while a customer waits; a pay link needs no call.
CODE_TIMEOUT = 2.0
# Seconds for the last question before a cashier's cancel.
CANCEL_TIMEOUT = 3.0
APPLY_ATTEMPTS = 5
# Seconds to go on trying when a link cannot be asked for at once.
LINK_SECONDS = 3.0
# Two requests for one payment line: the second waits 2 s at most, in short pauses. The number
# only has to differ from that of other advisory locks in the database.
LINE_ATTEMPTS = 40
LINE_LOCK = 0x4D495850
# How many seconds old the last question about a payment must be for one that it is not due for.
INTERVALS = {priority.CREATE: 0, priority.URGENT: polling.URGENT_INTERVAL}
# For how long one request goes on to the next of several payments.
SYNC_SECONDS = 6.0
CRON_SECONDS = 40
CRON_MISSES = 5
# How many payments that nobody waits for a run of the job asks about before all others.
CRON_BACKGROUND = 5
# About how many payments a person's request asks MixPay at once, whatever number it names.
CHECKED_AT_ONCE = 3
# How long MixPay's callback waits for its turn, or for who is asking already.
CALLBACK_PATIENCE = polling.URGENT_INTERVAL + 0.5
CALLBACK_TRIES = 3
# For how long after a payment's last word a callback counts as having come, if late.
CALLBACK_DELAY = timedelta(minutes=1)

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


# What ties a payment to the line that it covers: fixed once it does.
COVERAGE = frozenset({"pos_payment_id", "pos_order_id", "attached_uuid", "covered_at"})


class MixpayPayment(models.Model):
    """One payment that a customer was, or is about to be, asked for."""

    _name = "mixpay.payment"
    _description = "MixPay payment"
    _inherit = [
        "mixpay.evidence.mixin",
        "mixpay.defaults.mixin",
        "mixpay.register.mixin",
        "mixpay.booking.mixin",
        "mixpay.attention.mixin",
        "mixpay.failure.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _rec_name = "trace_id"

    # === FIELDS: TERMS, FIXED AT CREATION === #

    trace_id = fields.Char(
        string="Trace ID", required=True, default=lambda self: str(uuid.uuid4()), copy=False
    )
    company_id = fields.Many2one("res.company", required=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True)
    amount = fields.Monetary(required=True)
    payee_id = fields.Char(
        string="Payee ID",
        required=True,
        groups="point_of_sale.group_pos_manager,account.group_account_readonly",
    )
    quote_asset_id = fields.Char(
        string="Quote Asset ID", required=True, help="What the price is in, as MixPay names it."
    )
    settlement_asset_id = fields.Char(
        string="Settlement Asset ID", required=True, help="The coin that the payee receives."
    )
    strict_mode = fields.Boolean()
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
    callback_url = fields.Char(groups="base.group_system")

    # === FIELDS: WHAT IT IS FOR === #

    payment_method_id = fields.Many2one("pos.payment.method", required=True, ondelete="restrict")
    pos_config_id = fields.Many2one("pos.config", ondelete="restrict", index=True)
    pos_session_id = fields.Many2one("pos.session", ondelete="restrict", index=True)
    payment_uuid = fields.Char(string="Payment Line UUID", required=True, index=True)
    order_uuid = fields.Char(string="Order UUID", required=True, index=True)
    order_name = fields.Char()

    # === FIELDS: HOW IT STANDS === #

    state = fields.Selection(
        selection=lambda self: [(name, state.label) for name, state in states.STATES.items()],
        required=True,
        default=states.DRAFT,
        index=True,
    )
    is_abandoned = fields.Boolean(
        string="Abandoned", help="The cashier gave up waiting. The payment is watched on."
    )
    link_type = fields.Selection(
        [(links.CODE, "One-time code"), (links.PAYLINK, "Pay link")], required=True
    )
    link = fields.Char()
    clock_offset = fields.Float(help="Seconds that MixPay's clock is ahead of the database's.")

    # === FIELDS: WHAT MIXPAY REPORTED === #

    payable_amount = fields.Char(help="What the payer has to send, in the payer's coin.")
    payable_symbol = fields.Char()
    payable_asset_id = fields.Char(string="Payable Asset ID")
    payable_version = fields.Char(string="Payable Network")
    payment_amount = fields.Char(help="What was recognized, in the payer's coin.")
    payment_symbol = fields.Char()
    payment_asset_id = fields.Char(string="Payment Asset ID")
    payment_version = fields.Char(string="Payment Network")
    txid = fields.Char(string="Chain Transaction ID")
    explorer_url = fields.Char(string="Block Explorer")
    confirmations = fields.Integer(default=-1, help="-1 when not known.")
    surplus_amount = fields.Char()
    surplus_status = fields.Char()
    settle_status = fields.Char()
    settle_amount = fields.Char()
    settle_symbol = fields.Char()
    settle_asset_id = fields.Char(string="Settled Asset ID")
    failure_code = fields.Char()
    failure_reason = fields.Char()
    payee_name = fields.Char(help="Who gets the money, as MixPay names the payee.")
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
    _amount_positive = models.Constraint("CHECK (amount > 0)", "Amounts are more than zero.")

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
        self._check_coverage_kept(vals)
        if "state" in vals:
            for payment in self:
                if not states.may_become(payment.state, vals["state"]):
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
        if not COVERAGE & vals.keys():
            return
        for payment in self.filtered("covered_at"):
            if differing(payment, COVERAGE, vals):
                raise UserError(
                    self.env._(
                        "MixPay payment %(trace_id)s has paid an order and stays with it.",
                        trace_id=payment.trace_id,
                    )
                )

    # === OPENING A PAYMENT === #

    def _open(self, method, session, amount, order_uuid, payment_uuid, order_name, order_data=None):
        """Return the payment of a register's payment line, ready to be shown.

        Called on what the line has so far, see `_lock_line`. Asking again for the same line and
        amount returns the same payment. The record is committed before MixPay is asked, so that no
        crash can leave a payable link without a record.

        :param method: `pos.payment.method` that the caller may use
        :param session: open `pos.session` that the caller may use
        :param amount: string or number in the session's currency
        :param str order_uuid: UUID of the order on the register
        :param str payment_uuid: UUID of the payment line on the register
        :param str order_name: what cashier and customer call the order
        :param dict order_data: the order, as `pos.order.sync_from_ui` takes it
        :raises UserError: in words for the cashier; nothing was asked from the customer then
        """
        self._cache_currencies(session.currency_id.ids)
        amount = self._checked_amount(amount, session.currency_id)
        payment = self._usable(session, amount, order_uuid)
        if payment:
            self.env["mixpay.settings"]._check_may_call(payment.api_url)
        attempt = None
        if not payment:
            self._check_order_is_unpaid(order_uuid)
            vals = self._new_vals(method, session, amount, order_uuid, payment_uuid, order_name)
            if any(self.mapped("is_taken")):
                vals["link_type"] = links.CODE  # whose terms nobody can edit
            payment, attempt = self._record({**vals, "order_data": order_data})
        trace_id = payment.trace_id
        # Money rule 1: recorded for good before MixPay hears of it.
        commit(self.env)
        payment._obtain_link(attempt)
        payment.invalidate_recordset()
        self._read_status([trace_id])  # so that it is read at once, as for a status
        payment._check_opened()
        payment._mark_notified()
        return payment

    def _record(self, vals):
        """Record a payment, and take the turn to ask for its link in the same transaction.

        :return: the payment, and the turn; leave to call MixPay comes with `_resumed_attempt`
        :rtype: tuple[mixpay.payment, _Attempt]
        """
        # Defaults are those of the payment's company, and the user's need not be read.
        context = {**SILENT, "allowed_company_ids": [vals["company_id"]]}
        payment = self.sudo().browse(self.sudo().with_context(**context).create(vals).id)
        lease = self.env["mixpay.job"]._add_leased(payment.id, payment.api_url)
        timeout = self.env["mixpay.settings"]._values().timeout
        request = payment._build_request(priority.CREATE, timeout)
        return payment, _Attempt(lease, priority.CREATE, request)

    def _obtain_link(self, attempt=None):
        """Ask for the link, or wait for the request of the same line that is asking for it.

        :param _Attempt attempt: where this request has the turn to ask already
        """
        ends = time.monotonic() + LINK_SECONDS
        while not self._sync(priority.CREATE, held=attempt):
            attempt = None
            commit(self.env)  # what others find out is in no snapshot of ours
            self.invalidate_recordset()
            if not self._needs_link() or self._is_retry_useless() or time.monotonic() >= ends:
                break
            commit(self.env)
            time.sleep(polling.RETRY_PAUSE)

    def _is_retry_useless(self):
        """Tell whether trying again at once would be in vain, too."""
        has_failed = self.env["mixpay.job"]._last_attempt_failed(self.id)
        return has_failed or self.env["mixpay.endpoint"]._is_circuit_open(self.api_url)

    def _await_others(self, seconds):
        """Wait while somebody else asks MixPay about this payment, and see the outcome."""
        ends = time.monotonic() + seconds
        while self.env["mixpay.job"]._is_leased(self.id) and time.monotonic() < ends:
            commit(self.env)  # their outcome is in no snapshot of ours
            time.sleep(polling.RETRY_PAUSE)
        commit(self.env)
        self.invalidate_recordset()

    def _checked_amount(self, amount, currency):
        try:
            return money.to_charge(amount, currency.decimal_places)
        except money.AmountError as error:
            _logger.info("MixPay payment refused: %s", error)
            raise UserError(
                self.env._(
                    "This amount cannot be paid with MixPay. It must be a number larger than zero"
                    " with at most %(decimals)s decimals.",
                    decimals=currency.decimal_places,
                )
            ) from error

    def _lock_line(self, payment_uuid):
        """Begin a transaction that alone works on a payment line; return its payments so far.

        To be called before anything else is read, since it ends the caller's transaction: waiting
        inside one would not do, its snapshot is older than what it waits for. (Should two come
        through all the same, the unique index refuses the second.)

        :return: the line's payments, the latest first
        :rtype: mixpay.payment
        :raises UserError: when another request holds the line for long
        """
        for _attempt in range(LINE_ATTEMPTS):
            commit(self.env)  # nothing is written yet: this only ends the snapshot
            self.env.cr.execute(
                "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", [LINE_LOCK, payment_uuid]
            )
            if self.env.cr.fetchone()[0]:
                payments = self._try_lock_payments(payment_uuid)
                if payments is not None:
                    return payments
            time.sleep(polling.RETRY_PAUSE)
        raise UserError(self.env._("This payment is being started already. Please try again."))

    def _try_lock_payments(self, payment_uuid):
        """Lock a line's payments and return them, the latest first; None if that is not possible.

        An answer of MixPay may be written to one at this moment. To meet it now is to look again at
        once; to meet it when writing would be an error in the log, and seconds at the register.
        """
        try:
            self.env.cr.execute(
                "SELECT id FROM mixpay_payment WHERE payment_uuid = %s ORDER BY id FOR UPDATE",
                [payment_uuid],
                log_exceptions=False,
            )
        except pg_errors.SerializationFailure:
            roll_back(self.env)
            return None
        return self.sudo().browse(payment_id for [payment_id] in reversed(self.env.cr.fetchall()))

    def _usable(self, session, amount, order_uuid):
        """Return which of a line's payments it goes on with, empty when it needs a new one.

        :raises UserError: when the line was paid, or is being paid, with another amount
        """
        payments = self.sudo()
        payments._check_of_order(session, order_uuid)
        # What an ended order left behind is decided about by people, also if it comes up again.
        payments = payments.filtered(lambda p: not p._is_too_late() or p.covered_at)
        digits = session.currency_id.decimal_places
        same = payments.filtered(
            lambda p: money.from_float(p.amount, digits) == amount
            and p.currency_id == session.currency_id
        )
        seen = payments.filtered(
            lambda p: (p._has_our_money() or p.confirmed_at or p._is_being_checked())
            and not p._is_written_off()
        )
        for payment in (seen - same).filtered(lambda p: not p.is_abandoned):
            raise UserError(
                self.env._(
                    "The customer has already sent money for %(amount)s on this line. Use that"
                    " amount, or add another line for the rest.",
                    amount=payment.currency_id.format(payment.amount),
                )
            )
        usable = (seen & same)[:1] or same.filtered(lambda p: p._is_payable())[:1]
        # Links of other amounts stay payable until their deadline, so they are watched on.
        (payments - usable).filtered(lambda p: not (p._is_final() or p.is_abandoned))._abandon()
        usable._resume(session)
        return usable

    def _check_of_order(self, session, order_uuid):
        """Check that these payments of a line are its order's, and that the user may see them.

        :raises AccessError: when they are not
        """
        if not self:
            return
        visible = self.sudo(False)._filtered_access("read").sudo()
        if self - visible or any(
            p.order_uuid != order_uuid or p.company_id != session.company_id for p in self
        ):
            raise AccessError(
                self.env._("This payment line belongs to another order, or to a closed session.")
            )

    def _check_order_is_unpaid(self, order_uuid):
        """Check that an order is not paid or cancelled already; it may not be saved so far.

        :raises UserError: when it is: nothing would wait for the customer's money
        """
        self.env["pos.order"].flush_model(["uuid", "state"])
        self.env.cr.execute(
            "SELECT FROM pos_order WHERE uuid = %s AND state IS DISTINCT FROM 'draft'", [order_uuid]
        )
        if self.env.cr.fetchone() is not None:
            raise UserError(
                self.env._("This order is paid or cancelled already. Take a new one for this sale.")
            )

    def _resume(self, session):
        """Have somebody wait for these payments again, maybe in a later session."""
        # Sessions of one Point of Sale follow each other; what another one began stays there.
        mine = self.filtered(lambda p: p.pos_config_id == session.config_id and not p.covered_at)
        mine.filtered(lambda p: p.pos_session_id != session).write({"pos_session_id": session.id})
        abandoned = self.filtered("is_abandoned")
        abandoned.write({"is_abandoned": False})
        self.env["mixpay.job"]._add(abandoned.filtered(lambda p: not p._is_final()))

    def _new_vals(self, method, session, amount, order_uuid, payment_uuid, order_name):
        """Return the values of a new payment: all terms, copied from what holds at this moment."""
        settings = self.env["mixpay.settings"]
        method = method.sudo()
        if settings._is_paused():
            raise UserError(self.env._("An administrator has paused payments with MixPay."))
        now = self._check_not_too_many(session)
        method._check_mixpay_ready()
        api_url, pay_url = settings._addresses(method.mixpay_test_mode)
        config = session.config_id
        quote_asset = self._checked_quote_asset(session.currency_id, amount)
        token = secrets.token_urlsafe(32)
        # Whole seconds: that is what MixPay's expiredTimestamp and Odoo's datetimes can hold.
        deadline = now.replace(microsecond=0) + timedelta(minutes=method.mixpay_expiry_minutes)
        return {
            "company_id": config.company_id.id,
            "currency_id": session.currency_id.id,
            "amount": float(amount),
            "payee_id": method._mixpay_effective_payee(),
            "quote_asset_id": quote_asset.asset_id,
            "settlement_asset_id": method.mixpay_settlement_asset_id.asset_id,
            "strict_mode": method.mixpay_strict_mode,
            "expires_at": deadline,
            "is_test": method.mixpay_test_mode,
            "api_url": api_url,
            "pay_url": pay_url,
            "remark": links.remark(config.name, order_name),
            "callback_token": token,
            "callback_url": settings._callback_url(token),
            "payment_method_id": method.id,
            "pos_config_id": config.id,
            "pos_session_id": session.id,
            "payment_uuid": payment_uuid,
            "order_uuid": order_uuid,
            "order_name": order_name,
            "link_type": method.mixpay_link_type,
        }

    def _check_not_too_many(self, session):
        """Check that a session has not more payments waiting than any till could need.

        Nor begins more within a minute than people could. Those that were given up can still be
        paid, and cost calls: within an hour, more of them than half the limit count as waiting.

        :return: this moment by the database's clock
        :rtype: datetime
        :raises UserError: when it has; each of them costs calls that the whole shop shares
        """
        self.env.cr.execute(
            """
            SELECT count(*) FILTER (WHERE create_date > now - interval '1 minute'
                                      AND create_date <= now + interval '1 second'),
                   count(*) FILTER (WHERE state IN %(live)s AND is_abandoned IS NOT TRUE),
                   count(*) FILTER (WHERE state IN %(live)s AND is_abandoned
                                      AND create_date > now - interval '1 hour'),
                   min(now)
              FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock
         LEFT JOIN mixpay_payment ON pos_session_id = %(session)s
            """,
            {"session": session.id, "live": tuple(states.LIVE)},
        )
        just_now, waiting, abandoned, now = self.env.cr.fetchone()
        settings = self.env["mixpay.settings"]._values()
        if just_now >= settings.max_new_per_minute:
            raise UserError(
                self.env._(
                    "This session has begun too many MixPay payments within a minute."
                    " Wait a little, then try again."
                )
            )
        limit = settings.max_live_per_session
        if waiting >= limit:
            raise UserError(
                self.env._(
                    "Too many MixPay payments of this session are waiting for their customers."
                    " Cancel those that nobody waits for, then try again."
                )
            )
        if waiting + abandoned - max(limit // 2, 1) >= limit:
            raise UserError(
                self.env._(
                    "Too many MixPay payments of this session were begun and cancelled within an"
                    " hour. Take the sale another way, or try again later."
                )
            )
        return now

    def _checked_quote_asset(self, currency, amount):
        asset = self.env["mixpay.asset"].sudo()._for_currency(currency)
        if not asset:
            raise UserError(
                self.env._("MixPay takes no prices in %(currency)s.", currency=currency.name)
            )
        if amount < asset.min_amount or (asset.max_amount and amount > asset.max_amount):
            raise UserError(
                self.env._(
                    "MixPay takes payments from %(low)s to %(high)s.",
                    low=currency.format(asset.min_amount),
                    high=currency.format(asset.max_amount) if asset.max_amount else "∞",
                )
            )
        return asset

    def _check_opened(self):
        """Make sure that there is something to show to the customer.

        :raises UserError: when MixPay refused the payment, or could not be reached
        """
        if self.state == states.FAILED and not self.link:
            raise UserError(
                self.env._(
                    "MixPay refuses this payment: %(reason)s. The customer was not asked to pay."
                    " Take the sale another way and tell your manager.",
                    reason=self.failure_reason,
                )
            )
        if self._needs_link():
            raise UserError(
                self.env._(
                    "MixPay cannot be reached at the moment. The customer was not asked to pay."
                    " Try again, or take the sale another way."
                )
            )

    # === CANCELLING === #

    def _cancel(self):
        """Give up waiting, after asking MixPay one last time.

        Where money was seen the line is not given up, unless it is too little: then the cashier
        may take the sale another way. Either way the payment is watched on.
        """
        self.ensure_one()
        if self._is_final() or self.confirmed_at or self.is_abandoned:
            return
        commit(self.env)
        if not self._sync(priority.URGENT, timeout=CANCEL_TIMEOUT, interval=0):
            self._await_others(CANCEL_TIMEOUT)
        self._lock()
        if self.state in (states.DRAFT, states.UNPAID, states.PAID_LESS) and not self._is_held():
            self._abandon()

    def _abandon_unneeded(self):
        """Mark those as not waited for that somebody still waits for: their sale is over.

        What is held stays so: only an approver lets go of it.
        """
        waiting = self.filtered(
            lambda p: not (p._is_final() or p.is_abandoned or p.confirmed_at or p._is_held())
        )
        if waiting:
            waiting._abandon()
            waiting._notify_registers()

    def _abandon(self):
        """Mark payments as not waited for, and have the background job ask about them at once."""
        self.sudo().write({"is_abandoned": True})
        # At once: another payment of the same line may come to life next.
        self.flush_recordset()
        self.env["mixpay.job"]._add(self.filtered(lambda p: not p._is_final()))

    def _lock(self, nowait=False):
        """Lock these records' rows and read them afresh.

        :param bool nowait: whether to fail at once where somebody else has them
        :raises SerializationFailure: when it was changed since this transaction began; callers
            repeat, or Odoo does, so it is not logged as an error
        :raises LockNotAvailable: when somebody else has them
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM mixpay_payment WHERE id = ANY(%s) ORDER BY id FOR UPDATE %s",
                self.ids,
                SQL("NOWAIT") if nowait else SQL(),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset()

    def _lock_lines(self):
        """Lock the orders' lines that a success is noted on; a closing may hold them for long.

        :raises LockNotAvailable: when somebody else has them
        """
        self.env.cr.execute(
            """
            SELECT line.id
              FROM pos_payment AS line
              JOIN mixpay_payment AS payment
                ON line.uuid = coalesce(payment.attached_uuid, payment.payment_uuid)
             WHERE payment.id = ANY(%s)
          ORDER BY line.id
               FOR NO KEY UPDATE OF line NOWAIT
            """,
            [self.ids],
            log_exceptions=False,
        )

    # === SYNCHRONIZATION: THE ONLY WAY TO A STATE === #

    def _sync(self, kind=priority.URGENT, timeout=None, interval=None, held=None):
        """Bring payments up to date with MixPay, each as far as turn and budget allow.

        Register, callback, background job and "check now" all come here or to `_sync_due`, and
        nothing else asks MixPay about a payment. Three steps: take the turn and leave to call,
        committed; ask, with no transaction open; lock, apply one allowed transition, commit. So the
        caller must have ended its own transaction, and reads what is new in its next one.

        :param str kind: `calls.CREATE` for the link of a new payment; `calls.URGENT` for a person
            or a callback, who need not wait until it is due
        :param float timeout: seconds that a call may take in all; None for what is set
        :param float interval: how many seconds old the last question must be; None for the kind's
        :param _Attempt held: where the caller has taken the turn with the recording
        :return: the payments about which MixPay has given a usable answer
        """
        answered = self.browse()
        ends = time.monotonic() + (timeout or SYNC_SECONDS)
        for payment in self:
            with payment._set_aside_on_failure():
                if held:
                    attempt = payment._resumed_attempt(held)
                else:
                    attempt = payment._begin_attempt(kind, timeout, interval=interval)
                if attempt and self._send_and_apply(attempt):
                    answered |= payment
            if time.monotonic() > ends:
                break
        self.invalidate_recordset()
        return answered

    @api.model
    def _sync_due(self, api_url, *, background_first=False):
        """Ask about the payment that has been due longest, whoever waits for it.

        A register that comes to ask about its own payment does the work that is most urgent in the
        whole shop; others do the same for it. So nobody starves, however short the budget.

        :param str api_url: address of MixPay
        :param bool background_first: whether those that nobody waits for go before the others
        :return: whether there was something to ask, and leave to ask it
        :rtype: bool
        """
        try:
            attempt = self._begin_attempt(
                priority.POLL, api_url=api_url, background_first=background_first
            )
        except _CannotBuildRequest as failure:
            self.browse(failure.payment_id)._set_aside(failure.__cause__)
            return True
        if attempt:
            with self.browse(attempt.lease.payment_id)._set_aside_on_failure():
                self._send_and_apply(attempt)
        return bool(attempt)

    def _begin_attempt(
        self, kind, timeout=None, *, interval=None, api_url=None, background_first=False
    ):
        """Take the turn to ask about this payment, and leave to call MixPay: both, or nothing.

        Not even a setting is read on the caller's cursor, whose next snapshot must be a new one.

        :param str api_url: to take the payment that was due first at an address, whichever it is
        :param bool background_first: whether those that nobody waits for go before the others
        :return: what to ask, None when it is somebody else's turn, or no call is possible
        :rtype: _Attempt | None
        :raises _CannotBuildRequest: when the payment itself is in the way
        """
        try:
            with own_transaction(self) as own:
                if kind == priority.CREATE and not own._needs_link():
                    return None  # somebody else was faster
                job = own.env["mixpay.job"]
                timeout = timeout or own.env["mixpay.settings"]._values().timeout
                if kind == priority.POLL:
                    lease = job._lease_first(api_url, background_first=background_first)
                else:
                    pause = INTERVALS[kind] if interval is None else interval
                    lease = job._lease_one(own.id, pause)
                if not lease:
                    return None
                if kind == priority.POLL:
                    # What MixPay has called about is a callback's question, whoever asks it.
                    endpoint = own.env["mixpay.endpoint"]
                    kind = (
                        priority.URGENT if lease.has_webhook else endpoint._poll_priority(api_url)
                    )
                return own.browse(lease.payment_id)._prepared_attempt(lease, kind, timeout)
        except priority.NotAdmitted:
            return None  # the turn was not committed either
        except pg_errors.SerializationFailure:
            return None  # somebody else took the turn in this very moment

    def _prepared_attempt(self, lease, kind, timeout):
        """Return the turn that goes with a claim, with leave to call MixPay.

        :rtype: _Attempt
        :raises NotAdmitted: when MixPay must not be called
        :raises _CannotBuildRequest: when the payment itself is in the way
        """
        try:
            request = self._build_request(kind, timeout)
        except Exception as error:
            # Whatever it is: the caller, who took the first that is due, learns which one it was.
            raise _CannotBuildRequest(self.id) from error
        return self._permitted(_Attempt(lease, kind, request))

    def _resumed_attempt(self, attempt):
        """Take leave to call MixPay with a turn that is taken; where there is none, give it back.

        :rtype: _Attempt | None
        """
        try:
            return self._permitted(attempt)
        except priority.NotAdmitted:
            self.env["mixpay.job"]._release_lease(self.id)
            return None
        finally:
            commit(self.env)  # a setting may have been read; none is open when asking

    def _permitted(self, attempt):
        """Return a turn with leave to call MixPay, where what is to be asked needs a call.

        :rtype: _Attempt
        :raises NotAdmitted: when MixPay must not be called, but would have to be
        """
        request = attempt.request
        if not self.env["mixpay.settings"]._may_call(request.api_url):
            raise priority.NotAdmitted("a copied database shows nobody's links either")
        without_call = request.without_call()
        call = None
        if request.is_call:
            try:
                call = self.env["mixpay.limiter"]._call(
                    request.api_url,
                    attempt.kind,
                    request.timeout,
                    # A customer who can have a pay link is not the one to wait for MixPay.
                    may_probe=without_call is None,
                )
            except priority.NotAdmitted:
                if without_call is None:
                    raise
                request = without_call
        return attempt._replace(request=request, call=call)

    def _send_and_apply(self, attempt):
        """Ask MixPay and apply the answer; return whether it was of use.

        The permit is released whatever happens.
        """
        with attempt.call or nullcontext() as call:
            answer = send(attempt.request)
            if call:
                call.error = error_of(answer)
        return self.browse(attempt.lease.payment_id)._sync_apply(attempt, answer)

    def _build_request(self, kind, timeout):
        """Return all that is needed to ask about this payment.

        Only a register that wants to show a link asks for one: nobody else would use it.
        """
        needs_link = kind == priority.CREATE and self._needs_link()
        has_fallback = needs_link and self.payment_method_id.mixpay_link_fallback
        return Request(
            terms=self._terms(),
            needs_link=needs_link,
            allows_code=self.link_type == links.CODE,
            has_fallback=has_fallback,
            api_url=self.api_url,
            pay_url=self.pay_url,
            timeout=min(CODE_TIMEOUT, timeout) if has_fallback else timeout,
        )

    def _terms(self):
        """Return the terms as MixPay takes them."""
        return links.Terms(
            trace_id=self.trace_id,
            payee_id=self.payee_id,
            settlement_asset_id=self.settlement_asset_id,
            quote_asset_id=self.quote_asset_id,
            quote_amount=self._amount_text(),
            remark=self.remark or "",
            # Odoo's datetimes are naive and in UTC.
            expires_at=int(self.expires_at.replace(tzinfo=timezone.utc).timestamp()),
            callback_url=self.callback_url or "",
            strict_mode=self.strict_mode,
        )

    def _amount_text(self):
        self._cache_currencies(self.currency_id.ids)
        digits = self.currency_id.decimal_places
        return money.to_text(money.from_float(self.amount, digits), digits)

    def _sync_apply(self, attempt, answer):
        """Note MixPay's answer, in a transaction that begins after it.

        :return: whether the answer was of use
        :rtype: bool
        """
        for _attempt in range(APPLY_ATTEMPTS):
            try:
                return self._apply_once(attempt, answer)
            except (pg_errors.SerializationFailure, pg_errors.DeadlockDetected):
                continue  # changed under our snapshot: look again at once
            except pg_errors.LockNotAvailable:
                # Who holds it may take long, as a closing does: waiting would hold a worker.
                time.sleep(polling.RETRY_PAUSE)
        _logger.info("MixPay payment %s is busy; it will be asked about again", self.id)
        self.env["mixpay.job"]._retry_soon(attempt.lease)
        return False

    def _apply_once(self, attempt, answer):
        with own_transaction(self) as payment:
            # What is new is held for an instant only, by requests of the same line.
            payment._lock(nowait=not attempt.request.needs_link)
            if attempt.request.needs_link:
                payment.fetch(_FOR_LINK)  # a customer waits: no more is read than it takes
            elif isinstance(answer, PaymentResult):
                payment._lock_lines()
            old = payment.state
            is_useful = payment._apply(attempt.request, answer, attempt.lease.attempted_at)
            payment._finish_attempt(attempt, answer, is_useful)
            trace_id, new = payment.trace_id, payment.state
            # Of what comes before the end, MixPay does not always tell.
            has_callback = bool(payment.callback_url) and payment._is_final()
            is_surprise = attempt.kind in priority.POLLS and has_callback
        if new != old:
            _logger.info("MixPay payment %s: %s → %s", trace_id, old, new)
            if is_surprise:
                self.env["mixpay.endpoint"]._note_missing_callback(attempt.request.api_url)
        return is_useful

    def _finish_attempt(self, attempt, answer, is_useful):
        """Note in the poll queue that an attempt is over, and how this payment stands now."""
        job = self.env["mixpay.job"]
        is_of_polling = self.error and not self.finish_failures
        if is_of_polling and job._has_processing_failed(self.id):
            self._end_failure()
            self._review()
        job._finish_attempt(
            attempt.lease,
            self._polled(),
            has_failed=not is_useful,
            # What cannot be read is no word of MixPay's either.
            was_answered=not isinstance(answer, (MixpayUnavailable, MixpayUnusable)),
            was_for_link=attempt.request.needs_link,
        )

    def _polled(self):
        """Return what the polling of this payment depends on.

        :rtype: polling.Polled
        """
        return polling.Polled(
            api_url=self.api_url,
            is_final=self._is_final(),
            created_at=self.create_date,
            expires_at=self.expires_at,
            clock_offset=self.clock_offset,
            funds_detected=states.STATES[self.state].funds_detected,
            is_abandoned=self.is_abandoned,
            has_callback=bool(self.callback_url),
            recheck_in=self._recheck_seconds(),
        )

    def _apply(self, request, answer, attempted_at=None):
        """Apply an answer to this locked record; return whether it was of use.

        :param datetime attempted_at: when it was asked for, by the database's clock
        """
        if isinstance(answer, MixpayUnusable):
            return self._apply_unusable(answer)
        is_useful = self._apply_usable(request, answer, attempted_at)
        if is_useful and self.unusable_since:
            self.write({"unusable_since": False})
            self._review()
        return is_useful

    def _apply_usable(self, request, answer, attempted_at):
        if isinstance(answer, NewLink):
            return self._apply_link(answer)
        if isinstance(answer, PaymentResult):
            return self._apply_result(answer, attempted_at)
        if isinstance(answer, (MixpayCompleted, MixpayEnded)):
            # The code was handed out before, in a call whose answer we never saw.
            url = links.code_link(self.pay_url, self.trace_id)
            return self._apply_link(NewLink(url, links.CODE))
        if isinstance(answer, MixpayUnknownId):
            return True  # nobody has opened the link: not yet
        is_refused = isinstance(answer, MixpayRefused) and request.needs_link
        if is_refused and self.state == states.DRAFT:
            # Before it began: nobody was asked to pay.
            self._set_state(
                states.FAILED,
                {"failure_code": str(answer.code), "failure_reason": answer.reason},
            )
            return True
        _logger.info("No answer about MixPay payment %s: %s", self.trace_id, answer)
        return False

    def _apply_unusable(self, error):
        """Note that MixPay's answer about this payment cannot be read: nothing else changes.

        A person hears of it after an hour; others are asked about as always.
        """
        if not self._is_final():
            if not self.unusable_since:
                _logger.warning("Unusable answer about MixPay payment %s: %s", self.trace_id, error)
                self.write({"unusable_since": self._now()})
                self.env["mixpay.event"]._record(
                    "unusable_answer", payment=self, data={"reason": str(error)}
                )
            self._review()
        return False

    def _apply_link(self, new_link):
        if self._needs_link():
            values = {"link": new_link.url, "link_type": new_link.link_type}
            if new_link.clock_offset is not None:
                # It was measured against the clock of an Odoo server, which may be wrong.
                host_is_ahead = (datetime.now(timezone.utc) - _aware(self._now())).total_seconds()
                values["clock_offset"] = new_link.clock_offset + host_is_ahead
            is_draft = self.state == states.DRAFT
            self._set_state(states.UNPAID if is_draft else self.state, values)
        return True

    def _apply_result(self, result, attempted_at=None):
        """Apply MixPay's report; return whether it was of use.

        :param datetime attempted_at: when it was asked for, by the database's clock; None for now
        """
        evaluation = evaluate(self.state, self._terms(), result)
        if not evaluation.is_usable:
            return self._apply_unusable(MixpayUnusable("answer without our terms"))
        if evaluation.others:
            self._apply_other_terms(evaluation, result, attempted_at)
            return True
        values = self._reported_values(result)
        if self.mismatch and not self._is_final() and not evaluation.unknown_status:
            # MixPay takes back what it said about other terms.
            values |= {"other_terms_at": False, "is_taken": False, "mismatch": False}
        if evaluation.unknown_status and evaluation.unknown_status != self.unknown_status:
            values["unknown_status"] = evaluation.unknown_status[:64]
            _logger.warning(
                "MixPay reports %r for payment %s; waiting on",
                evaluation.unknown_status,
                self.trace_id,
            )
        self._set_state(evaluation.state, values)
        return True

    def _apply_other_terms(self, evaluation, result, attempted_at):
        """Note what MixPay reports on other terms than ours; believe an end the second time.

        Until then an end with money for our payee is checked, and holds the till. All else is none
        of our money: the sale goes on with a new code, and this payment is watched.
        """
        if self._is_final():
            return
        now = self._now()
        seconds = self._seconds_since_other_terms(attempted_at or now)
        if self.other_terms_at and is_confirmed(evaluation, self.mismatch, seconds):
            self._end_on_other_terms(evaluation, result)
        elif (
            self.mismatch != evaluation.report
            or bool(self.other_terms_at) != bool(evaluation.end)
            or seconds < -1  # the clock was set back: begin anew
        ):
            self._note_other_terms(evaluation, result, now)

    def _note_other_terms(self, evaluation, result, now):
        self.write(
            {
                "mismatch": evaluation.report,
                "other_terms_at": now if evaluation.end else False,
                "is_taken": not evaluation.is_ours,
            }
        )
        self._record_other_terms(evaluation, result)
        _logger.warning("MixPay payment %s: other terms: %s", self.trace_id, evaluation.report)
        if self.is_taken and not self.confirmed_at and not self.is_abandoned:
            self._abandon()
        self._notify_registers()

    def _end_on_other_terms(self, evaluation, result):
        self._record_other_terms(evaluation, result)
        values = {}
        if evaluation.is_ours:
            values = {**self._reported_values(result), "funds_detected": True}
        if evaluation.end == states.MISMATCH:
            _logger.error(
                "MixPay payment %s ended on other terms: %s", self.trace_id, evaluation.report
            )
        self._set_state(evaluation.end, values)

    def _record_other_terms(self, evaluation, result):
        self.env["mixpay.event"]._record(
            "other_terms",
            payment=self,
            data={
                "reported": evaluation.report,
                "payment_amount": result.payment_amount,
                "payment_symbol": result.payment_symbol,
                "failure_code": result.failure_code,
                "txid": result.txid,
            },
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

    def _reported_values(self, result):
        """Return the fields that MixPay's report changes; none if it is about another payment.

        Once the last word is said, only what goes on afterwards: no second transfer changes a sale.
        """
        if not ids.same(result.trace_id, self.trace_id):
            return {}
        names = _REPORTED_AFTERWARDS if self._is_final() else _REPORTED_TEXTS
        values = {name: getattr(result, name) or False for name in names}
        if self._is_final():
            return {name: value for name, value in values.items() if value and self[name] != value}
        values["confirmations"] = result.confirmations
        values["funds_detected"] = self.funds_detected or bool(
            money.parse_or_none(result.payment_amount)
        )
        if result.paid_at:
            values["paid_at"] = _naive_utc(result.paid_at)
        return {name: value for name, value in values.items() if self[name] != value}

    def _set_state(self, new_state, values):
        """Write state and reported values, if they change anything: the one writer of `state`."""
        is_new = new_state != self.state
        if is_new:
            values = values | self._values_of_state(new_state)
        if values:
            self.write(values)
        if values and not is_new and self._is_final():
            self._review()  # what was settled, or is left over, may be known only now
        if is_new and new_state != states.UNPAID:  # the register that asks is told so itself
            self._link_to_pos_payment()
            self._review()
            self._notify_registers()

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
        return not self.link and not self._is_final()

    def _is_final(self):
        return states.STATES[self.state].is_final

    def _has_our_money(self):
        """Tell whether MixPay has recognized money on our own terms."""
        return states.STATES[self.state].funds_detected and self.state != states.MISMATCH

    def _is_being_checked(self):
        """Tell whether MixPay has reported an end on other terms, and was not asked again yet.

        Not where it is none of our money: another payee's, or a link that was never paid.
        """
        return bool(self.other_terms_at) and not (self.is_taken or self._is_final())

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

    # === REGISTER === #

    @api.model
    def _poll(self, trace_ids, check_now=False):
        """Bring what is due up to date, and tell the register how everything stands.

        :param list trace_ids: payments; those that the user may not see are left out
        :param bool check_now: whether a person pressed the button
        :return: `payments`, and `poll_after` in milliseconds
        :rtype: dict
        """
        payments, forecast = self._read_status(trace_ids)
        is_due = forecast.due_address and self.env["mixpay.limiter"]._has_free_slot(priority.POLL)
        if check_now or is_due:
            waiting = payments.filtered(lambda payment: not payment._is_final())
            commit(self.env)
            if check_now:
                waiting._longest_unheard_of(forecast)._sync(priority.URGENT)
            else:
                self._sync_due(forecast.due_address)
            payments.invalidate_recordset()
            payments, forecast = self._read_status(trace_ids, check_now)
        payments._mark_notified()
        return {
            "payments": payments._to_registers(forecast, check_now),
            "poll_after": polling.register_poll_ms(forecast.due_in, forecast.queue_length),
        }

    def _longest_unheard_of(self, forecast):
        """Return those few of these payments that one request asks MixPay about.

        Each takes a call of those that are kept for people, and its time. Polls ask about the rest.
        """

        def seconds(payment):
            synced_for = forecast.synced_for.get(payment.id)
            return math.inf if synced_for is None else synced_for

        return self.sorted(seconds, reverse=True)[:CHECKED_AT_ONCE]

    def _to_registers(self, forecast, was_asked):
        """Return these payments as the register sees them; one that cannot be shown is left out.

        The register goes on asking about that one, and shows what it last heard.
        """
        return self._each_shown(
            lambda p: p._to_register(notice=p._delay_notice(forecast, was_asked))
        )

    # === BACKGROUND JOB === #

    @api.model
    def _cron_sync(self):
        """Ask about payments that are due and that no register asks about, in bounded time.

        Trouble with the network is not raised, nor what one payment raises: Odoo would deactivate
        the job. What is left when no call is can wait for the next minute.
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        due = dict(self.env["mixpay.job"]._count_due())
        seconds = commit_progress(remaining=sum(due.values()))
        ends = time.monotonic() + min(seconds, CRON_SECONDS)
        is_out_of_time = False
        for api_url in due:
            self._sync_all_due(api_url, ends)
            is_out_of_time = time.monotonic() >= ends
        left = sum(count for _url, count in self.env["mixpay.job"]._count_due())
        commit_progress(remaining=left if is_out_of_time else 0)

    @api.model
    def _sync_all_due(self, api_url, ends):
        """Ask about the payments of an address that are due, until there are none or no calls.

        :param float ends: when to end, by `time.monotonic`
        """
        asked = misses = 0
        while misses < CRON_MISSES and (not asked or time.monotonic() < ends):
            # A few first that nobody waits for, so that they never starve.
            if self._sync_due(api_url, background_first=asked < CRON_BACKGROUND):
                asked += 1
                self.env["ir.cron"]._commit_progress(1)
            else:
                misses += 1  # nothing due; or a register is asking, which is over soon
                time.sleep(polling.RETRY_PAUSE)

    # === CALLBACK === #

    @api.model
    def _on_callback(self, token):
        """MixPay says that something happened; what it was, MixPay is asked.

        :param str token: from the address that MixPay called
        :return: whether the payment is up to date, so that MixPay need not come back; None when
            the token is no payment's
        :rtype: bool | None
        """
        # Somebody waits for the outcome: no more is read than this takes.
        payment = self.sudo().search_fetch(
            [("callback_token", "=", token)], ["state", "finished_at", "api_url"], limit=1
        )
        if not payment:
            return None
        endpoint = self.env["mixpay.endpoint"]
        if payment._is_final():
            if not self._has_passed(payment.finished_at, CALLBACK_DELAY):
                # A poll was faster, but it came: callbacks are to be relied on after all.
                endpoint._note_callback(payment.api_url)
            return True
        state, api_url = payment.state, payment.api_url
        moment = self.env["mixpay.job"]._ensure(payment)  # nobody may have asked for days
        commit(self.env)
        is_known = payment._catch_up(moment)
        payment.invalidate_recordset(["state"])
        payment.fetch(["state"])  # and nothing else
        if payment.state != state:
            # Only one that had something to tell: whoever knows a payer's link can call.
            endpoint._note_callback(api_url)
        return is_known

    def _catch_up(self, moment):
        """Know what MixPay knew at a moment just past, from a question of ours or of somebody else.

        :param datetime moment: by the database's clock
        :return: whether it is known now; if not, a register's poll asks as soon as may be
        :rtype: bool
        """
        job = self.env["mixpay.job"]
        if self._is_synced_since(moment):
            return True
        with self.env["mixpay.limiter"]._single_waiter(self.id) as may_wait:
            ends = time.monotonic() + CALLBACK_PATIENCE
            tries = 1
            # A turn that is being taken at this moment is not to be seen yet: try again.
            while may_wait and tries < CALLBACK_TRIES and time.monotonic() < ends:
                time.sleep(polling.RETRY_PAUSE)
                is_leased = job._is_leased(self.id, within=polling.URGENT_INTERVAL)
                if self._is_synced_since(moment, may_ask=not is_leased):
                    return True
                tries += not is_leased
        job._make_due(self.id, moment)
        return False

    def _is_synced_since(self, moment, *, may_ask=True):
        """Tell whether what MixPay knew at a moment is known; ask, where that may help."""
        is_synced = self.env["mixpay.job"]._synced_since(self.id, moment)
        # Of a final payment, the last word is known.
        self.env.cr.execute(
            SQL(
                "SELECT %s OR EXISTS (SELECT 1 FROM mixpay_payment WHERE id = %s AND state IN %s)",
                is_synced,
                self.id,
                states.FINAL,
            )
        )
        is_known = self.env.cr.fetchone()[0]
        commit(self.env)  # what others find out is in no snapshot of ours
        return is_known or (may_ask and bool(self._sync(priority.URGENT)))


# What MixPay may still report after its last word about the payment itself.
_REPORTED_AFTERWARDS = (
    "surplus_amount",
    "surplus_status",
    "settle_status",
    "settle_amount",
    "settle_symbol",
    "settle_asset_id",
)
_REPORTED_TEXTS = (
    *_REPORTED_AFTERWARDS,
    "payable_amount",
    "payable_symbol",
    "payable_asset_id",
    "payable_version",
    "payment_amount",
    "payment_symbol",
    "payment_asset_id",
    "payment_version",
    "txid",
    "explorer_url",
    "failure_code",
    "failure_reason",
    "payee_name",
)

# What applying an answer with a link takes.
_FOR_LINK = (
    "trace_id",
    "state",
    "is_abandoned",
    "link",
    "callback_url",
    "api_url",
    "expires_at",
    "clock_offset",
    "create_date",
    "error",
    "other_terms_at",
)


class _Attempt(NamedTuple):
    """What to ask about a payment, and the permit for the call; None for what needs no call."""

    lease: Lease
    kind: str
    request: Request
    call: Call | None = None


class _CannotBuildRequest(Exception):
    """What is to be asked about a payment cannot be said; the cause tells why."""

    def __init__(self, payment_id):
        super().__init__(f"mixpay.payment {payment_id}")
        self.payment_id = payment_id


def _aware(moment):
    """Return a moment as Odoo keeps it, saying that it is in UTC."""
    return moment.replace(tzinfo=timezone.utc)


def _naive_utc(seconds):
    """Return Unix seconds as Odoo keeps moments: in UTC, without saying so."""
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)
