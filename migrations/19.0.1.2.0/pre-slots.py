"""Slots for calls under way and for a minute's calls: one table for what two held.

They hold what is true for a minute at most, and fill again when they are needed.
"""

from odoo.tools import sql


def migrate(cr, version):
    """Drop the tables of before; the module's update makes the new one."""
    cr.execute("DROP TABLE IF EXISTS mixpay_lane")
    if sql.table_exists(cr, "mixpay_slot") and not sql.column_exists(cr, "mixpay_slot", "purpose"):
        cr.execute("DROP TABLE mixpay_slot")
