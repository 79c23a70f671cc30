from odoo import fields, models
from odoo.exceptions import UserError

from ..mixpay.bookings import DIFFERENCE, DONE, HELD, RECEIPT, WAITING


class MixpayEnterValue(models.TransientModel):
    """Takes what a settled coin was worth, and how somebody knows: MixPay does not say it."""

    _name = "mixpay.enter.value"
    _description = "Enter the value of a settled coin"

    booking_id = fields.Many2one("mixpay.booking", string="Entry", required=True, readonly=True)
    company_currency_id = fields.Many2one(related="booking_id.company_currency_id")
    value = fields.Monetary(required=True, currency_field="company_currency_id")
    source = fields.Char(
        required=True, help="Where the value comes from: a statement, or a source of rates."
    )
    date = fields.Date(string="Date of the Value", required=True)

    def action_enter(self):
        """Note the value, and have entered what follows from it.

        :raises AccessError: for all but accountants
        :raises UserError: where a value changes nothing any more
        """
        self.ensure_one()
        booking = self.booking_id._checked()
        if not self.value > 0:
            raise UserError(self.env._("A value must be more than zero."))
        is_receipt = booking.kind == RECEIPT and booking.state == DONE
        if not (is_receipt or booking.state in (WAITING, HELD)) or booking._other(DIFFERENCE):
            raise UserError(self.env._("Its value is in the books already."))
        booking.write(
            {
                "settled_value": self.value,
                "settled_value_source": self.source,
                "settled_value_date": self.date,
            }
        )
        booking._record_done("value entered", value=str(self.value), source=self.source)
        if is_receipt:
            booking._follow_value()
        booking._make_entries_due(booking.payment_id)
        return {"type": "ir.actions.act_window_close"}
