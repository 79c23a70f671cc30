"""Which rows an export has: its period's payments, late ones, changes of others, and their orders.

What is read is committed before the export; what comes later is in the next one. Rows are made in
batches, so that memory does not grow with the number of sales.
"""

from datetime import timedelta

from odoo import models
from odoo.tools.misc import split_every

from ..mixpay import facts
from .mixpay_export_line import BATCH

# What a transaction writes counts from its beginning, and is seen from its end on.
LONGEST_TRANSACTION = timedelta(hours=1)
_NEW = """
      SELECT payment.id,
             payment.counted_at < %(begins)s OR payment.counted_at >= %(ends)s AS is_late
        FROM mixpay_payment AS payment
       WHERE payment.company_id = %(company)s
         AND ((payment.counted_at >= %(begins)s AND payment.counted_at < %(ends)s)
              OR EXISTS (SELECT FROM mixpay_export AS other
                          WHERE other.company_id = payment.company_id
                            AND other.id != %(export)s
                            AND payment.counted_at >= other.begins_at
                            AND payment.counted_at < other.ends_at))
         AND NOT EXISTS (SELECT FROM mixpay_export_line AS line
                          WHERE line.payment_id = payment.id AND line.sheet = 'payments')
    ORDER BY payment.counted_at, payment.id
"""
_CHANGED = """
      SELECT DISTINCT payment.id
        FROM mixpay_export_line AS line
        JOIN mixpay_export AS export ON export.id = line.export_id
        JOIN mixpay_payment AS payment ON payment.id = line.payment_id
   LEFT JOIN pos_order ON pos_order.id = payment.pos_order_id
   LEFT JOIN pos_session ON pos_session.id = pos_order.session_id
       WHERE line.company_id = %(company)s
         AND line.sheet = 'payments'
         AND line.export_id != %(export)s
         AND payment.anonymized_at IS NULL
         AND GREATEST(payment.write_date, pos_order.write_date, pos_session.write_date)
             >= export.create_date - %(margin)s
    ORDER BY payment.id
"""


class MixpayExportContent(models.AbstractModel):
    """Fills an export with rows."""

    _name = "mixpay.export.content"
    _description = "Rows of a MixPay export"

    def _fill(self, export):
        """Make all rows of an export that was just created.

        :param export: `mixpay.export`, in the server's environment
        """
        self.env.flush_all()
        pack = self.env["mixpay.export.pack"]
        order_ids = set()
        for kind, payment_ids in self._found(export):
            for batch in split_every(BATCH, payment_ids, list):
                payments = self.env["mixpay.payment"].browse(batch)
                self._add_payments(export, payments, kind)
                order_ids |= set(payments.filtered("covered_at").pos_order_id.ids)
                self._forget()
        for kind, refunds in self.env["mixpay.export.refunds"]._found_refunds(export):
            self._add_refunds(export, refunds, kind)
            order_ids |= set(refunds.pos_order_id.ids)
        for batch in split_every(BATCH, sorted(order_ids), list):
            self._add_orders(export, self.env["pos.order"].browse(batch))
            self._forget()
        for sheet, rows in pack._tables(export):
            self.env["mixpay.export.line"]._add_lines(
                export, sheet, [{"shown": row} for row in rows]
            )

    def _forget(self):
        """Write what is to be written, and free the memory of what was read."""
        self.env.flush_all()
        self.env.invalidate_all()

    def _found(self, export):
        """Yield the payments that an export has rows of: (kind, ids)."""
        words = {
            "company": export.company_id.id,
            "begins": export.begins_at,
            "ends": export.ends_at,
            "export": export.id,
            "margin": LONGEST_TRANSACTION,
        }
        self.env.cr.execute(_NEW, words)
        new = self.env.cr.fetchall()
        self.env.cr.execute(_CHANGED, words)
        changed = {payment_id for (payment_id,) in self.env.cr.fetchall()}
        changed |= self._changed_in_books(export)
        yield "regular", [payment_id for payment_id, is_late in new if not is_late]
        yield "late", [payment_id for payment_id, is_late in new if is_late]
        yield "adjustment", sorted(changed)

    def _changed_in_books(self, export):
        """Return the ids of exported payments whose entries have changed since the last export."""
        last = export.search(
            [("company_id", "=", export.company_id.id), ("id", "!=", export.id)],
            order="id desc",
            limit=1,
        )
        if not last:
            return set()
        since = last.create_date - LONGEST_TRANSACTION
        changed = self.env["mixpay.export.books"]._changed_since(export.company_id, since)
        domain = [("payment_id", "in", list(changed)), ("export_id", "!=", export.id)]
        return set(self.env["mixpay.export.line"].search(domain).payment_id.ids)

    def _add_payments(self, export, payments, kind):
        known = self.env["mixpay.export.facts"]._of_payments(payments, export.tz)
        kinds = dict.fromkeys(payments.ids, kind)
        self._add_rows(export, "payments", "payment_id", payments, known, kinds)

    def _add_refunds(self, export, refunds, kind):
        known = self.env["mixpay.export.refunds"]._facts_of_refunds(refunds, export.tz)
        kinds = dict.fromkeys(refunds.ids, kind)
        self._add_rows(export, "payments", "refund_id", refunds, known, kinds)

    def _add_orders(self, export, orders):
        known = self.env["mixpay.export.facts"]._facts_of_orders(orders, export.tz)
        kinds = self._kinds_of_orders(export, orders)
        self._add_rows(export, "orders", "pos_order_id", orders, known, kinds)

    def _add_rows(self, export, sheet, field, records, known, kinds):
        """Add rows of what is known of records; of those exported before, what has changed.

        :param dict kinds: of rows of records that are new, by the records' ids
        """
        lines = self.env["mixpay.export.line"]
        latest, added = lines._latest(field, records), []
        labels = dict(lines._fields["kind"]._description_selection(self.env))
        for record in records:
            now, before = known[record.id], latest.get(record.id)
            if before is None:
                kind, rows = kinds[record.id], [now]
            else:
                kind, rows = "adjustment", facts.adjustments(sheet, before, now)
            added += [
                {
                    field: record.id,
                    "kind": kind,
                    "shown": {**row, "kind": labels[kind]},
                    "facts": now,
                }
                for row in rows
            ]
        lines._add_lines(export, sheet, added)

    def _kinds_of_orders(self, export, orders):
        """Return what orders' rows are that were never exported: their payments' own say so."""
        moments = {}
        # What was paid says it where there is both.
        for model, moment in (("mixpay.refund", "covered_at"), ("mixpay.payment", "counted_at")):
            of_orders = [("pos_order_id", "in", orders.ids), (moment, "!=", False)]
            grouped = self.env[model]._read_group(of_orders, ["pos_order_id"], [f"{moment}:min"])
            moments |= {order.id: first for order, first in grouped}
        return {
            order.id: "regular"
            if export.begins_at <= moments[order.id] < export.ends_at
            else "late"
            for order in orders
        }
