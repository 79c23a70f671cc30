"""Reads payments as `Snapshot`s: each time by one function of the database.

Registers ask all day how payments stand, and PostgreSQL needs several times as long to plan such a
query as to run it. No plan outlives a request: when a connection goes back to Odoo's pool, psycopg2
has it forget all (`DISCARD ALL`). So the query is one that is planned quickly, without joins, and
a function keeps its plan while the request lasts, in which payments may be read twice.
"""

from dataclasses import fields
from datetime import datetime
from decimal import Decimal

from odoo import models
from odoo.tools import SQL

from ..mixpay.standing import Price, Snapshot
from .mixpay_endpoint import RETRY_AFTER
from .mixpay_job import NOW, SNAPSHOT_COLUMNS

# Fields of a snapshot that are no columns of the payment as they stand there.
_COLUMNS = {
    **{
        name: f"coalesce(payment.{name}, FALSE)"
        for name in ("is_abandoned", "is_test", "is_taken", "funds_detected")
    },
    "time_left": (
        f"extract(epoch FROM payment.expires_at - {NOW})::float - coalesce(payment.clock_offset, 0)"
    ),
}
# Fields that come from elsewhere.
_OF_OTHERS = {"price", "is_polled", "is_unanswered", "retry_after", *SNAPSHOT_COLUMNS}
_NAMES = [field.name for field in fields(Snapshot) if field.name not in _OF_OTHERS]
_OF_PAYMENT = {name: _COLUMNS.get(name, f"payment.{name}") for name in _NAMES}
_MOMENTS = [field.name for field in fields(Snapshot) if field.type.startswith("datetime")]
_OF_JOB = {**SNAPSHOT_COLUMNS, "is_failing": "job.failures > 0"}
_OF_CIRCUIT = {"is_open": "endpoint.open_until IS NOT NULL", "retry_after": RETRY_AFTER}
# Of a payment that MixPay is not asked about any more.
_NO_JOB = {**dict.fromkeys(SNAPSHOT_COLUMNS), "is_free": True, "queue_length": 0}


def _selected(columns):
    return ", ".join(f"{expression} AS {name}" for name, expression in columns.items())


def _named(columns):
    return ", ".join(f"'{name}', {expression}" for name, expression in columns.items())


# Which payments each function finds, by its name and what it is given.
_FUNCTIONS = {
    "mixpay_snapshots_by_id(payment_ids integer[])": "payment.id = ANY(payment_ids)",
    "mixpay_snapshots_of_session(traces varchar[], companies integer[], sees_closed boolean)": """
        payment.trace_id = ANY(traces)
           AND payment.company_id = ANY(companies)
           AND (sees_closed
                OR EXISTS (SELECT FROM pos_session
                            WHERE pos_session.id = payment.pos_session_id
                              AND pos_session.state <> 'closed'))
    """,
    "mixpay_snapshots_of_draft(traces varchar[], companies integer[])": """
        payment.trace_id = ANY(traces)
           AND payment.company_id = ANY(companies)
           AND EXISTS (SELECT FROM pos_order
                        WHERE pos_order.state = 'draft'
                          AND pos_order.uuid
                              = coalesce(payment.moved_order_uuid, payment.order_uuid))
    """,
}
# A plan for one payment is as good as for many. Values come by name: servers that still run the
# version before leave out what they do not know.
_FUNCTION = f"""
    CREATE OR REPLACE FUNCTION %s RETURNS json LANGUAGE plpgsql STABLE
        SET plan_cache_mode = force_generic_plan
    AS $function$
    BEGIN
        RETURN (
        SELECT json_agg(snapshot)
          FROM (SELECT payment.amount::text AS amount, payment.currency_id,
                       {_selected(_OF_PAYMENT)},
                       (SELECT json_build_object({_named(_OF_JOB)})
                          FROM mixpay_job AS job
                         WHERE job.payment_id = payment.id) AS job,
                       (SELECT json_build_object({_named(_OF_CIRCUIT)})
                          FROM mixpay_endpoint AS endpoint
                         WHERE endpoint.api_url = payment.api_url) AS circuit
                  FROM mixpay_payment AS payment
                 WHERE %s
               ) AS snapshot);
    END
    $function$
"""


class MixpaySnapshot(models.AbstractModel):
    """Reads payments as `Snapshot`s, in no order; what is not in the database yet is not seen."""

    _name = "mixpay.snapshot"
    _description = "MixPay payments as they stand"

    def init(self):
        """Put the functions into the database."""
        for signature, condition in _FUNCTIONS.items():
            # pylint: disable-next=sql-injection
            self.env.cr.execute(_FUNCTION % (signature, condition))

    def _drop_functions(self):
        """Take the functions out of the database."""
        for signature in _FUNCTIONS:
            # pylint: disable-next=sql-injection
            self.env.cr.execute(f"DROP FUNCTION IF EXISTS {signature.partition('(')[0]}")

    def _by_id(self, payment_ids):
        """Return the snapshots of these payments.

        :param list[int] payment_ids: which
        :rtype: list[Snapshot]
        """
        return self._read(SQL("mixpay_snapshots_by_id(%s)", payment_ids))

    def _of_session(self, trace_ids, company_ids, *, sees_closed):
        """Return the snapshots of payments of these companies whose sessions are not closed.

        :param list[str] trace_ids: of which
        :param list[int] company_ids: whose
        :param bool sees_closed: whether those of closed sessions are seen, too
        :rtype: list[Snapshot]
        """
        return self._read(
            SQL(
                "mixpay_snapshots_of_session(%s::varchar[], %s, %s)",
                trace_ids,
                company_ids,
                sees_closed,
            )
        )

    def _of_draft(self, trace_ids, company_ids):
        """Return the snapshots of payments of these companies whose orders are still drafts.

        :param list[str] trace_ids: of which
        :param list[int] company_ids: whose
        :rtype: list[Snapshot]
        """
        return self._read(
            SQL("mixpay_snapshots_of_draft(%s::varchar[], %s)", trace_ids, company_ids)
        )

    def _read(self, call):
        [[rows]] = self.env.execute_query(SQL("SELECT %s", call))
        return [self._snapshot(row) for row in rows or ()]

    def _snapshot(self, row):
        *names, decimals = self.env["mixpay.payment"]._currency_of(row["currency_id"])
        price = Price(f"{Decimal(row['amount']):.{decimals}f}", *names, decimals)
        job, circuit = row["job"] or {}, row["circuit"] or {}
        values = {name: row[name] for name in _NAMES}
        values |= {name: job[name] for name in SNAPSHOT_COLUMNS} if job else _NO_JOB
        values |= {
            "is_polled": bool(job),
            "is_unanswered": bool(job.get("is_failing") or circuit.get("is_open")),
            "retry_after": circuit.get("retry_after"),
        }
        # The ORM's moments have no fractions of a second; those written by SQL do not need theirs.
        values |= {
            name: datetime.fromisoformat(values[name][:19]) for name in _MOMENTS if values[name]
        }
        return Snapshot(price, **values)
