"""Refunds in coins in the accountant's files: rows below zero among the payments."""

from odoo import fields, models

from ..mixpay import facts, money, periods
from ..mixpay.refunds import OTHERWISE, PAID


class MixpayExportLine(models.Model):
    _inherit = "mixpay.export.line"

    refund_id = fields.Many2one(
        "mixpay.refund", readonly=True, index="btree_not_null", ondelete="restrict"
    )


class MixpayExportRefunds(models.AbstractModel):
    """Which refunds an export has rows of, and what they are as facts; writes nothing."""

    _name = "mixpay.export.refunds"
    _description = "MixPay refunds in exports"

    def _found_refunds(self, export):
        """Yield the refunds whose orders are paid: (kind of their rows, records)."""
        company = export.company_id
        others = export.search([("company_id", "=", company.id), ("id", "!=", export.id)])
        refunds = self.env["mixpay.refund"].search(
            [("company_id", "=", company.id), ("covered_at", "!=", False)], order="covered_at, id"
        )
        known = (
            self.env["mixpay.export.line"]
            .search([("refund_id", "in", refunds.ids), ("export_id", "in", others.ids)])
            .refund_id
        )
        regular = (refunds - known).filtered(lambda one: _is_in(export, one.covered_at))
        late = (refunds - known - regular).filtered(
            lambda one: any(_is_in(other, one.covered_at) for other in others)
        )
        yield "regular", regular
        yield "late", late
        yield "adjustment", known

    def _facts_of_refunds(self, refunds, tz):
        """Return the facts of refunds by their ids: amounts and units are below zero.

        :param str tz: name of the time zone for dates and times
        """
        return {refund.id: self._facts_of_refund(refund, tz) for refund in refunds}

    def _facts_of_refund(self, refund, tz):
        states = dict(refund._fields["state"]._description_selection(self.env))
        place = self.env["mixpay.export.facts"]._place(refund, refund.covered_at, tz)
        booking = self.env["mixpay.booking"].search([("refund_id", "=", refund.id)])
        return {
            **place,
            "trace_id": refund.reference,
            "status": states[refund.state],
            "basis": self.env._("Approver: %s", refund.approver),
            "currency": refund.currency_id.name,
            "amount": f"{-refund._exact_amount()}",
            "value_currency": refund.company_id.currency_id.name,
            "value": self._value(refund),
            "coin": refund.asset_id.symbol or "",
            "network": refund.asset_id.network or "",
            # While it is being paid out, that is a plan.
            **self._coins(refund if refund.state == PAID else refund.browse(), tz),
            "settled_entry": booking.move_id.name or "",
            "decision": (
                states[OTHERWISE]
                if refund.state == OTHERWISE
                else self.env._("Given back in coins")
            ),
            "decided_by": refund.paid_by_id.name or "",
            "decided_at": _shown(refund.paid_at, tz),
        }

    def _coins(self, paid, tz):
        """Return the facts of the coins that were sent for a refund; empty ones for none.

        :param paid: `mixpay.refund`, empty where no coins were sent
        """
        units = money.parse_or_none(paid.units)
        return {
            "units": facts.plain(-units) if units else "",
            "rate": paid.rate or "",
            "rate_unit": paid.rate_unit or "",
            "rate_source": paid.rate_source or "",
            "rate_at": _shown(paid.rate_at, tz),
            "txids": paid.txid or "",
            "settled_at": _shown(paid.paid_at, tz),
        }

    def _value(self, refund):
        """Return the amount in the company's currency, at the rate of its order."""
        currency = refund.company_id.currency_id
        if refund.currency_id == currency:
            return f"{-refund._exact_amount()}"
        value = -refund.amount / (refund.pos_order_id.currency_rate or 1.0)
        return f"{money.from_float(value, currency.decimal_places)}"


def _shown(moment, tz):
    return " ".join(periods.shown(moment, tz)).strip()


def _is_in(export, moment):
    return export.begins_at <= moment < export.ends_at
