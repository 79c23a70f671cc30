"""MixPay's catalogue: what prices may be in, and which coins a merchant may receive."""

import logging
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import ormcache

from ..core_values import IS_MIXPAY
from ..mixpay import catalogue, priority
from ..mixpay.client import MixpayClient
from ..mixpay.errors import MixpayError, MixpayUnavailable, MixpayUnusable
from ..transactions import commit
from .mixpay_settings import USER_AGENT

_logger = logging.getLogger(__name__)

# Fields that a coin's name is made of, and that it is found by.
_OF_NAME = {"asset_id", "symbol", "network"}
# What an asset can be used for, by the list of MixPay that names it.
USES = ("is_quote", "is_settlement")


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
        assets_sudo = self.sudo().with_context(active_test=False)
        return assets_sudo.search([("asset_id", "=", asset_id)], limit=1).display_name or ""

    @api.model
    def _for_currency(self, currency):
        """Return the asset that prices in a currency are quoted in; empty when MixPay has none.

        Money is found by its ISO code as id. A coin that calls itself USD is no US dollar.

        :param currency: `res.currency`; its name is an ISO 4217 code, or a coin's symbol
        """
        names = ["asset_id", "min_amount", "max_amount"]
        domain = [("is_quote", "=", True), ("asset_id", "=", currency.name.lower())]
        asset = self.search_fetch(domain, names, limit=1)
        if not asset and not (catalogue.is_iso(currency.name) or currency.iso_numeric):
            domain = [("is_quote", "=", True), ("symbol", "=", currency.name)]
            coins = self.search_fetch(domain, names, limit=2)
            asset = coins if len(coins) == 1 else self.browse()
        return asset

    def _takes(self, amount):
        """Tell whether MixPay takes a price, by its limits as far as it has said them.

        :param Decimal amount: in this asset
        """
        # Digit by digit, as MixPay wrote them: the float that is called 0.1 is more than that.
        low, high = (Decimal(str(limit)) for limit in (self.min_amount, self.max_amount))
        return low <= amount and (not high or amount <= high)

    # === ACTIONS === #

    def action_refresh(self):
        """Read MixPay's catalogue now and tell the outcome; for the button in the list.

        :raises UserError: in words, when MixPay gave no usable answer; nothing has changed then
        """
        try:
            counts = self._refresh(priority.URGENT)
        except MixpayError as error:
            raise UserError(
                self.env._(
                    "MixPay's list of assets could not be read (%(reason)s). Nothing was changed;"
                    " please try again in a few minutes.",
                    reason=error,
                )
            ) from error
        kept = counts.pop("kept")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("MixPay's assets are up to date"),
                "message": self._outcome_text(counts, kept),
                "type": "warning" if kept else "success",
                "sticky": bool(kept),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _outcome_text(self, counts, kept):
        text = self.env._(
            "Added: %(added)s, updated: %(updated)s, archived: %(archived)s.",
            **counts,
        )
        if kept:
            text = self.env._("%(first)s %(second)s", first=text, second=self._kept_text(kept))
        return text

    def _kept_text(self, kept):
        return self.env._(
            "MixPay no longer lists these as before, but they are in use, so they stay as they"
            " are: %(assets)s.",
            assets=", ".join(kept),
        )

    @api.model
    def _cron_refresh(self):
        """Read the catalogue once a day; errors are logged, and it is tried again tomorrow.

        No progress is reported: two calls and one transaction, which are all there is to do.
        """
        try:
            counts = self._refresh(priority.POLL)
        except MixpayError as error:
            _logger.warning("MixPay's assets were not refreshed: %s", error.for_log)
            if isinstance(error, MixpayUnusable):
                self._record_odd({"reason": str(error)})
        except UserError as error:
            _logger.warning("MixPay's assets were not refreshed: %s", error)
        else:
            _logger.info("MixPay's assets were refreshed: %s", counts)

    # === REFRESH === #

    def _refresh(self, kind):
        """Bring the catalogue up to date; all of it, or nothing.

        It ends the caller's transaction: none is open while MixPay is called.

        :param str kind: the kind of call, see `priority`
        :return: how many assets were `added`, `updated` and `archived`, and which were `kept`
        :rtype: dict
        :raises AccessError: for anybody but managers
        :raises MixpayError: when MixPay gave no usable answer, or a list that cannot be believed
        """
        self._check_may_refresh()
        settings = self.env["mixpay.settings"]
        api_url, _pay_url = settings._addresses(self._is_test_catalogue())
        timeout = settings._values().timeout
        client = MixpayClient(api_url, timeout, user_agent=USER_AGENT)
        requests = zip(USES, (client.quote_assets, client.settlement_assets), strict=True)
        found = {use: self._request_assets(api_url, kind, timeout, send) for use, send in requests}
        return self.sudo().with_context(active_test=False)._store(found)

    def _check_may_refresh(self):
        user = self.env.user
        groups = ("point_of_sale.group_pos_manager", "base.group_system")
        if not (self.env.su or any(map(user.has_group, groups))):
            raise AccessError(self.env._("Only managers refresh MixPay's list of assets."))

    def _request_assets(self, api_url, kind, timeout, send):
        """Return one of MixPay's lists.

        :rtype: catalogue.Entries
        """
        try:
            with self.env["mixpay.limiter"]._call(api_url, kind, timeout):
                # No transaction is open while MixPay is called; settings may have been read.
                commit(self.env)
                return send()
        except priority.NotAdmitted as error:
            raise MixpayUnavailable(
                self.env._("this minute's calls are used up, or MixPay gives no answers")
            ) from error

    @api.model
    def _is_test_catalogue(self):
        """Tell whether the catalogue comes from the test server: where nothing real is set up."""
        settings = self.env["mixpay.settings"]
        if settings._is_neutralized():
            return True
        mixpay = self._mixpay_methods()
        return bool(mixpay) and all(mixpay.mapped("mixpay_test_mode"))

    @api.model
    def _mixpay_methods(self):
        methods_sudo = self.env["pos.payment.method"].sudo()
        return methods_sudo.search(IS_MIXPAY)

    @api.model
    def _in_use(self):
        """Return the assets that payment methods need now, by what they need them for.

        :rtype: dict[str, mixpay.asset]
        """
        methods = self._mixpay_methods().with_context(active_test=False)
        currencies = methods.config_ids.currency_id | methods.company_id.currency_id
        quotes = [self._for_currency(currency).id for currency in currencies]
        return {
            "is_quote": self.browse(filter(None, quotes)),
            "is_settlement": self.browse(methods.mixpay_settlement_asset_id.ids),
        }

    def _store(self, found):
        """Write MixPay's lists; what is in use stays as it is where they cannot be believed.

        :param dict found: use → what stands in MixPay's list
        :raises MixpayUnusable: when a list lacks too much to be the whole list
        """
        known = {asset.asset_id: asset for asset in self.search([])}
        self._check_not_thin(found, known.values())
        in_use = self._in_use()
        used = self.union(*in_use.values())
        kept, updated = self.browse(), 0
        for asset_id, asset in known.items():
            vals = _vals(asset_id, found)
            if asset in used and _may_not_become(asset, vals, found, in_use):
                kept |= asset
                continue
            changes = {name: value for name, value in vals.items() if asset[name] != value}
            if changes:
                asset.write(changes)
                updated += vals["active"]
        new = {key for entries in found.values() for key in entries} - known.keys()
        self.create([_vals(asset_id, found) for asset_id in sorted(new)])
        if kept:
            self._record_odd({"kept": kept.mapped("asset_id")})
        archived = [a for key, a in known.items() if a not in kept and not _is_listed(key, found)]
        return {
            "added": len(new),
            "updated": updated,
            "archived": len(archived),
            "kept": kept.mapped("display_name"),
        }

    def _check_not_thin(self, found, known):
        for use, entries in found.items():
            ids_so_far = [asset.asset_id for asset in known if asset.active and asset[use]]
            if catalogue.is_thin(entries, ids_so_far):
                raise MixpayUnusable(
                    self.env._(
                        "a list that lacks most of the %(known)s assets known so far",
                        known=len(ids_so_far),
                    )
                )

    @api.model
    def _record_odd(self, data):
        self.env["mixpay.event"]._record("unusable_answer", data={"about": "assets", **data})


def _is_listed(asset_id, found):
    return any(asset_id in entries for entries in found.values())


def _vals(asset_id, found):
    """Return the values of an asset by MixPay's lists; of one that they lack, only the flags."""
    vals = {"asset_id": asset_id, "active": _is_listed(asset_id, found)}
    for use, entries in found.items():
        entry = entries.get(asset_id)
        vals[use] = bool(entry)
        if not entry:
            continue
        vals |= {"symbol": entry.symbol, "name": entry.name}
        if entry.network:
            vals["network"] = entry.network
        for name, limit in (("min_amount", entry.low), ("max_amount", entry.high)):
            if limit is not None:
                vals[name] = float(limit)
    return vals


def _may_not_become(asset, vals, found, in_use):
    """Tell whether lists would end a use of an asset that is needed, or change what it is."""
    if any(asset in assets and not vals[use] for use, assets in in_use.items()):
        return True
    entries = filter(None, (entries.get(asset.asset_id) for entries in found.values()))
    so_far = (asset.symbol, asset.network or "", asset.min_amount, asset.max_amount)
    return any(catalogue.is_odd(entry, *so_far) for entry in entries)
