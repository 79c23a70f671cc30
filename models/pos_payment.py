from odoo import api, models
from odoo.exceptions import ValidationError

from ..mixpay import money

UNPAID_ORDER_STATES = ("draft", "cancel")


class PosPayment(models.Model):
    _inherit = "pos.payment"

    # === CONSTRAINTS === #

    @api.constrains("amount", "payment_method_id", "pos_order_id", "uuid")
    def _check_mixpay_backed(self):
        """Refuse a line that no MixPay payment covers, once its order counts as paid.

        Lines of draft orders may still wait for their payment.
        """
        for line in self:
            if line.pos_order_id.state not in UNPAID_ORDER_STATES:
                line._mixpay_check_backed()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._mixpay_link()
        return lines

    def write(self, vals):
        result = super().write(vals)
        if {"amount", "uuid", "payment_method_id", "transaction_id"} & vals.keys():
            self._mixpay_link()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_mixpay_covered(self):
        """Keep the lines of paid orders that MixPay's money stands behind.

        Without its line, money that arrived would be in no order and so in no book.
        """
        for line in self.filtered(lambda line: line._is_mixpay()):
            is_paid = line.pos_order_id.state not in UNPAID_ORDER_STATES
            if is_paid and line._mixpay_payment():
                raise ValidationError(
                    self.env._(
                        "The customer has paid %(amount)s of the order %(order)s with MixPay, so"
                        " that line cannot be removed.",
                        amount=line.currency_id.format(line.amount),
                        order=line.pos_order_id.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_mixpay_abandons(self):
        """Nobody waits for the payment of a removed line; it is watched on."""
        self.filtered(lambda line: line._is_mixpay())._mixpay_payments()._abandon_unneeded()

    # === MIXPAY === #

    def _is_mixpay(self):
        return self.payment_method_id.use_payment_terminal == "mixpay"

    def _mixpay_payments(self):
        """Return every MixPay payment that was made for these lines, or attached to them."""
        payments = self.env["mixpay.payment"].sudo()
        uuids = [uuid for uuid in self.mapped("uuid") if uuid]
        return payments._of_lines(uuids) if uuids else payments

    def _mixpay_payment(self):
        """Return the MixPay payment that covers this line; empty when none does."""
        return self._mixpay_payments().filtered(lambda p: p._backs(self))[:1]

    def _mixpay_check_backed(self):
        """Check that this line may count as paid: money rule 4.

        :raises ValidationError: when it is a MixPay line without its payment
        """
        if not self._is_mixpay() or self.currency_id.is_zero(self.amount):
            return
        if not self._mixpay_payment():
            raise ValidationError(
                self.env._(
                    "The order %(order)s cannot be paid: no MixPay payment of %(amount)s has"
                    " arrived for its line “%(method)s”: %(reason)s. Wait for the payment, or"
                    " remove the line and take the sale another way.",
                    order=self.pos_order_id.display_name,
                    amount=self.currency_id.format(self.amount),
                    method=self.payment_method_id.name,
                    reason=self._mixpay_reason_uncovered(),
                )
            )

    def _mixpay_reason_uncovered(self):
        """Return in words why no MixPay payment covers this line."""
        payments = self._mixpay_payments()
        if any(p.pos_payment_id and p.pos_payment_id != self for p in payments):
            return self.env._("its payment was used for another line")
        if any(p.company_id != self.company_id for p in payments):
            return self.env._("its payment is another company's")
        if not any(p._is_for_order(self.pos_order_id.uuid) for p in payments) and payments:
            return self.env._("its payment was made for another order")
        if any(p.payment_method_id != self.payment_method_id for p in payments):
            return self.env._("its payment was made with another payment method")
        amount = money.from_float(self.amount, self.currency_id.decimal_places)
        return payments._reason_uncovered(self.uuid, amount, self.currency_id)

    def _mixpay_link(self):
        """Connect MixPay lines with their payment, and store its evidence on them.

        The server fills in these fields itself: the register's word proves nothing.
        """
        for line in self.filtered(lambda line: line._is_mixpay()):
            payment = line._mixpay_payment()
            line._mixpay_unlink_except(payment)
            if payment:
                if payment.pos_payment_id != line:
                    payment._lock()
                    payment.write({"pos_payment_id": line.id, "pos_order_id": line.pos_order_id.id})
                line._mixpay_store_evidence(payment)

    def _mixpay_unlink_except(self, payment):
        """Let go of payments that do not cover this line any more, since its amount was changed.

        Otherwise their money would count as booked once the order is paid, and be forgotten.
        """
        linked = self.env["mixpay.payment"].sudo().search([("pos_payment_id", "=", self.id)])
        (linked - payment).write({"pos_payment_id": False, "pos_order_id": False})

    def _mixpay_store_evidence(self, payment):
        """Write what is left of a payment when this addon is gone; see `_mixpay_link`."""
        evidence = payment._evidence()
        changes = {name: text for name, text in evidence.items() if (self[name] or "") != text}
        if changes:
            self.write(changes)
