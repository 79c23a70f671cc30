from odoo import api, models

from ..mixpay import facts


class ReportSaleDetails(models.AbstractModel):
    _inherit = "report.point_of_sale.report_saledetails"

    @api.model
    def get_sale_details(
        self, date_start=False, date_stop=False, config_ids=False, session_ids=False, **kwargs
    ):
        details = super().get_sale_details(date_start, date_stop, config_ids, session_ids, **kwargs)
        details["mixpay"] = self._mixpay_details(self._mixpay_sessions(session_ids))
        orders = self.env["pos.order"].search(
            self._get_domain(date_start, date_stop, config_ids, session_ids, **kwargs)
        )
        details["mixpay"]["totals"] = self._mixpay_totals(orders)
        return details

    def _mixpay_totals(self, orders):
        """Return what the report's orders were paid with, in words: real payments only.

        On paper, as a register prints it before closing and the back office after it: amounts by
        currency, units by coin, and what MixPay has not settled so far.
        """
        paid_sudo = self.env["mixpay.payment"].sudo()
        paid_sudo = paid_sudo.search(
            [("pos_order_id", "in", orders.ids), ("counted_at", "!=", False)]
        )
        lines = [
            self.env._(
                "Paid with MixPay: %(amount)s (%(count)s)",
                amount=currency.format(sum(payments.mapped("paid_amount"))),
                count=len(payments),
            )
            for currency, payments in paid_sudo.grouped("currency_id").items()
        ]
        for text, kind in (
            (self.env._("Received: %s"), "payment"),
            (self.env._("Settled: %s"), "settle"),
        ):
            units = self._mixpay_units(paid_sudo, kind)
            lines += [text % f"{amount:f} {coin}".strip() for coin, amount in sorted(units.items())]
        unsettled = paid_sudo.filtered(lambda payment: not payment._settled_since())
        if paid_sudo:
            lines.append(self.env._("Not settled so far: %s", len(unsettled)))
        return lines

    def _mixpay_units(self, payments, kind):
        """Return units by coin, exactly.

        :param str kind: `payment`, what customers sent; `settle`, what MixPay paid out
        """
        units = {}
        for payment in payments:
            amount = facts.number(payment[f"{kind}_amount"])
            if amount and (kind == "payment" or payment._settled_since()):
                coin = payment._coin(
                    *(payment[f"{kind}_{name}"] for name in ("asset_id", "symbol", "version"))
                )
                units[coin] = units.get(coin, 0) + amount
        return units

    def _mixpay_sessions(self, session_ids):
        """Return those of some sessions that the user may see, by the record rules."""
        return self.env["pos.session"].search([("id", "in", session_ids or [])])

    def _mixpay_details(self, sessions):
        """Return what accountants must know about the sessions' MixPay payments, in words."""
        payments = sessions._mixpay_session_payments()
        changes = moves = self.env["mixpay.event"].sudo()
        if self.env["mixpay.event"].has_access("read"):
            for session in sessions:
                changes |= changes._since(session)
            moves = moves.search(
                [("payment_id", "in", payments.ids), ("kind", "=", "order_moved")], order="id"
            )
        return {
            "to_review": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(sessions._mixpay_to_show_at_closing()),
            "confirmed_manually": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(payments.filtered("confirmed_at")),
            "unconfirmed": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(payments.filtered("accepted_unconfirmed_at")),
            "decisions": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(payments.filtered("decision")),
            "deferred": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(self._mixpay_deferred(sessions, payments)),
            "moved": [f"{move.payment_id.trace_id} · {move._in_words()}" for move in moves],
            "changes": [change._in_words() for change in changes],
        }

    def _mixpay_deferred(self, sessions, payments):
        """Return the payments whose orders went on, or will go on, after these sessions.

        :param payments: those that are the sessions' now; the next session takes over what goes on
        """
        events_sudo = (
            self.env["mixpay.event"]
            .sudo()
            .search(
                [
                    ("kind", "=", "order_deferred"),
                    ("payment_id.pos_config_id", "in", sessions.config_id.ids),
                ]
            )
        )
        names = set(sessions.mapped("name"))
        went_on = events_sudo.filtered(lambda event: event.data.get("session") in names).payment_id
        closed = payments.filtered(lambda payment: payment.pos_session_id.state == "closed")
        return went_on | closed.env["mixpay.move"]._with_draft_orders(closed)
