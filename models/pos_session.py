from markupsafe import Markup

from odoo import models
from odoo.exceptions import ValidationError

from .pos_payment import differing


class PosSession(models.Model):
    _inherit = "pos.session"

    # === EXTENSIONS OF THE POINT OF SALE === #

    def write(self, vals):
        self._mixpay_check_config_kept(vals)
        result = super().write(vals)
        if vals.get("state") == "closed":
            self._mixpay_note_closed()
        return result

    def action_pos_session_closing_control(self, *args, **kwargs):
        self._mixpay_carry_over()
        return super().action_pos_session_closing_control(*args, **kwargs)

    def close_session_from_ui(self, *args, **kwargs):
        self._mixpay_carry_over()
        return super().close_session_from_ui(*args, **kwargs)

    def post_closing_cash_details(self, *args, **kwargs):
        self._mixpay_carry_over()
        return super().post_closing_cash_details(*args, **kwargs)

    # === MIXPAY === #

    def _mixpay_check_config_kept(self, vals):
        """Check that sessions stay with the Point of Sale in whose books their payments are.

        :raises ValidationError: when one with MixPay payments would be moved
        """
        moved = self.filtered(lambda session: differing(session, {"config_id"}, vals))
        if moved and moved._mixpay_payments():
            raise ValidationError(
                self.env._("A session with MixPay payments stays with its Point of Sale.")
            )

    def _mixpay_carry_over(self):
        """Take draft orders with money on its way out of a session that is about to close.

        Core refuses to close over drafts, and offers to cancel them. Without a session they wait,
        as orders of another day do, until the next one of their Point of Sale picks them up.
        """
        for order in self._mixpay_orders_to_carry():
            if order.sudo()._mixpay_complete():
                continue
            session = order.session_id
            order.sudo().session_id = False
            session._mixpay_log(
                self.env._(
                    "The order %s waits for its MixPay payment. It goes on in the next session.",
                    order.pos_reference or order.display_name,
                )
            )

    def _mixpay_orders_to_carry(self):
        """Return the draft orders of these sessions that wait for money on its way."""
        return self.order_ids._mixpay_awaiting_money()

    def _mixpay_note_closed(self):
        """Nobody waits for what the registers of a closed session asked for without an order."""
        for session in self:
            payments = session._mixpay_payments()
            carried = payments.filtered(lambda p: p._draft_order())
            (payments - carried)._abandon_unneeded()
            opened = payments.filtered("issue")
            if opened:
                session._mixpay_log(
                    self.env._(
                        "Closed with MixPay payments to decide about: %s",
                        ", ".join(opened.mapped("trace_id")),
                    )
                )

    def _mixpay_payments(self):
        return self.env["mixpay.payment"].sudo().search([("pos_session_id", "in", self.ids)])

    def _mixpay_to_show_at_closing(self):
        """Return the payments that are not finished, or that wait for a decision."""
        payments = self._mixpay_payments()
        return payments.filtered(
            lambda p: p.issue or p._is_waiting_for_seen_money() or p._is_unbooked()
        )

    def _mixpay_log(self, text):
        """Keep a note on the session, for its report's readers."""
        for session in self:
            session.sudo().message_post(body=Markup("%s") % text)
