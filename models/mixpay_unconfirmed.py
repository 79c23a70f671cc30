"""Accepts payments before their network has confirmed them, within what the merchant has set.

The only place that does: see `_is_acceptable` for when. What follows from it is decided where it is
decided for all payments, see `standing`.
"""

import logging

from odoo import fields, models

from ..mixpay import money, states, unconfirmed

_logger = logging.getLogger(__name__)

# What is accepted within so long comes to no more than the company's cap, confirmed since or not.
CAP_HOURS = 24


class MixpayUnconfirmed(models.Model):
    """A company's latest acceptance: the row that two registers, accepting at once, both write."""

    _name = "mixpay.unconfirmed"
    _description = "Unconfirmed MixPay payments of a company"
    _inherit = ["mixpay.defaults.mixin"]
    _log_access = False

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    accepted_at = fields.Datetime(required=True)

    _company_uniq = models.UniqueIndex("(company_id)", "A company has one such row.")

    def _accept(self, payment, result):
        """Accept a payment, if all conditions are met; return whether it was accepted just now.

        Concurrency safe: whoever accepts something between this transaction's snapshot and its end
        makes it fail, so that it is repeated with what is accepted by then.

        :param payment: locked `mixpay.payment`, as the same answer has just made it
        :param PaymentResult result: MixPay's answer, which was found to be on our own terms
        :raises SerializationFailure: when another payment of the company was accepted meanwhile
        """
        if not self._is_acceptable(payment, result):
            return False
        amount = self.env["mixpay.approver"]._amount_in_company(payment)
        used = self._used(payment.company_id)
        cap = payment.company_id.mixpay_unconfirmed_max_daily
        if payment.company_id.currency_id.compare_amounts(used + amount, cap) > 0:
            _logger.info("MixPay payment %s is not accepted: the day's cap", payment.trace_id)
            return False
        self._note_acceptance(payment.company_id)
        now = payment._now().replace(microsecond=0)
        payment.write(
            {
                "accepted_unconfirmed_at": now,
                "accepted_unconfirmed_amount": amount,
                "finish_at": now,
            }
        )
        self._record_amounts(payment, "unconfirmed_accepted", {"used": used, "cap": cap})
        _logger.info("MixPay payment %s is accepted unconfirmed", payment.trace_id)
        return True

    def _is_acceptable(self, payment, result):
        """Tell whether a payment may be accepted before it is confirmed, the cap left aside.

        Somebody waits for it; MixPay's answer, on our own terms, sees all of it in the coin that
        was to be paid; coin and amount are within what the payment method says.
        """
        if not (self._is_undoubted(payment) and unconfirmed.is_seen_in_full(result)):
            return False
        method = payment.payment_method_id
        amount, most = (
            money.from_float(number, payment.currency_id.decimal_places)
            for number in (payment.amount, method.mixpay_unconfirmed_limit)
        )
        asset_ids = method.mixpay_unconfirmed_asset_ids.mapped("asset_id")
        is_in_its_currency = payment.currency_id == method.mixpay_limit_currency_id
        return is_in_its_currency and unconfirmed.is_within(result, amount, most, asset_ids)

    def _is_undoubted(self, payment):
        """Tell whether a payment is waited for, and nothing about it is in doubt."""
        is_odd = payment.mismatch or payment.other_terms_at or payment.is_taken
        is_decided = (
            payment.accepted_unconfirmed_at
            or payment.attached_uuid
            or payment._is_written_off()
            or payment._is_too_late()
            or payment._is_over()
        )
        return (
            payment.state == states.CONFIRMING
            and not (is_odd or is_decided)
            and payment._counts_as_money()
            and not self.env["mixpay.settings"]._values().is_paused
        )

    def _used(self, company):
        """Return what was accepted in this company within a day, in the company's currency."""
        self.env["mixpay.payment"].flush_model(
            ["company_id", "accepted_unconfirmed_at", "accepted_unconfirmed_amount"]
        )
        self.env.cr.execute(
            """
            SELECT coalesce(sum(accepted_unconfirmed_amount), 0)::float
              FROM mixpay_payment
             WHERE company_id = %s
               AND accepted_unconfirmed_at
                   > clock_timestamp() AT TIME ZONE 'UTC' - %s * interval '1 hour'
            """,
            [company.id, CAP_HOURS],
        )
        return self.env.cr.fetchone()[0]

    def _note_acceptance(self, company):
        """Write the company's row: who reaches for it too, with an older snapshot, fails."""
        self.env.cr.execute(
            """
            INSERT INTO mixpay_unconfirmed (company_id, accepted_at)
                 VALUES (%s, clock_timestamp() AT TIME ZONE 'UTC')
            ON CONFLICT (company_id) DO UPDATE SET accepted_at = excluded.accepted_at
            """,
            [company.id],
            log_exceptions=False,
        )

    def _record_end(self, payment):
        """Keep in the history how a payment ended that was accepted before."""
        data = {"state": payment.state, "failure_code": payment.failure_code or ""}
        self._record_amounts(payment, "unconfirmed_ended", data)

    def _record_amounts(self, payment, kind, data):
        self.env["mixpay.event"]._record(
            kind,
            payment=payment,
            data={
                **data,
                "amount": payment.currency_id.format(payment.amount),
                "received": f"{payment.payment_amount} {payment.payment_symbol or ''}".strip(),
                "txid": payment.txid or "",
                "confirmations": payment.confirmations,
            },
        )
