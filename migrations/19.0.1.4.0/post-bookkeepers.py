"""Whoever writes invoices keeps the books of small shops, and sees all payments of the company."""

from odoo import SUPERUSER_ID, api

RULES = ("mixpay_payment_rule_manager", "mixpay_approval_rule_manager")


def migrate(cr, version):
    """Add the group to record rules that an update leaves as they are."""
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    group = env.ref("account.group_account_invoice")
    for name in RULES:
        rule = env.ref(f"pos_mixpay.{name}", raise_if_not_found=False)
        if rule:
            rule.groups |= group
