"""One bad record never stops the others: it is put back and listed: money rule 10."""

import logging

from odoo import models

from ..failures import LONGEST_REASON, is_first_time, reason_of
from ..mixpay import polling
from ..mixpay.issues import ERROR
from ..transactions import BUSY, own_transaction

_logger = logging.getLogger(__name__)

ATTEMPTS = 5


class MixpayRetry(models.AbstractModel):
    """One bad record never stops the others: it is put back and listed: money rule 10."""

    _name = "mixpay.retry"
    _description = "MixPay payments whose processing failed"

    def _set_aside(self, payment, error, *, is_finishing=False):
        """Put this payment back with a growing pause, log why once, and list it.

        In transactions of its own, since the caller's may have failed; so that must not have
        written to the payment. One that was only busy stays as it is.

        :param Exception error: what was raised
        :param bool is_finishing: whether its sale was to be finished; otherwise, to ask MixPay
        """
        payment.ensure_one()
        if isinstance(error, BUSY):
            _logger.info("MixPay payment %s is busy; it is looked at again later", payment.id)
            return
        reason = reason_of(error)
        is_put_back = self._try(
            payment,
            lambda payment: payment.env["mixpay.retry"]._postpone_payment(payment, is_finishing)
            or True,
        )
        is_news = self._try(
            payment, lambda payment: payment.env["mixpay.retry"]._list_failure(payment, reason)
        )
        if is_news is None or not is_put_back:
            # It cannot even be written to: what remains is the log.
            is_news = is_first_time((payment.id, reason))
        if is_news:
            _logger.warning(
                "MixPay payment %s could not be processed; it is tried again later: %s",
                payment.id,
                reason,
                exc_info=error,
            )

    def _try(self, payment, act):
        """Do something with this payment in a transaction of its own, again where it is busy.

        :param act: function of the payment
        :return: what it returned; None when it cannot be done
        """
        for _attempt in range(ATTEMPTS):
            try:
                with own_transaction(payment) as own:
                    return act(own)
            except BUSY:
                continue
            except Exception as error:  # pylint: disable=broad-exception-caught
                # This is done about a record that failed already; the caller has to go on.
                _logger.info("MixPay payment %s: %s", payment.id, reason_of(error))
                return None
        return None

    def _postpone_payment(self, payment, is_finishing):
        if not is_finishing:
            self.env["mixpay.job"]._postpone_failed(payment.id)
            return
        pause = polling.pause_after_failures((payment.finish_failures or 0) + 1)
        # By SQL: the ORM's write may be what fails.
        self.env.cr.execute(
            """
            UPDATE mixpay_payment
               SET finish_failures = coalesce(finish_failures, 0) + 1,
                   finish_at = clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second'
             WHERE id = %s
            """,
            [pause, payment.id],
            log_exceptions=False,
        )

    def _list_failure(self, payment, reason):
        """Note why this payment could not be processed; return whether that is news."""
        payment._lock()
        if payment.error == reason:
            return False
        self._note_failure(payment, reason)
        try:
            with self.env.cr.savepoint():
                self.env["mixpay.review"]._review(payment)
        except BUSY:
            raise
        except Exception:  # pylint: disable=broad-exception-caught
            # Notifying people may be what failed before; the payment is listed all the same.
            payment.invalidate_recordset()
            payment.write({"issue": payment.issue or ERROR})
        return True

    def _note_failure(self, payment, reason):
        """Note what went wrong; it is listed by the next review.

        :param str reason: for people
        """
        reason = reason[:LONGEST_REASON]
        payment.write({"error": reason})
        self.env["mixpay.event"]._record("error", payment=payment, data={"reason": reason})

    def _end_failure(self, payment):
        """Note that this payment was processed after all; what is wrong is then to be reviewed."""
        if payment.error or payment.finish_failures:
            payment.write({"error": False, "finish_failures": 0})
