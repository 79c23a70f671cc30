"""Which payment covers which line of an order: connecting the two, and saying why not."""

import logging

from odoo import models
from odoo.exceptions import UserError, ValidationError

from .. import texts
from ..core_values import UNPAID_ORDER_STATES
from ..mixpay import money
from ..mixpay.standing import standing

_logger = logging.getLogger(__name__)


class MixpayCoverage(models.AbstractModel):
    """Which payment covers which line of an order: connecting the two, and saying why not."""

    _name = "mixpay.coverage"
    _description = "MixPay payments and the order lines they pay"

    def _checked_amount(self, amount, currency):
        try:
            return money.to_charge(amount, currency.decimal_places)
        except money.AmountError as error:
            _logger.info("MixPay payment refused: %s", error)
            raise UserError(
                self.env._(
                    "This amount cannot be paid with MixPay. It must be a number larger than zero"
                    " with at most %(decimals)s decimals.",
                    decimals=currency.decimal_places,
                )
            ) from error

    def _uncovered(self, session, lines, order_uuid=None):
        """Return which of a register's payment lines the server would refuse in a paid order.

        The register asks before an order leaves the screen, so that nobody is stuck with an order
        that the server refuses afterwards.

        :param session: `pos.session` that the caller may use
        :param lines: {UUID of the payment line: its amount, as string or number}
        :param str order_uuid: UUID of their order, None where it is not known
        :return: {UUID: reason in words}
        :rtype: dict[str, str]
        """
        given_back = {line: a for line, amount in lines.items() if (a := _given_back(amount))}
        lines = {line: amount for line, amount in lines.items() if line not in given_back}
        domain = [("company_id", "=", session.company_id.id)]
        payments_sudo = (
            self.env["mixpay.payment"].sudo()._of_lines(list(lines)).filtered_domain(domain)
        )
        if order_uuid:
            payments_sudo = payments_sudo.filtered(lambda p: p._is_for_order(order_uuid))
        reasons = {
            line: payments_sudo.env["mixpay.coverage"]._reason_uncovered(
                payments_sudo,
                line,
                self._checked_amount(amount, session.currency_id),
                session.currency_id,
            )
            for line, amount in lines.items()
        }
        refunds_sudo = self.env["mixpay.refund"].sudo()
        for line, amount in given_back.items():
            checked = self._checked_amount(amount, session.currency_id)
            reasons[line] = refunds_sudo._reason_uncovered(session, line, checked)
        return {line: reason for line, reason in reasons.items() if reason}

    def _reason_uncovered(self, payments, payment_uuid, amount, currency):
        """Return in words why none of these payments covers a line; empty when one does."""
        _ = self.env._
        mine = payments.filtered(
            lambda p: p._line_uuid() == payment_uuid and p.currency_id == currency
        )
        if any(payment._covers(payment_uuid, amount) for payment in mine):
            return ""
        if not mine:
            return _("no payment was requested from MixPay")
        accepted = mine.filtered(lambda p: p._is_accepted())[:1]
        if not accepted and any(p._is_too_late() and p._has_our_money() for p in mine):
            return _("it came after its order had ended, so a manager must decide about it")
        if not accepted:
            return _(
                "the payment of %(amount)s is not finished (%(state)s)",
                amount=currency.format(mine[0].amount),
                state=texts.label(mine[0]),
            )
        if not accepted._counts_as_money():
            return _("it is a test payment, and test mode is not allowed here")
        return _(
            "%(paid)s was paid, but the line says %(amount)s",
            paid=currency.format(accepted.amount),
            amount=currency.format(float(amount)),
        )

    def _blocking(self, order_uuid, lines, company):
        """Return payments of an order with money on its way that are on none of these lines.

        The order would be validated without them. Only those that the user may see are returned.

        :param str order_uuid: UUID of the order on the register
        :param lines: UUIDs of the MixPay lines that it is validated with
        """
        payments_sudo = (
            self.env["mixpay.payment"]
            .sudo()
            .search(
                [
                    "|",
                    ("order_uuid", "=", order_uuid),
                    ("moved_order_uuid", "=", order_uuid),
                    ("company_id", "=", company.id),
                    ("is_abandoned", "=", False),
                    ("payment_uuid", "not in", list(lines)),
                ]
            )
        )
        held = payments_sudo.filtered(lambda p: p._is_held())
        # Payments that the user may not see keep the order from being paid, too: the server refuses
        # it.
        return held.sudo(False)._filtered_access("read").sudo()

    def _check_not_held(self, payments, problem):
        """Check that none of these payments is held.

        :param str problem: a sentence that says what cannot be done because of a held payment
        :raises ValidationError: with the problem, and its ways out
        """
        for payment in payments.filtered(lambda p: p._is_held()):
            raise ValidationError(
                self.env._(
                    "MixPay has money of the customer, or sees it coming, for the order %(order)s:"
                    " %(amount)s (%(state)s). %(problem)s Wait until the payment has arrived, and"
                    " use it for this order. Or have a manager stop waiting for it: then the sale"
                    " goes on without it, and a manager decides about the money when it is there.",
                    order=payment.order_name or "?",
                    amount=payment.currency_id.format(payment.amount),
                    state=texts.label(payment),
                    problem=problem,
                )
            )

    def _check_not_renamed(self, payments):
        """Check that none of these payments would lose its order or its line by another UUID.

        Core never changes these identifiers. With another one, money could come in for an order
        that has ended, and nobody would know that it has.

        :raises ValidationError: when there is a payment
        """
        for payment in payments[:1]:
            raise ValidationError(
                self.env._(
                    "MixPay was asked for a payment of %(amount)s for the order %(order)s, so order"
                    " and payment line keep their identifiers (UUID). Take a new order, or a new"
                    " payment line, instead.",
                    amount=payment.currency_id.format(payment.amount),
                    order=payment.order_name or "?",
                )
            )

    def _link_to_pos_payment(self, payment):
        """Connect a paid payment with the order's payment line, once both are on the server.

        A line that is covered already is only updated with what MixPay has reported since. A line
        whose payment was accepted unconfirmed, but may fail now, waits again.
        """
        if not payment._is_accepted():
            self._link_lines(payment.pos_payment_id)
            return
        line = payment.pos_payment_id
        if not line:
            lines = self.env["pos.payment"].search([("uuid", "=", payment._line_uuid())])
            for found in lines:
                self.env["mixpay.move"]._follow_line(payment, found)
            line = lines.filtered(
                lambda line: line.pos_order_id.state in UNPAID_ORDER_STATES and payment._backs(line)
            )
            if line:
                payment._link(line)
        if line:
            self._store_payment_evidence(line, payment)

    def _cover_if_paid(self, lines):
        """Of these lines, tie those to their payments for good whose order counts as paid.

        :raises ValidationError: when no payment covers one, or another gives change for coins
        """
        lines = lines.filtered("pos_order_id")
        own = lines._mixpay_own()
        for line in own.filtered(lambda line: line.pos_order_id.state not in UNPAID_ORDER_STATES):
            self._cover_line(line)
            line.pos_order_id._mixpay_check_gives_no_change()
        # Core adds the change to an order that was sent paid, and works its total out after that.
        for order in (lines - own).pos_order_id:
            gives_back = any(line.amount < 0 for line in order.payment_ids)
            if gives_back and order.state not in UNPAID_ORDER_STATES:
                order._mixpay_check_gives_no_change()

    def _cover_line(self, line):
        """Tie this line to its payment for good: its order counts as paid from now on.

        :raises ValidationError: when it is a MixPay line without its payment: money rule 4
        """
        refund_sudo = self.env["mixpay.refund"].sudo()._of_lines(line)
        if not (refund_sudo or line._is_mixpay()):
            return
        # This field is not stored: a request may have put any currency into the cache.
        for records in (line, line.pos_order_id, line.pos_order_id.config_id):
            records.invalidate_recordset(["currency_id"], flush=False)
        # This one is stored, so a request may have written any. It follows from the order, and the
        # books match the line by it.
        if line.session_id != line.pos_order_id.session_id:
            self.env.add_to_compute(line._fields["session_id"], line)
        if line.currency_id.is_zero(line.amount):
            return
        if refund_sudo:
            refund_sudo._cover(line)
            return
        payment = line._mixpay_payment()
        if not payment:
            raise ValidationError(self._uncovered_text(line))
        if not payment.covered_at:
            payment._cover(line)
            self._store_payment_evidence(line, payment)

    def _uncovered_text(self, line):
        """Return in words why this line may not count as paid, and what to do."""
        payments = line._mixpay_payments()
        if any(payment._is_held() for payment in payments):
            way_out = self.env._(
                "Wait for the payment and let the line have its amount. Or have a manager stop"
                " waiting for it, remove the line and take the sale another way."
            )
        else:
            way_out = self.env._(
                "Wait for the payment, or remove the line and take the sale another way."
            )
        return self.env._(
            "The order %(order)s cannot be paid: no MixPay payment of %(amount)s has"
            " arrived for its line “%(method)s”: %(reason)s. %(way_out)s",
            order=line.pos_order_id.display_name,
            amount=line.currency_id.format(line.amount),
            method=line.payment_method_id.name,
            reason=self._reason_line_uncovered(line, payments),
            way_out=way_out,
        )

    def _reason_line_uncovered(self, line, payments):
        """Return in words why none of these payments of this line covers it."""
        if any(p.pos_payment_id and p.pos_payment_id != line for p in payments):
            return self.env._("its payment was used for another line")
        if any(p.company_id != line.company_id for p in payments):
            return self.env._("its payment is another company's")
        if not any(p._is_for_order(line.pos_order_id.uuid) for p in payments) and payments:
            return self.env._("its payment was made for another order")
        if any(p.payment_method_id != line.payment_method_id for p in payments):
            return self.env._("its payment was made with another payment method")
        amount = money.from_float(line.amount, line.currency_id.decimal_places)
        return payments.env["mixpay.coverage"]._reason_uncovered(
            payments, line.uuid, amount, line.currency_id
        )

    def _link_lines(self, lines):
        """Connect lines of drafts with their payments for as long as these would cover them.

        The server also fills in the lines' evidence: what a register writes there proves nothing.
        """
        for line in lines.filtered(lambda line: line.pos_order_id.state in UNPAID_ORDER_STATES):
            payment = self.env["mixpay.payment"]
            if line._is_mixpay():
                payments = line._mixpay_payments()
                self.env["mixpay.move"]._follow_line(payments, line)
                payment = payments.filtered(lambda p, line=line: p._backs(line))[:1]
            self._unlink_except(line, payment)
            if payment:
                payment._link(line)
                self._store_payment_evidence(line, payment)

    def _unlink_except(self, line, payment):
        """Unlink payments from a draft's line that they cover no more, since it changed."""
        linked_sudo = self.env["mixpay.payment"].sudo().search([("pos_payment_id", "=", line.id)])
        (linked_sudo - payment).write({"pos_payment_id": False, "pos_order_id": False})

    def _store_payment_evidence(self, line, payment):
        """Write what is left of a payment when this addon is gone; see `_link_lines`."""
        evidence = texts.evidence(self.env, payment, standing(payment))
        changes = {name: text for name, text in evidence.items() if (line[name] or "") != text}
        if changes:
            line.write(changes)


def _given_back(amount):
    """Return the amount of a line that gives money back, without its sign; None for others."""
    is_below_zero = isinstance(amount, str) and amount.startswith("-")
    return amount[1:] if is_below_zero else None
