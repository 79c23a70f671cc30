"""Payment methods of ours have a picture of their own in the register's list of tenders."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Give methods without a picture ours; nobody could tell them from a card's."""
    if not version:
        return
    methods = api.Environment(cr, SUPERUSER_ID, {})["pos.payment.method"]
    methods.with_context(active_test=False).search([])._mixpay_add_picture()
