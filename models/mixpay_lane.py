"""How many calls to MixPay may be under way at once, over all workers and servers."""

from psycopg2 import errors as pg_errors

from odoo import fields, models

from ..mixpay import priority
from .mixpay_settings import LONGEST_TIMEOUT

# No lane is leased for longer, see `mixpay.limiter`. A lease that ends later was taken before the
# database's clock was set back: by no call that is still under way.
LONGEST_LEASE = LONGEST_TIMEOUT + 5


class MixpayLane(models.Model):
    """One of the calls to MixPay that may be under way at once.

    Each call under way holds a worker of Odoo. Where MixPay hangs, the lanes keep the others free
    for the shop's other work. A lane is leased: when its worker dies, it becomes free by itself.
    """

    _name = "mixpay.lane"
    _description = "MixPay call under way"
    _log_access = False

    number = fields.Integer(required=True, help="From 1; the highest are kept for urgent calls.")
    busy_until = fields.Datetime()

    _number_uniq = models.UniqueIndex("(number)")

    def _take(self, cr, kind, seconds):
        """Take a lane.

        :param cr: READ COMMITTED cursor; see `mixpay.limiter`
        :param str kind: BACKUP, POLL, CREATE or URGENT
        :param float seconds: after which the lane is free whatever happened
        :return: id of the lane, and when the lease ends
        :raises ConcurrencyLimitReached: when there is no lane for that kind of call
        """
        limit = self.env["mixpay.settings"]._values().max_concurrent
        top = priority.concurrency_limit(kind, limit)
        taken = self._try_take(cr, top, seconds)
        if not taken and self._add_missing(cr, limit):
            taken = self._try_take(cr, top, seconds)
        if not taken:
            raise priority.ConcurrencyLimitReached()
        return taken

    def _has_free(self, kind):
        """Tell whether a lane seems to be free for a kind of call; `_take` decides."""
        top = priority.concurrency_limit(kind, self.env["mixpay.settings"]._values().max_concurrent)
        self.env.cr.execute(
            """
            SELECT count(*) < %(top)s
              FROM mixpay_lane
             WHERE number <= %(top)s
               AND busy_until > clock_timestamp() AT TIME ZONE 'UTC'
               AND busy_until <= clock_timestamp() AT TIME ZONE 'UTC'
                                 + %(longest)s * interval '1 second'
            """,
            {"top": top, "longest": LONGEST_LEASE},
        )
        return self.env.cr.fetchone()[0]

    def _try_take(self, cr, top, seconds):
        cr.execute(
            """
            UPDATE mixpay_lane
               SET busy_until = clock_timestamp() AT TIME ZONE 'UTC'
                                + %(seconds)s * interval '1 second'
             WHERE id = (
                    SELECT id
                      FROM mixpay_lane
                     WHERE number <= %(top)s
                       AND (busy_until IS NULL
                            OR busy_until < clock_timestamp() AT TIME ZONE 'UTC'
                            OR busy_until > clock_timestamp() AT TIME ZONE 'UTC'
                                            + %(longest)s * interval '1 second')
                  ORDER BY number DESC
                     LIMIT 1
                       FOR UPDATE SKIP LOCKED)
         RETURNING id, busy_until
            """,
            {"top": top, "seconds": seconds, "longest": LONGEST_LEASE},
        )
        return cr.fetchone()

    def _add_missing(self, cr, limit):
        """Add the rows of a database that has none yet, or whose limit was raised."""
        try:
            cr.execute(
                """
                INSERT INTO mixpay_lane (number)
                     SELECT number FROM generate_series(1, %s) AS number
                ON CONFLICT DO NOTHING
                """,
                [limit],
                log_exceptions=False,
            )
        except pg_errors.UniqueViolation:
            return False
        return cr.rowcount > 0

    def _free(self, cr, permit):
        """Give a lane back, unless its lease is over and it is another's by now."""
        cr.execute(
            "UPDATE mixpay_lane SET busy_until = NULL WHERE id = %s AND busy_until = %s",
            [permit.lane_id, permit.lease],
        )
