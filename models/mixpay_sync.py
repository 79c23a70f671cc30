"""Brings open payments up to date: lease, request, apply. Register, callback and cron come here.

Two other rooms ask MixPay about what is not open: `mixpay_settlement.py` about payments that have
ended, `mixpay_lookup.py` about traces that this database may not know.
"""

import logging
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import NamedTuple

from psycopg2 import errors as pg_errors

from odoo import models

from ..mixpay import links, polling, priority, states
from ..mixpay.errors import MixpayUnavailable, MixpayUnusable
from ..mixpay.request import Request, send
from ..mixpay.result import PaymentResult
from ..transactions import BUSY, commit, own_transaction, repeat_while_busy
from .mixpay_job import Lease
from .mixpay_limiter import Call
from .mixpay_settings import USER_AGENT

_logger = logging.getLogger(__name__)

# Seconds for a one-time code while a customer waits; a pay link needs no call.
CODE_TIMEOUT = 2.0
# How many seconds old the last attempt must be where a payment is not due yet.
INTERVALS = {
    priority.CREATE: 0,
    priority.CALLED: polling.URGENT_INTERVAL,
    priority.URGENT: polling.URGENT_INTERVAL,
}
# Seconds after which a request about several payments begins no further one.
SYNC_SECONDS = 6.0
CRON_SECONDS = 40
CRON_MISSES = 5
# Each run of the cron first asks about so many payments that nobody waits for: none starves.
CRON_BACKGROUND = 5
# Fields that are needed to apply an answer with a link.
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


class Attempt(NamedTuple):
    """What to ask about a payment, and the permit for the call; None where none is needed."""

    lease: Lease
    kind: str
    request: Request
    call: Call | None = None


class _CannotBuildRequest(Exception):
    """No request can be built for a payment; the cause tells why."""

    def __init__(self, payment_id):
        super().__init__(f"mixpay.payment {payment_id}")
        self.payment_id = payment_id


class MixpaySync(models.AbstractModel):
    """Brings open payments up to date: lease, request, apply."""

    _name = "mixpay.sync"
    _description = "Synchronization with MixPay"

    def _lock_lines(self, payments):
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
            [payments.ids],
            log_exceptions=False,
        )

    def _sync(self, payments, kind=priority.URGENT, timeout=None, interval=None, held=None):
        """Bring payments up to date with MixPay, each as far as lease and permit allow.

        Register, callback, cron and "check now" all come here or to `_sync_due`. Three steps: take
        lease and permit, committed; call, with no transaction open; lock, apply one allowed
        transition, commit. So the caller must have ended its own transaction, and reads what is new
        in its next one.

        :param str kind: `priority.CREATE` for a new payment's link; `priority.URGENT` for a person
            and `priority.CALLED` for a callback, who need not wait until it is due
        :param float timeout: seconds that a call may take in all; None for what is set
        :param float interval: how many seconds old the last attempt must be; None for the kind's
        :param Attempt held: where the caller got the lease with the recording
        :return: the payments about which MixPay has given a usable answer
        """
        answered = payments.browse()
        ends = time.monotonic() + (timeout or SYNC_SECONDS)
        for payment in payments:
            try:
                if held:
                    attempt = self._resumed_attempt(payment, held)
                else:
                    attempt = self._begin_attempt(payment, kind, timeout, interval=interval)
                if attempt and self._send_and_apply(attempt):
                    answered |= payment
            except Exception as error:  # pylint: disable=broad-exception-caught
                # An error of one record, known or not, must not keep the others waiting.
                self.env["mixpay.retry"]._set_aside(payment, error)
            if time.monotonic() > ends:
                break
        payments.invalidate_recordset()
        return answered

    def _sync_due(self, api_url, *, background_first=False):
        """Ask about the payment that has been due longest, whoever waits for it.

        A register that asks about its own payment does the most urgent work of the whole shop; the
        others do the same for it. So no payment starves, however low the rate limit is.

        :param str api_url: address of MixPay
        :param bool background_first: whether those that nobody waits for go before the others
        :return: whether a payment was due and MixPay could be called
        :rtype: bool
        """
        payments, retry = self.env["mixpay.payment"], self.env["mixpay.retry"]
        try:
            attempt = self._begin_attempt(
                payments, priority.POLL, api_url=api_url, background_first=background_first
            )
        except _CannotBuildRequest as failure:
            retry._set_aside(payments.browse(failure.payment_id), failure.__cause__)
            return True
        if attempt:
            try:
                self._send_and_apply(attempt)
            except Exception as error:  # pylint: disable=broad-exception-caught
                retry._set_aside(payments.browse(attempt.lease.payment_id), error)
        return bool(attempt)

    def _begin_attempt(
        self, payment, kind, timeout=None, *, interval=None, api_url=None, background_first=False
    ):
        """Take this payment's lease, and a permit to call MixPay: both, or nothing.

        Nothing, not even a setting, is read on the caller's cursor: its next snapshot must be new.

        :param str api_url: of POLL: the address whose payment has been due longest is taken
        :param bool background_first: whether those that nobody waits for go before the others
        :return: what to send, None when somebody else has the lease, or no call is possible
        :rtype: Attempt | None
        :raises _CannotBuildRequest: when the payment itself is in the way
        """
        try:
            with own_transaction(payment) as own:
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
                if kind == priority.POLL and lease.has_webhook:
                    kind = priority.CALLED  # whoever asks
                return own.env["mixpay.sync"]._prepared_attempt(
                    own.browse(lease.payment_id), lease, kind, timeout
                )
        except priority.NotAdmitted:
            return None  # the lease was not committed either
        except pg_errors.SerializationFailure:
            return None  # somebody else took the lease in this very moment

    def _prepared_attempt(self, payment, lease, kind, timeout):
        """Return the attempt that goes with a lease, with a permit to call MixPay.

        :rtype: Attempt
        :raises NotAdmitted: when MixPay must not be called
        :raises _CannotBuildRequest: when the payment itself is in the way
        """
        try:
            request = self._build_request(payment, kind, timeout)
        except Exception as error:
            # Any error: the caller, who took the first that was due, learns which payment it was.
            raise _CannotBuildRequest(payment.id) from error
        return self._permitted(Attempt(lease, kind, request))

    def _resumed_attempt(self, payment, attempt):
        """Get a permit for an attempt whose lease is held; where there is none, release it.

        :rtype: Attempt | None
        """
        try:
            return self._permitted(attempt)
        except priority.NotAdmitted:
            self.env["mixpay.job"]._release_lease(payment.id)
            return None
        finally:
            commit(self.env)  # a setting may have been read; none is open when asking

    def _permitted(self, attempt):
        """Return an attempt with a permit to call MixPay, where its request needs a call.

        :rtype: Attempt
        :raises NotAdmitted: when MixPay must not be called, but would have to be
        """
        request = attempt.request
        if request.is_call:
            try:
                call = self.env["mixpay.limiter"]._call(
                    request.api_url,
                    priority.CODE if request.has_fallback else attempt.kind,
                    request.timeout,
                    # Where a pay link will do, no customer waits for MixPay.
                    may_probe=not request.has_fallback,
                )
                return attempt._replace(call=call)
            except priority.NotAdmitted:
                if not request.has_fallback:
                    raise
        if not self.env["mixpay.settings"]._may_call(request.api_url):
            raise priority.NotAdmitted("a copied database shows nobody's links either")
        return attempt._replace(request=replace(request, is_call=False))

    def _send_and_apply(self, attempt):
        """Ask MixPay and apply the answer; return whether it was of use.

        The permit is released whatever happens.
        """
        with attempt.call or nullcontext() as call:
            answer, error = send(attempt.request, call and call.note_left)
            if call:
                call.error = error
        payment = self.env["mixpay.payment"].browse(attempt.lease.payment_id)
        is_useful = self._sync_apply(payment, attempt, answer)
        self.env["mixpay.review"]._note_refusal(payment, attempt.request.api_url, error)
        return is_useful

    def _build_request(self, payment, kind, timeout, amount=None):
        """Return all that is needed to ask about this payment.

        Only a register that wants to show a link asks for one.

        :param Decimal amount: of a payment that was just recorded
        """
        needs_link = kind == priority.CREATE and payment._needs_link()
        has_fallback = needs_link and payment.payment_method_id.mixpay_link_fallback
        return Request(
            trace_id=payment.trace_id,
            link_terms=payment._terms(amount) if needs_link else None,
            is_call=not needs_link or payment.link_type == links.CODE,
            has_fallback=has_fallback,
            api_url=payment.api_url,
            pay_url=payment.pay_url,
            timeout=min(CODE_TIMEOUT, timeout) if has_fallback else timeout,
            user_agent=USER_AGENT,
        )

    def _sync_apply(self, payment, attempt, answer):
        """Note MixPay's answer, in a transaction that begins after it.

        :return: whether the answer was of use
        :rtype: bool
        """
        try:
            return repeat_while_busy(lambda: self._apply_once(payment, attempt, answer))
        except BUSY:
            _logger.info("MixPay payment %s is busy; it will be asked about again", payment.id)
            self.env["mixpay.job"]._retry_soon(attempt.lease)
            return False

    def _apply_once(self, payment, attempt, answer):
        with own_transaction(payment) as own:
            # A new payment is locked for an instant only, by requests of the same line.
            own._lock(nowait=not attempt.request.link_terms)
            if attempt.request.link_terms:
                own.fetch(_FOR_LINK)  # a customer waits: no more is read than it takes
            elif isinstance(answer, PaymentResult):
                own.env["mixpay.sync"]._lock_lines(own)
            old = own.state
            is_useful = own.env["mixpay.answer"]._apply(
                own, attempt.request, answer, attempt.lease.attempted_at
            )
            own.env["mixpay.sync"]._note_attempt(own, attempt, answer, is_useful)
            trace_id, new = own.trace_id, own.state
        if new != old:
            _logger.info("MixPay payment %s: %s → %s", trace_id, old, new)
        return is_useful

    def _note_attempt(self, payment, attempt, answer, is_useful):
        """Note in the poll queue that an attempt is over, and how this payment stands now."""
        job = self.env["mixpay.job"]
        is_of_polling = payment.error and not payment.finish_failures
        if is_of_polling and job._has_processing_failed(payment.id):
            self.env["mixpay.retry"]._end_failure(payment)
            self.env["mixpay.review"]._review(payment)
        job._finish_attempt(
            attempt.lease,
            self._polled(payment),
            has_failed=not is_useful,
            # What cannot be read is no word of MixPay's either.
            was_answered=not isinstance(answer, (MixpayUnavailable, MixpayUnusable)),
            was_for_link=bool(attempt.request.link_terms),
        )

    def _polled(self, payment):
        """Return what the polling of this payment depends on.

        :rtype: polling.Polled
        """
        state = states.STATES[payment.state]
        return polling.Polled(
            api_url=payment.api_url,
            is_final=state.is_final,
            created_at=payment.create_date,
            expires_at=payment.expires_at,
            clock_offset=payment.clock_offset,
            funds_detected=state.funds_detected,
            is_abandoned=payment.is_abandoned,
            recheck_in=payment._recheck_seconds() if payment.other_terms_at else None,
        )

    def _cron_sync(self):
        """Ask about payments that are due and that no register asks about, in bounded time.

        Errors of the network, or of one payment, are not raised: Odoo would deactivate the job.
        Payments that are still due when no calls are left can wait for the next minute.
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

    def _sync_all_due(self, api_url, ends):
        """Ask about the payments of an address that are due, until there are none or no calls.

        :param float ends: when to end, by `time.monotonic`
        """
        asked = misses = 0
        while misses < CRON_MISSES and (not asked or time.monotonic() < ends):
            # First a few that nobody waits for, so that they never starve.
            if self._sync_due(api_url, background_first=asked < CRON_BACKGROUND):
                asked += 1
                self.env["ir.cron"]._commit_progress(1)
            else:
                misses += 1  # nothing due; or a register is asking, which is over soon
                time.sleep(polling.RETRY_PAUSE)
