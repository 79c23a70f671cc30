from odoo import api, fields, models

from ..mixpay import money, refunds


class MixpayPayRefund(models.TransientModel):
    """Takes how a manager has paid a refund from the shop's wallet: coins, rate, transaction."""

    _name = "mixpay.pay.refund"
    _description = "Record the payment of a refund"

    refund_id = fields.Many2one("mixpay.refund", required=True, readonly=True)
    currency_id = fields.Many2one(related="refund_id.currency_id")
    amount = fields.Monetary(related="refund_id.amount")
    asset_id = fields.Many2one(related="refund_id.asset_id")
    address = fields.Char(related="refund_id.address")
    memo = fields.Char(related="refund_id.memo")
    rate = fields.Char(
        compute="_compute_rate",
        store=True,
        readonly=False,
        help="What one coin is worth, in the currency of the order.",
    )
    rate_source = fields.Char(
        compute="_compute_rate",
        store=True,
        readonly=False,
        help="Whose rate it is: that of the sale, or a source that you name.",
    )
    rate_at = fields.Datetime(string="Rate Of", compute="_compute_rate", store=True, readonly=False)
    units = fields.Char(
        string="Coins to Send", compute="_compute_units", store=True, readonly=False
    )
    txid = fields.Char(string="Transaction", required=True)

    @api.depends("refund_id")
    def _compute_rate(self):
        """Propose the rate of the sale, where the same coin was sent then."""
        for wizard in self:
            asset_id = wizard.asset_id.asset_id
            payment = wizard.refund_id.payment_ids.filtered(
                lambda p, coin=asset_id: p.rate and (p.payment_asset_id or "").lower() == coin
            )[:1]
            wizard.rate = payment.rate
            wizard.rate_source = payment and self.env._(
                "Rate of the sale: %s", payment.rate_source or payment.trace_id
            )
            wizard.rate_at = payment.rate_at

    @api.depends("rate")
    def _compute_units(self):
        for wizard in self:
            rate, refund = money.parse_or_none(wizard.rate), wizard.refund_id
            coins = refunds.units(refund._exact_amount(), rate) if rate else None
            wizard.units = money.short(coins) if coins else False

    def action_record(self):
        """Record the payment.

        :raises UserError: where something of it cannot be
        """
        self.ensure_one()
        self.refund_id._pay(self.units, self.rate, self.rate_source, self.rate_at, self.txid)
        return {"type": "ir.actions.act_window_close"}
