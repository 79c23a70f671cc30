"""Which payments are to be asked about, and when: a small table beside the large one."""

from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..mixpay import calls, schedule, states
from .mixpay_gateway import LONGEST_TIMEOUT_SECONDS

# A worker that dies holds a payment this much longer than its call could take at most.
LEASE_MARGIN = 9
# A payment nobody waits for is looked after until it is final, and at least this long past its
# deadline: MixPay may still report money that arrived late.
WATCH_HOURS_PAST_DEADLINE = 24
# Seconds between two questions about a payment for which somebody waits at a till; for others,
# see `schedule`, it is more.
WAITING_STEP = 59
# What a payment counts for that was not asked about yet.
FIRST_STEP = 3
# Telling apart those who wait for MixPay's answer after its callback, see `_only_one`.
CALLBACK_LOCK = 0x4D495843

# The clock is that of the statement: constant for the planner.
NOW = "(statement_timestamp() AT TIME ZONE 'UTC')"


def _believed(moment):
    """Return SQL for a moment at which something happened; null when it lies in the future.

    The database's clock was set back, then. A second is left to statements that overlap.
    """
    return f"CASE WHEN {moment} <= {NOW} + interval '1 second' THEN {moment} END"


# MixPay has called, and nothing was heard since then.
_IS_CALLED = SQL(
    "coalesce({called} > {known}, {called} IS NOT NULL)".format(
        called=f"({_believed('called_at')})", known=f"({_believed('known_at')})"
    )
)
# Nobody is asking; or who was cannot be any more: no lease ever ended that far ahead.
_IS_FREE = (
    f"(watch.lease_until IS NULL OR watch.lease_until < {NOW} OR watch.lease_until > {NOW}"
    f" + interval '{LONGEST_TIMEOUT_SECONDS + LEASE_MARGIN + 1} seconds')"
)
# In no case further ahead than when it was planned.
_IS_DUE = (
    f"(watch.due_at <= {NOW}"
    f" OR watch.due_at > {NOW} + (coalesce(watch.pause, 0) + 1) * interval '1 second')"
)


_SECOND = SQL("interval '1 second'")


class Claim(NamedTuple):
    """The turn to ask about a payment.

    :ivar payment_id: about which
    :ivar asked_at: since when, by the database's clock
    :ivar is_called: whether MixPay has called about it, and nothing was heard since
    """

    payment_id: int
    asked_at: datetime
    is_called: bool


class Load(NamedTuple):
    """What the pause between two questions about a payment depends on besides the payment.

    :ivar troubles: how many questions about it were in vain since one was not
    :ivar pace: how many questions a second would be asked about others that somebody waits for,
        had the shop all budget
    :ivar pace_of_all: the same for all others
    :ivar crowd: how many others somebody waits for at a till
    :ivar has_callbacks: whether callbacks arrive
    :ivar now: by the database's clock
    """

    troubles: int
    pace: float
    pace_of_all: float
    crowd: int
    has_callbacks: bool
    now: datetime


class Outlook(NamedTuple):
    """What lies ahead for a register's payments.

    :ivar due_in: for each that waits, the seconds until MixPay is asked
    :ivar due_address: where one of them is due and nobody is asking, else None
    :ivar pauses: payment id → seconds for which nobody calls MixPay, where it gave no answers
    :ivar known_for: payment id → how many seconds old MixPay's last word is, None without one
    :ivar crowd: how many others were waiting when MixPay was last asked about one of them
    """

    due_in: list
    due_address: str | None
    pauses: dict
    known_for: dict
    crowd: int


# What a query selects for `_outlook`, with this table in it as `watch`.
OUTLOOK_COLUMNS = f"""
    watch.payment_id,
    watch.api_url,
    CASE WHEN {_IS_DUE} THEN least(extract(epoch FROM watch.due_at - {NOW}), 0)
         ELSE extract(epoch FROM watch.due_at - {NOW})
    END::float,
    extract(epoch FROM {NOW} - {_believed("watch.known_at")})::float,
    {_IS_FREE},
    watch.troubles > 0,
    coalesce(watch.crowd, 0)
"""


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
    api_url = fields.Char(required=True, help="The payment's; it never changes.")
    due_at = fields.Datetime(required=True, index=True)
    asked_at = fields.Datetime(help="When somebody last began to ask how it stands.")
    known_at = fields.Datetime(
        help="When the last question began that had a usable answer; that for its link counts, too."
    )
    called_at = fields.Datetime(help="When MixPay called, and could not be asked at once.")
    lease_until = fields.Datetime()
    step = fields.Float(help="Seconds between two questions, had the shop all budget.")
    pause = fields.Float(help="Seconds from when it was decided when it is due, until then.")
    is_background = fields.Boolean(help="Nobody waits for it: sales that somebody does go first.")
    troubles = fields.Integer(default=0)
    failures = fields.Integer(help="Times in a row that its processing failed here.")
    crowd = fields.Integer(help="How many others were waiting when this was last asked about.")

    _payment_uniq = models.UniqueIndex("(payment_id)")

    # === WHAT IS WATCHED === #

    def _start(self, payments):
        """Have payments asked about, from now on."""
        self._insert(
            payments,
            "DO UPDATE SET due_at = EXCLUDED.due_at, is_background = EXCLUDED.is_background",
        )

    def _start_taken(self, payment):
        """Have a new payment asked about, by the caller first, who must call `_done`.

        Where that is not possible, `_give_back`; a caller that dies gives it back by and by.

        :rtype: Claim
        """
        self.env.cr.execute(
            """
            INSERT INTO mixpay_watch (payment_id, api_url, due_at, troubles, asked_at, lease_until)
                 SELECT %s, %s, now, 0, now, now + %s * interval '1 second'
                   FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) AS clock
              RETURNING payment_id, asked_at, FALSE
            """,
            [payment.id, payment.api_url, self._lease()],
        )
        return Claim(*self.env.cr.fetchone())

    def _give_back(self, payment):
        """Let others ask about a payment: the turn was taken, and nothing was asked."""
        with payment._own_transaction() as own:
            own.env.cr.execute(
                "UPDATE mixpay_watch SET lease_until = NULL, asked_at = NULL WHERE payment_id = %s",
                [payment.id],
            )

    def _put_back(self, claim):
        """Leave a payment due whose answer could not be noted: its turn is another's at once.

        After a short pause, as what kept it busy takes a while.
        """
        with self.env["mixpay.gate"]._connection() as cr:
            cr.execute(
                """
                UPDATE mixpay_watch
                   SET lease_until = NULL,
                       pause = %(pause)s,
                       due_at = clock_timestamp() AT TIME ZONE 'UTC'
                                + %(pause)s * interval '1 second'
                 WHERE payment_id = %(payment_id)s AND asked_at = %(asked_at)s
                """,
                {
                    "pause": schedule.URGENT_INTERVAL,
                    "payment_id": claim.payment_id,
                    "asked_at": claim.asked_at,
                },
            )

    def _keep(self, payment):
        """Have a payment asked about; one that is watched already stays as it is.

        :return: this moment by the database's clock
        :rtype: datetime
        """
        self.env.cr.execute(
            """
            SELECT clock_timestamp() AT TIME ZONE 'UTC',
                   EXISTS (SELECT 1 FROM mixpay_watch WHERE payment_id = %s)
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
                INSERT INTO mixpay_watch (payment_id, api_url, is_background, due_at, troubles)
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
            "SELECT FROM mixpay_watch WHERE payment_id = ANY(%s) ORDER BY payment_id FOR UPDATE",
            [payments.ids],
            log_exceptions=False,
        )

    # === TURNS === #

    def _claim(self, payment_id, interval):
        """Take the turn to ask about a payment, due or not, if nobody else is at it.

        :param float interval: how many seconds old the last question must be
        :return: what the caller may ask about now; it must then call `_done`
        :rtype: Claim | None
        """
        return self._take(
            SQL(
                "payment_id = %s AND (%s OR asked_at IS NULL OR asked_at <= %s - %s * %s"
                " OR asked_at > %s + %s)",
                payment_id,
                SQL(_IS_DUE),
                SQL(NOW),
                interval,
                _SECOND,
                SQL(NOW),
                _SECOND,
            )
        )

    def _claim_first(self, api_url, *, background_first=False):
        """Take the turn to ask about the payment of an address that has been due longest.

        One that MixPay has called about goes first, then those that somebody waits for.

        :param bool background_first: whether those that nobody waits for go before the others
        :return: what the caller may ask about, None when nothing is due
        :rtype: Claim | None
        """
        condition = SQL("api_url = %s AND %s", api_url, SQL(_IS_DUE))
        return self._take(condition, background_first=background_first)

    def _take(self, condition, *, background_first=False):
        self.env.cr.execute(
            SQL(
                """
                UPDATE mixpay_watch
                   SET asked_at = clock_timestamp() AT TIME ZONE 'UTC',
                       lease_until = clock_timestamp() AT TIME ZONE 'UTC' + %s * %s
                 WHERE id = (
                        SELECT id
                          FROM mixpay_watch AS watch
                         WHERE %s
                           AND %s
                      ORDER BY %s DESC, coalesce(is_background, FALSE) = %s DESC, due_at
                         LIMIT 1
                           FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING payment_id, asked_at, %s
                """,
                self._lease(),
                _SECOND,
                SQL(_IS_FREE),
                condition,
                _IS_CALLED,
                background_first,
                _IS_CALLED,
            ),
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        return Claim(*row) if row else None

    def _lease(self):
        """Return for how many seconds a turn is taken at most."""
        return self.env["mixpay.gateway"]._timeout() + LEASE_MARGIN

    def _done(self, payment, claim, *, had_trouble, was_answered, was_for_link):
        """Note that a payment was asked about, and when to ask next; or that this was the last.

        :param Claim claim: the turn to ask
        :param bool had_trouble: whether there was no usable answer
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
        load = self._surroundings(payment)
        if was_answered and payment._is_watched_enough(load.now):
            self._end(payment)
            return
        troubles = load.troubles + 1 if had_trouble else 0
        step = schedule.interval(self._situation(payment, troubles, load))
        if not had_trouble:
            step = payment._recheck_seconds() or step
        # Those that nobody waits for make room for the others, which need not make room for them.
        pace_of_others = load.pace_of_all if payment.is_abandoned else load.pace
        limit = self.env["mixpay.gateway"]._requests_per_minute()
        polls = calls.calls_of(calls.kind_of_poll(has_callbacks=load.has_callbacks), limit)
        self.env.cr.execute(
            """
            UPDATE mixpay_watch
               SET -- Who asked for so long that the turn is another's by now leaves it alone.
                   lease_until = CASE WHEN asked_at = %(asked_at)s THEN NULL ELSE lease_until END,
                   asked_at = CASE WHEN asked_at = %(asked_at)s AND %(was_for_link)s
                                   THEN NULL
                                   ELSE asked_at
                               END,
                   known_at = CASE WHEN %(troubles)s = 0
                                   THEN greatest({known_at}, %(asked_at)s)
                                   ELSE known_at
                               END,
                   due_at = clock_timestamp() AT TIME ZONE 'UTC'
                            -- MixPay may have called about news that this answer does not have.
                            + CASE WHEN {called_at} >= %(asked_at)s
                                   THEN least(%(urgent)s, %(pause)s)
                                   ELSE %(pause)s
                               END * interval '1 second',
                   pause = %(pause)s,
                   step = %(step)s,
                   is_background = %(is_background)s,
                   troubles = %(troubles)s,
                   failures = 0,
                   crowd = %(crowd)s
             WHERE payment_id = %(payment_id)s
            """.format(known_at=_believed("known_at"), called_at=_believed("called_at")),
            {
                "asked_at": claim.asked_at,
                "urgent": schedule.URGENT_INTERVAL,
                "was_for_link": was_for_link,
                "troubles": troubles,
                "pause": schedule.stretched(step, pace_of_others + 1 / step, polls),
                "step": step,
                "is_background": bool(payment.is_abandoned),
                "crowd": load.crowd,
                "payment_id": payment.id,
            },
            log_exceptions=False,
        )

    def _end(self, payment):
        """Ask no more about a payment."""
        self.env.cr.execute(
            "DELETE FROM mixpay_watch WHERE payment_id = %s", [payment.id], log_exceptions=False
        )

    def _surroundings(self, payment):
        """Return what the next pause depends on besides the payment itself.

        :rtype: Load
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT coalesce((SELECT troubles FROM mixpay_watch WHERE payment_id = %(id)s), 0),
                       coalesce(sum(1 / coalesce(step, %(first_step)s))
                                FILTER (WHERE is_background IS NOT TRUE), 0),
                       coalesce(sum(1 / coalesce(step, %(first_step)s)), 0),
                       count(*) FILTER (WHERE coalesce(step, 0) < %(waiting_step)s
                                          AND is_background IS NOT TRUE),
                       %(has_callbacks)s,
                       clock_timestamp() AT TIME ZONE 'UTC'
                  FROM mixpay_watch
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

    def _situation(self, payment, troubles, load):
        return schedule.Situation(
            age=(load.now - payment.create_date).total_seconds(),
            left=(payment.expires_at - load.now).total_seconds() - payment.clock_offset,
            money_seen=states.STATES[payment.state].money_seen,
            is_abandoned=payment.is_abandoned,
            has_callbacks=bool(payment.callback_url) and load.has_callbacks,
            troubles=troubles,
        )

    def _put_back_failed(self, payment_id):
        """Put a payment back whose processing failed, for longer each time."""
        self.env.cr.execute(
            "SELECT coalesce(failures, 0) + 1 FROM mixpay_watch WHERE payment_id = %s",
            [payment_id],
        )
        for (failures,) in self.env.cr.fetchall():
            self.env.cr.execute(
                """
                UPDATE mixpay_watch
                   SET failures = %(failures)s,
                       lease_until = NULL,
                       pause = %(pause)s,
                       due_at = clock_timestamp() AT TIME ZONE 'UTC'
                                + %(pause)s * interval '1 second'
                 WHERE payment_id = %(payment_id)s
                """,
                {
                    "failures": failures,
                    "pause": schedule.pause_after_failures(failures),
                    "payment_id": payment_id,
                },
                log_exceptions=False,
            )

    def _has_failed(self, payment):
        """Tell whether processing a payment's last answer, or asking about it, failed here."""
        return self._is_true(payment, SQL("failures > 0"))

    def _hurry(self, payment, called_at):
        """Have a payment asked about as soon as it may be; nobody waits for that here.

        A question that began after MixPay called is under way to know what there is to know.

        :param datetime called_at: when MixPay called, by the database's clock
        """
        with self.env["mixpay.gate"]._connection() as cr:  # which waits, where ours would fail
            cr.execute(
                """
                UPDATE mixpay_watch
                   SET called_at = %(called_at)s,
                       due_at = least(due_at, coalesce(
                           {asked_at} + %(seconds)s * interval '1 second',
                           clock_timestamp() AT TIME ZONE 'UTC'))
                 WHERE payment_id = %(payment_id)s
                   AND (lease_until IS NULL OR coalesce({asked_at} < %(called_at)s, TRUE))
                """.format(asked_at=f"({_believed('asked_at')})"),
                {
                    "called_at": called_at,
                    "seconds": schedule.URGENT_INTERVAL,
                    "payment_id": payment.id,
                },
            )

    @contextmanager
    def _only_one(self, payment):
        """Return a context that tells whether the caller is the only one in it for a payment.

        Whoever knows a payer's link can call as MixPay does, and each that waits holds a worker.
        MixPay may be asked inside: the transaction that is open for it reads and writes nothing.
        """
        with self.env["mixpay.gate"]._connection() as cr:
            cr.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [CALLBACK_LOCK, payment.id])
            yield cr.fetchone()[0]

    # === QUESTIONS === #

    def _outlook(self, rows, was_asked):
        """Return the outlook of payments from rows of `OUTLOOK_COLUMNS`.

        What keeps MixPay from being called is looked up only where it makes a difference: where
        something is due or went wrong, or a person asks. Mostly registers ask, and just wait.

        :rtype: Outlook
        """
        rows = [row for row in rows if row[0] is not None]  # of others nothing more is asked
        is_calm = all(seconds > 0 and not troubled for _, _, seconds, _, _, troubled, _ in rows)
        pauses_at = {}
        if was_asked or not is_calm:
            pauses_at = self.env["mixpay.endpoint"]._pauses({row[1] for row in rows})
        outlook = Outlook([], None, {}, {}, max((row[-1] for row in rows), default=0))
        due_address = None
        for payment_id, api_url, seconds, known_for, is_free, _troubled, _crowd in rows:
            pause = pauses_at.get(api_url)
            outlook.due_in.append(seconds)
            outlook.known_for[payment_id] = known_for
            if pause is not None:
                outlook.pauses[payment_id] = pause
            # Whether MixPay may really be called is decided later; this spares the attempt.
            if seconds <= 0 and is_free and (pause is None or pause <= 0):
                due_address = api_url
        return outlook._replace(due_address=due_address)

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
                SQL(f"({_believed('asked_at')})"),
                schedule.URGENT_INTERVAL,
                _SECOND,
                SQL(NOW),
            ),
        )

    def _was_in_vain(self, payment):
        """Tell whether the last question about a payment had no usable answer."""
        return self._is_true(payment, SQL("(troubles > 0 OR failures > 0) AND lease_until IS NULL"))

    def _was_asked_since(self, payment, moment):
        """Tell whether a question that was asked after a moment had a usable answer.

        Of a final payment, the last word is known.
        """
        self.env.cr.execute(
            """
            SELECT EXISTS (SELECT 1
                             FROM mixpay_watch
                            WHERE payment_id = %(id)s AND {known_at} >= %(moment)s)
                OR EXISTS (SELECT 1 FROM mixpay_payment WHERE id = %(id)s AND state IN %(final)s)
            """.format(known_at=_believed("known_at")),
            {"id": payment.id, "moment": moment, "final": states.FINAL},
        )
        return self.env.cr.fetchone()[0]

    def _is_true(self, payment, condition):
        self.env.cr.execute(
            SQL("SELECT %s FROM mixpay_watch AS watch WHERE payment_id = %s", condition, payment.id)
        )
        return bool((self.env.cr.fetchone() or [False])[0])

    def _count_due(self):
        """Return how many payments are due at each address where some are.

        :rtype: list[tuple[str, int]]
        """
        self.env.cr.execute(
            SQL(
                "SELECT api_url, count(*) FROM mixpay_watch AS watch WHERE %s GROUP BY api_url",
                SQL(_IS_DUE),
            )
        )
        return self.env.cr.fetchall()
