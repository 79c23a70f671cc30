"""Which line of a refund a payout covers, and what stays as it is for that: money rule 4."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core_values import PAID_ORDER_STATES, differing
from ..mixpay import refunds
from ..mixpay.refunds import APPROVED, ASKED, OTHERWISE, PAID
from .mixpay_refund import exact, exchanged, returned

# Fields that identify a line, its order and its amount.
OF_LINE = frozenset({"uuid", "pos_order_id", "payment_method_id", "amount", "currency_id"})


class MixpayRefund(models.Model):
    """What ties a payout to the line of a refund."""

    _inherit = "mixpay.refund"

    # === WHICH LINE IT COVERS === #

    @api.model
    def _of_lines(self, lines):
        """Return the payouts that keep payment lines as they are: pending or paid.

        The method's present terminal is not asked: it may have changed since.
        """
        return self._of_uuids([line.uuid for line in lines if line.uuid and line.amount < 0])

    @api.model
    def _of_uuids(self, uuids):
        if not uuids:
            return self.browse()
        return self.search([("payment_uuid", "in", uuids), ("state", "in", refunds.COUNTED)])

    @api.model
    def _of_orders(self, orders, states=refunds.PENDING):
        """Return the payouts of refunds, pending ones by default."""
        if not orders.ids:
            return self.browse()
        return self.search([("pos_order_id", "in", orders.ids), ("state", "in", states)])

    def _is_granted(self):
        """Tell whether somebody has approved it."""
        return self.state in (APPROVED, PAID, OTHERWISE)

    def _backs(self, line):
        """Tell whether this payout covers a payment line of a refund: money rule 4."""
        order = line.pos_order_id
        return (
            self._is_granted()
            and self.payment_uuid == line.uuid
            and self.pos_order_id == order
            and self.company_id == order.company_id == line.company_id
            and self.currency_id == line.currency_id
            and self.payment_method_id == line.payment_method_id
            and self._exact_amount() == -exact(line)
            and self._of_order(order) == self.original_order_id
        )

    def _is_left(self):
        """Tell whether its money was not given back otherwise before it covered its line."""
        if self.covered_at:
            return True
        original = self.original_order_id
        payments = self._originals(original, self.payment_method_id)
        return self._left(original, payments, self.pos_order_id) >= self._exact_amount()

    @api.model
    def _of_order(self, order):
        """Return the one order that a refund takes products back of; empty for none, or several."""
        originals = order.lines.refunded_orderline_id.order_id
        is_paid = originals.state in PAID_ORDER_STATES if len(originals) == 1 else False
        return originals if is_paid else originals.browse()

    def _cover(self, line):
        """Tie this payout to its line for good: the refund counts as paid from now on.

        :raises ValidationError: when it does not cover it
        """
        if not (self._backs(line) and self._is_left()):
            raise ValidationError(
                self.env._(
                    "The order %(order)s cannot be paid: %(reason)s.",
                    order=line.pos_order_id.display_name,
                    reason=self._reason(),
                )
            )
        if not self.covered_at:
            self._lock()
            self.write({"covered_at": fields.Datetime.now()})
            self._record_step("order paid")
            self._store_evidence()
            self._have_paid_out()

    def _evidence(self):
        """Return what the line keeps of this payout when this addon is gone."""
        return {
            "transaction_id": self.reference,
            "payment_ref_no": self.txid or "",
            "card_brand": self.asset_id.display_name or "",
        }

    def _store_evidence(self):
        lines = self.env["pos.payment"].search([("uuid", "=", self.payment_uuid)])
        lines.write(self._evidence())

    def _reason(self):
        """Return in words why this payout does not cover its line as it is."""
        if self.state == ASKED:
            return self.env._("nobody has approved its refund in coins so far")
        if not self._is_left():
            return self.env._(
                "since its refund in coins was asked for, the money was given back otherwise."
                " Cancel that refund; nothing was paid out"
            )
        return self.env._(
            "line or order were changed since its refund in coins was asked for. Cancel that, and"
            " ask for it again"
        )

    @api.model
    def _reason_uncovered(self, session, line_uuid, amount):
        """Return in words why no payout covers a register's line; empty when one does.

        :param Decimal amount: what is given back, in the session's currency
        """
        refund = self._of_uuids([line_uuid])
        if not refund or refund.company_id != session.company_id:
            return self.env._("no refund in coins was asked for")
        is_as_asked = refund._is_granted() and refund._exact_amount() == amount
        if is_as_asked and refund._is_left():
            return ""
        return refund._reason()

    def _have_paid_out(self):
        """Have the managers know that it is to be paid out."""
        self._have_done(
            self.company_id._mixpay_managers(),
            lambda own: (own.env._("MixPay: pay out a refund, %s", own.display_name), ""),
        )

    @api.model
    def _check_returned(self, order):
        """Check that a refund that counts as paid gives nothing back twice, however it was paid.

        All refunds of one order follow each other, in coins or not: each writes to the payments of
        what it takes back, and only then reads what the others gave back.

        :param order: `pos.order` that counts as paid
        :raises ValidationError: when coins have given back what it takes back
        """
        lines = order.lines.refunded_orderline_id.order_id.payment_ids
        payments_sudo = self.env["mixpay.payment"].sudo()._covering(lines)
        if not payments_sudo:
            return
        self._lock_originals(payments_sudo)
        originals = ("original_order_id", "in", payments_sudo.pos_order_id.ids)
        paid_out = [originals, ("covered_at", "!=", False)]
        for original in self.search(paid_out).original_order_id:
            lines = returned(original)
            given_back = -sum(lines.mapped("price_subtotal_incl"))
            # What is taken back piece by piece is rounded piece by piece.
            rounded = original.currency_id.rounding * len(lines)
            most = max(original.amount_total, original.amount_paid) + exchanged(original) + rounded
            if original.currency_id.compare_amounts(given_back, most) > 0:
                raise ValidationError(
                    self.env._(
                        "The order %(order)s cannot be finished: more would be given back than was"
                        " paid for %(original)s, since coins are given back for that already. Give"
                        " nothing back for it, and delete this order.",
                        order=order.display_name,
                        original=original.display_name,
                    )
                )

    # === WHAT A PENDING PAYOUT KEEPS === #

    def _check_lines_kept(self, lines, vals=None):
        """Check that lines stay as these payouts need them.

        :param dict vals: what is written on them; None where they are removed
        :raises ValidationError: with what to do
        """
        for refund in self:
            line = lines.filtered(lambda one, uuid=refund.payment_uuid: one.uuid == uuid)
            if vals is None or any(differing(one, OF_LINE, vals) for one in line):
                raise ValidationError(refund._kept_text())

    def _check_orders_kept(self):
        """Check that no payout is pending for orders that are to go.

        :raises ValidationError: with what to do
        """
        for refund in self[:1]:
            raise ValidationError(refund._kept_text())

    def _kept_text(self):
        return self.env._(
            "A refund of %(amount)s in coins belongs to the order %(order)s, so the order and its"
            " payment line stay. While the order is not paid, the refund can be cancelled at the"
            " register.",
            amount=self.currency_id.format(self.amount),
            order=self.order_name or self.pos_order_id.display_name,
        )
