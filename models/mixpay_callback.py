"""What to do when MixPay calls: a callback only triggers a request of ours."""

import time
from contextlib import contextmanager
from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..mixpay import polling, priority, states
from ..transactions import commit, read_committed
from .mixpay_settings import LONGEST_CALL

# Seconds that a callback waits for the lease, or for the request of who has it.
CALLBACK_PATIENCE = polling.URGENT_INTERVAL + 0.5
CALLBACK_TRIES = 3
# Seconds until another callback may wait in the place of one whose worker has died: whoever waits
# may begin a last call when patience ends.
WAITER_SECONDS = CALLBACK_PATIENCE + LONGEST_CALL
# How old MixPay's last report about a payment that has ended must be to ask again for a callback.
FOLLOW_UP_INTERVAL = timedelta(hours=1)

# Fields that are needed to answer a callback.
_FOR_CALLBACK = ("state", "is_abandoned", "finished_at", "reported_at", "api_url")

# Plans a request that callbacks of a payment trigger, now or after a pause; returns nothing while
# one is planned. A moment further ahead than any pause was noted before the clock was set back.
_PLAN_REQUEST = """
    INSERT INTO mixpay_callback AS callback (payment_id, questions, asked_at)
         VALUES (%(payment_id)s, 1, clock_timestamp() AT TIME ZONE 'UTC')
    ON CONFLICT (payment_id)
      DO UPDATE SET questions = callback.questions + 1,
                    asked_at = CASE
                        WHEN callback.asked_at > EXCLUDED.asked_at THEN EXCLUDED.asked_at
                        ELSE greatest(
                            EXCLUDED.asked_at,
                            callback.asked_at
                            + (%(pauses)s::float[])[least(callback.questions, %(count)s)]
                            * interval '1 second')
                    END
          WHERE callback.asked_at <= EXCLUDED.asked_at
             OR callback.asked_at > EXCLUDED.asked_at + %(longest)s * interval '1 second'
  RETURNING extract(epoch FROM asked_at - clock_timestamp() AT TIME ZONE 'UTC')::float
"""

# A waiter for longer than any waits was noted before the clock was set back.
_TAKE_WAITING = """
       UPDATE mixpay_callback
          SET lease_until = moment.now + %(seconds)s * interval '1 second'
         FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS moment
        WHERE payment_id = %(payment_id)s
          AND (lease_until IS NULL
               OR lease_until <= moment.now
               OR lease_until > moment.now + (%(seconds)s + 1) * interval '1 second')
    RETURNING lease_until
"""


class MixpayCallback(models.Model):
    """The requests that callbacks of a payment have triggered: a callback itself changes nothing.

    Anybody who knows a payer's link can call as MixPay does. So there are growing pauses between
    the requests that callbacks of one payment trigger, in whichever state the payment is.
    """

    _name = "mixpay.callback"
    _description = "MixPay's callbacks of a payment"
    _log_access = False

    payment_id = fields.Many2one("mixpay.payment", required=True, ondelete="cascade")
    questions = fields.Integer(help="How many its callbacks have cost.")
    asked_at = fields.Datetime(help="When the last of them was asked, or will be.")
    # Until when one of its callbacks waits, at the latest.
    lease_until = fields.Datetime()

    _payment_uniq = models.UniqueIndex("(payment_id)")

    def _on_callback(self, token):
        """MixPay says that something happened; have MixPay asked what it was.

        :param str token: from the address that MixPay called
        :return: whether the payment is up to date, so that MixPay need not come back; None when
            the token is no payment's
        :rtype: bool | None
        """
        # Somebody waits for the outcome, so no more is read than needed.
        payments_sudo = self.env["mixpay.payment"].sudo()
        payment = payments_sudo.search_fetch(
            [("callback_token", "=", token)], _FOR_CALLBACK, limit=1
        )
        if not payment:
            return None
        if payment._is_final():
            self._follow_up(payment)
            return True
        job = self.env["mixpay.job"]
        is_waiting = not payment.is_abandoned and job._is_polled(payment.id)
        pause = self._plan_question(payment.id, is_waiting=is_waiting)
        if pause is None:
            return False
        # It may not have been polled for days. Our snapshot says that it has not ended; if an
        # answer has ended it and removed it from the queue since, it must not come back.
        moment = job._ensure(payment)
        commit(self.env)
        if is_waiting:
            return payment.env["mixpay.callback"]._catch_up(payment, moment, pause)
        job._bring_forward(payment.id, pause)
        return False

    def _follow_up(self, payment):
        """Have MixPay asked what it has called about, though the payment's end is known.

        Settlement, or money that came later. Whoever knows a payer's link can call as well, so it
        is asked behind everything else, and once an hour at most.
        """
        heard_at = max(filter(None, (payment.finished_at, payment.reported_at)), default=None)
        if not heard_at or payment._has_passed(heard_at, FOLLOW_UP_INTERVAL):
            self.env["mixpay.followup"]._bring_follow_up_forward(payment, 0)

    def _plan_question(self, payment_id, *, is_waiting):
        """Return in how many seconds a callback may have MixPay asked about a payment.

        Several callbacks share one request.

        :param bool is_waiting: whether somebody waits for the payment; callbacks about all others
            have a small share of their own
        :return: None where this callback triggers no request
        :rtype: float | None
        """
        pauses = polling.CALLBACK_PAUSES
        try:
            with read_committed(self.env) as cr:
                cr.execute(
                    _PLAN_REQUEST,
                    {
                        "payment_id": payment_id,
                        "pauses": list(pauses),
                        "count": len(pauses),
                        "longest": pauses[-1] + 1,
                    },
                )
                row = cr.fetchone()
                if row and not is_waiting:
                    self.env["mixpay.limiter"]._take_hint(cr)
        except priority.RateLimitReached:
            return None  # nor is the request noted
        return max(row[0], 0) if row else None

    def _catch_up(self, payment, moment, pause):
        """Learn what MixPay knew at a moment just past, by a request of ours or of somebody else.

        :param datetime moment: by the database's clock
        :param float pause: seconds until a request may be sent
        :return: whether it is known now; if not, a register's poll asks as soon as may be
        :rtype: bool
        """
        if not pause and self.env["mixpay.sync"]._sync(payment, priority.CALLED):
            return True
        if pause <= polling.URGENT_INTERVAL:
            with self._single_waiter(payment.id) as is_alone:
                if is_alone and self._wait_for_news(payment, moment):
                    return True
        self.env["mixpay.job"]._make_due(payment.id, moment, pause)
        return False

    def _wait_for_news(self, payment, moment):
        """Wait for the lease, or for what its holder finds out; see `_catch_up`."""
        job, sync = self.env["mixpay.job"], self.env["mixpay.sync"]
        ends = time.monotonic() + CALLBACK_PATIENCE
        tries = 1
        # A lease that is being taken at this moment cannot be seen yet: try again.
        while tries < CALLBACK_TRIES and time.monotonic() < ends:
            time.sleep(polling.RETRY_PAUSE)
            is_leased = job._is_leased(payment.id, within=polling.URGENT_INTERVAL)
            if self._is_synced_since(payment, moment):
                return True
            if not is_leased:
                if sync._sync(payment, priority.CALLED):
                    return True
                tries += 1
        return False

    @contextmanager
    def _single_waiter(self, payment_id):
        """Return a context that tells whether the caller is the only one in it for a payment.

        Whoever knows a payer's link can call as MixPay does, and each callback that waits holds a
        worker. A row says who waits, not an open transaction: MixPay is called inside.
        """
        values = {"payment_id": payment_id, "seconds": WAITER_SECONDS}
        with read_committed(self.env) as cr:
            cr.execute(_TAKE_WAITING, values)
            taken = cr.fetchone()
        try:
            yield bool(taken)
        finally:
            if taken:
                self._end_waiting(payment_id, *taken)

    def _end_waiting(self, payment_id, lease_until):
        """Let another callback wait, unless one does already because this one took too long."""
        with read_committed(self.env) as cr:
            cr.execute(
                """
                UPDATE mixpay_callback
                   SET lease_until = NULL
                 WHERE payment_id = %s AND lease_until = %s
                """,
                [payment_id, lease_until],
            )

    def _is_synced_since(self, payment, moment):
        """Tell whether what MixPay knew at a moment is known, whoever has asked."""
        is_synced = self.env["mixpay.job"]._synced_since(payment.id, moment)
        # For a final payment, MixPay's last word is known.
        self.env.cr.execute(
            SQL(
                "SELECT %s OR EXISTS (SELECT 1 FROM mixpay_payment WHERE id = %s AND state IN %s)",
                is_synced,
                payment.id,
                states.FINAL,
            )
        )
        is_known = self.env.cr.fetchone()[0]
        commit(self.env)  # so that the next query sees what others have found out
        return is_known
