"""What a register asks: start a payment, how does it stand, cancel it."""

import math
import secrets
import time
import uuid
from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import models
from odoo.exceptions import AccessError, UserError

from ..mixpay import forecast, links, money, polling, priority, states
from ..transactions import commit, roll_back
from .mixpay_evidence_mixin import SILENT
from .mixpay_payment_counted import NOT_COUNTED
from .mixpay_sync import Attempt

# Seconds for the last request before a cashier's cancel.
CANCEL_TIMEOUT = 3.0
# Seconds to go on trying when a link cannot be asked for at once.
LINK_SECONDS = 3.0
# Two requests for one payment line: the second waits 2 s at most, in short pauses. The number
# only has to differ from that of other advisory locks in the database.
LINE_ATTEMPTS = 40
LINE_LOCK = 0x4D495850
# A person's request asks MixPay about so many payments at once, even if it names more.
CHECKED_AT_ONCE = 3

# How many payments a session has: begun within a minute, waiting, and given up within an hour.
_COUNT_OF_SESSION = """
    SELECT count(*) FILTER (WHERE create_date > now - interval '1 minute'
                              AND create_date <= now + interval '1 second'),
           count(*) FILTER (WHERE state IN %(live)s AND is_abandoned IS NOT TRUE),
           count(*) FILTER (WHERE state IN %(live)s AND is_abandoned
                              AND create_date > now - interval '1 hour'),
           min(now)
      FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock
 LEFT JOIN mixpay_payment ON pos_session_id = %(session)s
"""


class MixpayCheckout(models.AbstractModel):
    """What a register asks: start a payment, how does it stand, cancel it."""

    _name = "mixpay.checkout"
    _description = "What a register asks for"

    def _open(
        self,
        payments,
        method,
        session,
        amount,
        order_uuid,
        payment_uuid,
        order_name,
        order_data=None,
    ):
        """Return the payment of a register's payment line, ready to be shown.

        `payments` are the line's so far, see `_lock_line`. Asking again for the same line and
        amount returns the same payment. The record is committed before MixPay is asked, so that no
        crash can leave a payable link without a record.

        :param method: `pos.payment.method` that the caller may use
        :param session: open `pos.session` that the caller may use
        :param amount: string or number in the session's currency
        :param str order_uuid: UUID of the order on the register
        :param str payment_uuid: UUID of the payment line on the register
        :param str order_name: what cashier and customer call the order
        :param dict order_data: the order, as `pos.order.sync_from_ui` takes it
        :rtype: Snapshot
        :raises UserError: in words for the cashier; nothing was asked from the customer then
        """
        amount = self.env["mixpay.coverage"]._checked_amount(amount, session.currency_id)
        # Most lines have none so far.
        payment = payments and self._usable(payments, session, amount, order_uuid)
        attempt = None
        if not payment:
            self._check_order(order_uuid, order_data)
            vals = self._new_vals(method, session, amount, order_uuid, payment_uuid, order_name)
            if any(payments.mapped("is_taken")):
                vals["link_type"] = links.CODE  # whose terms nobody can edit
            payment, attempt = self._create_payment({**vals, "order_data": order_data})
        # Money rule 1: recorded for good before MixPay hears of it.
        commit(self.env)
        return payment.env["mixpay.checkout"]._with_link(payment, attempt)

    def _with_link(self, payment, attempt):
        """Return a payment that is committed, with the link that its customer opens.

        :param attempt: to ask for the link of a new payment; None for a payment that was known
        :rtype: Snapshot
        :raises UserError: when there is no link
        """
        self._obtain_link(payment, attempt)
        payment.invalidate_recordset()
        [payment] = self.env["mixpay.presenter"]._of_records(payment)
        self._check_opened(payment)
        self._mark_notified([payment])
        return payment

    def _create_payment(self, vals):
        """Record a payment, and take the lease to ask for its link in the same transaction.

        :return: the payment, and the attempt; its permit comes with `_resumed_attempt`
        :rtype: tuple[mixpay.payment, Attempt]
        """
        # Defaults are those of the payment's company, and the user's need not be read.
        context = {**SILENT, "allowed_company_ids": [vals["company_id"]]}
        payments_sudo = self.env["mixpay.payment"].sudo()
        payment = payments_sudo.with_context(**context).create({**vals, **NOT_COUNTED})
        payment = payments_sudo.browse(payment.id)
        lease = self.env["mixpay.job"]._add_leased(payment.id, payment.api_url)
        timeout = self.env["mixpay.settings"]._values().timeout
        request = payment.env["mixpay.sync"]._build_request(
            payment, priority.CREATE, timeout, vals["amount"]
        )
        return payment, Attempt(lease, priority.CREATE, request)

    def _obtain_link(self, payment, attempt=None):
        """Ask for the link, or wait for the request of the same line that is asking for it.

        :param Attempt attempt: where this request has the lease already
        """
        ends = time.monotonic() + LINK_SECONDS
        while not self.env["mixpay.sync"]._sync(payment, priority.CREATE, held=attempt):
            attempt = None
            commit(self.env)  # what others find out is in no snapshot of ours
            payment.invalidate_recordset()
            if (
                not payment._needs_link()
                or self._is_retry_useless(payment)
                or time.monotonic() >= ends
            ):
                break
            commit(self.env)
            time.sleep(polling.RETRY_PAUSE)

    def _is_retry_useless(self, payment):
        """Tell whether trying again at once would fail, too."""
        has_failed = self.env["mixpay.job"]._last_attempt_failed(payment.id)
        return has_failed or self.env["mixpay.endpoint"]._is_circuit_open(payment.api_url)

    def _await_others(self, payment, seconds):
        """Wait while somebody else asks MixPay about this payment, and see the outcome."""
        ends = time.monotonic() + seconds
        while self.env["mixpay.job"]._is_leased(payment.id) and time.monotonic() < ends:
            commit(self.env)  # their outcome is in no snapshot of ours
            time.sleep(polling.RETRY_PAUSE)
        commit(self.env)
        payment.invalidate_recordset()

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

        An answer of MixPay may be written to one at this moment. If that is noticed here, the
        caller tries again at once; if it were noticed only when writing, it would be an error in
        the log, and cost seconds at the register.
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
        return (
            self.env["mixpay.payment"]
            .sudo()
            .browse(payment_id for [payment_id] in reversed(self.env.cr.fetchall()))
        )

    def _usable(self, payments, session, amount, order_uuid):
        """Return which of a line's payments it goes on with, empty when it needs a new one.

        :raises UserError: when the line was paid, or is being paid, with another amount
        """
        payments_sudo = payments.sudo()
        payments_sudo.env["mixpay.checkout"]._check_of_order(payments_sudo, session, order_uuid)
        # People decide about a payment whose order ended without it, also if its line is back.
        payments_sudo = payments_sudo.filtered(lambda p: not p._is_too_late() or p.covered_at)
        digits = session.currency_id.decimal_places
        same = payments_sudo.filtered(
            lambda p: money.from_float(p.amount, digits) == amount
            and p.currency_id == session.currency_id
        )
        seen = payments_sudo.filtered(
            lambda p: (p._has_our_money() or p.confirmed_at or p._is_being_checked())
            and not p._is_written_off()
        )
        self._check_no_other_money(seen - same)
        usable = (seen & same)[:1] or same.filtered(lambda p: p._is_payable())[:1]
        # Links of other amounts stay payable until their deadline, so polling continues.
        (payments_sudo - usable).filtered(
            lambda p: not (p._is_final() or p.is_abandoned)
        )._abandon()
        usable.env["mixpay.checkout"]._resume(usable, session)
        if usable:
            self.env["mixpay.settings"]._check_may_call(usable.api_url)
        return usable

    def _check_no_other_money(self, payments):
        """Check that no customer has sent money for these payments of other amounts.

        :raises UserError: when one that somebody waits for has it
        """
        for payment in payments.filtered(lambda p: not p.is_abandoned):
            raise UserError(
                self.env._(
                    "The customer has already sent money for %(amount)s on this line. Use that"
                    " amount, or add another line for the rest.",
                    amount=payment.currency_id.format(payment.amount),
                )
            )

    def _check_of_order(self, payments, session, order_uuid):
        """Check that these payments of a line are its order's, and that the user may see them.

        :raises AccessError: when they are not
        """
        visible_sudo = payments.sudo(False)._filtered_access("read").sudo()
        if payments - visible_sudo or any(
            p._order_uuid() != order_uuid or p.company_id != session.company_id for p in payments
        ):
            raise AccessError(
                self.env._("This payment line belongs to another order, or to a closed session.")
            )

    def _check_order(self, order_uuid, order_data):
        """Check that an order waits for money, and can be saved; it may not be saved so far.

        :param dict order_data: the order, as `pos.order.sync_from_ui` takes it; or None
        :raises UserError: when it is paid or cancelled already, or cannot be saved
        """
        self.env["pos.order"].flush_model(["uuid", "state"])
        self.env.cr.execute(
            "SELECT FROM pos_order WHERE uuid = %s AND state IS DISTINCT FROM 'draft'", [order_uuid]
        )
        if self.env.cr.fetchone() is not None:
            raise UserError(
                self.env._("This order is paid or cancelled already. Take a new one for this sale.")
            )
        self.env["pos.order"]._mixpay_check_can_be_saved(order_uuid, order_data or {})

    def _resume(self, payments, session):
        """Have somebody wait for these payments again, maybe in a later session."""
        # Sessions of one Point of Sale follow each other; a payment of another Point of Sale stays
        # there.
        mine = payments.filtered(
            lambda p: p.pos_config_id == session.config_id and not p.covered_at
        )
        mine.filtered(lambda p: p.pos_session_id != session).write({"pos_session_id": session.id})
        abandoned = payments.filtered("is_abandoned")
        abandoned.write({"is_abandoned": False})
        self.env["mixpay.presenter"]._notify_registers(abandoned)
        self.env["mixpay.job"]._enqueue(abandoned.filtered(lambda p: not p._is_final()))

    def _new_vals(self, method, session, amount, order_uuid, payment_uuid, order_name):
        """Return the values of a new payment: all terms, copied from what holds at this moment."""
        values = self.env["mixpay.settings"]._values()
        method_sudo = method.sudo()
        if values.is_paused:
            raise UserError(self.env._("An administrator has paused payments with MixPay."))
        now = self._check_not_too_many(session)
        config = session.config_id
        self._check_saves_orders(config)
        quote_asset = self._checked_quote_asset(session.currency_id, amount)
        method_sudo._check_mixpay_ready()
        terms = self.env["mixpay.payment"]._terms_of_method(method_sudo)
        # Whole seconds: that is what MixPay's expiredTimestamp and Odoo's datetimes can hold.
        deadline = now.replace(microsecond=0) + timedelta(minutes=method_sudo.mixpay_expiry_minutes)
        return {
            **terms,
            "trace_id": str(uuid.uuid4()),
            "company_id": config.company_id.id,
            "currency_id": session.currency_id.id,
            "amount": amount,
            "payee_id": method_sudo._mixpay_effective_payee(),
            "quote_asset_id": quote_asset.asset_id,
            "expires_at": deadline,
            "remark": links.remark(config.name, order_name),
            **_callback_vals(values.callback_address),
            "pos_config_id": config.id,
            "pos_session_id": session.id,
            "payment_uuid": payment_uuid,
            "order_uuid": order_uuid,
            "order_name": order_name,
            "link_type": method_sudo.mixpay_link_type,
        }

    def _check_saves_orders(self, config):
        """Check that core saves orders of a Point of Sale: without that journal it saves no draft.

        :raises UserError: when it does not
        """
        if not config.invoice_journal_id:
            raise UserError(
                self.env._(
                    "This Point of Sale has no invoice journal, without which Odoo saves no order."
                    " The customer was not asked to pay. Ask your manager to set one."
                )
            )

    def _check_not_too_many(self, session):
        """Check that a session has no more payments than a till can need: each costs calls.

        The whole shop shares those calls. Payments that were given up can still be paid, so they
        cost calls, too: of those begun within an hour, all above half the limit count as waiting.

        :return: this moment by the database's clock
        :rtype: datetime
        :raises UserError: when too many are waiting, or were begun within a minute
        """
        self.env.cr.execute(_COUNT_OF_SESSION, {"session": session.id, "live": tuple(states.LIVE)})
        just_now, waiting, abandoned, now = self.env.cr.fetchone()
        settings = self.env["mixpay.settings"]._values()
        if just_now >= settings.max_new_per_minute:
            raise UserError(
                self.env._(
                    "This session has begun too many MixPay payments within a minute."
                    " Wait a little, then try again."
                )
            )
        self._check_not_too_many_wait(waiting, abandoned, settings.max_live_per_session)
        return now

    def _check_not_too_many_wait(self, waiting, abandoned, limit):
        """Check that no more payments of a session wait than its limit allows.

        :param int waiting: how many somebody waits for
        :param int abandoned: how many were begun and given up within an hour
        :raises UserError: when there are too many
        """
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

    def _checked_quote_asset(self, currency, amount):
        asset_sudo = self.env["mixpay.asset"].sudo()._for_currency(currency)
        if not asset_sudo:
            raise UserError(
                self.env._(
                    "MixPay does not accept the currency %(currency)s.", currency=currency.name
                )
            )
        if not asset_sudo._takes(amount):
            raise UserError(
                self.env._(
                    "MixPay takes payments from %(low)s to %(high)s.",
                    low=currency.format(asset_sudo.min_amount),
                    high=currency.format(asset_sudo.max_amount) if asset_sudo.max_amount else "∞",
                )
            )
        return asset_sudo

    def _check_opened(self, payment):
        """Make sure that there is something to show to the customer.

        :param Snapshot payment: which
        :raises UserError: when MixPay refused the payment, or could not be reached
        """
        if payment.state == states.FAILED and not payment.link:
            raise UserError(
                self.env._(
                    "MixPay refuses this payment: %(reason)s. The customer was not asked to pay."
                    " Take the sale another way and tell your manager.",
                    reason=payment.failure_reason,
                )
            )
        if not (payment.link or payment.stands.is_final):
            raise UserError(
                self.env._(
                    "MixPay cannot be reached at the moment. The customer was not asked to pay."
                    " Try again, or take the sale another way."
                )
            )

    def _cancel(self, payment):
        """Give up waiting, after asking MixPay one last time.

        Where money was seen the line is not given up, unless it is too little: then the cashier
        may take the sale another way. Either way polling continues.
        """
        payment.ensure_one()
        if payment._is_over():
            return
        commit(self.env)
        if not self.env["mixpay.sync"]._sync(
            payment, priority.URGENT, timeout=CANCEL_TIMEOUT, interval=0
        ):
            self._await_others(payment, CANCEL_TIMEOUT)
        payment._lock()
        if (
            payment.state in (states.DRAFT, states.UNPAID, states.PAID_LESS)
            and not payment._is_held()
        ):
            payment._abandon()

    def _poll(self, trace_ids, check_now=False):
        """Bring what is due up to date, and tell the register how everything stands.

        :param list trace_ids: payments; those that the user may not see are left out
        :param bool check_now: whether a person pressed the button
        :return: `payments`, and `poll_after` in milliseconds
        :rtype: dict
        """
        presenter = self.env["mixpay.presenter"]
        payments = presenter._read_status(trace_ids)
        due_address = forecast.due_address(payments)
        limiter = self.env["mixpay.limiter"]
        is_due = due_address and limiter._has_free_slot(due_address, priority.POLL)
        if check_now or is_due:
            commit(self.env)
            if check_now:
                self.env["mixpay.sync"]._sync(self._longest_unheard_of(payments), priority.URGENT)
            else:
                self.env["mixpay.sync"]._sync_due(due_address)
            payments = presenter._read_status(trace_ids)
        self._mark_notified(payments)
        return {
            "payments": presenter._each_to_register(payments, was_asked=check_now),
            "poll_after": forecast.poll_after(payments),
        }

    def _mark_notified(self, payments):
        """Note that a register has been notified of these payments."""
        news = [p.id for p in payments if p.stands.is_accepted and not p.notified_at]
        if news:
            notified_sudo = self.env["mixpay.payment"].sudo().browse(news)
            self.env["mixpay.fulfilment"]._mark_notified(notified_sudo)

    def _longest_unheard_of(self, payments):
        """Return the records of the few payments that one request asks MixPay about.

        Each takes time, and a call of those that are kept for people. Polls ask about the rest.

        :param list[Snapshot] payments: of which
        """
        waiting = [payment for payment in payments if not payment.stands.is_final]
        waiting.sort(key=lambda p: math.inf if p.synced_for is None else p.synced_for, reverse=True)
        longest = [payment.id for payment in waiting[:CHECKED_AT_ONCE]]
        return self.env["mixpay.payment"].sudo().browse(longest)


def _callback_vals(address):
    """Return the values by which MixPay can call about a new payment, and about no other.

    :param str address: that the payment's token is appended to; empty when MixPay cannot call
    """
    token = secrets.token_urlsafe(32)
    return {"callback_token": token, "callback_url": address and address + token}
