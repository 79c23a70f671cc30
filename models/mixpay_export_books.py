"""The one place where the journal's facts about payments come into the accountant's files."""

from odoo import models


class MixpayExportBooks(models.AbstractModel):
    """What entries know of payments, beyond what MixPay reports; whoever books extends this."""

    _name = "mixpay.export.books"
    _description = "What the books know of MixPay payments"

    def _facts(self, payments):
        """Return facts by payment id, as texts; amounts in the company's currency.

        They are `settled_entry`, `settled_value`, `difference` and `value_source`.

        :rtype: dict[int, dict[str, str]]
        """
        return {}

    def _changed_since(self, company, moment):
        """Return the ids of a company's payments about which these facts have changed since."""
        return set()

    def _spent(self, company, begins, ends):
        """Return what went out of the shop's coins, by their names: {coin: units as decimal text}.

        :param begins: moment from which on, None for all before the end
        :param ends: moment up to which, which is no longer part of it
        """
        return {}
