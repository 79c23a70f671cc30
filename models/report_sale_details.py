from odoo import api, models


class ReportSaleDetails(models.AbstractModel):
    _inherit = "report.point_of_sale.report_saledetails"

    @api.model
    def get_sale_details(
        self, date_start=False, date_stop=False, config_ids=False, session_ids=False, **kwargs
    ):
        details = super().get_sale_details(date_start, date_stop, config_ids, session_ids, **kwargs)
        details["mixpay"] = self._mixpay_details(self._mixpay_sessions(session_ids))
        return details

    def _mixpay_sessions(self, session_ids):
        """Return those of some sessions that the user may see, by the record rules."""
        return self.env["pos.session"].search([("id", "in", session_ids or [])])

    def _mixpay_details(self, sessions):
        """Return what accountants must know about the sessions' MixPay payments, in words."""
        payments = sessions._mixpay_payments()
        changes = moves = self.env["mixpay.event"].sudo()
        if self.env["mixpay.event"].has_access("read"):
            for session in sessions:
                changes |= changes._since(session)
            moves = moves.search(
                [("payment_id", "in", payments.ids), ("kind", "=", "order_moved")], order="id"
            )
        return {
            "to_decide": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(sessions._mixpay_to_show_at_closing()),
            "overrides": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(payments.filtered("confirmed_at")),
            "unconfirmed": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(payments.filtered("accepted_unconfirmed_at")),
            "decisions": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(payments.filtered("decision")),
            "carried": self.env["mixpay.presenter"]
            .sudo()
            ._each_report_line(self._mixpay_deferred(sessions, payments)),
            "moved": [f"{move.payment_id.trace_id} · {move._in_words()}" for move in moves],
            "changes": [change._in_words() for change in changes],
        }

    def _mixpay_deferred(self, sessions, payments):
        """Return the payments whose orders went on, or will go on, after these sessions.

        :param payments: those that are the sessions' now; the next session takes over what goes on
        """
        events = (
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
        went_on = events.filtered(lambda event: event.data.get("session") in names).payment_id
        closed = payments.filtered(lambda payment: payment.pos_session_id.state == "closed")
        return went_on | closed.env["mixpay.move"]._with_draft_orders(closed)
