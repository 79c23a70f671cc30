"""How a period is frozen: its borders, then its rows, then its files, by one button."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mixpay import facts, periods
from .mixpay_defaults_mixin import as_server

# Fields of an export that a person fills in; all others are the server's.
ASKED = frozenset({"company_id", "date_from", "date_to"})


class MixpayExport(models.Model):
    _inherit = "mixpay.export"

    @api.model_create_multi
    def create(self, vals_list):
        """Freeze periods: rows and files are made now, and kept.

        :raises UserError: for a period that is not over, and for anything that is the server's
        """
        exports_ = self.browse()
        for vals in vals_list:
            if vals.keys() - ASKED:
                raise UserError(self.env._("An export is made by the server, from its records."))
            export = super().create([self._frame(vals)])
            as_server(export)._freeze(self.env.lang or "en_US")
            exports_ |= export
        return exports_

    def _frame(self, vals):
        """Return an export's values with the moments at which it begins and ends, for good.

        They meet those of the exports before and after, also where the time zone was changed.

        :raises UserError: for a period that is not over
        """
        vals = self._add_missing_default_values(vals)
        company = self.env["res.company"].browse(int(vals["company_id"]))
        first, last = (fields.Date.to_date(vals[name]) for name in ("date_from", "date_to"))
        if not (first and last and first <= last):
            raise UserError(self.env._("A period must end after it begins."))
        tz = company.sudo()._mixpay_tz()
        begins_at, ends_at = periods.borders(first, last, tz)
        own_sudo = self.sudo().with_company(company)
        before = own_sudo.search(
            [("company_id", "=", company.id), ("date_to", "=", first - timedelta(days=1))]
        )
        after = own_sudo.search(
            [("company_id", "=", company.id), ("date_from", "=", last + timedelta(days=1))]
        )
        ends_at = after.begins_at or ends_at
        if ends_at > fields.Datetime.now():
            raise UserError(
                self.env._("This period is not over. Export it once its last day has ended.")
            )
        return {
            "company_id": company.id,
            "date_from": first,
            "date_to": last,
            "begins_at": before.ends_at or begins_at,
            "ends_at": ends_at,
            "tz": tz,
            "lang": self.env.lang or "en_US",
        }

    def _freeze(self, lang):
        """Make the rows, then the files of them; as the server, for the export's company alone."""
        self._wait_for_others()
        export = self.with_context(lang=lang, allowed_company_ids=self.company_id.ids)
        export.env["mixpay.export.content"]._fill(export)
        lines = export.env["mixpay.export.line"]
        counted = {
            sheet: lines.search_count([("export_id", "=", export.id), ("sheet", "=", sheet)])
            for sheet in ("payments", "orders")
        }
        changed = [("export_id", "=", export.id), ("kind", "in", ("late", "adjustment"))]
        export._keep(
            {
                "tax_labels": export._found_taxes(),
                "payment_count": counted["payments"],
                "order_count": counted["orders"],
                "adjustment_count": lines.search_count(changed),
            }
        )
        export._keep_files()

    def _wait_for_others(self):
        """Have the exports of a company made one after the other.

        Two at once would both have what has changed since the last one, and add up to too much. By
        a row that each of them writes to: who comes second waits, and then fails, so that Odoo does
        it again with what the first one has made. Sales go on meanwhile.

        :raises SerializationFailure: and its like, for which Odoo repeats the request
        """
        self.env.cr.execute(
            "UPDATE res_company SET write_date = write_date WHERE id = %s",
            [self.company_id.id],
            log_exceptions=False,
        )

    def _found_taxes(self):
        """Return the names of the taxes that this export's orders have, by their keys."""
        keys = {
            name.partition(":")[2]
            for row in self.env["mixpay.export.line"]._rows(self, "orders")
            for name in row
            if name.startswith(facts.OF_TAXES)
        }
        return self.env["mixpay.export.facts"]._tax_labels(keys)
