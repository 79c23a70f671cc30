"""The second queue: payments whose end is known, but about which something is left to ask."""

from datetime import datetime
from typing import NamedTuple

from odoo import fields, models
from odoo.tools import SQL

from ..transactions import own_transaction
from .mixpay_job import IS_DUE, IS_FREE, LEASE_MARGIN

_CLOCK = "clock_timestamp() AT TIME ZONE 'UTC'"


class FollowUp(NamedTuple):
    """The right to ask MixPay about a payment whose end is known; nobody else has it meanwhile.

    :ivar payment_id: about which
    :ivar api_url: the payment's
    :ivar failures: how many requests in a row had no usable answer
    :ivar asked_at: since when, by the database's clock
    """

    payment_id: int
    api_url: str
    failures: int
    asked_at: datetime


class MixpayFollowup(models.Model):
    """One payment about which something is left to ask; removed once nothing is.

    It stands apart from the poll queue, so that sales which somebody waits for never meet it, and
    neither do old payments. Rows are written by SQL with the database's clock.
    """

    _name = "mixpay.followup"
    _description = "MixPay payment to ask about after its end"
    _log_access = False

    payment_id = fields.Many2one("mixpay.payment", required=True, ondelete="cascade")
    api_url = fields.Char(
        string="API Address", required=True, help="The payment's; it never changes."
    )
    due_at = fields.Datetime(required=True, index=True)
    pause = fields.Float(help="Seconds from when it was decided when it is due, until then.")
    lease_until = fields.Datetime()
    failures = fields.Integer(help="Questions in a row that had no usable answer.")

    _payment_uniq = models.UniqueIndex("(payment_id)")

    def _schedule(self, payment, pause):
        """Have MixPay asked about a payment after some seconds; a plan that is there is replaced.

        :param payment: record with `api_url`
        :param float pause: seconds; None for never again
        """
        if pause is None:
            self.env.cr.execute("DELETE FROM mixpay_followup WHERE payment_id = %s", [payment.id])
            return
        self._upsert(
            payment,
            pause,
            "due_at = EXCLUDED.due_at, pause = EXCLUDED.pause, failures = 0, lease_until = NULL",
        )

    def _bring_follow_up_forward(self, payment, pause):
        """Have MixPay asked about a payment within some seconds, where that is not too soon anyway.

        :param payment: record with `api_url`
        """
        self._upsert(
            payment,
            pause,
            "due_at = least(followup.due_at, EXCLUDED.due_at),"
            " pause = least(followup.pause, EXCLUDED.pause)",
        )

    def _upsert(self, payment, pause, on_conflict):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO mixpay_followup AS followup
                            (payment_id, api_url, due_at, pause, failures)
                     VALUES (%(payment)s, %(api_url)s,
                             clock_timestamp() AT TIME ZONE 'UTC' + %(pause)s * interval '1 second',
                             %(pause)s, 0)
                ON CONFLICT (payment_id) DO UPDATE SET %(on_conflict)s
                """,
                payment=payment.id,
                api_url=payment.api_url,
                pause=pause,
                on_conflict=SQL(on_conflict),
            ),
            log_exceptions=False,
        )

    def _lease_first(self, api_url, timeout):
        """Take the payment of an address that has been due longest.

        To be called in a transaction of its own, whose end lets others see it.

        :param float timeout: seconds that the call may take
        :rtype: FollowUp | None
        """
        return self._lease(f"api_url = %(only)s AND {IS_DUE}", api_url, timeout)

    def _lease_one(self, payment_id, timeout):
        """Take a payment, due or not, if nobody else has it.

        :rtype: FollowUp | None
        """
        return self._lease("payment_id = %(only)s", payment_id, timeout)

    def _lease(self, condition, only, timeout):
        self.env.cr.execute(
            f"""
            UPDATE mixpay_followup
               SET lease_until = {_CLOCK} + %(seconds)s * interval '1 second'
             WHERE id = (SELECT id
                           FROM mixpay_followup AS job
                          WHERE {IS_FREE}
                            AND {condition}
                       ORDER BY due_at
                          LIMIT 1
                            FOR NO KEY UPDATE SKIP LOCKED)
         RETURNING payment_id, api_url, coalesce(failures, 0), {_CLOCK}
            """,
            {"only": only, "seconds": timeout + LEASE_MARGIN},
            log_exceptions=False,
        )
        row = self.env.cr.fetchone()
        return FollowUp(*row) if row else None

    def _release_follow_up(self, follow_up, pause=None):
        """Let others ask about a payment: there was no answer, or none was asked for.

        In a transaction of its own, since the caller's may have failed.

        :param float pause: seconds until it is due again after a failure; None to leave it due
        """
        with own_transaction(self) as own:
            own.env.cr.execute(
                f"""
                UPDATE mixpay_followup
                   SET lease_until = NULL,
                       failures = coalesce(failures, 0) + %(failed)s,
                       pause = coalesce(%(pause)s, pause),
                       due_at = coalesce({_CLOCK} + %(pause)s * interval '1 second', due_at)
                 WHERE payment_id = %(payment)s
                """,
                {
                    "payment": follow_up.payment_id,
                    "failed": int(pause is not None),
                    "pause": pause,
                },
            )

    def _due_addresses(self):
        """Return the addresses at which something is due, with how much.

        :rtype: list[tuple[str, int]]
        """
        self.env.cr.execute(
            SQL(
                "SELECT api_url, count(*) FROM mixpay_followup AS job WHERE %s GROUP BY api_url",
                SQL(IS_DUE),
            )
        )
        return self.env.cr.fetchall()
