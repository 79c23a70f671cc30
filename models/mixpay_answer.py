"""Applies MixPay's answers, the only way to a new state. Effects follow the state."""

import logging
from datetime import datetime, timezone
from decimal import Decimal

from odoo import models

from ..mixpay import links, settlement, states
from ..mixpay.errors import (
    MixpayCompleted,
    MixpayEnded,
    MixpayRefused,
    MixpayUnknownId,
    MixpayUnusable,
)
from ..mixpay.evaluate import evaluate, is_confirmed
from ..mixpay.request import NewLink
from ..mixpay.result import OF_PAYER, PaymentResult, differences

_logger = logging.getLogger(__name__)

# What MixPay may still report after its last word about the payment itself.
_REPORTED_AFTERWARDS = (
    "surplus_amount",
    "surplus_status",
    "settle_status",
    "settle_amount",
    "settle_symbol",
    "settle_asset_id",
    "settle_version",
)
_REPORTED_TEXTS = (
    *_REPORTED_AFTERWARDS,
    *OF_PAYER,
    "failure_code",
    "failure_reason",
    "payee_name",
)


class MixpayAnswer(models.AbstractModel):
    """Applies MixPay's answers, the only way to a new state. Effects follow the state."""

    _name = "mixpay.answer"
    _description = "MixPay's answer about a payment"

    def _apply(self, payment, request, answer, attempted_at=None):
        """Apply an answer to this locked record; return whether it was of use.

        :param datetime attempted_at: when it was asked for, by the database's clock
        """
        if isinstance(answer, MixpayUnusable):
            return self._apply_unusable(payment, answer)
        is_useful = self._apply_usable(payment, request, answer, attempted_at)
        if is_useful and payment.unusable_since:
            payment.write({"unusable_since": False})
            self.env["mixpay.review"]._review(payment)
        return is_useful

    def _apply_usable(self, payment, request, answer, attempted_at):
        if isinstance(answer, NewLink):
            return self._apply_link(payment, answer)
        if isinstance(answer, PaymentResult):
            return self._apply_result(payment, answer, attempted_at)
        if isinstance(answer, (MixpayCompleted, MixpayEnded)):
            # The code was handed out before, in a call whose answer we never saw.
            url = links.code_link(payment.pay_url, payment.trace_id)
            return self._apply_link(payment, NewLink(url, links.CODE))
        if isinstance(answer, MixpayUnknownId):
            return True  # nobody has opened the link: not yet
        is_refused = isinstance(answer, MixpayRefused) and request.link_terms
        if is_refused and payment.state == states.DRAFT:
            # Before it began: nobody was asked to pay.
            self._transition(
                payment,
                states.FAILED,
                {"failure_code": str(answer.code), "failure_reason": answer.reason},
            )
            return True
        _logger.info("No answer about MixPay payment %s: %s", payment.trace_id, answer.for_log)
        return False

    def _apply_unusable(self, payment, error):
        """Note that MixPay's answer about this payment cannot be read: nothing else changes.

        A person hears of it after an hour; others are asked about as always.
        """
        if not payment._is_final():
            if not payment.unusable_since:
                _logger.warning(
                    "Unusable answer about MixPay payment %s: %s", payment.trace_id, error
                )
                payment.write({"unusable_since": payment._now()})
                self.env["mixpay.event"]._record(
                    "unusable_answer", payment=payment, data={"reason": str(error)}
                )
            self.env["mixpay.review"]._review(payment)
        return False

    def _apply_link(self, payment, new_link):
        if payment._needs_link():
            values = {"link": new_link.url, "link_type": new_link.link_type}
            if new_link.clock_offset is not None:
                # It was measured against the clock of an Odoo server, which may be wrong.
                now = payment._now().replace(tzinfo=timezone.utc)
                host_is_ahead = (datetime.now(timezone.utc) - now).total_seconds()
                values["clock_offset"] = new_link.clock_offset + host_is_ahead
            is_draft = payment.state == states.DRAFT
            self._transition(payment, states.UNPAID if is_draft else payment.state, values)
        return True

    def _apply_result(self, payment, result, attempted_at=None):
        """Apply MixPay's report; return whether it was of use.

        :param datetime attempted_at: when it was asked for, by the database's clock; None for now
        """
        evaluation = evaluate(payment.state, payment._terms(), result)
        if not evaluation.is_usable:
            return self._apply_unusable(payment, MixpayUnusable("answer without our terms"))
        if evaluation.others:
            self._apply_other_terms(payment, evaluation, result, attempted_at)
            return True
        # Of a status that is not known nobody can say what it means for another's money.
        is_ours = not (evaluation.unknown_status and differences(payment._terms(), result))
        values = self._reported_values(payment, result) if is_ours else {}
        if payment.mismatch and not payment._is_final() and not evaluation.unknown_status:
            # MixPay takes back what it said about other terms.
            values |= {"other_terms_at": False, "is_taken": False, "mismatch": False}
        if evaluation.unknown_status and evaluation.unknown_status != payment.unknown_status:
            values["unknown_status"] = evaluation.unknown_status[:64]
            _logger.warning(
                "MixPay reports %r for payment %s; waiting on",
                evaluation.unknown_status,
                payment.trace_id,
            )
        self._transition(payment, evaluation.state, values)
        if is_ours:
            self._follow_unconfirmed(payment, result)
        return True

    def _follow_unconfirmed(self, payment, result):
        """Accept a payment before it is confirmed, where the shop does; or see how it goes on.

        :param PaymentResult result: MixPay's answer, on our own terms
        """
        if payment.accepted_unconfirmed_at:
            self.env["mixpay.review"]._review(payment)  # it may be unconfirmed for long by now
        elif payment.state == states.CONFIRMING and self.env["mixpay.unconfirmed"]._accept(
            payment, result
        ):
            self._have_effects(payment)

    def _apply_other_terms(self, payment, evaluation, result, attempted_at):
        """Note what MixPay reports on other terms than ours; believe an end the second time.

        Until then an end with money for our payee is checked, and holds the till. All else is none
        of our money: the sale goes on with a new code, and polling of this one continues.
        """
        if payment._is_final():
            return
        now = payment._now()
        seconds = payment._seconds_since_other_terms(attempted_at or now)
        if payment.other_terms_at and is_confirmed(evaluation, payment.mismatch, seconds):
            self._end_on_other_terms(payment, evaluation, result)
        elif (
            payment.mismatch != evaluation.report
            or bool(payment.other_terms_at) != bool(evaluation.end)
            or seconds < -1  # the clock was set back: begin anew
        ):
            self._note_other_terms(payment, evaluation, result, now)

    def _note_other_terms(self, payment, evaluation, result, now):
        payment.write(
            {
                "mismatch": evaluation.report,
                "other_terms_at": now if evaluation.end else False,
                "is_taken": not evaluation.is_ours,
            }
        )
        self._record_other_terms(payment, evaluation, result)
        _logger.warning("MixPay payment %s: other terms: %s", payment.trace_id, evaluation.report)
        is_relied_on = payment.confirmed_at or payment._is_unconfirmed()
        if payment.is_taken and not (is_relied_on or payment.is_abandoned):
            payment._abandon()
        self.env["mixpay.presenter"]._notify_registers(payment)

    def _end_on_other_terms(self, payment, evaluation, result):
        self._record_other_terms(payment, evaluation, result)
        values = {}
        if evaluation.is_ours:
            values = {**self._reported_values(payment, result), "funds_detected": True}
        if evaluation.end == states.MISMATCH:
            _logger.error(
                "MixPay payment %s ended on other terms: %s", payment.trace_id, evaluation.report
            )
        self._transition(payment, evaluation.end, values)

    def _record_other_terms(self, payment, evaluation, result):
        self.env["mixpay.event"]._record(
            "other_terms",
            payment=payment,
            data={
                "reported": evaluation.report,
                "payment_amount": result.payment_amount,
                "payment_symbol": result.payment_symbol,
                "failure_code": result.failure_code,
                "txid": result.txid,
            },
        )

    def _reported_values(self, payment, result):
        """Return the fields that MixPay's report about this payment changes.

        Once the last word is said, only what goes on afterwards: no second transfer changes a sale.
        """
        is_final = payment._is_final()
        names = _REPORTED_AFTERWARDS if is_final else _REPORTED_TEXTS
        if payment.settle_status == settlement.SETTLED != result.settle_status:
            # An answer from before: what is settled is in the books, and stays settled.
            names = [name for name in names if not name.startswith("settle_")]
        values = {name: getattr(result, name) or False for name in names}
        if not is_final:
            values["confirmations"] = result.confirmations
            values["required_confirmations"] = result.required_confirmations
            is_seen = Decimal(result.payment_amount or 0) > 0
            values["funds_detected"] = payment.funds_detected or is_seen
            if result.paid_at:
                values["paid_at"] = result.paid_at
        return {
            name: value
            for name, value in values.items()
            if payment[name] != value and (value or not is_final)
        }

    def _transition(self, payment, new_state, values):
        """Write state and reported values, if they change anything: the one writer of `state`."""
        is_new = new_state != payment.state
        if is_new:
            values = values | payment._values_of_state(new_state)
        if values:
            payment.write(values)
        if is_new and payment._is_final():
            self._plan_follow_up(payment)
            if payment.accepted_unconfirmed_at:
                self.env["mixpay.unconfirmed"]._record_end(payment)
        if values and not is_new and payment._is_final():
            # What was settled, or is left over, may be known only now.
            self.env["mixpay.review"]._review(payment)
        if is_new and new_state != states.UNPAID:  # the register that asks is told so itself
            self._have_effects(payment)

    def _have_effects(self, payment):
        """Have its line connected, what is wrong with it reviewed, and its registers told."""
        self.env["mixpay.coverage"]._link_to_pos_payment(payment)
        self.env["mixpay.review"]._review(payment)
        self.env["mixpay.presenter"]._notify_registers(payment)

    def _plan_follow_up(self, payment):
        """Have MixPay asked later about a payment that has just ended, where more is to come."""
        pause = settlement.first_pause(payment._followed())
        if pause is not None:
            self.env["mixpay.followup"]._schedule(payment, pause)
