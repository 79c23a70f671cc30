"""Each night: what MixPay has said, what the books say, and where they differ."""

import logging

from odoo import api, fields, models
from odoo.tools.misc import formatLang

from ..core_values import IS_MIXPAY
from ..mixpay import bookings

_logger = logging.getLogger(__name__)

NAMED = 20


class MixpayComparison(models.Model):
    """One method on one day. Written by the server alone."""

    _name = "mixpay.comparison"
    _description = "MixPay and the books"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "date desc, payment_method_id, id"
    _rec_name = "date"

    date = fields.Date(required=True, readonly=True)
    payment_method_id = fields.Many2one(
        "pos.payment.method", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    compared_at = fields.Datetime(readonly=True)
    settled_amount = fields.Monetary(
        string="MixPay: Settled", readonly=True, help="Sales of closed sessions that are settled."
    )
    booked_amount = fields.Monetary(
        string="Books: Received", readonly=True, help="Statement lines that pay for sales."
    )
    unsettled_amount = fields.Monetary(
        string="MixPay: Not Settled",
        readonly=True,
        help="Sales of closed sessions that are not, less refunds that are to be paid out.",
    )
    outstanding_balance = fields.Monetary(string="Books: Outstanding Account", readonly=True)
    unmatched_amount = fields.Monetary(
        string="MixPay: Without a Sale",
        readonly=True,
        help="Settled, without a sale, and nobody has decided about it; and refunds that were given"
        " back another way, until the cash or the bank they came from is matched with them.",
    )
    suspense_balance = fields.Monetary(string="Books: Suspense Account", readonly=True)
    is_equal = fields.Boolean(string="In Agreement", readonly=True)
    note = fields.Text(string="Differences", readonly=True)

    _once = models.UniqueIndex("(date, payment_method_id)", "One comparison a day.")

    @api.model
    def _cron_compare(self):
        """Compare each method of ours; one that fails keeps no other waiting."""
        commit_progress = self.env["ir.cron"]._commit_progress
        methods = self.env["pos.payment.method"].search([*IS_MIXPAY, ("company_id", "!=", False)])
        commit_progress(remaining=len(methods))
        for method in methods:
            try:
                with self.env.cr.savepoint():
                    self._compare(method)
                    self.env["mixpay.daily.statement"]._gather(method)
            except Exception:  # pylint: disable=broad-exception-caught
                # Whatever one method's books raise: the others are compared all the same.
                _logger.exception("MixPay method %s was not compared with the books", method.id)
            commit_progress(1)

    @api.model
    def _compare(self, method):
        """Compare what MixPay has said with the books, as of now; return the comparison."""
        zone = method._mixpay_zone()
        today = fields.Date.context_today(self.with_context(tz=zone))
        values = self._amounts(method)
        currency = self._currency(method)
        note = self._differences(method, values, currency)
        values |= {
            "company_id": method.company_id.id,
            "currency_id": currency.id,
            "compared_at": fields.Datetime.now(),
            "is_equal": not note,
            "note": note,
        }
        known = self.search([("date", "=", today), ("payment_method_id", "=", method.id)])
        if known:
            known.write(values)
            return known
        return self.create([values | {"date": today, "payment_method_id": method.id}])

    def _currency(self, method):
        return method.journal_id.currency_id or method.company_id.currency_id

    def _amounts(self, method):
        payments = self.env["mixpay.payment"]
        settled, unsettled = (
            payments.search(self._sales(method) + [("settled_at", operator, False)])
            for operator in ("!=", "=")
        )
        settled -= settled.filtered(lambda p: self._is_by_hand(p) or self._is_corrected(p))
        unsettled -= unsettled.filtered(self._is_corrected)
        ours = self.env["mixpay.booking"].search(
            [("payment_method_id", "=", method.id), ("state", "=", bookings.DONE)]
        )
        of_sales = ours.filtered(lambda one: one.outcome == bookings.TO_SALE)
        cleared = ours.filtered(lambda one: one.kind == bookings.CLEARING)
        in_suspense = ours.filtered(
            lambda one: one.outcome == bookings.TO_SUSPENSE
            and one.payment_id not in cleared.payment_id
        )
        attached = cleared.filtered(lambda one: one.outcome == bookings.TO_ORDER)
        otherwise = ours.filtered(lambda one: one.refund_id and one.outcome == bookings.TO_PAYER)
        return {
            "settled_amount": sum(settled.mapped("amount")),
            "booked_amount": sum((of_sales | attached).mapped("amount")),
            "unsettled_amount": sum(unsettled.mapped("amount")) - self._to_pay_out(method),
            "outstanding_balance": self._balance(method, method.outstanding_account_id),
            "unmatched_amount": sum(in_suspense.mapped("amount"))
            + self._open_in_suspense(method, otherwise),
            "suspense_balance": self._suspense_balance(method),
        }

    def _to_pay_out(self, method):
        """Return what stands in the entries of closed sessions and did not leave the wallet yet."""
        refunds = self.env["mixpay.refund"].search(
            [
                ("payment_method_id", "=", method.id),
                ("covered_at", "!=", False),
                ("pos_order_id.session_id.state", "=", "closed"),
            ]
        )
        entered = self.env["mixpay.booking"].search(
            [
                ("refund_id", "in", refunds.ids),
                ("state", "in", (bookings.DONE, bookings.OFF)),
            ]
        )
        return sum((refunds - entered.refund_id).mapped("amount"))

    def _open_in_suspense(self, method, otherwise):
        """Return what was given back another way, and is not matched with what paid for it."""
        lines = otherwise.move_id.line_ids.filtered(
            lambda line: line.account_id == method.journal_id.suspense_account_id
        )
        return -sum(lines.mapped("amount_residual_currency"))

    def _sales(self, method):
        """Return which payments stand in the entries of closed sessions."""
        return [
            ("payment_method_id", "=", method.id),
            ("is_test", "=", False),
            ("covered_at", "!=", False),
            ("pos_payment_id.session_id.state", "=", "closed"),
        ]

    def _is_by_hand(self, payment):
        receipts = payment.booking_ids.filtered(lambda one: one.kind == bookings.RECEIPT)
        return receipts.state == bookings.OFF

    def _is_corrected(self, payment):
        corrections = payment.booking_ids.filtered(lambda one: one.kind == bookings.CORRECTION)
        return corrections.state == bookings.DONE

    def _balance(self, method, account):
        """Return an account's balance in the journal's currency, of posted entries."""
        domain = [
            ("account_id", "=", account.id),
            ("parent_state", "=", "posted"),
            ("company_id", "child_of", method.company_id.id),
        ]
        [[balance]] = self.env["account.move.line"]._read_group(domain, [], ["amount_currency:sum"])
        return balance or 0.0

    def _suspense_balance(self, method):
        """Return what stands in suspense, as money of somebody: the account's credit."""
        return -self._balance(method, method.journal_id.suspense_account_id)

    # === DIFFERENCES IN WORDS === #

    def _differences(self, method, values, currency):
        """Return in words where MixPay and the books differ, and why as far as it is known."""
        lines = [method._mixpay_accounts_problem()]
        labels = {name: self._fields[name]._description_string(self.env) for name in values}
        for said, booked in (
            ("settled_amount", "booked_amount"),
            ("unsettled_amount", "outstanding_balance"),
            ("unmatched_amount", "suspense_balance"),
        ):
            if currency.compare_amounts(values[said], values[booked]):
                words = [
                    f"{labels[name]} {formatLang(self.env, values[name], currency_obj=currency)}"
                    for name in (said, booked)
                ]
                lines.append(" ≠ ".join(words))
        return "\n".join(filter(None, [*lines, *self._open_entries(method)]))

    def _open_entries(self, method):
        """Return in words what is not entered, with the reason: the first few."""
        held = self.env["mixpay.booking"].search(
            [("payment_method_id", "=", method.id), ("state", "in", ("held", "draft"))],
            order="id",
            limit=NAMED,
        )
        kinds = dict(held._fields["kind"]._description_selection(self.env))
        return [
            f"{' '.join(filter(None, one._subject()))}: {kinds[one.kind]}. {one.reason}"
            for one in held
        ]
