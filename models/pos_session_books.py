"""Closing a session: what MixPay took is what the server knows, and not what somebody counts."""

from odoo import models

from ..core_values import IS_MIXPAY


class PosSession(models.Model):
    _inherit = "pos.session"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "closed":
            for session in self:
                with session._mixpay_never_failing():
                    session.env["mixpay.booking"]._make_entries_due(session._mixpay_booked())
        return result

    def _mixpay_booked(self):
        """Return the MixPay payments of the sales and refunds in these sessions' books."""
        domain = [("pos_order_id.session_id", "in", self.ids)]
        refunds_sudo = self.env["mixpay.refund"].sudo().search(domain)
        return refunds_sudo.payment_ids | (
            self.env["mixpay.payment"]
            .sudo()
            .search([("pos_payment_id.session_id", "in", self.ids), ("covered_at", "!=", False)])
        )

    def _create_combine_account_payment(self, payment_method, amounts, diff_amount):
        """Enter a session in which MixPay gave back more than it took.

        Core swaps the accounts of a payment below zero, and sends it the other way, too. Then it
        sets the outstanding account once more, so that both lines stand there, and come to nothing.
        """
        is_ours = payment_method in self._mixpay_methods()
        if not is_ours or self.currency_id.compare_amounts(amounts["amount"], 0) >= 0:
            return super()._create_combine_account_payment(payment_method, amounts, diff_amount)
        receivable = self._get_receivable_account(payment_method)
        vals = self._mixpay_given_back_vals(payment_method, -amounts["amount"], receivable)
        payment = self.env["account.payment"].with_context(pos_payment=True).create(vals)
        payment.action_post()
        return payment.move_id.line_ids.filtered(lambda line: line.account_id == receivable)

    def _mixpay_given_back_vals(self, payment_method, amount, receivable):
        """Return the values of the payment with which a session gives money back.

        :param float amount: how much more was given back than taken, positive
        :param receivable: `account.account`
        """
        return {
            "payment_type": "outbound",
            "amount": amount,
            "journal_id": payment_method.journal_id.id,
            "force_outstanding_account_id": payment_method.outstanding_account_id.id,
            "destination_account_id": receivable.id,
            "memo": self.env._(
                "%(method)s: given back in %(session)s",
                method=payment_method.name,
                session=self.name,
            ),
            "pos_payment_method_id": payment_method.id,
            "pos_session_id": self.id,
            "company_id": self.company_id.id,
        }

    def get_closing_control_data(self):
        """Have the register show MixPay's amount, without a field to count it in."""
        data = super().get_closing_control_data()
        ours = set(self._mixpay_methods().ids)
        for method in data["non_cash_payment_methods"]:
            if method["id"] in ours:
                method["type"] = "mixpay"
        return data

    def _cannot_close_session(self, bank_payment_method_diffs=None):
        return super()._cannot_close_session(self._mixpay_without_ours(bank_payment_method_diffs))

    def _validate_session(
        self, balancing_account=False, amount_to_balance=0, bank_payment_method_diffs=None
    ):
        # All ways of closing end here. What a register says was counted is not booked.
        diffs = self._mixpay_without_ours(bank_payment_method_diffs)
        self._mixpay_note_uncounted(bank_payment_method_diffs or {}, diffs)
        return super()._validate_session(balancing_account, amount_to_balance, diffs)

    def _mixpay_methods(self):
        methods = self.config_id.payment_method_ids | self.payment_method_ids
        return methods.sudo().filtered_domain(IS_MIXPAY)

    def _mixpay_without_ours(self, diffs):
        """Return differences in counting without those of MixPay's methods, by method.

        :param dict | None diffs: {id of a payment method: amount}, as a register sent it
        """
        ours = set(self._mixpay_methods().ids)
        return {key: amount for key, amount in (diffs or {}).items() if key not in ours}

    def _mixpay_note_uncounted(self, sent, kept):
        """Say in the session's log that a difference in MixPay's amount was not booked."""
        names = [
            method.name
            for method in self._mixpay_methods()
            if method.id not in kept and not self.currency_id.is_zero(sent.get(method.id) or 0.0)
        ]
        if names:
            self._mixpay_log(
                self.env._(
                    "A difference was counted for %(methods)s. It is not booked: what MixPay took"
                    " is what the server knows.",
                    methods=", ".join(names),
                )
            )
