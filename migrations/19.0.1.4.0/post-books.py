"""What was settled before is in the books by somebody's hand: the server does not enter it."""


def migrate(cr, version):
    """Note that of each settled payment; an accountant may have the server enter one after all."""
    if not version:
        return
    cr.execute(
        """
        INSERT INTO mixpay_booking (payment_id, company_id, payment_method_id, currency_id, kind,
                                    state, create_date)
             SELECT id, company_id, payment_method_id, currency_id, 'receipt', 'off',
                    now() AT TIME ZONE 'UTC'
               FROM mixpay_payment
              WHERE settle_status = 'success' AND is_test IS NOT TRUE
        ON CONFLICT DO NOTHING
        """
    )
