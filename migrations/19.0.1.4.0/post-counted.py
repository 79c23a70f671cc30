"""Payments know since when they count, and with how much; by one statement, not one by one."""


def migrate(cr, version):
    """Fill the columns, once the scripts of earlier versions have found what covers an order."""
    if not version:
        return
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
