"""Payments know since when they count, and with how much: the columns, before Odoo fills them."""

# Those that the figures are made of are missing in versions before 19.0.1.1.0, or 19.0.1.3.0.
COLUMNS = {
    "counted_at": "timestamp",
    "paid_amount": "numeric",
    "covered_at": "timestamp",
    "recovered_at": "timestamp",
}


def migrate(cr, version):
    """Add the columns: Odoo would compute those that it adds itself, one payment at a time."""
    if not version:
        return
    for name, kind in COLUMNS.items():
        cr.execute(f"ALTER TABLE mixpay_payment ADD COLUMN IF NOT EXISTS {name} {kind}")
