import logging
from contextlib import contextmanager

from markupsafe import Markup

from odoo import models
from odoo.exceptions import ValidationError

from ..core_values import differing
from ..failures import reason_of
from ..transactions import BUSY

_logger = logging.getLogger(__name__)


class PosSession(models.Model):
    _inherit = "pos.session"

    # === EXTENSIONS OF THE POINT OF SALE === #

    def write(self, vals):
        self._mixpay_check_config_kept(vals)
        result = super().write(vals)
        if vals.get("state") == "closed":
            self._mixpay_note_closed()
        return result

    def _set_opening_control_data(self, *args, **kwargs):
        result = super()._set_opening_control_data(*args, **kwargs)
        self._mixpay_take_over_orders()
        return result

    def update_closing_control_state_session(self, *args, **kwargs):
        # Sales can be finished in the session up to now. In a shop without cash this is the first
        # step of closing that a register takes.
        self._mixpay_defer_orders()
        return super().update_closing_control_state_session(*args, **kwargs)

    def action_pos_session_closing_control(self, *args, **kwargs):
        self._mixpay_defer_orders()
        return super().action_pos_session_closing_control(*args, **kwargs)

    def close_session_from_ui(self, *args, **kwargs):
        self._mixpay_defer_orders()
        return super().close_session_from_ui(*args, **kwargs)

    def post_closing_cash_details(self, *args, **kwargs):
        self._mixpay_defer_orders()
        return super().post_closing_cash_details(*args, **kwargs)

    def _validate_session(self, *args, **kwargs):
        # All ways of closing end here, also those that do not come through the methods above.
        self._mixpay_defer_orders()
        return super()._validate_session(*args, **kwargs)

    # === MIXPAY === #

    def _mixpay_check_config_kept(self, vals):
        """Check that sessions stay with the Point of Sale in whose books their payments are.

        :raises ValidationError: when one with MixPay payments would be moved
        """
        moved = self.filtered(lambda session: differing(session, {"config_id"}, vals))
        if moved and moved._mixpay_session_payments():
            raise ValidationError(
                self.env._("A session with MixPay payments stays with its Point of Sale.")
            )

    def _mixpay_defer_orders(self):
        """Finish what is paid in a session that is about to close; the rest goes on in the next.

        Core refuses to close over drafts, and offers to cancel them. Without a session they wait,
        as orders of another day do, until the next one of their Point of Sale takes them over.

        Several hooks of one closing call this, each the last for some way of closing. What the
        first has done, the others find done in a few searches, however many payments there are.
        """
        self._mixpay_restore_orders()
        orders = self.env["pos.order"]
        with self._mixpay_never_failing():
            orders = self._mixpay_orders_to_defer()
        for order in orders:
            session = order.session_id
            is_completed, reason = session._mixpay_try_to_complete(order)
            if not is_completed:
                with session._mixpay_never_failing():
                    session._mixpay_defer_order(order, reason)

    def _mixpay_restore_orders(self):
        """Save the orders that registers have not saved so far, and that may still be paid."""
        payments = self.env["mixpay.payment"]
        with self._mixpay_never_failing():
            payments = self._mixpay_session_payments().filtered(lambda p: p._keeps_order())
            payments -= payments.env["mixpay.move"]._with_lines(payments)
        for payment in payments:
            with self._mixpay_never_failing():
                payment.env["mixpay.fulfilment"]._restore_order(payment, is_last_chance=True)

    @contextmanager
    def _mixpay_never_failing(self):
        """Return a context whose failure is logged and rolled back, and stops no session.

        :raises SerializationFailure: and its like, for which Odoo repeats the request
        """
        try:
            with self.env.cr.savepoint():
                yield
        except BUSY:
            raise
        except Exception as error:  # pylint: disable=broad-exception-caught
            # No error may keep the shop from opening or closing (money rule 10); core decides what
            # it needs.
            _logger.warning("MixPay's part in sessions %s: %s", self.ids, error, exc_info=True)

    def _mixpay_try_to_complete(self, order):
        """Complete an order that is paid, as long as this session takes sales.

        :return: whether it is completed; and why not, where a person must act
        :rtype: tuple[bool, str]
        """
        if not self._mixpay_may_complete(order):
            return False, ""
        try:
            with self.env.cr.savepoint():
                return self.env["mixpay.fulfilment"].sudo()._complete(order.sudo()), ""
        except BUSY:
            raise
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Other addons take part in an order, and may raise anything. No error of one order may
            # keep the shop from closing its day (money rule 10).
            _logger.warning("Order %s is not finished at closing: %s", order.id, error)
            return False, reason_of(error)

    def _mixpay_defer_order(self, order, reason):
        """Have an order go on in the next session, and say so in this one's log."""
        order.sudo().session_id = False
        payments = order._mixpay_payments().filtered(lambda p: p._keeps_order())
        data = {"order": order._mixpay_name(), "session": self.name, "reason": reason}
        for payment in payments:
            payment.env["mixpay.event"]._record("order_deferred", payment=payment, data=data)
            if reason and payment._is_unbooked():
                payment.env["mixpay.retry"]._list_failure(payment, reason)
        is_paid = any(payment._is_accepted() for payment in payments)
        self._mixpay_log(self._mixpay_deferral_text(order, is_paid, reason))

    def _mixpay_deferral_text(self, order, is_paid, reason):
        """Return why an order goes on in the next session, in words."""
        name = order._mixpay_name()
        if reason:
            return self.env._(
                "The order %(order)s is paid with MixPay, but could not be finished: %(reason)s. It"
                " goes on in the next session.",
                order=name,
                reason=reason,
            )
        if is_paid:
            return self.env._(
                "The order %s is paid with MixPay, and has to be finished on a register. It goes on"
                " in the next session.",
                name,
            )
        return self.env._(
            "The order %s waits for its MixPay payment. It goes on in the next session.", name
        )

    def _mixpay_orders_to_finish(self, orders):
        """Return those of these drafts that are paid, and that closing will finish."""
        room, finished = self.env["mixpay.fulfilment"].sudo(), self.env["pos.order"]
        for order in orders.filtered(lambda one: one.session_id._mixpay_may_complete(one)):
            with self._mixpay_never_failing():
                if room._would_complete(order.sudo()):
                    finished |= order
        return finished

    def _mixpay_may_complete(self, order):
        """Tell whether an order can be completed in this session: it sells, and nobody gave up."""
        return self.state == "opened" and not order._mixpay_is_given_up()

    def _mixpay_orders_to_defer(self):
        """Return the draft orders of these sessions that are paid, or may still be paid."""
        return self._mixpay_awaiting_money([("session_id", "in", self.ids)])

    def _mixpay_deferred_orders(self):
        """Return the orders of these sessions' Points of Sale that go on in the next session.

        An order may be in a closed session when something put it there that this addon does not
        see.
        """
        return self._mixpay_awaiting_money(
            [
                ("config_id", "in", self.config_id.ids),
                "|",
                ("session_id", "=", False),
                ("session_id.state", "=", "closed"),
            ]
        )

    def _mixpay_awaiting_money(self, domain):
        drafts = self.env["pos.order"].search([("state", "=", "draft"), *domain])
        return drafts._mixpay_awaiting_money()

    def _mixpay_take_over_orders(self):
        """Have the orders that were deferred go on in this session, which has just been opened."""
        orders = self.env["pos.order"]
        with self._mixpay_never_failing():
            orders = self._mixpay_deferred_orders()
        for order in orders:
            with self._mixpay_never_failing():
                self._mixpay_take_over_order(order)

    def _mixpay_take_over_order(self, order):
        order.sudo().session_id = self
        payments = order._mixpay_payments().filtered(lambda p: p._keeps_order())
        payments.env["mixpay.move"]._continue_in(payments, self)
        name = order._mixpay_name()
        self._mixpay_log(
            self.env._("The order %s goes on in this session with its MixPay payment.", name)
        )
        for method in payments.payment_method_id - self.config_id.payment_method_ids:
            self._mixpay_log(
                self.env._(
                    "The order %(order)s has a payment line of “%(method)s”, which this Point of"
                    " Sale does not take any more. The line stays, and the order can be finished"
                    " with it once it is paid. For another payment choose another method.",
                    order=name,
                    method=method.name,
                )
            )

    def _mixpay_note_closed(self):
        """Abandon the payments of a closed session that have no order: nobody waits for them."""
        for session in self:
            with session._mixpay_never_failing():
                payments = session._mixpay_session_payments()
                # Of a day's payments only these few: each is looked at in a savepoint of its own.
                waiting = payments.filtered(lambda p: not p._is_over())
                for payment in waiting - waiting.env["mixpay.move"]._with_draft_orders(waiting):
                    with session._mixpay_never_failing():
                        payment.env["mixpay.fulfilment"]._abandon_unneeded(payment)
                session._mixpay_log_opened(payments.filtered("issue"))

    def _mixpay_log_opened(self, payments):
        """Name what is left to decide about in this session's log."""
        if payments:
            self._mixpay_log(
                self.env._(
                    "Closed with MixPay payments to review: %s",
                    ", ".join(payments.mapped("trace_id")),
                )
            )

    def _mixpay_session_payments(self):
        return self.env["mixpay.payment"].sudo().search([("pos_session_id", "in", self.ids)])

    def _mixpay_to_show_at_closing(self):
        """Return the payments that are not finished, or that wait for a decision."""
        payments = self._mixpay_session_payments()
        return payments.filtered(
            lambda p: p.issue
            or p._is_awaiting_detected_funds()
            or p._is_unbooked()
            or p._is_unconfirmed()
        )

    def _mixpay_log(self, text):
        """Keep a note on the session, for its report's readers."""
        for session in self:
            session.sudo().message_post(body=Markup("%s") % text)
