from odoo import models
from odoo.exceptions import ValidationError

from ..core_values import OPEN_SESSION_STATES, UNPAID_ORDER_STATES


class PosOrder(models.Model):
    """What an order is for MixPay: read by rooms that know no more of Odoo's own records."""

    _inherit = "pos.order"

    def _mixpay_payments(self):
        """Return the MixPay payments that were made for these orders or for lines of them.

        Both are asked for: a line may have been removed or moved, and an order merged. Whatever
        methods the lines have now, it is one look-up, by indexes.
        """
        order_uuids = [order_uuid for order_uuid in self.mapped("uuid") if order_uuid]
        line_uuids = [line_uuid for line_uuid in self.payment_ids.mapped("uuid") if line_uuid]
        return self.env["mixpay.payment"].sudo()._of_lines(line_uuids, order_uuids)

    def _mixpay_present(self, payments):
        """Return those of these payments that are for these orders now: some may have moved on."""
        order_uuids = set(self.mapped("uuid"))
        line_uuids = set(self.payment_ids.mapped("uuid"))
        return payments.filtered(
            lambda p: p._order_uuid() in order_uuids or p._line_uuid() in line_uuids
        )

    def _mixpay_with_payment(self, condition):
        """Return those of these orders with a payment that fulfils a condition."""
        payments = self._mixpay_payments().filtered(condition)
        order_uuids = {payment._order_uuid() for payment in payments}
        line_uuids = {payment._line_uuid() for payment in payments}
        return self.filtered(
            lambda order: order.uuid in order_uuids
            or line_uuids & set(order.payment_ids.mapped("uuid"))
        )

    def _mixpay_refunds(self):
        """Return the refunds in coins that are pending for these orders."""
        return self.env["mixpay.refund"].sudo()._of_orders(self)

    def _mixpay_held(self):
        """Return the unpaid orders with a payment that only an approver may give up."""
        unpaid = self.filtered(lambda order: order.state in UNPAID_ORDER_STATES)
        held = unpaid._mixpay_with_payment(lambda payment: payment._is_held())
        return held | unpaid._mixpay_refunds().pos_order_id.with_env(self.env)

    def _mixpay_awaiting_money(self):
        """Return the draft orders that are paid with MixPay, or that may still be."""
        drafts = self.filtered(lambda order: order.state == "draft")
        awaiting = drafts._mixpay_with_payment(lambda payment: payment._keeps_order())
        return awaiting | drafts._mixpay_refunds().pos_order_id.with_env(self.env)

    def _mixpay_is_given_up(self):
        """Tell whether a line of this order was paid after somebody had given up waiting for it.

        A person should see it: the customer may have left, or have paid otherwise.
        """
        lines = self.payment_ids.filtered(lambda line: line._is_mixpay())
        return any(lines._mixpay_covering().mapped("is_abandoned"))

    def _mixpay_name(self):
        """Return what people find this order by: its receipt number, as soon as it has one."""
        return self.pos_reference or self.display_name

    def _mixpay_total(self):
        """Return this order's total as its register asks for it: with core's own rounding."""
        return self._get_rounded_amount(self.amount_total)

    def _mixpay_restorable(self, order_data):
        """Return the data of an order that its register never saved, to save it as a draft.

        As an order of its own: core adds it to whatever order is at its table by now, and that may
        be a stranger's.
        """
        data = {**order_data, "state": "draft"}
        found = self._get_open_order(data)
        if found and found.uuid != data["uuid"]:
            data.pop("table_id", None)
        return data

    def _mixpay_is_in_session(self):
        """Tell whether this order is in a session that is not closed, so that it comes to books."""
        return self.session_id.state not in (False, "closed")

    def _mixpay_waits_beside_online(self):
        """Tell whether this order, a part of which was paid online, cannot be finished yet.

        Its coins have not come so far, or are on their way beside what pays it; the customer is
        missing whom the method asks for; or no session is open that takes it.
        """
        lines = self.payment_ids
        if "online_account_payment_id" not in lines._fields or not lines.online_account_payment_id:
            return False
        ours = lines.filtered(lambda line: line._is_mixpay())
        uncovered = ours.filtered(
            lambda line: not (line.currency_id.is_zero(line.amount) or line._mixpay_payment())
        )
        payments = self._mixpay_payments()
        others = payments - ours._mixpay_covering()
        is_asked = any(ours.payment_method_id.mapped("split_transactions"))
        lacks_customer = is_asked and not self.partner_id
        lacks_session = payments and not (
            self._mixpay_is_in_session()
            or self.config_id.current_session_id.state in OPEN_SESSION_STATES
        )
        is_held = any(payment._is_held() for payment in others)
        return bool(uncovered or lacks_customer or lacks_session or is_held)

    def _mixpay_check_gives_no_change(self):
        """Check that coins pay no more than what is due: money rule 4.

        :raises ValidationError: when change would be given for them
        """
        lines = self.payment_ids._mixpay_own()
        paid = sum(lines.mapped("amount"))
        total = max(self.amount_total, self._mixpay_total())
        others = sum((self.payment_ids - lines).mapped("amount"))
        if paid > 0 > others:
            # Whatever the total is said to be: that much goes out of the till for these coins.
            total = min(total, paid + others)
        least = min(self.amount_total, self._mixpay_total(), 0.0)
        if self.currency_id.compare_amounts(paid, least) < 0:
            raise ValidationError(
                self.env._(
                    "The order %(order)s gives back %(total)s, so %(paid)s cannot be given back in"
                    " coins. Ask for a refund of no more than that.",
                    order=self.display_name,
                    total=self.currency_id.format(-least),
                    paid=self.currency_id.format(-paid),
                )
            )
        receives = any(line.amount > 0 for line in lines)  # else coins are given back, or a part
        if receives and self.currency_id.compare_amounts(paid, total) > 0:
            raise ValidationError(
                self.env._(
                    "The order %(order)s is %(total)s, but %(paid)s would be paid with MixPay. No"
                    " change is given for a payment in coins. Add to the order what is missing."
                    " Or have a manager stop waiting for the payment, remove its line and take the"
                    " sale another way; the money is then listed, to be given back.",
                    order=self.display_name,
                    total=self.currency_id.format(total),
                    paid=self.currency_id.format(paid),
                )
            )
