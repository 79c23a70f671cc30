"""Gathers a day's statement lines of one coin into one bank statement, for the reader."""

from collections import defaultdict

from odoo import Command, fields, models


class MixpayDailyStatement(models.AbstractModel):
    _name = "mixpay.daily.statement"
    _description = "Daily statements of what MixPay has settled"

    def _gather(self, method):
        """Gather what was entered for days that are over, and stands in no statement yet.

        What is entered for such a day later makes a statement of its own.
        """
        if not method.mixpay_daily_statements:
            return
        zone = method.company_id._mixpay_tz()
        lines = self.env["account.bank.statement.line"].search(
            [
                ("mixpay_booking_id.payment_method_id", "=", method.id),
                ("statement_id", "=", False),
                ("date", "<", fields.Date.context_today(self.with_context(tz=zone))),
                ("state", "=", "posted"),
            ],
            order="internal_index",
        )
        groups = defaultdict(lines.browse)
        for line in lines:
            facts = line.transaction_details["mixpay"]
            coin = facts.get("settled", facts["sent"]).get("name", "")
            groups[line.journal_id, line.date, coin] |= line
        for (_journal, date, coin), group in groups.items():
            name = " ".join(filter(None, [method.name, str(date), coin]))
            statement = self.env["account.bank.statement"].create(
                {"name": name, "reference": coin, "line_ids": [Command.set(group.ids)]}
            )
            # Core takes it from before the lines were there.
            statement.balance_end_real = statement.balance_end
