"""What a company says of its books: its days, its evenings, and how long evidence is kept."""

from odoo import fields, models

from odoo.addons.base.models.res_partner import _tz_get

# Years. What the law asks for is mostly ten or less; nobody may be made to forget sooner than six.
LEAST_RETENTION, DEFAULT_RETENTION, MOST_RETENTION = 6, 10, 30


class ResCompany(models.Model):
    _inherit = "res.company"

    mixpay_timezone = fields.Selection(
        _tz_get,
        string="Time Zone of MixPay's Books",
        help="When days, months and evenings begin and end. Empty: that of the"
        " company's address, or of its working hours.",
    )
    mixpay_evening_hour = fields.Integer(
        string="Hour of the Evening Report",
        default=22,
        help="From 0 to 23, in the time zone of the books.",
    )
    mixpay_retention_years = fields.Integer(
        string="Years That Evidence Is Kept",
        default=DEFAULT_RETENTION,
        help="After that, addresses and texts about people are removed; money facts stay.",
    )

    _mixpay_evening_hour_of_day = models.Constraint(
        "CHECK (mixpay_evening_hour IS NULL OR mixpay_evening_hour BETWEEN 0 AND 23)",
        "The hour of the evening report is from 0 to 23.",
    )
    _mixpay_retention_bounded = models.Constraint(
        "CHECK (mixpay_retention_years IS NULL OR"
        f" mixpay_retention_years BETWEEN {LEAST_RETENTION} AND {MOST_RETENTION})",
        f"Evidence is kept for {LEAST_RETENTION} to {MOST_RETENTION} years.",
    )

    def _mixpay_tz(self):
        """Return the name of the time zone in which this company's days begin and end."""
        self.ensure_one()
        return self.mixpay_timezone or self.partner_id.tz or self.resource_calendar_id.tz or "UTC"
