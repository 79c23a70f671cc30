"""The budget of calls to MixPay, shared by every register, worker and server of a database."""

from datetime import timedelta

from psycopg2 import errors as pg_errors

from odoo import fields, models

from ..mixpay import priority

# MixPay counts 60 calls in a minute over all its APIs (its documentation, "limits"). A slot is
# used again after a minute and a second, so no window of 60 s ever holds more calls than slots.
SLOT_SECONDS = 61


class MixpaySlot(models.Model):
    """One of the calls that MixPay allows in a minute.

    A sliding window: there are as many rows per address as calls allowed, and taking one is one
    statement that skips rows which others are taking right now, so nobody waits and nobody fails.
    """

    _name = "mixpay.slot"
    _description = "MixPay call slot"
    _log_access = False

    api_url = fields.Char(required=True)
    number = fields.Integer(required=True, help="From 1; the highest are kept for urgent calls.")
    taken_at = fields.Datetime()

    _slot_uniq = models.UniqueIndex("(api_url, number)")

    def _take(self, cr, api_url, kind):
        """Take one call out of the budget; it counts once the transaction is committed.

        :param cr: READ COMMITTED cursor; see `mixpay.limiter`
        :param str api_url: the address to be called; each has a budget of its own
        :param str kind: BACKUP, POLL, CREATE or URGENT
        :raises RateLimitReached: when no call is left for that kind
        """
        limit = self.env["mixpay.settings"]._values().requests_per_minute
        top = priority.rate_limit(kind, limit)
        is_taken = self._try_take(cr, api_url, top)
        if not is_taken and self._add_missing(cr, api_url, limit):
            is_taken = self._try_take(cr, api_url, top)
        if not is_taken and self._correct_after_clock_step(cr, api_url):
            is_taken = self._try_take(cr, api_url, top)
        if not is_taken:
            raise priority.RateLimitReached()

    def _try_take(self, cr, api_url, top):
        cr.execute(
            """
            UPDATE mixpay_slot
               SET taken_at = clock_timestamp() AT TIME ZONE 'UTC'
             WHERE id = (
                    SELECT id
                      FROM mixpay_slot
                     WHERE api_url = %(api_url)s
                       AND number <= %(top)s
                       AND (taken_at IS NULL OR taken_at < clock_timestamp() AT TIME ZONE 'UTC'
                                                           - %(seconds)s * interval '1 second')
                  ORDER BY number DESC
                     LIMIT 1
                       FOR UPDATE SKIP LOCKED)
         RETURNING id
            """,
            {"api_url": api_url, "top": top, "seconds": SLOT_SECONDS},
        )
        return bool(cr.fetchone())

    def _correct_after_clock_step(self, cr, api_url):
        """Make slots usable again that were taken in what is the future by now.

        The database's clock was set back, then. Of the slots taken within a minute before the
        latest, the first becomes free at once, the others one by one over a minute: no more calls
        in a minute than before, where they were spread evenly. All others are free.

        :return: whether there were such slots
        :rtype: bool
        """
        cr.execute(
            """
            SELECT id
              FROM mixpay_slot
             WHERE api_url = %s
               AND taken_at > clock_timestamp() AT TIME ZONE 'UTC' + interval '1 second'
          ORDER BY id
               FOR UPDATE
            """,
            [api_url],
        )
        slot_ids = [slot_id for (slot_id,) in cr.fetchall()]
        if not slot_ids:
            return False
        cr.execute(
            """
            WITH ahead AS (
                    SELECT id, number, taken_at,
                           taken_at > max(taken_at) OVER () - %(span)s AS is_recent
                      FROM mixpay_slot
                     WHERE id = ANY(%(slot_ids)s)),
                 planned AS (
                    SELECT id, is_recent,
                           (row_number() OVER latest_first)::float / count(*) OVER same AS part
                      FROM ahead
                    WINDOW same AS (PARTITION BY is_recent),
                           latest_first AS (same ORDER BY taken_at DESC, number DESC))
            UPDATE mixpay_slot AS slot
               SET taken_at = CASE WHEN is_recent
                                   THEN clock_timestamp() AT TIME ZONE 'UTC' - %(span)s * part
                               END
              FROM planned
             WHERE slot.id = planned.id
            """,
            {"slot_ids": slot_ids, "span": timedelta(seconds=SLOT_SECONDS)},
        )
        return True

    def _add_missing(self, cr, api_url, limit):
        """Add the rows of an address that was never called, or whose limit was raised."""
        try:
            cr.execute(
                """
                INSERT INTO mixpay_slot (api_url, number)
                     SELECT %(api_url)s, number FROM generate_series(1, %(limit)s) AS number
                ON CONFLICT DO NOTHING
                """,
                {"api_url": api_url, "limit": limit},
                log_exceptions=False,
            )
        except pg_errors.UniqueViolation:
            return False
        return cr.rowcount > 0
