"""The poll queue: which payments MixPay is to be asked about, when, and by whom at this moment."""

from datetime import datetime
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..mixpay import polling
from ..transactions import own_transaction, read_committed
from .mixpay_settings import LONGEST_TIMEOUT
from .mixpay_slot import CALLS_OF_OTHERS

# Seconds that a lease lasts longer than the call itself may take: the answer is applied, too.
LEASE_MARGIN = 9
# Seconds. Where somebody waits at a till the interval is shorter than this, see `polling`.
WAITING_INTERVAL = 59
# Seconds. The interval that is assumed for a payment about which MixPay was not asked yet.
FIRST_INTERVAL = 3

# The statement's clock, since PostgreSQL's planner takes it for a constant.
NOW = "(statement_timestamp() AT TIME ZONE 'UTC')"


def _believed(moment):
    """Return SQL for a moment at which something happened; null when it lies in the future.

    A moment in the future is from before the database's clock was set back. One second is
    tolerated, for statements that overlap.
    """
    return f"CASE WHEN {moment} <= {NOW} + interval '1 second' THEN {moment} END"


# MixPay has called, and no attempt that began since then had an answer.
_HAS_WEBHOOK = "coalesce({called} > {synced}, {called} IS NOT NULL)".format(
    called=f"({_believed('webhook_at')})", synced=f"({_believed('synced_at')})"
)
# Nobody has the lease. (This and `IS_DUE` are for the table of either queue, as `job`.) A lease
# that ends later than any lease can was taken before the clock was set back.
IS_FREE = (
    f"(job.lease_until IS NULL OR job.lease_until < {NOW} OR job.lease_until > {NOW}"
    f" + interval '{LONGEST_TIMEOUT + LEASE_MARGIN + 1} seconds')"
)
# A moment further ahead than the planned pause was planned before the clock was set back.
_LATEST = f"{NOW} + (coalesce(job.pause, 0) + 1) * interval '1 second'"
IS_DUE = f"(job.due_at <= {NOW} OR job.due_at > {_LATEST})"
# The last attempt began long enough ago, or never.
_IS_ATTEMPT_OLD = (
    f"(attempted_at IS NULL OR attempted_at <= {NOW} - %s * interval '1 second'"
    f" OR attempted_at > {NOW} + interval '1 second')"
)
_SYNCED_SINCE = (
    f"EXISTS (SELECT FROM mixpay_job WHERE payment_id = %s AND {_believed('synced_at')} >= %s)"
)


class Lease(NamedTuple):
    """The right to ask MixPay about a payment, which nobody else has meanwhile.

    :ivar payment_id: about which
    :ivar attempted_at: since when, by the database's clock
    :ivar has_webhook: whether MixPay has called about it, and nothing was heard since
    """

    payment_id: int
    attempted_at: datetime
    has_webhook: bool


# What a query with this table in it as `job` selects for a `Snapshot`.
SNAPSHOT_COLUMNS = {
    "due_in": f"""
        CASE WHEN job.due_at <= {_LATEST} THEN extract(epoch FROM job.due_at - {NOW})
             ELSE 0
        END::float""",
    "synced_for": f"extract(epoch FROM {NOW} - {_believed('job.synced_at')})::float",
    "is_free": IS_FREE,
    "queue_length": "coalesce(job.queue_length, 0)",
}

_LEASE = f"""
    UPDATE mixpay_job
       SET attempted_at = clock_timestamp() AT TIME ZONE 'UTC',
           lease_until = clock_timestamp() AT TIME ZONE 'UTC' + %s * interval '1 second'
     WHERE id = (
            SELECT id
              FROM mixpay_job AS job
             WHERE {IS_FREE}
               AND %s
          ORDER BY {_HAS_WEBHOOK} DESC, coalesce(is_background, FALSE) = %s DESC, due_at
             LIMIT 1
               FOR NO KEY UPDATE SKIP LOCKED)
 RETURNING payment_id, attempted_at, {_HAS_WEBHOOK}
"""

_FINISH_ATTEMPT = f"""
    UPDATE mixpay_job
       SET -- If the lease expired and somebody took it over, leave it.
           lease_until = CASE WHEN attempted_at = %(attempted_at)s THEN NULL ELSE lease_until END,
           attempted_at = CASE WHEN attempted_at = %(attempted_at)s AND %(was_for_link)s
                               THEN NULL
                               ELSE attempted_at
                           END,
           synced_at = CASE WHEN %(failures)s = 0
                            THEN greatest({_believed("synced_at")}, %(attempted_at)s)
                            ELSE synced_at
                        END,
           due_at = clock_timestamp() AT TIME ZONE 'UTC'
                    -- MixPay may have called about news that this answer does not have.
                    + CASE WHEN {_believed("webhook_at")} >= %(attempted_at)s
                           THEN least(%(urgent)s, %(pause)s)
                           ELSE %(pause)s
                       END * interval '1 second',
           pause = %(pause)s,
           poll_interval = %(poll_interval)s,
           is_background = %(is_background)s,
           failures = %(failures)s,
           processing_failures = 0,
           queue_length = %(queue_length)s
     WHERE payment_id = %(payment_id)s
"""


class MixpayJob(models.Model):
    """One payment in the poll queue: when it is due, and until when it is leased.

    A payment that MixPay need not be asked about has no row here, so old payments cost nothing.
    Rows are written by SQL with the database's clock, which all servers share. Where two
    transactions write one row, Odoo repeats the later one, so it is not logged as an error.

    Whoever asks MixPay takes a lease (`_lease_one`, `_lease_first`), asks, and ends the attempt
    (`_finish_attempt`), which plans the next one. A lease expires by itself.
    """

    _name = "mixpay.job"
    _description = "MixPay payment to ask about"
    _log_access = False

    payment_id = fields.Many2one("mixpay.payment", required=True, ondelete="cascade")
    api_url = fields.Char(
        string="API Address", required=True, help="The payment's; it never changes."
    )
    due_at = fields.Datetime(required=True, index=True)
    attempted_at = fields.Datetime(help="When the last attempt to ask how it stands began.")
    synced_at = fields.Datetime(
        help="When the last attempt began that had a usable answer; one for its link counts, too."
    )
    webhook_at = fields.Datetime(help="When MixPay called, and could not be asked at once.")
    lease_until = fields.Datetime()
    poll_interval = fields.Float(help="Seconds between two attempts, were calls not scarce.")
    pause = fields.Float(help="Seconds from when it was decided when it is due, until then.")
    is_background = fields.Boolean(
        string="In the Background", help="Nobody waits for it: sales that somebody does go first."
    )
    failures = fields.Integer(default=0, help="Attempts that failed in a row.")
    processing_failures = fields.Integer(help="Times in a row that its processing failed here.")
    queue_length = fields.Integer(help="How many others waited when this was last asked about.")

    _payment_uniq = models.UniqueIndex("(payment_id)")

    # === IN THE QUEUE, AND OUT OF IT === #

    def _enqueue(self, payments):
        """Have payments polled, from now on; those in the queue become due at once.

        :param payments: records with `api_url` and `is_abandoned`
        """
        self._insert(
            payments,
            "DO UPDATE SET due_at = EXCLUDED.due_at, is_background = EXCLUDED.is_background",
        )

    def _add_leased(self, payment_id, api_url):
        """Have a new payment polled, by the caller first, who must call `_finish_attempt`.

        A caller that cannot ask calls `_release_lease`; the lease of one that dies expires.

        :rtype: Lease
        """
        self.env.cr.execute(
            """
            INSERT INTO mixpay_job
                        (payment_id, api_url, due_at, failures, attempted_at, lease_until)
                 SELECT %s, %s, now, 0, now, now + %s * interval '1 second'
                   FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock
              RETURNING payment_id, attempted_at, FALSE
            """,
            [payment_id, api_url, self.env["mixpay.settings"]._values().timeout + LEASE_MARGIN],
        )
        return Lease(*self.env.cr.fetchone())

    def _ensure(self, payment):
        """Have a payment polled; one that is in the queue already stays as it is.

        :param payment: record with `api_url` and `is_abandoned`
        :return: this moment by the database's clock
        :rtype: datetime
        """
        self.env.cr.execute(
            """
            SELECT clock_timestamp() AT TIME ZONE 'UTC',
                   EXISTS (SELECT 1 FROM mixpay_job WHERE payment_id = %s)
            """,
            [payment.id],
        )
        moment, is_kept = self.env.cr.fetchone()
        # Looking first avoids a serialization failure: the row may be newer than our snapshot.
        if not is_kept:
            self._insert(payment, "DO NOTHING")
        return moment

    def _insert(self, payments, on_conflict):
        if not payments:
            return
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mixpay_job (payment_id, api_url, is_background, due_at, failures)
                     SELECT payment.*, clock_timestamp() AT TIME ZONE 'UTC', 0
                       FROM unnest(%s::int[], %s::varchar[], %s::boolean[]) AS payment
                ON CONFLICT (payment_id) %s
                """,
                payments.ids,
                [payment.api_url for payment in payments],
                [payment.is_abandoned for payment in payments],
                SQL(on_conflict),
            ),
            log_exceptions=False,
        )

    def _remove(self, payment_id):
        """Poll a payment no more."""
        self.env.cr.execute(
            "DELETE FROM mixpay_job WHERE payment_id = %s", [payment_id], log_exceptions=False
        )

    def _lock_jobs(self, payments):
        """Lock the rows of payments, after the payments themselves.

        :raises SerializationFailure: when one was changed since this transaction began
        """
        self.env.cr.execute(
            "SELECT FROM mixpay_job WHERE payment_id = ANY(%s) ORDER BY payment_id FOR UPDATE",
            [payments.ids],
            log_exceptions=False,
        )

    # === LEASES === #

    def _lease_one(self, payment_id, interval):
        """Take the lease of a payment, due or not, if nobody else has it.

        :param float interval: how many seconds ago the last attempt must have begun, unless it is
            due
        :return: the lease; the caller may ask now, and must then call `_finish_attempt`
        :rtype: Lease | None
        """
        is_old = SQL(_IS_ATTEMPT_OLD, interval)
        return self._lease(SQL("payment_id = %s AND (%s OR %s)", payment_id, SQL(IS_DUE), is_old))

    def _lease_first(self, api_url, *, background_first=False):
        """Take the lease of the payment of an address that has been due longest.

        One that MixPay has called about goes first, then those that somebody waits for.

        :param bool background_first: whether those that nobody waits for go before the others
        :return: the lease; None when nothing is due
        :rtype: Lease | None
        """
        condition = SQL("api_url = %s AND %s", api_url, SQL(IS_DUE))
        return self._lease(condition, background_first=background_first)

    def _lease(self, condition, *, background_first=False):
        seconds = self.env["mixpay.settings"]._values().timeout + LEASE_MARGIN
        self.env.cr.execute(SQL(_LEASE, seconds, condition, background_first), log_exceptions=False)
        row = self.env.cr.fetchone()
        return Lease(*row) if row else None

    def _release_lease(self, payment_id):
        """Let others ask about a payment: it was leased, and MixPay was not asked."""
        with own_transaction(self) as own:
            own.env.cr.execute(
                "UPDATE mixpay_job SET lease_until = NULL, attempted_at = NULL"
                " WHERE payment_id = %s",
                [payment_id],
            )

    def _retry_soon(self, lease):
        """Leave a payment due whose answer could not be noted, and release its lease.

        It is due after a short pause: what kept the payment busy takes a while.
        """
        with read_committed(self.env) as cr:
            cr.execute(
                """
                UPDATE mixpay_job
                   SET lease_until = NULL,
                       pause = %(pause)s,
                       due_at = clock_timestamp() AT TIME ZONE 'UTC'
                                + %(pause)s * interval '1 second'
                 WHERE payment_id = %(payment_id)s AND attempted_at = %(attempted_at)s
                """,
                {
                    "pause": polling.URGENT_INTERVAL,
                    "payment_id": lease.payment_id,
                    "attempted_at": lease.attempted_at,
                },
            )

    # === AFTER AN ATTEMPT === #

    def _finish_attempt(self, lease, polled, *, has_failed, was_answered, was_for_link):
        """End an attempt, and plan the next; or remove the payment, when this was the last.

        :param Lease lease: of the attempt
        :param polling.Polled polled: the payment as the answer has left it
        :param bool has_failed: whether there was no usable answer
        :param bool was_answered: whether MixPay said anything; silence is never the last word
        :param bool was_for_link: whether its link was asked for, and not how it stands: then the
            first callback, or person, need not wait
        """
        if polled.is_final:
            self._remove(lease.payment_id)
            return
        load = self._load(lease.payment_id, polled.api_url)
        plan = polling.plan(
            polled,
            load,
            has_failed=has_failed,
            was_answered=was_answered,
            requests_per_minute=self.env["mixpay.settings"]._values().requests_per_minute,
        )
        if plan is None:
            self._remove(lease.payment_id)
            return
        self.env.cr.execute(
            _FINISH_ATTEMPT,
            {
                **lease._asdict(),
                **plan._asdict(),
                "urgent": polling.URGENT_INTERVAL,
                "was_for_link": was_for_link,
                "is_background": bool(polled.is_abandoned),
                "queue_length": load.queue_length,
            },
            log_exceptions=False,
        )

    def _load(self, payment_id, api_url):
        """Return what else, besides the payment itself, its next pause depends on.

        :rtype: polling.Load
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT coalesce((SELECT failures FROM mixpay_job WHERE payment_id = %(id)s), 0),
                       coalesce(sum(1 / coalesce(poll_interval, %(first)s))
                                FILTER (WHERE is_background IS NOT TRUE), 0),
                       coalesce(sum(1 / coalesce(poll_interval, %(first)s)), 0),
                       count(*) FILTER (WHERE coalesce(poll_interval, 0) < %(waiting)s
                                          AND is_background IS NOT TRUE),
                       %(calls_of_others)s,
                       clock_timestamp() AT TIME ZONE 'UTC'
                  FROM mixpay_job
                 WHERE api_url = %(api_url)s AND payment_id != %(id)s
                """,
                id=payment_id,
                api_url=api_url,
                first=FIRST_INTERVAL,
                waiting=WAITING_INTERVAL,
                calls_of_others=SQL(CALLS_OF_OTHERS, api_url),
            )
        )
        return polling.Load(*self.env.cr.fetchone())

    def _postpone_failed(self, payment_id):
        """Put a payment back whose processing failed, for longer each time."""
        self.env.cr.execute(
            "SELECT coalesce(processing_failures, 0) + 1 FROM mixpay_job WHERE payment_id = %s",
            [payment_id],
        )
        for (processing_failures,) in self.env.cr.fetchall():
            self.env.cr.execute(
                """
                UPDATE mixpay_job
                   SET processing_failures = %(processing_failures)s,
                       lease_until = NULL,
                       pause = %(pause)s,
                       due_at = clock_timestamp() AT TIME ZONE 'UTC'
                                + %(pause)s * interval '1 second'
                 WHERE payment_id = %(payment_id)s
                """,
                {
                    "processing_failures": processing_failures,
                    "pause": polling.pause_after_failures(processing_failures),
                    "payment_id": payment_id,
                },
                log_exceptions=False,
            )

    # === CALLBACKS === #

    def _bring_forward(self, payment_id, pause):
        """Have a payment polled within some seconds at the latest, as one of many."""
        with read_committed(self.env) as cr:
            cr.execute(
                """
                UPDATE mixpay_job
                   SET due_at = least(due_at, clock_timestamp() AT TIME ZONE 'UTC'
                                              + %s * interval '1 second')
                 WHERE payment_id = %s
                """,
                [pause, payment_id],
            )

    def _make_due(self, payment_id, webhook_at, pause):
        """Have a payment polled as soon as it may be; the caller does not wait for it.

        An attempt that began after MixPay called learns what there is to know.

        :param datetime webhook_at: when MixPay called, by the database's clock
        :param float pause: seconds until it is due at the earliest
        """
        with read_committed(self.env) as cr:  # which waits, where ours would fail
            cr.execute(
                """
                UPDATE mixpay_job
                   SET webhook_at = %(webhook_at)s,
                       due_at = least(due_at, greatest(
                           {attempted_at} + %(seconds)s * interval '1 second',
                           clock_timestamp() AT TIME ZONE 'UTC' + %(pause)s * interval '1 second'))
                 WHERE payment_id = %(payment_id)s
                   AND (lease_until IS NULL OR coalesce({attempted_at} < %(webhook_at)s, TRUE))
                """.format(attempted_at=f"({_believed('attempted_at')})"),
                {
                    "webhook_at": webhook_at,
                    "seconds": polling.URGENT_INTERVAL,
                    "pause": pause,
                    "payment_id": payment_id,
                },
            )

    # === PREDICATES === #

    def _is_polled(self, payment_id):
        """Tell whether a payment is in the queue."""
        return self._is_true(payment_id, SQL("TRUE"))

    def _is_leased(self, payment_id, within=0):
        """Tell whether somebody is asking MixPay about a payment.

        :param float within: seconds; whether to count who began to ask within them, too
        """
        condition = f"NOT {IS_FREE}"
        if within:
            condition += f" OR ({_believed('attempted_at')}) + %s * interval '1 second' > {NOW}"
        return self._is_true(payment_id, SQL(condition, *([within] if within else [])))

    def _last_attempt_failed(self, payment_id):
        """Tell whether the last attempt for a payment had no usable answer, or failed here."""
        return self._is_true(
            payment_id, SQL("(failures > 0 OR processing_failures > 0) AND lease_until IS NULL")
        )

    def _has_processing_failed(self, payment_id):
        """Tell whether processing a payment's last answer, or asking about it, failed here."""
        return self._is_true(payment_id, SQL("processing_failures > 0"))

    def _synced_since(self, payment_id, moment):
        """Return an expression of SQL: whether an attempt since a moment had a usable answer.

        :param datetime moment: by the database's clock; the attempt began then, or later
        """
        return SQL(_SYNCED_SINCE, payment_id, moment)

    def _is_true(self, payment_id, condition):
        self.env.cr.execute(
            SQL("SELECT %s FROM mixpay_job AS job WHERE payment_id = %s", condition, payment_id)
        )
        return bool((self.env.cr.fetchone() or [False])[0])

    def _count_due(self):
        """Return how many payments are due at each address where some are.

        :rtype: list[tuple[str, int]]
        """
        self.env.cr.execute(
            SQL(
                "SELECT api_url, count(*) FROM mixpay_job AS job WHERE %s GROUP BY api_url",
                SQL(IS_DUE),
            )
        )
        return self.env.cr.fetchall()
