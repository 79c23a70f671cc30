"""Every sentence about a payment for cashiers, customers and managers. Decides nothing."""

import math

from odoo import fields, models

from ..mixpay import money, polling, states
from ..mixpay.issues import LATE

# A request may take a while, and the next is not sent before `URGENT_INTERVAL`.
NEWS_SECONDS = polling.URGENT_INTERVAL + 4


class MixpayTexts(models.AbstractModel):
    """Every sentence about a payment for cashiers, customers and managers. Decides nothing."""

    _name = "mixpay.texts"
    _description = "What people are told about a MixPay payment"

    def _notice(self, payment):
        """Return what the cashier should be told once; empty for nothing."""
        if payment.is_abandoned and payment.is_taken and not payment._is_final():
            return self.env._(
                "Order %(order)s: %(message)s",
                order=payment.order_name or "?",
                message=self._texts(payment)[1],
            )
        if payment.state != states.SUCCESS:
            return ""
        if payment.issue == LATE and (payment._is_too_late() or not self._has_open_line(payment)):
            return self.env._(
                "%(amount)s came with MixPay for order %(order)s, which does not wait for it any"
                " more. Tell your manager, who decides what becomes of the money.",
                amount=payment.currency_id.format(payment.amount),
                order=payment.order_name or "?",
            )
        if payment.issue == LATE:
            return self.env._(
                "%(amount)s came with MixPay for order %(order)s, which nobody waits for any more."
                " Press “Try again” on its line, or tell your manager.",
                amount=payment.currency_id.format(payment.amount),
                order=payment.order_name or "?",
            )
        if payment._has_open_surplus():
            return self.env._(
                "The customer sent %(surplus)s too much. MixPay gives it back to the customer;"
                " never give change for it.",
                surplus=self._coins(payment, payment.surplus_amount),
            )
        return ""

    def _has_open_line(self, payment):
        """Tell whether an open order has a line that could go on with this payment."""
        domain = [("uuid", "=", payment.payment_uuid), ("pos_order_id.state", "=", "draft")]
        return bool(self.env["pos.payment"].sudo().search_count(domain, limit=1))

    def _slip(self, payment):
        """Return what is printed for a customer whose money did not finish the sale, or False."""
        if not (payment.is_abandoned and payment.funds_detected) or payment.state == states.SUCCESS:
            return False
        lines = [
            (self.env._("Order"), payment.order_name),
            (self.env._("Asked for"), payment.currency_id.format(payment.amount)),
            (self.env._("Received"), self._coins(payment, payment.payment_amount)),
            (self.env._("Transaction"), payment.txid),
            (self.env._("MixPay trace ID"), payment.trace_id),
            (self.env._("Pay until (UTC)"), fields.Datetime.to_string(payment.expires_at)),
        ]
        return {
            "title": self.env._("Crypto payment not finished"),
            "lines": [[label, text] for label, text in lines if text],
            "text": self._slip_text(payment),
        }

    def _slip_text(self, payment):
        """Return what becomes of the money, for the customer; MixPay itself pays back."""
        if payment.state in (states.PAID_LESS, states.FAILED):
            return self.env._(
                "Too little arrived for this sale. Unless the rest is sent in time, you get your"
                " money back through MixPay: ask there, with this trace ID. Keep this slip."
            )
        return self.env._(
            "This sale did not wait for your payment. When it arrives, the shop is told, and owes"
            " it to you: come back to the shop with it. Keep this slip."
        )

    def _coins(self, payment, amount):
        """Return an amount in the payer's coin, as in "1.5 USDT (Tron)"; empty for none."""
        number = money.parse_or_none(amount)
        if not number:
            return ""
        coin = payment._coin(
            payment.payment_asset_id, payment.payment_symbol, payment.payment_version
        )
        return f"{money.short(number)} {coin}".strip()

    def _delay_notice(self, payment, forecast, was_asked):
        """Return why MixPay's word on this payment may be old; empty when it is not.

        :param Forecast forecast: of this payment and others; see `mixpay.job`
        :param bool was_asked: whether a person has asked, and so expects MixPay's latest word
        """
        payment.ensure_one()
        if payment.id not in forecast.synced_for:
            return ""  # nothing more is asked about it
        pause = forecast.pauses.get(payment.id)
        if pause is not None:
            return self.env._(
                "MixPay cannot be reached at the moment. It is asked again in %(seconds)s s.",
                seconds=max(math.ceil(pause), 1),
            )
        synced_for = forecast.synced_for[payment.id]
        is_old = synced_for is None or synced_for > NEWS_SECONDS
        if was_asked and is_old:
            return self.env._("MixPay could not be reached just now. Trying again shortly.")
        return ""

    def _remaining(self, payment):
        """Return what is still missing, in the payer's coin and the shop's currency, or False."""
        if payment.state != states.PAID_LESS:
            return False
        payable = money.parse_or_none(payment.payable_amount)
        paid = money.parse_or_none(payment.payment_amount)
        if not payable or paid is None:
            return False
        missing = max(payable - paid, 0)
        coin = payment._coin(
            payment.payable_asset_id, payment.payable_symbol, payment.payable_version
        )
        return {
            "coin": f"{money.short(missing)} {coin}",
            "currency": payment.currency_id.format(float(missing / payable) * payment.amount),
        }

    def _texts(self, payment):
        """Return a short label for the state, and a sentence that says what to do next."""
        if payment.confirmed_at and payment.state != states.SUCCESS:
            return (
                self.env._("Marked as paid by a manager"),
                self.env._(
                    "%s marked this payment as paid. We keep checking with MixPay.",
                    payment.confirmed_by,
                ),
            )
        if payment.state == states.MISMATCH:
            return self.env._("Paid on other terms"), self._mismatch_text(payment)
        if payment.is_abandoned and payment.is_taken and not payment._is_final():
            return (
                self.env._("This code cannot be used"),
                self.env._(
                    "Somebody else has opened this code for another payment. Try again: the"
                    " customer gets a new code. Do not hand over the goods yet."
                ),
            )
        if payment._is_being_checked() and not payment.is_abandoned:
            return (
                self.env._("Being checked"),
                self.env._(
                    "MixPay reports another payment than the one that was asked for, and is asked"
                    " again within a minute. Wait; do not hand over the goods yet."
                ),
            )
        if payment.is_abandoned and payment.state != states.SUCCESS:
            return (
                self.env._("Cancelled"),
                self.env._(
                    "Nobody waits for this payment. If the customer still pays, you will be told."
                ),
            )
        if payment.state in (states.DRAFT, states.UNPAID):
            return self._texts_before_payment(payment)
        if payment.state == states.FAILED:
            return self.env._("Payment failed"), self._failure_text(payment)
        _ = self.env._
        return {
            states.PAID_LESS: (
                _("Too little was paid"),
                _("Ask the customer to scan the same code again and pay the rest."),
            ),
            states.CONFIRMING: (
                _("Payment seen"),
                _("The payment is being confirmed. Do not hand over the goods yet."),
            ),
            states.PENDING: (
                _("Almost done"),
                _("MixPay is processing the payment. Do not hand over the goods yet."),
            ),
            states.AUDITING: (
                _("Under review"),
                _("MixPay reviews this payment. Wait, or ask your manager what to do."),
            ),
            states.SUCCESS: (_("Paid"), _("The payment has arrived.")),
        }[payment.state]

    def _mismatch_text(self, payment):
        if payment.is_taken:
            return self.env._(
                "The payment went to somebody else, not to this shop. Do not hand over the goods;"
                " call your manager."
            )
        return self.env._(
            "A payment arrived, but not the one that was asked for. Do not hand over the"
            " goods; call your manager."
        )

    def _texts_before_payment(self, payment):
        if payment.state == states.DRAFT:
            return (
                self.env._("Preparing"),
                self.env._("The payment is being prepared. Please wait."),
            )
        if not payment._seconds_left():
            return (
                self.env._("Time is up"),
                self.env._("Still checking with MixPay whether the customer has paid."),
            )
        return (
            self.env._("Waiting for the customer"),
            self.env._("The customer scans the code and pays. This screen notices by itself."),
        )

    def _failure_text(self, payment):
        """Return why a payment failed, in words. Codes: MixPay's documentation, `failureCode`."""
        _ = self.env._
        if payment.is_taken:
            return _("Somebody else had opened this code for another payment. Try again.")
        known = {
            "40000": _("Nobody paid in time. You can try again."),
            "40020": _("The customer sent another coin than agreed; MixPay sends it back."),
            "40024": _("Too little was paid in time. MixPay returns the money to the customer."),
            "40025": _(
                "The coin's price changed too much while the customer paid. You can try again."
            ),
            "40027": _("MixPay could not complete the payment. You can try again."),
            "40032": _("The payment was cancelled at MixPay. You can try again."),
            "10095": _("MixPay's review refused the payment. Take the sale another way."),
        }
        return known.get(payment.failure_code or "") or _(
            "MixPay reports that the payment failed. You can try again."
        )

    def _summary(self, payment):
        """Return one line about this payment for people; plain text."""
        return self.env._(
            "MixPay payment of %(amount)s for %(order)s (%(trace_id)s): %(message)s",
            amount=payment.currency_id.format(payment.amount),
            order=payment.order_name or self.env._("an order"),
            trace_id=payment.trace_id,
            message=self._texts(payment)[1],
        )

    def _warning(self, payment):
        """Return what an approver must know before deciding; empty for nothing."""
        if payment.state != states.AUDITING:
            return ""
        return self.env._(
            "MixPay is reviewing this payment and may still refuse it. Whoever marks it as paid"
            " answers for the whole amount."
        )

    def _name_for_people(self, payment):
        """Return how a person finds this payment."""
        return self.env._("MixPay payment %(trace_id)s", trace_id=payment.trace_id)
