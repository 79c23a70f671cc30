"""Payments know since when they count, and with how much; by one statement, not one by one."""


def migrate(cr, version):
    """Fill the two columns before Odoo would, for every payment that was ever asked for."""
    if not version:
        return
    # Versions before 19.0.1.3.0 know of no money that came after a failure.
    cr.execute("ALTER TABLE mixpay_payment ADD COLUMN IF NOT EXISTS recovered_at timestamp")
    cr.execute("ALTER TABLE mixpay_payment ADD COLUMN IF NOT EXISTS counted_at timestamp")
    cr.execute("ALTER TABLE mixpay_payment ADD COLUMN IF NOT EXISTS paid_amount numeric")
    cr.execute(
        """
        UPDATE mixpay_payment AS payment
           SET counted_at = moment.counted_at,
               paid_amount = CASE WHEN moment.counted_at IS NULL THEN 0 ELSE amount END
          FROM (SELECT id,
                       LEAST(
                           CASE WHEN state = 'success' THEN finished_at END,
                           recovered_at,
                           covered_at
                       ) AS counted_at
                  FROM mixpay_payment
                 WHERE is_test IS NOT TRUE) AS moment
         WHERE moment.id = payment.id
        """
    )
