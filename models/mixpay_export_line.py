"""A row of an export, kept as it was exported."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..mixpay import facts

# Rows are read so many at a time: memory does not grow with a month's sales.
BATCH = 500


class MixpayExportLine(models.Model):
    """A row of an export, and what was known of its payment or order then. Never changed."""

    _name = "mixpay.export.line"
    _description = "Row of a MixPay export"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "id"
    _log_access = False

    export_id = fields.Many2one(
        "mixpay.export", required=True, readonly=True, index=True, ondelete="restrict"
    )
    # No `check_company`: rows, thousands at once, come from searches in the export's company.
    company_id = fields.Many2one(related="export_id.company_id", store=True, index=True)
    sheet = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [("regular", "Regular"), ("late", "Late"), ("adjustment", "Adjustment")],
        string="Row",
        readonly=True,
    )
    payment_id = fields.Many2one(
        "mixpay.payment", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    pos_order_id = fields.Many2one(
        "pos.order", string="Order", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    shown = fields.Json(required=True, readonly=True, help="What stands in the files.")
    facts = fields.Json(readonly=True, help="What was known then, of a payment or an order.")
    summary = fields.Char(string="What Stands There", compute="_compute_summary")

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: what was exported stays.

        :raises UserError: always
        """
        raise UserError(self.env._("What was exported stays as it is."))

    @api.depends("shown", "sheet")
    def _compute_summary(self):
        for line in self:
            names = [column.name for column in facts.SHEETS.get(line.sheet, ())]
            line.summary = " · ".join(
                filter(None, ((line.shown or {}).get(name) for name in names))
            )

    @api.model
    def _add_lines(self, export, sheet, rows):
        """Add rows to a sheet.

        :param rows: values of lines, with `shown` at least
        """
        self.create([{"export_id": export.id, "sheet": sheet, **row} for row in rows])

    @api.model
    def _rows(self, export, sheet):
        """Yield the rows of a sheet in their order, a batch at a time.

        Read by SQL: the ORM would read `facts` as well, and copy each row.
        """
        self.flush_model()
        last = 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    """
                      SELECT id, shown
                        FROM mixpay_export_line
                       WHERE export_id = %s AND sheet = %s AND id > %s
                    ORDER BY id
                       LIMIT %s
                    """,
                    *(export.id, sheet, last, BATCH),
                )
            )
            yield from (shown for _line_id, shown in rows)
            if len(rows) < BATCH:
                return
            last = rows[-1][0]

    @api.model
    def _latest(self, field, records):
        """Return what was last exported of payments, refunds or orders: {id: facts}.

        :param str field: `payment_id`, `refund_id` or `pos_order_id`
        """
        sheet = "orders" if field == "pos_order_id" else "payments"
        lines = self.search([(field, "in", records.ids), ("sheet", "=", sheet)], order="id")
        return {line[field].id: line.facts for line in lines}
