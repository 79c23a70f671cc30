"""Numbered slots, each of which is busy until a time: what all workers and servers share."""

from datetime import datetime, timedelta
from typing import NamedTuple

from odoo import fields, models

from ..mixpay import priority


class Pool(NamedTuple):
    """The slots that a kind of call takes for one purpose.

    :ivar name: the purpose
    :ivar size: how many may be used; surplus rows of a once larger pool stay
    :ivar top: the highest number that may be taken
    :ivar longest: seconds; one that is busy for longer was taken before the clock was set back
    :ivar window: seconds, in a pool that limits the calls of such a time; 0 in a pool that limits
        calls in progress, which have ended when the clock is found to be set back
    """

    name: str
    size: int
    top: int
    longest: float
    window: float = 0


class Slot(NamedTuple):
    """A slot that was taken, and until when."""

    id: int
    busy_until: datetime


# How many calls of the last minute at an address were no polls. Their window is a minute and a
# second; what is busy for longer was taken before the clock was set back.
CALLS_OF_OTHERS = f"""
    (SELECT count(*)
       FROM mixpay_slot
      WHERE purpose = %s
        AND kind IS DISTINCT FROM '{priority.POLL}'
        AND busy_until > clock_timestamp() AT TIME ZONE 'UTC'
        AND busy_until <= clock_timestamp() AT TIME ZONE 'UTC' + interval '62 seconds')"""

_TAKE = """
    UPDATE mixpay_slot
       SET kind = %(kind)s,
           busy_until = clock_timestamp() AT TIME ZONE 'UTC' + %(seconds)s * interval '1 second'
     WHERE id = (
            SELECT id
              FROM mixpay_slot
             WHERE purpose = %(purpose)s
               AND number <= %(top)s
               AND (busy_until IS NULL OR busy_until < clock_timestamp() AT TIME ZONE 'UTC')
          ORDER BY number DESC
             LIMIT 1
               FOR UPDATE SKIP LOCKED)
 RETURNING id, busy_until
"""

# The free slots with the lowest numbers are taken for calls that somebody else made.
_TAKE_FOR_OTHERS = """
    UPDATE mixpay_slot
       SET kind = %(kind)s,
           busy_until = clock_timestamp() AT TIME ZONE 'UTC'
                        + CASE WHEN number <= %(believed)s THEN %(window)s
                               ELSE %(doubt_after)s
                           END * interval '1 second'
     WHERE id IN (
            SELECT id
              FROM mixpay_slot
             WHERE purpose = %(purpose)s
               AND number <= %(size)s
               AND (busy_until IS NULL OR busy_until < clock_timestamp() AT TIME ZONE 'UTC')
          ORDER BY number
             LIMIT %(too_many)s
               FOR UPDATE SKIP LOCKED)
"""

# Slots that are busy for longer than they can have been taken for.
_LOCK_TOO_LONG = """
    SELECT id
      FROM mixpay_slot
     WHERE purpose = %s
       AND busy_until > clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second'
  ORDER BY id
       FOR UPDATE
"""

# Of slots that were taken within one window, the first is free at once and the others one by one
# over that window; all older ones are free at once.
_SPREAD_OVER_WINDOW = """
    WITH ahead AS (
            SELECT id, number, busy_until,
                   busy_until > max(busy_until) OVER () - %(window)s AS is_recent
              FROM mixpay_slot
             WHERE id = ANY(%(slot_ids)s)),
         planned AS (
            SELECT id, is_recent,
                   (row_number() OVER latest_first - 1)::float / count(*) OVER same AS part
              FROM ahead
            WINDOW same AS (PARTITION BY is_recent),
                   latest_first AS (same ORDER BY busy_until, number))
    UPDATE mixpay_slot AS slot
       SET busy_until = CASE WHEN is_recent
                             THEN clock_timestamp() AT TIME ZONE 'UTC' + %(window)s * part
                         END
      FROM planned
     WHERE slot.id = planned.id
"""


class MixpaySlot(models.Model):
    """One slot of a pool, in which only so many may be busy at once.

    Taking one is one statement that skips rows which others are taking right now: nobody waits and
    nobody fails. A slot becomes free by itself at its time, whatever became of who took it. What
    slots are taken for, and how many a kind of call may use, is the limiter's business.
    """

    _name = "mixpay.slot"
    _description = "MixPay call slot"
    _log_access = False

    purpose = fields.Char(
        required=True, help="An API address for its calls in a minute; or a name."
    )
    number = fields.Integer(required=True, help="From 1; the highest are kept for urgent calls.")
    busy_until = fields.Datetime()
    kind = fields.Char(help="What it was last taken for.")

    _slot_uniq = models.UniqueIndex("(purpose, number)")

    def _take_slot(self, cr, pool, seconds, kind=None):
        """Take a slot; it is taken once the transaction is committed.

        :param cr: READ COMMITTED cursor
        :param Pool pool: of which
        :param float seconds: after which the slot is free again
        :param str kind: what for, see `priority`
        :rtype: Slot | None
        """
        for repair in (None, self._add_missing, self._correct_after_clock_step):
            if repair and not repair(cr, pool):
                continue
            values = {"purpose": pool.name, "top": pool.top, "seconds": seconds, "kind": kind}
            cr.execute(_TAKE, values)
            if row := cr.fetchone():
                return Slot(*row)
        return None

    def _release_slot(self, cr, slot):
        """Free a slot before its time, unless it is somebody else's by now.

        :param cr: READ COMMITTED cursor
        """
        cr.execute(
            "UPDATE mixpay_slot SET busy_until = NULL WHERE id = %s AND busy_until = %s", slot
        )

    def _has_free(self, pool):
        """Tell whether a slot seems to be free; `_take_slot` decides."""
        self.env.cr.execute(
            """
            SELECT count(*) < %(top)s
              FROM mixpay_slot
             WHERE purpose = %(purpose)s
               AND number <= %(top)s
               AND busy_until > clock_timestamp() AT TIME ZONE 'UTC'
               AND busy_until <= clock_timestamp() AT TIME ZONE 'UTC'
                                 + %(longest)s * interval '1 second'
            """,
            {"purpose": pool.name, "top": pool.top, "longest": pool.longest},
        )
        return self.env.cr.fetchone()[0]

    def _made(self, cr, pool):
        """Return what the busy slots of a pool were taken for, and for how long they are busy.

        :param cr: READ COMMITTED cursor
        :rtype: list[priority.Made]
        """
        cr.execute(
            """
            SELECT coalesce(kind, ''),
                   extract(epoch FROM busy_until - clock_timestamp() AT TIME ZONE 'UTC')::float
              FROM mixpay_slot
             WHERE purpose = %s
               AND busy_until > clock_timestamp() AT TIME ZONE 'UTC'
               AND busy_until <= clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second'
            """,
            [pool.name, pool.longest],
        )
        return [priority.Made(*row) for row in cr.fetchall()]

    def _leave_free(self, cr, pool, left):
        """Take free slots until only so many are left: somebody else has made those calls.

        The lowest numbers are taken first, since the highest are kept for urgent calls; those last
        ones are taken for a moment only, see `priority.believed_limit`.

        :param cr: READ COMMITTED cursor
        :param int left: how many
        """
        too_many = pool.size - len(self._made(cr, pool)) - left
        if too_many <= 0:
            return
        cr.execute(
            _TAKE_FOR_OTHERS,
            {
                "kind": priority.OTHERS,
                "believed": priority.believed_limit(pool.size),
                "doubt_after": priority.DOUBT_AFTER,
                "window": pool.window,
                "purpose": pool.name,
                "size": pool.size,
                "too_many": too_many,
            },
        )

    def _add_missing(self, cr, pool):
        """Add the rows of a pool that was never used, or is larger by now.

        If somebody else adds them at this moment, PostgreSQL waits for that and inserts nothing:
        `ON CONFLICT DO NOTHING` holds for each unique index, so no error can be met.
        """
        cr.execute(
            """
            INSERT INTO mixpay_slot (purpose, number)
                 SELECT %(purpose)s, missing
                   FROM generate_series(1, %(size)s) AS missing
                  WHERE NOT EXISTS (
                        SELECT FROM mixpay_slot WHERE purpose = %(purpose)s AND number = missing)
            ON CONFLICT DO NOTHING
            """,
            {"purpose": pool.name, "size": pool.size},
        )
        return cr.rowcount > 0

    def _correct_after_clock_step(self, cr, pool):
        """Repair slots that are busy for too long, because the database's clock was set back.

        In a pool with a window, those taken within one window become free one by one over the
        next, so that no window holds more calls than before. All others are free at once.

        :return: whether there were such slots
        :rtype: bool
        """
        cr.execute(_LOCK_TOO_LONG, [pool.name, pool.longest])
        slot_ids = [slot_id for (slot_id,) in cr.fetchall()]
        if not slot_ids:
            return False
        cr.execute(
            _SPREAD_OVER_WINDOW,
            {"slot_ids": slot_ids, "window": timedelta(seconds=pool.window)},
        )
        return True
