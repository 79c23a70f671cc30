"""Which payments are to be asked about, and when: a small table beside the large one."""

from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..mixpay import polling, priority, states
from ..transactions import own_transaction, read_committed
from .mixpay_settings import LONGEST_TIMEOUT

# A worker that dies holds a payment this much longer than its call could take at most.
LEASE_MARGIN = 9
# A payment nobody waits for is looked after until it is final, and at least this long past its
# deadline: MixPay may still report money that arrived late.
POLL_HOURS_PAST_DEADLINE = 24
# Seconds between two questions about a payment for which somebody waits at a till; for others,
# see `schedule`, it is more.
WAITING_STEP = 59
# What a payment counts for that was not asked about yet.
FIRST_STEP = 3
# Telling apart those who wait for MixPay's answer after its callback, see `_single_waiter`.
CALLBACK_LOCK = 0x4D495843

# The clock is that of the statement: constant for the planner.
NOW = "(statement_timestamp() AT TIME ZONE 'UTC')"


def _believed(moment):
    """Return SQL for a moment at which something happened; null when it lies in the future.

    The database's clock was set back, then. A second is left to statements that overlap.
    """
    return f"CASE WHEN {moment} <= {NOW} + interval '1 second' THEN {moment} END"


# MixPay has called, and nothing was heard since then.
_HAS_WEBHOOK = SQL(
    "coalesce({called} > {known}, {called} IS NOT NULL)".format(
        called=f"({_believed('webhook_at')})", known=f"({_believed('synced_at')})"
    )
)
# Nobody is asking; or who was cannot be any more: no lease ever ended that far ahead.
_IS_FREE = (
    f"(job.lease_until IS NULL OR job.lease_until < {NOW} OR job.lease_until > {NOW}"
    f" + interval '{LONGEST_TIMEOUT + LEASE_MARGIN + 1} seconds')"
)
# In no case further ahead than when it was planned.
_IS_DUE = (
    f"(job.due_at <= {NOW}"
    f" OR job.due_at > {NOW} + (coalesce(job.pause, 0) + 1) * interval '1 second')"
)


_SECOND = SQL("interval '1 second'")


class Lease(NamedTuple):
    """The turn to ask about a payment.

    :ivar payment_id: about which
    :ivar attempted_at: since when, by the database's clock
    :ivar has_webhook: whether MixPay has called about it, and nothing was heard since
    """

    payment_id: int
    attempted_at: datetime
    has_webhook: bool


class Load(NamedTuple):
    """What the pause between two questions about a payment depends on besides the payment.

    :ivar failures: how many questions about it were in vain since one was not
    :ivar pace: how many questions a second would be asked about others that somebody waits for,
        had the shop all budget
    :ivar pace_of_all: the same for all others
    :ivar queue_length: how many others somebody waits for at a till
    :ivar has_callbacks: whether callbacks arrive
    :ivar now: by the database's clock
    """

    failures: int
    pace: float
    pace_of_all: float
    queue_length: int
    has_callbacks: bool
    now: datetime


class Forecast(NamedTuple):
    """What lies ahead for a register's payments.

    :ivar due_in: for each that waits, the seconds until MixPay is asked
    :ivar due_address: where one of them is due and nobody is asking, else None
    :ivar pauses: payment id → seconds for which nobody calls MixPay, where it gave no answers
    :ivar synced_for: payment id → how many seconds old MixPay's last word is, None without one
    :ivar queue_length: how many others were waiting when MixPay was last asked about one of them
    """

    due_in: list
    due_address: str | None
    pauses: dict
    synced_for: dict
    queue_length: int


# What a query selects for `_forecast`, with this table in it as `watch`.
FORECAST_COLUMNS = f"""
    job.payment_id,
    job.api_url,
    CASE WHEN {_IS_DUE} THEN least(extract(epoch FROM job.due_at - {NOW}), 0)
         ELSE extract(epoch FROM job.due_at - {NOW})
    END::float,
    extract(epoch FROM {NOW} - {_believed("job.synced_at")})::float,
    {_IS_FREE},
    job.failures > 0,
    coalesce(job.queue_length, 0)
"""


class MixpayJob(models.Model):
    """The work left for one payment: when it is due, and who is at it.

    A payment that needs no more questions has no row here, so old payments cost nothing. Rows are
    written by SQL with the database's clock, which all servers share. Where two reach for one row
    the later one repeats, so that is not logged as an error.
    """

    _name = "mixpay.job"
    _description = "MixPay payment to ask about"
    _log_access = False

    payment_id = fields.Many2one("mixpay.payment", required=True, ondelete="cascade")
    api_url = fields.Char(required=True, help="The payment's; it never changes.")
    due_at = fields.Datetime(required=True, index=True)
    attempted_at = fields.Datetime(help="When somebody last began to ask how it stands.")
    synced_at = fields.Datetime(
        help="When the last question began that had a usable answer; that for its link counts, too."
    )
    webhook_at = fields.Datetime(help="When MixPay called, and could not be asked at once.")
    lease_until = fields.Datetime()
    poll_interval = fields.Float(help="Seconds between two questions, had the shop all budget.")
    pause = fields.Float(help="Seconds from when it was decided when it is due, until then.")
    is_background = fields.Boolean(help="Nobody waits for it: sales that somebody does go first.")
    failures = fields.Integer(default=0)
    processing_failures = fields.Integer(help="Times in a row that its processing failed here.")
    queue_length = fields.Integer(
        help="How many others were waiting when this was last asked about."
    )

    _payment_uniq = models.UniqueIndex("(payment_id)")

    # === WHAT IS WATCHED === #

    def _start(self, payments):
        """Have payments asked about, from now on."""
        self._insert(
            payments,
            "DO UPDATE SET due_at = EXCLUDED.due_at, is_background = EXCLUDED.is_background",
        )

    def _add_leased(self, payment):
        """Have a new payment asked about, by the caller first, who must call `_finish_attempt`.

        Where that is not possible, `_release_lease`; a caller that dies gives it back by and by.

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
            [payment.id, payment.api_url, self._lease()],
        )
        return Lease(*self.env.cr.fetchone())

    def _release_lease(self, payment):
        """Let others ask about a payment: the turn was taken, and nothing was asked."""
        with own_transaction(payment) as own:
            own.env.cr.execute(
                "UPDATE mixpay_job SET lease_until = NULL, attempted_at = NULL"
                " WHERE payment_id = %s",
                [payment.id],
            )

    def _retry_soon(self, lease):
        """Leave a payment due whose answer could not be noted: its turn is another's at once.

        After a short pause, as what kept it busy takes a while.
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

    def _ensure(self, payment):
        """Have a payment asked about; one that is watched already stays as it is.

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
        # Looking first spares the serialization failure of meeting a row of after our snapshot.
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

    def _lock(self, payments):
        """Lock the rows of payments, after the payments themselves.

        :raises SerializationFailure: when one was changed since this transaction began
        """
        self.env.cr.execute(
            "SELECT FROM mixpay_job WHERE payment_id = ANY(%s) ORDER BY payment_id FOR UPDATE",
            [payments.ids],
            log_exceptions=False,
        )

    # === TURNS === #

    def _lease_one(self, payment_id, interval):
        """Take the turn to ask about a payment, due or not, if nobody else is at it.

        :param float interval: how many seconds old the last question must be
        :return: what the caller may ask about now; it must then call `_finish_attempt`
        :rtype: Lease | None
        """
        return self._take(
            SQL(
                "payment_id = %s AND (%s OR attempted_at IS NULL OR attempted_at <= %s - %s * %s"
                " OR attempted_at > %s + %s)",
                payment_id,
                SQL(_IS_DUE),
                SQL(NOW),
                interval,
                _SECOND,
                SQL(NOW),
                _SECOND,
            )
        )

    def _lease_first(self, api_url, *, background_first=False):
        """Take the turn to ask about the payment of an address that has been due longest.

        One that MixPay has called about goes first, then those that somebody waits for.

        :param bool background_first: whether those that nobody waits for go before the others
        :return: what the caller may ask about, None when nothing is due
        :rtype: Lease | None
        """
        condition = SQL("api_url = %s AND %s", api_url, SQL(_IS_DUE))
        return self._take(condition, background_first=background_first)

    def _take(self, condition, *, background_first=False):
        self.env.cr.execute(
            SQL(
                """
                UPDATE mixpay_job
                   SET attempted_at = clock_timestamp() AT TIME ZONE 'UTC',
                       lease_until = clock_timestamp() AT TIME ZONE 'UTC' + %s * %s
                 WHERE id = (
                        SELECT id
                          FROM mixpay_job AS job
                         WHERE %s
                           AND %s
                      ORDER BY %s DESC, coalesce(is_background, FALSE) = %s DESC, due_at
                         LIMIT 1
                           FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING payment_id, attempted_at, %s
                """,
                self._lease(),
                _SECOND,
                SQL(_IS_FREE),
                condition,
                _HAS_WEBHOOK,
                background_first,
                _HAS_WEBHOOK,
            ),
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        return Lease(*row) if row else None

    def _lease(self):
        """Return for how many seconds a turn is taken at most."""
        return self.env["mixpay.settings"]._values().timeout + LEASE_MARGIN

    def _finish_attempt(self, payment, lease, *, has_failed, was_answered, was_for_link):
        """Note that a payment was asked about, and when to ask next; or that this was the last.

        :param Lease lease: the turn to ask
        :param bool has_failed: whether there was no usable answer
        :param bool was_answered: whether MixPay said anything; silence is never the last word
        :param bool was_for_link: whether its link was asked for, and not how it stands: then the
            first callback, or person, need not wait
        """
        if payment.error and not payment.finish_failures and self._has_failed(payment):
            payment._end_failure()
            payment._review()
        if payment._is_final():
            self._end(payment)
            return
        load = self._load(payment)
        if was_answered and payment._is_polling_over(load.now):
            self._end(payment)
            return
        failures = load.failures + 1 if has_failed else 0
        poll_interval = polling.interval(self._poll_context(payment, failures, load))
        if not has_failed:
            poll_interval = payment._recheck_seconds() or poll_interval
        # Those that nobody waits for make room for the others, which need not make room for them.
        pace_of_others = load.pace_of_all if payment.is_abandoned else load.pace
        limit = self.env["mixpay.settings"]._values().requests_per_minute
        polls = priority.rate_limit(priority.poll_priority(has_callbacks=load.has_callbacks), limit)
        self.env.cr.execute(
            """
            UPDATE mixpay_job
               SET -- If the lease expired and somebody took it over, leave it.
                   lease_until = CASE WHEN attempted_at = %(attempted_at)s
                                      THEN NULL
                                      ELSE lease_until
                                  END,
                   attempted_at = CASE WHEN attempted_at = %(attempted_at)s AND %(was_for_link)s
                                   THEN NULL
                                   ELSE attempted_at
                               END,
                   synced_at = CASE WHEN %(failures)s = 0
                                   THEN greatest({synced_at}, %(attempted_at)s)
                                   ELSE synced_at
                               END,
                   due_at = clock_timestamp() AT TIME ZONE 'UTC'
                            -- MixPay may have called about news that this answer does not have.
                            + CASE WHEN {webhook_at} >= %(attempted_at)s
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
            """.format(synced_at=_believed("synced_at"), webhook_at=_believed("webhook_at")),
            {
                "attempted_at": lease.attempted_at,
                "urgent": polling.URGENT_INTERVAL,
                "was_for_link": was_for_link,
                "failures": failures,
                "pause": polling.throttled(
                    poll_interval, pace_of_others + 1 / poll_interval, polls
                ),
                "poll_interval": poll_interval,
                "is_background": bool(payment.is_abandoned),
                "queue_length": load.queue_length,
                "payment_id": payment.id,
            },
            log_exceptions=False,
        )

    def _end(self, payment):
        """Ask no more about a payment."""
        self.env.cr.execute(
            "DELETE FROM mixpay_job WHERE payment_id = %s", [payment.id], log_exceptions=False
        )

    def _load(self, payment):
        """Return what the next pause depends on besides the payment itself.

        :rtype: Load
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT coalesce((SELECT failures FROM mixpay_job WHERE payment_id = %(id)s), 0),
                       coalesce(sum(1 / coalesce(poll_interval, %(first_step)s))
                                FILTER (WHERE is_background IS NOT TRUE), 0),
                       coalesce(sum(1 / coalesce(poll_interval, %(first_step)s)), 0),
                       count(*) FILTER (WHERE coalesce(poll_interval, 0) < %(waiting_step)s
                                          AND is_background IS NOT TRUE),
                       %(has_callbacks)s,
                       clock_timestamp() AT TIME ZONE 'UTC'
                  FROM mixpay_job
                 WHERE api_url = %(api_url)s AND payment_id != %(id)s
                """,
                id=payment.id,
                api_url=payment.api_url,
                first_step=FIRST_STEP,
                waiting_step=WAITING_STEP,
                has_callbacks=self.env["mixpay.endpoint"]._has_callbacks(payment.api_url),
            )
        )
        return Load(*self.env.cr.fetchone())

    def _poll_context(self, payment, failures, load):
        return polling.PollContext(
            age=(load.now - payment.create_date).total_seconds(),
            left=(payment.expires_at - load.now).total_seconds() - payment.clock_offset,
            funds_detected=states.STATES[payment.state].funds_detected,
            is_abandoned=payment.is_abandoned,
            has_callbacks=bool(payment.callback_url) and load.has_callbacks,
            failures=failures,
        )

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

    def _has_failed(self, payment):
        """Tell whether processing a payment's last answer, or asking about it, failed here."""
        return self._is_true(payment, SQL("processing_failures > 0"))

    def _make_due(self, payment, webhook_at):
        """Have a payment asked about as soon as it may be; nobody waits for that here.

        A question that began after MixPay called is under way to know what there is to know.

        :param datetime webhook_at: when MixPay called, by the database's clock
        """
        with read_committed(self.env) as cr:  # which waits, where ours would fail
            cr.execute(
                """
                UPDATE mixpay_job
                   SET webhook_at = %(webhook_at)s,
                       due_at = least(due_at, coalesce(
                           {attempted_at} + %(seconds)s * interval '1 second',
                           clock_timestamp() AT TIME ZONE 'UTC'))
                 WHERE payment_id = %(payment_id)s
                   AND (lease_until IS NULL OR coalesce({attempted_at} < %(webhook_at)s, TRUE))
                """.format(attempted_at=f"({_believed('attempted_at')})"),
                {
                    "webhook_at": webhook_at,
                    "seconds": polling.URGENT_INTERVAL,
                    "payment_id": payment.id,
                },
            )

    @contextmanager
    def _single_waiter(self, payment):
        """Return a context that tells whether the caller is the only one in it for a payment.

        Whoever knows a payer's link can call as MixPay does, and each that waits holds a worker.
        MixPay may be asked inside: the transaction that is open for it reads and writes nothing.
        """
        with read_committed(self.env) as cr:
            cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CALLBACK_LOCK, payment.id])
            yield cr.fetchone()[0]

    # === QUESTIONS === #

    def _forecast(self, rows, was_asked):
        """Return the outlook of payments from rows of `FORECAST_COLUMNS`.

        What keeps MixPay from being called is looked up only where it makes a difference: where
        something is due or went wrong, or a person asks. Mostly registers ask, and just wait.

        :rtype: Forecast
        """
        rows = [row for row in rows if row[0] is not None]  # of others nothing more is asked
        is_calm = all(seconds > 0 and not troubled for _, _, seconds, _, _, troubled, _ in rows)
        pauses_at = {}
        if was_asked or not is_calm:
            pauses_at = self.env["mixpay.endpoint"]._retry_after({row[1] for row in rows})
        forecast = Forecast([], None, {}, {}, max((row[-1] for row in rows), default=0))
        due_address = None
        for payment_id, api_url, seconds, synced_for, is_free, _troubled, _crowd in rows:
            pause = pauses_at.get(api_url)
            forecast.due_in.append(seconds)
            forecast.synced_for[payment_id] = synced_for
            if pause is not None:
                forecast.pauses[payment_id] = pause
            # Whether MixPay may really be called is decided later; this spares the attempt.
            if seconds <= 0 and is_free and (pause is None or pause <= 0):
                due_address = api_url
        return forecast._replace(due_address=due_address)

    def _is_taken(self, payment):
        """Tell whether somebody is asking about a payment at this moment."""
        return self._is_true(payment, SQL("NOT %s", SQL(_IS_FREE)))

    def _is_asked_about(self, payment):
        """Tell whether somebody is asking about a payment, or has done so just now."""
        return self._is_true(
            payment,
            SQL(
                "NOT %s OR %s + %s * %s > %s",
                SQL(_IS_FREE),
                SQL(f"({_believed('attempted_at')})"),
                polling.URGENT_INTERVAL,
                _SECOND,
                SQL(NOW),
            ),
        )

    def _last_attempt_failed(self, payment):
        """Tell whether the last question about a payment had no usable answer."""
        return self._is_true(
            payment, SQL("(failures > 0 OR processing_failures > 0) AND lease_until IS NULL")
        )

    def _was_synced_since(self, payment, moment):
        """Tell whether a question that was asked after a moment had a usable answer.

        Of a final payment, the last word is known.
        """
        self.env.cr.execute(
            """
            SELECT EXISTS (SELECT 1
                             FROM mixpay_job
                            WHERE payment_id = %(id)s AND {synced_at} >= %(moment)s)
                OR EXISTS (SELECT 1 FROM mixpay_payment WHERE id = %(id)s AND state IN %(final)s)
            """.format(synced_at=_believed("synced_at")),
            {"id": payment.id, "moment": moment, "final": states.FINAL},
        )
        return self.env.cr.fetchone()[0]

    def _is_true(self, payment, condition):
        self.env.cr.execute(
            SQL("SELECT %s FROM mixpay_job AS job WHERE payment_id = %s", condition, payment.id)
        )
        return bool((self.env.cr.fetchone() or [False])[0])

    def _count_due(self):
        """Return how many payments are due at each address where some are.

        :rtype: list[tuple[str, int]]
        """
        self.env.cr.execute(
            SQL(
                "SELECT api_url, count(*) FROM mixpay_job AS job WHERE %s GROUP BY api_url",
                SQL(_IS_DUE),
            )
        )
        return self.env.cr.fetchall()
