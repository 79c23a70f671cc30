"""Each transfer that a payer made for a payment, for the books."""

from odoo import api, fields, models


class MixpayTransfer(models.Model):
    """One transfer on a chain, as MixPay reported it. Written by the server alone, and kept."""

    _name = "mixpay.transfer"
    _description = "MixPay transfer"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "broadcast_at, id"
    _rec_name = "txid"
    _grouped_texts = frozenset({"symbol", "version"})

    payment_id = fields.Many2one(
        "mixpay.payment", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="payment_id.company_id", store=True, index=True)
    txid = fields.Char(string="Chain Transaction ID", required=True, readonly=True)
    amount = fields.Char(required=True, readonly=True, help="In the transfer's own coin.")
    symbol = fields.Char(string="Coin", readonly=True)
    asset_id = fields.Char(string="Asset ID", readonly=True)
    version = fields.Char(string="Network", readonly=True)
    broadcast_at = fields.Datetime(string="Sent On", readonly=True)
    explorer_url = fields.Char(string="Block Explorer", readonly=True)

    _txid_uniq = models.UniqueIndex("(payment_id, txid)", "A transfer is on record once.")

    @api.model
    def _add_transfers(self, payment, transfers):
        """Put transfers on record that are not yet; what is on record stays as it is.

        :param payment: locked `mixpay.payment`
        :param transfers: `transfers.Transfer` objects
        :return: those that were new
        :rtype: mixpay.transfer
        """
        known = set(payment.transfer_ids.mapped("txid"))
        return self.create(
            [
                {
                    "payment_id": payment.id,
                    "txid": transfer.txid,
                    "amount": transfer.amount,
                    "symbol": transfer.symbol,
                    "asset_id": transfer.asset_id,
                    "version": transfer.version,
                    "broadcast_at": transfer.broadcast_at,
                    "explorer_url": transfer.explorer_url,
                }
                for transfer in transfers
                if transfer.txid not in known
            ]
        )
