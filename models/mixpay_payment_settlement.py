"""What a payment knows of its end for the books: settlement, rate, transfers, late money."""

from odoo import api, fields, models

from ..mixpay import settlement, states
from .mixpay_payment import SEES_MONEY


class MixpayPayment(models.Model):
    """What MixPay reports after its last word: money paid out, or money that came later."""

    _inherit = "mixpay.payment"

    settle_version = fields.Char(string="Settled Network", readonly=True, copy=False)
    settled_at = fields.Datetime(
        string="Settled On",
        readonly=True,
        copy=False,
        help="When MixPay was first heard to have paid the money out. MixPay reports no time.",
    )
    is_other_coin = fields.Boolean(
        string="Settled in Another Coin",
        compute="_compute_is_other_coin",
        help="Not the coin that was chosen; MixPay may do so without strict settlement.",
    )
    reported_at = fields.Datetime(
        string="Last Full Report", readonly=True, copy=False, help="When MixPay gave it."
    )
    transfer_ids = fields.One2many(
        "mixpay.transfer",
        "payment_id",
        string="Transfers",
        readonly=True,
        groups=SEES_MONEY,
    )
    booking_ids = fields.One2many(
        "mixpay.booking",
        "payment_id",
        string="Entries in the Books",
        readonly=True,
        groups="account.group_account_readonly,account.group_account_invoice",
    )
    has_transfers = fields.Boolean(
        string="Transfers on Record",
        readonly=True,
        copy=False,
        help="All transfers are on record, as MixPay listed them.",
    )
    rate = fields.Char(
        readonly=True, copy=False, help="What one unit of the payer's coin was worth."
    )
    rate_unit = fields.Char(
        string="Unit of the Rate", readonly=True, copy=False, help="As in “EUR per 1 BTC”."
    )
    rate_source = fields.Char(readonly=True, copy=False)
    rate_at = fields.Datetime(string="Date of the Rate", readonly=True, copy=False)
    recovered_at = fields.Datetime(
        string="Paid After Failure",
        readonly=True,
        copy=False,
        help="When MixPay was heard to have got the money after all. The payment stays failed: a"
        " person decides about this money.",
    )
    late_state = fields.Char(
        readonly=True, copy=False, help="What MixPay reported about it after it had failed."
    )

    @api.depends("settle_asset_id", "settlement_asset_id")
    def _compute_is_other_coin(self):
        for payment in self:
            payment.is_other_coin = settlement.is_other_coin(
                payment.settlement_asset_id or "", payment.settle_asset_id or ""
            )

    def _followed(self):
        """Return what the next question after its end depends on.

        :rtype: settlement.Followed
        """
        late = states.STATES.get(self.late_state)
        return settlement.Followed(
            state=self.state,
            failure_code=self.failure_code or "",
            had_link=bool(self.link),
            is_settled=self.settle_status == settlement.SETTLED,
            has_transfers=self.has_transfers,
            are_late_funds_pending=bool(late) and late.funds_detected and not late.is_final,
            is_recovered=bool(self.recovered_at),
        )

    def _settled_since(self):
        """Return when MixPay had paid the money out, as far as was heard; False when it has not."""
        if self.settle_status != settlement.SETTLED:
            return False
        return self.settled_at or self.finished_at

    def _is_unsettled(self):
        """Tell whether MixPay said a day after its last word that it has not paid out so far."""
        if self.settle_status == settlement.SETTLED or not (self.reported_at and self.finished_at):
            return False
        age = (self.reported_at - self.finished_at).total_seconds()
        return age >= settlement.UNSETTLED_AFTER
