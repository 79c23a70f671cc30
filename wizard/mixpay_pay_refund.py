from odoo import api, fields, models

from ..mixpay import money, refunds

# What a manager has to have seen as it is: by the first step, and by the second.
PAYOUT_TERMS = ("asset_id", "address", "memo")
FIXED = (*PAYOUT_TERMS, "units")
# Proposed or read when the window is opened, and then kept as it is. With the rights of who opens
# it: whoever names a refund of another company learns nothing of it.
EDITABLE = {"store": True, "precompute": True, "readonly": False, "compute_sudo": False}


class MixpayPayRefund(models.TransientModel):
    """Takes how a manager pays a refund from the shop's wallet, in two steps.

    Coins and rate first: from then on nobody else pays it, and nothing of it changes. The
    transaction when they were sent. Or how the money was given back without coins.
    """

    _name = "mixpay.pay.refund"
    _description = "Record the payment of a refund"

    refund_id = fields.Many2one("mixpay.refund", required=True, readonly=True)
    is_started = fields.Boolean(string="Being Paid Out", compute="_compute_is_started")
    currency_id = fields.Many2one(related="refund_id.currency_id", related_sudo=False)
    amount = fields.Monetary(related="refund_id.amount", related_sudo=False)
    # As they were when the window was opened, which the server compares: not related.
    asset_id = fields.Many2one(
        "mixpay.asset",
        string="Coin and Network",
        compute="_compute_terms",
        **EDITABLE,
    )
    address = fields.Char(string="Customer's Address", compute="_compute_terms", **EDITABLE)
    memo = fields.Char(string="Memo or Tag", compute="_compute_terms", **EDITABLE)
    rate = fields.Char(
        compute="_compute_rate",
        **EDITABLE,
        help="What one coin is worth, in the currency of the order.",
    )
    rate_source = fields.Char(
        compute="_compute_rate",
        **EDITABLE,
        help="Whose rate it is: that of the sale, or a source that you name.",
    )
    rate_at = fields.Datetime(string="Date of the Rate", compute="_compute_rate", **EDITABLE)
    units = fields.Char(string="Coins to Send", compute="_compute_units", **EDITABLE)
    txid = fields.Char(string="Transaction")
    reason = fields.Char()

    @api.depends("refund_id")
    def _compute_is_started(self):
        for wizard in self:
            wizard.is_started = wizard.refund_id.payer_id == self.env.user

    @api.depends("refund_id")
    def _compute_terms(self):
        for wizard in self:
            wizard.update({name: wizard.refund_id[name] for name in PAYOUT_TERMS})

    @api.depends("refund_id")
    def _compute_rate(self):
        """Propose the rate of the sale, where the same coin was sent then."""
        for wizard in self:
            refund, asset_id = wizard.refund_id, wizard.asset_id.asset_id
            if refund.rate:
                wizard.update({name: refund[name] for name in ("rate", "rate_source", "rate_at")})
                continue
            payment = refund.payment_ids.filtered(
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
            wizard.units = refund.units or (money.short(coins) if coins else False)

    def action_start(self):
        """Pay this refund out from now on, on the terms that are shown; go on to the second step.

        :raises UserError: where something of it cannot be
        """
        self.ensure_one()
        self.refund_id._start(
            self.units, self.rate, self.rate_source, self.rate_at, self._shown(PAYOUT_TERMS)
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pos_mixpay.mixpay_pay_refund_action"
        )
        return {**action, "context": {"default_refund_id": self.refund_id.id}}

    def action_record(self):
        """Record the payment.

        :raises UserError: where something of it cannot be
        """
        self.ensure_one()
        self.refund_id._pay(self.txid, self._shown(FIXED))
        return {"type": "ir.actions.act_window_close"}

    def action_give_back_otherwise(self):
        """Record that the money was given back without coins.

        :raises UserError: where that cannot be
        """
        self.ensure_one()
        self.refund_id._give_back_otherwise(self.reason)
        return {"type": "ir.actions.act_window_close"}

    def _shown(self, names):
        return {name: self[name] for name in names}
