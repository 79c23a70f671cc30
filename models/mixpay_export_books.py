"""The one place where the journal's facts about payments come into the accountant's files."""

from odoo import models

from ..mixpay import bookings, facts, money
from ..mixpay.refunds import PAID


class MixpayExportBooks(models.AbstractModel):
    """What entries know of payments, beyond what MixPay reports."""

    _name = "mixpay.export.books"
    _description = "What the books know of MixPay payments"

    def _facts(self, payments):
        """Return facts by payment id, as texts; amounts in the company's currency.

        They are `settled_entry`, `settled_value`, `difference` and `value_source`.
        """
        domain = [("payment_id", "in", payments.ids), ("state", "=", bookings.DONE)]
        receipts = self.env["mixpay.booking"].search(
            [*domain, ("kind", "=", bookings.RECEIPT)], order="id"
        )
        return {receipt.payment_id.id: self._of_receipt(receipt) for receipt in receipts}

    def _of_receipt(self, receipt):
        found = {"settled_entry": receipt.move_id.name or receipt.statement_line_id.name or ""}
        if receipt.settled_value_source:
            digits = receipt.company_currency_id.decimal_places
            for name, amount in (
                ("settled_value", receipt.settled_value),
                ("difference", receipt.difference),
            ):
                found[name] = facts.plain(money.from_float(amount, digits))
            source = (receipt.settled_value_source, str(receipt.settled_value_date or ""))
            found["value_source"] = " ".join(filter(None, source))
        return found

    def _changed_since(self, company, moment):
        """Return the ids of a company's payments about which these facts have changed since."""
        domain = [("company_id", "=", company.id), ("write_date", ">=", moment)]
        return self.env["mixpay.booking"].search(domain).payment_id.ids

    def _spent(self, export, *, before=False):
        """Return what went out of the shop's coins, by their names: {coin: units as decimal text}.

        Coins are sold on days, and those of an export stay whatever its company's time zone is by
        now; of a period's moments they would be others.

        :param before: whether it is all before an export's period that is meant
        """
        company = export.company_id
        if before:
            days, begins, ends = [("date", "<", export.date_from)], None, export.begins_at
        else:
            days = [("date", ">=", export.date_from), ("date", "<=", export.date_to)]
            begins, ends = export.begins_at, export.ends_at
        sold = [("company_id", "=", company.id), ("state", "=", "posted")]
        taken_back = ("move_id.reversal_move_ids", "any", [("state", "=", "posted"), *days])
        cash_outs = self.env["mixpay.cash.out"]
        spent = [(one.coin, one.units) for one in cash_outs.search([*sold, *days])]
        # What was entered by mistake is reversed: its coins never went.
        spent += [(one.coin, f"-{one.units}") for one in cash_outs.search([*sold, taken_back])]
        spent += self._paid_out(company, begins, ends)
        rows = {}
        for coin, units in spent:
            rows.setdefault(coin, []).append({"units": units})
        return {coin: facts.total(of_coin, "units") for coin, of_coin in rows.items()}

    def _paid_out(self, company, begins, ends):
        """Return the coins that were sent for refunds: [(coin, units as decimal text)]."""
        domain = [
            ("company_id", "=", company.id),
            ("state", "=", PAID),
            ("paid_at", "<", ends),
        ]
        if begins:
            domain.append(("paid_at", ">=", begins))
        paid = self.env["mixpay.refund"].search(domain)
        return [(refund.asset_id.display_name, refund.units) for refund in paid]
