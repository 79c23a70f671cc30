"""What bounds the risk that a company takes, and its books; changes are on record."""

from odoo import fields, models

LIMITS = frozenset(
    {
        "mixpay_code_enabled",
        "mixpay_code_max_amount",
        "mixpay_code_max_daily",
        "mixpay_evening_hour",
        "mixpay_retention_years",
        "mixpay_timezone",
        "mixpay_unconfirmed_max_daily",
    }
)


class ResCompany(models.Model):
    _inherit = "res.company"

    mixpay_unconfirmed_max_daily = fields.Monetary(
        string="Most Accepted Unconfirmed a Day",
        default=500.0,
        help="All MixPay payments together that count as paid before their network has confirmed"
        " them, within 24 hours. Whether any do is up to each payment method.",
    )

    def write(self, vals):
        """Keep changes of limits, and mail them to the people concerned."""
        names = sorted(LIMITS & vals.keys())
        before = {company: {name: company[name] for name in names} for company in self}
        result = super().write(vals)
        for company, values in before.items():
            changes = [
                (name, old, company[name]) for name, old in values.items() if company[name] != old
            ]
            if changes:
                self.env["mixpay.event"]._record_changes(
                    "setting_changed", changes, company=company
                )
        return result
