"""Each night: what MixPay has said, what the books say, and where they differ."""

import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import formatLang

from ..core_values import IS_MIXPAY
from ..mixpay import bookings, settlement, states

_logger = logging.getLogger(__name__)

NAMED = 20


class MixpayComparison(models.Model):
    """One method on one day. Written by the server alone."""

    _name = "mixpay.comparison"
    _description = "MixPay and the books"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "date desc, payment_method_id, id"
    _rec_name = "date"
    _check_company_auto = True

    date = fields.Date(required=True, readonly=True)
    payment_method_id = fields.Many2one(
        "pos.payment.method",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
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
        methods = self._methods()
        works = (self._compare, self.env["mixpay.daily.statement"]._gather)
        commit_progress(remaining=len(methods))
        for method in methods:
            try:
                with self.env.cr.savepoint():
                    is_compared = method.active or self._has_open_money(method)
                for work in works if is_compared else ():
                    with self.env.cr.savepoint():
                        work(method)
            except Exception:  # pylint: disable=broad-exception-caught
                # An error in one method's books must not keep the others from being compared.
                _logger.exception("MixPay method %s was not compared with the books", method.id)
            commit_progress(1)

    def _methods(self):
        """Return all methods of ours, also archived ones."""
        methods = self.env["pos.payment.method"].with_context(active_test=False)
        return methods.search([*IS_MIXPAY, ("company_id", "!=", False)])

    def _has_open_money(self, method):
        """Tell whether money of a method is still to be settled, entered or decided about."""
        values, currency = self._amounts(method), self._currency(method)
        to_enter = values["settled_amount"] - values["booked_amount"]
        amounts = (to_enter, values["unsettled_amount"], values["unmatched_amount"])
        return not all(map(currency.is_zero, amounts))

    @api.model
    def _compare(self, method):
        """Compare what MixPay has said with the books, as of now; return the comparison."""
        zone = method.company_id._mixpay_tz()
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
        """Return what is compared, as sums that the database makes: there may be a million."""
        sales, unsettled = self._sales(method), self._unsettled()
        entered = [("payment_method_id", "=", method.id), ("state", "=", bookings.DONE)]
        by_hand = [
            ("kind", "in", (bookings.RECEIPT, bookings.CLEARING)),
            ("state", "=", bookings.OFF),
        ]
        cleared = [
            ("kind", "=", bookings.CLEARING),
            ("state", "in", (bookings.DONE, bookings.OFF)),
        ]
        return {
            "settled_amount": self._sum(
                "mixpay.payment", sales & ~unsettled & ~Domain("booking_ids", "any", by_hand)
            ),
            "booked_amount": self._sum(
                "mixpay.booking",
                Domain(entered)
                & Domain("outcome", "in", (bookings.TO_SALE, bookings.TO_ORDER))
                & Domain("payment_id.state", "!=", states.MISMATCH),
            ),
            "unsettled_amount": self._sum("mixpay.payment", sales & unsettled)
            - self._to_pay_out(method),
            "outstanding_balance": self._balance(method, method.outstanding_account_id)
            + self._open_elsewhere(method),
            "unmatched_amount": self._sum(
                "mixpay.booking",
                Domain(entered)
                & Domain("outcome", "=", bookings.TO_SUSPENSE)
                & ~Domain("payment_id.booking_ids", "any", cleared),
            )
            + self._open_in_suspense(method, Domain(entered)),
            "suspense_balance": self._suspense_balance(method),
        }

    def _sum(self, model, domain, field="amount"):
        [[total]] = self.env[model]._read_group(domain, [], [f"{field}:sum"])
        return total or 0.0

    def _unsettled(self):
        """Return which payments MixPay has not paid out, as far as was heard."""
        return Domain("settled_at", "=", False) & Domain("settle_status", "!=", settlement.SETTLED)

    def _open_elsewhere(self, method):
        """Return what is open of sessions that were closed when the method had another account."""
        lines = [
            ("move_id.origin_payment_id.pos_payment_method_id", "=", method.id),
            ("account_id", "!=", method.outstanding_account_id.id),
            ("account_id.account_type", "not in", ("asset_receivable", "asset_cash")),
            ("parent_state", "=", "posted"),
        ]
        return self._sum("account.move.line", lines, "amount_residual_currency")

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

    def _open_in_suspense(self, method, entered):
        """Return what was given back another way, and is not matched with what paid for it.

        :param entered: which entries of the method are in the books
        """
        is_otherwise = Domain("refund_id", "!=", False) & Domain("outcome", "=", bookings.TO_PAYER)
        moves = self.env["mixpay.booking"].search(entered & is_otherwise).move_id
        lines = [
            ("move_id", "in", moves.ids),
            ("account_id", "in", self._suspense_accounts(method).ids),
        ]
        return -self._sum("account.move.line", lines, "amount_residual_currency")

    def _sales(self, method):
        """Return which payments stand in the entries of closed sessions, and were not taken out.

        For one that ended on other terms no more comes than was entered: what is left of its sale
        is a difference.
        """
        corrected = Domain("kind", "=", bookings.CORRECTION)
        corrected |= Domain("kind", "=", bookings.CLEARING) & Domain(
            "payment_id.state", "=", states.MISMATCH
        )
        corrected &= Domain("state", "=", bookings.DONE)
        closed = Domain(
            [
                ("payment_method_id", "=", method.id),
                ("is_test", "=", False),
                ("covered_at", "!=", False),
                ("pos_payment_id.session_id.state", "=", "closed"),
            ]
        )
        return closed & ~Domain("booking_ids", "any", corrected)

    def _balance(self, method, accounts):
        """Return accounts' balance in the journal's currency, of posted entries."""
        domain = [
            ("account_id", "in", accounts.ids),
            ("parent_state", "=", "posted"),
            ("company_id", "child_of", method.company_id.id),
        ]
        return self._sum("account.move.line", domain, "amount_currency")

    def _suspense_balance(self, method):
        """Return what stands in suspense, as money of somebody: the credit of its account.

        Of a former account, which may be the whole company's, only what is open of our entries; and
        of one that another method has, whose wallet may be the same.
        """
        own = method.journal_id.suspense_account_id
        own -= (self._methods() - method).journal_id.suspense_account_id
        former = self._suspense_accounts(method) - own
        return -self._balance(method, own) - self._open_on(former, method)

    def _open_on(self, accounts, method):
        """Return what our entries have left open on accounts that others may use, too.

        Where items are matched, that is what is not. Elsewhere a clearing entry takes back what a
        receipt has brought.
        """
        if not accounts:
            return 0.0
        entries = self.env["mixpay.booking"].search(
            [("payment_method_id", "=", method.id), ("move_id", "!=", False)]
        )
        matched = accounts.filtered("reconcile")
        # Of refunds nothing is compared where nothing is matched.
        of_payments = entries.filtered(lambda one: not one.refund_id)
        return self._on_accounts(entries, matched, "amount_residual_currency") + self._on_accounts(
            of_payments, accounts - matched, "amount_currency"
        )

    def _on_accounts(self, entries, accounts, field):
        posted = [
            ("move_id", "in", entries.move_id.ids),
            ("account_id", "in", accounts.ids),
            ("parent_state", "=", "posted"),
        ]
        return self._sum("account.move.line", posted, field)

    def _suspense_accounts(self, method):
        """Return where money of a method was entered that had no sale: also former accounts."""
        entered = self.env["mixpay.booking"]._read_group(
            [("payment_method_id", "=", method.id), ("suspense_account_id", "!=", False)],
            ["suspense_account_id"],
        )
        return method.journal_id.suspense_account_id.union(*(one for (one,) in entered))

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
        undone = self._undone_entries(method) if any(lines) else ()
        return "\n".join(filter(None, [*lines, *undone, *self._open_entries(method)]))

    def _open_entries(self, method):
        """Return in words what is not entered, with the reason: the first few."""
        held = [("payment_method_id", "=", method.id), ("state", "in", ("held", "draft"))]
        return self._named(held, lambda one: one.reason)

    def _undone_entries(self, method):
        """Return in words which entries somebody has undone: the first few."""
        undone = Domain("move_id.state", "!=", "posted")
        undone |= Domain("outcome", "=", bookings.TO_SALE) & Domain("is_reconciled", "=", False)
        entered = [("payment_method_id", "=", method.id), ("state", "=", bookings.DONE)]
        return self._named(Domain(entered) & undone, self._standing)

    def _standing(self, entry):
        """Return in words how an entry of ours stands: its status, and whether it is matched."""
        moves, fields_ = self.env["account.move"], entry._fields
        states = dict(moves._fields["state"]._description_selection(self.env))
        entry_label, matched_label = (
            fields_[name]._description_string(self.env) for name in ("move_id", "is_reconciled")
        )
        mark = "✓" if entry.is_reconciled else "✗"
        return f"{entry_label}: {states[entry.move_id.state]}. {matched_label}: {mark}"

    def _named(self, domain, text_of):
        """Return the first few entries of a domain in words, each with a text about it."""
        found = self.env["mixpay.booking"].search(domain, order="id", limit=NAMED)
        kinds = dict(found._fields["kind"]._description_selection(self.env))
        return [
            f"{' '.join(filter(None, one._about()))}: {kinds[one.kind]}. {text_of(one)}"
            for one in found
        ]
