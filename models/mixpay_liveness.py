"""Asks the registers whether one is at work on an order, before the server takes it up."""

import logging
from datetime import timedelta

from odoo import models

_logger = logging.getLogger(__name__)

# A register that hears of the money finishes the sale itself, within seconds.
GRACE = timedelta(seconds=20)
# A living register answers within this time; what does not answer is dead.
ANSWER_SECONDS = 20
# An answer counts for so long, and so does that there was none; then they are asked again.
ANSWER_COUNTS = timedelta(minutes=10)
# After so many answers that a register is at work, the server decides alone.
MOST_ANSWERS = 3


class MixpayLiveness(models.AbstractModel):
    """Asks the registers whether one is at work on an order, before the server takes it up."""

    _name = "mixpay.liveness"
    _description = "Registers at work on MixPay orders"

    def _is_unattended(self, payment, order):
        """Tell whether no register is at work on a paid order; ask them where that is not known.

        :param order: the draft that this payment is for
        """
        if not self._is_quiet(payment, order):
            return False
        asked_at = payment.register_asked_at
        # Who was silent long ago may be back since, and at work on what kept the server from it.
        if self._is_awaited(payment) and not payment._has_passed(asked_at, ANSWER_COUNTS):
            return payment._has_passed(asked_at, timedelta(seconds=ANSWER_SECONDS))
        answered_at = payment.register_answered_at
        if answered_at and not payment._has_passed(answered_at, ANSWER_COUNTS):
            return False
        if payment.register_answers >= MOST_ANSWERS:
            return True
        self._ask_registers(payment)
        return False

    def _awaited(self, payments):
        """Return those of these payments about which the registers were just asked."""
        limit = timedelta(seconds=ANSWER_SECONDS)
        return payments.exists().filtered(
            lambda p: self._is_awaited(p) and not p._has_passed(p.register_asked_at, limit)
        )

    def _answer(self, payment, is_unsaved):
        """Note that a register is at work on this payment's order, as one of few answers.

        Whoever sells there may say so. It postpones, a few times; it decides nothing.

        :param bool is_unsaved: whether it has changes that it cannot save
        :return: whether the answer counts: somebody asked, and the number is not used up
        :rtype: bool
        """
        payment._lock()
        if not self._awaited(payment) or payment.register_answers >= MOST_ANSWERS:
            return False
        now = payment._now().replace(microsecond=0)
        payment.write(
            {
                "register_answered_at": max(now, payment.register_asked_at),
                "register_answers": payment.register_answers + 1,
                "unsaved_at": now if is_unsaved else False,
            }
        )
        data = {"is_unsaved": is_unsaved, "answers": payment.register_answers}
        self.env["mixpay.event"]._record("finish_postponed", payment=payment, data=data)
        return True

    def _configs(self, payment):
        """Return the Points of Sale whose registers may have its order: one may trust another's."""
        orders = self.env["pos.order"].search([("uuid", "=", payment._order_uuid())])
        return payment.pos_config_id | orders.config_id

    def _is_unsaved(self, payment, order):
        """Tell whether a register has said that it has what the server's order lacks."""
        return bool(payment.unsaved_at) and order.write_date <= payment.unsaved_at

    def _is_quiet(self, payment, order):
        """Tell whether nothing was heard of the order since the registers learnt of the money."""
        signs = [payment.notified_at or payment._accepted_since()]
        if payment.notified_at:
            signs.append(order.write_date)
        return payment._has_passed(max(signs), GRACE)

    def _is_awaited(self, payment):
        asked_at, answered_at = payment.register_asked_at, payment.register_answered_at
        return bool(asked_at) and not (answered_at and answered_at >= asked_at)

    def _ask_registers(self, payment):
        """Have every register that may have its order asked; the bus names the record only."""
        payment.write({"register_asked_at": payment._now().replace(microsecond=0)})
        for config in self._configs(payment):
            config._notify("MIXPAY_ASK", {"id": payment.id})
        _logger.info("The registers are asked who is at work on payment %s", payment.trace_id)
