"""Which payments are to be asked about, and when: a small table beside the large one."""

from odoo import fields, models
from odoo.tools import SQL

from ..mixpay import schedule

# Longer than a call to MixPay can take; a worker that dies holds a payment no longer than this.
LEASE_SECONDS = 15
# A payment nobody waits for is looked after until it is final, and at least this long past its
# deadline: MixPay may still report money that arrived late.
WATCH_HOURS_PAST_DEADLINE = 24


class MixpayWatch(models.Model):
    """The work left for one payment: when it is due, and who is at it.

    A payment that needs no more questions has no row here, so old payments cost nothing. Rows are
    written by SQL with the database's clock, which all servers share. Where two reach for one row
    the later one repeats, so that is not logged as an error.
    """

    _name = "mixpay.watch"
    _description = "MixPay payment to ask about"
    _log_access = False

    payment_id = fields.Many2one("mixpay.payment", required=True, ondelete="cascade")
    due_at = fields.Datetime(required=True, index=True)
    asked_at = fields.Datetime()
    lease_until = fields.Datetime()
    troubles = fields.Integer(default=0)

    _payment_uniq = models.UniqueIndex("(payment_id)")

    def _start(self, payments):
        """Have payments asked about, from now on."""
        if not payments:
            return
        self.env.cr.execute(
            """
            INSERT INTO mixpay_watch (payment_id, due_at, troubles)
                 SELECT payment_id, clock_timestamp() AT TIME ZONE 'UTC', 0
                   FROM unnest(%s) AS payment_id
            ON CONFLICT (payment_id)
              DO UPDATE SET due_at = EXCLUDED.due_at
            """,
            [payments.ids],
            log_exceptions=False,
        )

    def _claim(self, payment_id, interval):
        """Take the turn to ask about a payment, if nobody else is at it.

        :param interval: how many seconds old the last question must be; None to wait until the
            payment is due
        :return: whether the caller may ask now; it must then call `_done` or `_release`
        :rtype: bool
        """
        self.env.cr.execute(
            """
            UPDATE mixpay_watch
               SET lease_until = clock_timestamp() AT TIME ZONE 'UTC'
                                 + %(lease)s * interval '1 second'
             WHERE id = (
                    SELECT id
                      FROM mixpay_watch,
                           LATERAL (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock
                     WHERE payment_id = %(payment_id)s
                       AND (lease_until IS NULL OR lease_until < now)
                       AND (due_at <= now
                            OR %(interval)s IS NOT NULL
                               AND (asked_at IS NULL
                                    OR asked_at <= now - %(interval)s * interval '1 second'))
                       FOR NO KEY UPDATE OF mixpay_watch SKIP LOCKED)
         RETURNING id
            """,
            {
                "payment_id": payment_id,
                "lease": LEASE_SECONDS,
                "interval": interval,
            },
            log_exceptions=False,
        )
        return bool(self.env.cr.fetchone())

    def _is_taken(self, payment):
        """Tell whether somebody is asking about a payment at this moment."""
        return self._is_true(payment, "lease_until > clock_timestamp() AT TIME ZONE 'UTC'")

    def _was_in_vain(self, payment):
        """Tell whether the last question about a payment had no usable answer."""
        return self._is_true(payment, "troubles > 0 AND lease_until IS NULL")

    def _is_true(self, payment, condition):
        self.env.cr.execute(
            SQL("SELECT %s FROM mixpay_watch WHERE payment_id = %s", SQL(condition), payment.id)
        )
        return bool((self.env.cr.fetchone() or [False])[0])

    def _release(self, payment_id):
        """Give a turn back unused: no call was possible, so the payment stays due."""
        self.env.cr.execute(
            "UPDATE mixpay_watch SET lease_until = NULL WHERE payment_id = %s",
            [payment_id],
            log_exceptions=False,
        )

    def _done(self, payment, *, had_trouble):
        """Note that a payment was asked about, and when to ask next; or that this was the last.

        :param bool had_trouble: whether there was no usable answer
        """
        if payment._is_watched_enough():
            self.env.cr.execute(
                "DELETE FROM mixpay_watch WHERE payment_id = %s",
                [payment.id],
                log_exceptions=False,
            )
            return
        self.env.cr.execute("SELECT troubles FROM mixpay_watch WHERE payment_id = %s", [payment.id])
        [troubles] = self.env.cr.fetchone() or [0]
        troubles = troubles + 1 if had_trouble else 0
        age = (fields.Datetime.now() - payment.create_date).total_seconds()
        seconds = schedule.interval(age, is_abandoned=payment.is_abandoned, troubles=troubles)
        self.env.cr.execute(
            """
            UPDATE mixpay_watch
               SET lease_until = NULL,
                   asked_at = clock_timestamp() AT TIME ZONE 'UTC',
                   due_at = clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second',
                   troubles = %s
             WHERE payment_id = %s
            """,
            [seconds, troubles, payment.id],
            log_exceptions=False,
        )

    def _due_payment_ids(self, limit):
        """Return the ids of payments that are due and free, the one waiting longest first."""
        self.env.cr.execute(
            """
            SELECT payment_id
              FROM mixpay_watch, LATERAL (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS c
             WHERE due_at <= now
               AND (lease_until IS NULL OR lease_until < now)
          ORDER BY due_at
             LIMIT %s
            """,
            [limit],
        )
        return [payment_id for (payment_id,) in self.env.cr.fetchall()]
