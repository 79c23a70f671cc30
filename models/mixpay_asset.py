"""MixPay's catalogue: what prices may be in, and which coins a merchant may receive."""

import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

from ..mixpay import calls, ids, money
from ..mixpay.client import MixpayClient
from ..mixpay.errors import MixpayError, MixpayUnavailable

_logger = logging.getLogger(__name__)

# What a coin's name is made of, and what it is found by.
_OF_NAME = {"asset_id", "symbol", "network"}


class MixpayAsset(models.Model):
    """A fiat currency, or a coin on one network.

    A symbol alone names no asset: USDT exists on Ethereum, Tron and other networks, and money sent
    over the wrong one is lost. So assets are always shown with their network.
    """

    _name = "mixpay.asset"
    _description = "MixPay asset"
    _order = "symbol, network, id"
    _rec_names_search = ["symbol", "name", "network", "asset_id"]

    name = fields.Char(required=True)
    symbol = fields.Char(required=True)
    network = fields.Char(help="The chain that the coin lives on; empty for fiat money.")
    asset_id = fields.Char(
        string="Asset ID",
        required=True,
        help="MixPay's identifier: a UUID for a coin, a lower-case code such as usd for money.",
    )
    is_quote = fields.Boolean(string="For Prices")
    is_settlement = fields.Boolean(string="For Settlement")
    decimals = fields.Integer(default=8)
    min_amount = fields.Float(
        string="Smallest Price", digits=(32, 12), help="Zero when MixPay does not say."
    )
    max_amount = fields.Float(
        string="Largest Price", digits=(32, 12), help="Zero when MixPay does not say."
    )
    active = fields.Boolean(default=True)

    _asset_id_uniq = models.UniqueIndex("(asset_id)", "MixPay's asset IDs are unique.")

    @api.depends("symbol", "network")
    def _compute_display_name(self):
        for asset in self:
            chain = (asset.network or "").partition("(")[0].strip()
            asset.display_name = f"{asset.symbol} ({chain})" if chain else asset.symbol

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()  # of `_coin_name`
        return super().create(vals_list)

    def write(self, vals):
        if _OF_NAME & vals.keys():
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === BUSINESS METHODS === #

    @api.model
    @ormcache("asset_id")
    def _coin_name(self, asset_id):
        """Return a coin's name with its network, as in "USDT (Tron)"; empty for an unknown one.

        Kept, because registers ask all day how payments stand.
        """
        assets = self.sudo().with_context(active_test=False)
        return assets.search([("asset_id", "=", asset_id)], limit=1).display_name or ""

    @api.model
    def _for_currency(self, currency):
        """Return the asset that prices in a currency are quoted in; empty when MixPay has none.

        :param currency: `res.currency`; its name is an ISO 4217 code, or a coin's symbol
        """
        domain = [("is_quote", "=", True), ("asset_id", "=", currency.name.lower())]
        asset = self.search_fetch(domain, ["asset_id", "min_amount", "max_amount"], limit=1)
        if not asset:
            coins = self.search([("is_quote", "=", True), ("symbol", "=", currency.name)], limit=2)
            asset = coins if len(coins) == 1 else self.browse()
        return asset

    # === ACTIONS === #

    def action_refresh(self):
        """Read MixPay's catalogue now and tell the outcome; for the button in the list.

        :raises UserError: in words, when MixPay gave no usable answer; nothing has changed then
        """
        try:
            counts = self._refresh(calls.URGENT)
        except MixpayError as error:
            raise UserError(
                self.env._(
                    "MixPay's list of assets could not be read (%(reason)s). Nothing was changed;"
                    " please try again in a few minutes.",
                    reason=error,
                )
            ) from error
        message = self.env._(
            "%(added)s added, %(updated)s updated, %(archived)s archived.",
            **counts,
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("MixPay's assets are up to date"),
                "message": message,
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_refresh(self):
        """Read the catalogue once a day; trouble is logged and left for tomorrow."""
        try:
            counts = self._refresh(calls.POLL)
        except (MixpayError, UserError) as error:
            _logger.warning("MixPay's assets were not refreshed: %s", error)
        else:
            _logger.info("MixPay's assets were refreshed: %s", counts)

    # === REFRESH === #

    def _refresh(self, kind):
        """Bring the catalogue up to date; all of it, or nothing.

        :param str kind: which part of the budget of calls to use
        :return: how many assets were added, updated and archived
        :rtype: dict[str, int]
        :raises MixpayError: when MixPay gave no usable answer
        """
        self.check_access("write")
        gateway = self.env["mixpay.gateway"]
        api_url, _pay_url = gateway._addresses(self._is_test_catalogue())
        client = MixpayClient(api_url, gateway._timeout())
        found = {}
        for use, ask in (
            ("is_quote", client.quote_assets),
            ("is_settlement", client.settlement_assets),
        ):
            try:
                entries = self.env["mixpay.gate"]._call(api_url, kind, gateway._timeout(), ask)
            except calls.CallRefused as error:
                raise MixpayUnavailable(
                    self.env._("this minute's calls are used up, or MixPay gives no answers")
                ) from error
            for vals in map(_asset_vals, entries):
                if vals:
                    found.setdefault(vals["asset_id"], {}).update(vals, **{use: True})
        if not found:
            raise MixpayUnavailable(self.env._("an empty list"))
        return self.sudo().with_context(active_test=False)._store(found)

    @api.model
    def _is_test_catalogue(self):
        """Tell whether the catalogue comes from the test server: where nothing real is set up."""
        gateway = self.env["mixpay.gateway"]
        if gateway._is_neutralized():
            return True
        methods = self.env["pos.payment.method"].sudo()
        mixpay = methods.search([("use_payment_terminal", "=", "mixpay")])
        return bool(mixpay) and all(mixpay.mapped("mixpay_test_mode"))

    def _store(self, found):
        known = {asset.asset_id: asset for asset in self.search([])}
        updated = 0
        for asset_id, asset in known.items():
            vals = {"is_quote": False, "is_settlement": False} | found.get(asset_id, {})
            vals["active"] = asset_id in found
            changes = {name: value for name, value in vals.items() if asset[name] != value}
            if changes:
                asset.write(changes)
                updated += vals["active"]
        vanished = [asset for asset_id, asset in known.items() if asset_id not in found]
        added = self.create([vals for key, vals in found.items() if key not in known])
        return {"added": len(added), "updated": updated, "archived": len(vanished)}


def _asset_vals(entry):
    """Return the values of an asset for an entry of MixPay's catalogues, None for an unusable one.

    Quote assets call their identifier `assetUuid`, the others `assetId`.
    """
    asset_id = entry.get("assetUuid") or entry.get("assetId")
    symbol = entry.get("symbol")
    if not (isinstance(asset_id, str) and isinstance(symbol, str) and symbol.strip()):
        return None
    asset_id = asset_id.strip().lower()
    if not (ids.is_uuid(asset_id) or (asset_id.isalpha() and asset_id.isascii())):
        return None
    vals = {
        "asset_id": ids.dashed(asset_id) if ids.is_uuid(asset_id) else asset_id,
        "symbol": symbol.strip()[:20],
        "name": str(entry.get("name") or symbol).strip()[:80],
    }
    network = entry.get("network")
    if isinstance(network, str) and network.strip():
        vals["network"] = network.strip()[:60]
    if isinstance(entry.get("decimalDigit"), int):
        vals["decimals"] = entry["decimalDigit"]
    for name, key in (("min_amount", "minPrice"), ("max_amount", "maxPrice")):
        limit = money.parse_or_none(entry.get(key))
        if limit is not None:
            vals[name] = float(limit)
    return vals
