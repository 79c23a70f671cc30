"""A period as it was exported for the books: frozen, once, with its rows and its files."""

import hashlib

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from .. import exports
from ..mixpay import cells, facts, periods


class MixpayExport(models.Model):
    """A period's payments, orders, and all that belongs to its end; what comes later is no part.

    Made by one button, and never changed: later facts stand in the next export, as adjustments.
    """

    _name = "mixpay.export"
    _description = "MixPay export for the books"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "date_from desc, id desc"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    date_from = fields.Date(
        string="From", required=True, default=lambda self: self._month_before()[0]
    )
    date_to = fields.Date(string="To", required=True, default=lambda self: self._month_before()[1])
    begins_at = fields.Datetime(required=True, readonly=True)
    ends_at = fields.Datetime(string="Cut-off", required=True, readonly=True)
    tz = fields.Char(string="Time Zone", required=True, readonly=True)
    lang = fields.Char(string="Language", required=True, readonly=True)
    tax_labels = fields.Json(readonly=True)
    payment_count = fields.Integer(string="Payments", readonly=True)
    order_count = fields.Integer(string="Orders", readonly=True)
    adjustment_count = fields.Integer(string="Late or Adjusted", readonly=True)
    fingerprint = fields.Char(
        string="SHA-256 of the Pack",
        readonly=True,
        help="Of the ZIP file that holds all other files: a copy with another one was changed.",
    )
    line_ids = fields.One2many("mixpay.export.line", "export_id", readonly=True)
    file_ids = fields.One2many(
        "ir.attachment",
        "res_id",
        string="Files",
        domain=[("res_model", "=", "mixpay.export")],
        readonly=True,
    )

    _period_once = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH &&,"
        " daterange(date_from, date_to, '[]') WITH &&)",
        "A day is exported once. Later facts about it stand in the next export, as adjustments.",
    )
    _period_forward = models.Constraint(
        "CHECK (date_from <= date_to)", "A period must end after it begins."
    )

    @api.depends("date_from", "date_to")
    def _compute_display_name(self):
        for export in self:
            first, last = (format_date(self.env, day) for day in (export.date_from, export.date_to))
            export.display_name = f"MixPay {first} – {last}"

    @api.model
    def _month_before(self):
        tz = self.env.company._mixpay_tz()
        return periods.month_before(periods.local(fields.Datetime.now(), tz).date())

    # === CRUD METHODS === #

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: what was exported stays.

        :raises UserError: always
        """
        raise UserError(self.env._("What was exported stays as it is."))

    def copy(self, default=None):  # pylint: disable=method-required-super
        """Refuse: a period is exported once.

        :raises UserError: always
        """
        raise UserError(self.env._("A period is exported once."))

    # === FILES === #

    def _keep(self, vals):
        """Write what is part of freezing; nothing else ever is written."""
        return super().write(vals)  # pylint: disable=super-method-mismatch

    def _keep_files(self):
        """Keep the files as attachments, which whoever may read the export may read."""
        files = self._files()
        pack = files[-1][1]
        self._keep({"fingerprint": hashlib.sha256(pack).hexdigest()})
        self.env["ir.attachment"].create(
            [
                {
                    "name": name,
                    "raw": content,
                    "res_model": self._name,
                    "res_id": self.id,
                    "company_id": self.company_id.id,
                }
                for name, content in files
            ]
        )

    def _renew_files(self):
        """Make the files again of rows from which something was removed: `mixpay.retention`."""
        self.file_ids.unlink()
        self._keep_files()

    def _files(self):
        """Return the files, made of the rows that were kept, and so always the same.

        :return: (name, bytes) of each; the last one has all others in it
        """
        export = self._in_its_language()
        stem = f"mixpay-{self.date_from}-{self.date_to}"
        files = [(f"{stem}.xlsx", exports.to_xlsx(export.env, export._sheets()))]
        files += [
            (f"{stem}-{sheet}.csv", exports.to_csv(export.env, shown, rows))
            for sheet, (_name, shown, rows) in zip(facts.SHEETS, export._sheets(), strict=True)
            if sheet in ("orders", "payments")
        ]
        files.append((f"{stem}.html", export._document()))
        return [*files, (f"{stem}.zip", cells.zipped(files))]

    def _in_its_language(self):
        """Return this export in the language that its files are in.

        In English where nobody uses that language any more: Odoo refuses ones that are not active,
        and what is personal must be removed from the files all the same.
        """
        is_active = self.env["res.lang"]._get_data(code=self.lang)
        return self.with_context(lang=self.lang if is_active else "en_US")

    def _sheets(self):
        """Yield the sheets: name, columns, rows."""
        titles, lines = exports.titles(self.env), self.env["mixpay.export.line"]
        for sheet in facts.SHEETS:
            shown = exports.columns(self.env, sheet, self.tax_labels)
            yield titles[sheet], shown, lines._rows(self, sheet)

    def _document(self):
        """Return the month-end pack as a page that every browser shows."""
        values = {"doc": self, **self._printed()}
        page = self.env["ir.qweb"]._render("pos_mixpay.mixpay_export_page", values)
        return str(page).encode()

    def _printed(self):
        """Return what the pack's page says, apart from payments and orders themselves."""
        titles, lines = exports.titles(self.env), self.env["mixpay.export.line"]
        tables = []
        for sheet in ("totals", "coins", "open", "decisions", "settings"):
            printed = facts.PRINTED.get(sheet)
            shown = [
                (column, label)
                for column, label in exports.columns(self.env, sheet)
                if not printed or column.name in printed
            ]
            rows = list(lines._rows(self, sheet))
            tables.append((titles[sheet], shown, rows))
        return {"tables": tables, "process": exports.process(self.env)}
