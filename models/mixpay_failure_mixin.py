"""What becomes of a payment whose processing fails here: money rule 10."""

import logging
import re
from contextlib import contextmanager

import psycopg2
from psycopg2 import errors as pg_errors

from odoo import api, fields, models

from ..mixpay import polling
from ..transactions import own_transaction
from .mixpay_attention_mixin import ERROR

_logger = logging.getLogger(__name__)

# Somebody else is at it in this very moment: no failure, just later.
BUSY = (pg_errors.SerializationFailure, pg_errors.DeadlockDetected, pg_errors.LockNotAvailable)
ATTEMPTS = 5
LONGEST_REASON = 200
# Longer than any word or UUID: a token, or what else nobody needs to read.
_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")
# What was logged already, in this process; only to keep the log short.
_logged = set()
MOST_LOGGED = 1000


class MixpayFailureMixin(models.AbstractModel):
    """One bad record never stops the others: it is put back, and a person is told of it."""

    _name = "mixpay.failure.mixin"
    _description = "MixPay payment whose processing may fail"

    error = fields.Char(
        string="Processing Error",
        readonly=True,
        copy=False,
        help="Why this server could not process the payment when it last tried.",
    )
    finish_failures = fields.Integer(
        readonly=True, copy=False, help="Times in a row that finishing its sale failed."
    )

    @contextmanager
    def _set_aside_on_failure(self):
        """Return a context in which a failure about this payment sets it aside, and is not raised.

        Not for use inside a transaction that has written to the payment.
        """
        try:
            yield
        except BUSY:
            _logger.info("MixPay payment %s is busy; it is looked at again later", self.id)
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Whatever one record raises, known or not, must not keep the others waiting.
            self._set_aside(error)

    def _set_aside(self, error, *, is_finishing=False):
        """Put this payment back with a growing pause, log why once, and list it.

        In transactions of its own, since the caller's may have failed.

        :param Exception error: what was raised
        :param bool is_finishing: whether its sale was to be finished; otherwise, to ask MixPay
        """
        self.ensure_one()
        reason = reason_of(error)
        is_put_back = self._try(lambda payment: payment._postpone_failed(is_finishing) or True)
        is_news = self._try(lambda payment: payment._list_failure(reason))
        if is_news is None or not is_put_back:
            # It cannot even be written to: what remains is the log.
            is_news = is_first_time((self.id, reason))
        if is_news:
            _logger.warning(
                "MixPay payment %s could not be processed; it is tried again later: %s",
                self.id,
                reason,
                exc_info=error,
            )

    def _try(self, act):
        """Do something with this payment in a transaction of its own, again where it is busy.

        :param act: function of the payment
        :return: what it returned; None when it cannot be done
        """
        for _attempt in range(ATTEMPTS):
            try:
                with own_transaction(self) as payment:
                    return act(payment)
            except BUSY:
                continue
            except Exception as error:  # pylint: disable=broad-exception-caught
                # This is done about a record that failed already; the caller has to go on.
                _logger.info("MixPay payment %s: %s", self.id, reason_of(error))
                return None
        return None

    def _postpone_failed(self, is_finishing):
        if not is_finishing:
            self.env["mixpay.job"]._postpone_failed(self.id)
            return
        pause = polling.pause_after_failures((self.finish_failures or 0) + 1)
        # By SQL: the ORM's write may be what fails.
        self.env.cr.execute(
            """
            UPDATE mixpay_payment
               SET finish_failures = coalesce(finish_failures, 0) + 1,
                   finish_at = clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second'
             WHERE id = %s
            """,
            [pause, self.id],
            log_exceptions=False,
        )

    def _list_failure(self, reason):
        """Note why this payment could not be processed; return whether that is news."""
        self._lock()
        if self.error == reason:
            return False
        self._note_failure(reason)
        try:
            with self.env.cr.savepoint():
                self._review()
        except BUSY:
            raise
        except Exception:  # pylint: disable=broad-exception-caught
            # To tell people may be what failed before; on the list it comes all the same.
            self.invalidate_recordset()
            self.write({"issue": self.issue or ERROR})
        return True

    def _note_failure(self, reason):
        """Note what went wrong; it is listed by the next review.

        :param str reason: for people
        """
        reason = reason[:LONGEST_REASON]
        self.write({"error": reason})
        self.env["mixpay.event"]._record("error", payment=self, data={"reason": reason})

    def _end_failure(self):
        """Note that this payment was processed after all; what is wrong is then to be reviewed."""
        if self.error or self.finish_failures:
            self.write({"error": False, "finish_failures": 0})

    @api.model
    def _cron_remind(self):
        """Remind managers daily of the payments that nobody has decided about: money rule 6."""
        commit_progress = self.env["ir.cron"]._commit_progress
        waiting = self.sudo().search([("issue", "!=", False)]).grouped("company_id")
        commit_progress(remaining=len(waiting))
        for company, payments in waiting.items():
            try:
                with self.env.cr.savepoint():
                    company._mixpay_remind(payments)
            except Exception:  # pylint: disable=broad-exception-caught
                # Whatever one company raises, the managers of the others are told all the same.
                _logger.exception("Nobody was reminded of MixPay payments of %s", company.id)
            commit_progress(1)

    def _each_shown(self, show, fallback=None):
        """Return what a function says of each of these payments, for people.

        :param show: function of a payment
        :param fallback: the same for one for which that fails; None leaves it out
        :rtype: list
        """
        shown = []
        for payment in self:
            try:
                shown.append(show(payment))
            except psycopg2.Error:
                raise  # nothing more can be read in this transaction
            except Exception as error:  # pylint: disable=broad-exception-caught
                # Whatever it is: one that cannot be shown must not hide the others.
                payment._log_not_shown(error)
                if fallback:
                    shown.append(fallback(payment))
        return shown

    def _name_for_people(self):
        """Return how a person finds this payment."""
        return self.env._("MixPay payment %(trace_id)s", trace_id=self.trace_id)

    def _summary_or_id(self):
        """Return one line about this payment for people; where that fails, how to find it."""
        self.ensure_one()
        [line] = self._each_shown(lambda p: p._summary(), lambda p: p._name_for_people())
        return line

    def _each_for_closing(self):
        """Return what the dialog at a session's closing shows of each of these payments."""
        return self._each_shown(
            lambda payment: payment._for_closing(),
            lambda payment: {
                "trace_id": payment.trace_id,
                "order_name": payment.order_name or "",
                "amount_text": "",
                "state_text": "",
                "issue_text": "",
                "message": payment._name_for_people(),
            },
        )

    def _each_report_line(self):
        """Return a line for a session's report of each of these payments."""
        return self._each_shown(
            lambda payment: payment._report_line(), lambda payment: payment._name_for_people()
        )

    def _log_not_shown(self, error):
        """Log why people cannot be told of this payment; once, not at each question."""
        reason = reason_of(error)
        if is_first_time((self.id, reason)):
            _logger.warning(
                "MixPay payment %s cannot be shown: %s", self.id, reason, exc_info=error
            )


def reason_of(error):
    """Return in one short line what went wrong, without values that nobody should read."""
    text = str(error)
    if isinstance(error, psycopg2.Error) and error.diag.message_primary:
        text = error.diag.message_primary  # what follows shows whole rows
    line = (text.strip().splitlines() or [""])[0]
    return _SECRET.sub("…", f"{type(error).__name__}: {line}")[:LONGEST_REASON]


def is_first_time(what):
    """Tell whether this process has not logged something yet, and take it that it is now."""
    if what in _logged:
        return False
    if len(_logged) >= MOST_LOGGED:
        _logged.clear()
    _logged.add(what)
    return True
