"""Successes whose settlement was never learnt are asked about, those of the last months."""


def migrate(cr, version):
    """Plan a question about each, one every ten seconds: nobody waits for them."""
    cr.execute(
        """
        INSERT INTO mixpay_followup (payment_id, api_url, due_at, pause, failures)
             SELECT id, api_url, now + seconds * interval '1 second', seconds, 0
               FROM (SELECT id, api_url, clock_timestamp() AT TIME ZONE 'UTC' AS now,
                            10 * row_number() OVER (ORDER BY finished_at DESC, id DESC) AS seconds
                       FROM mixpay_payment
                      WHERE state = 'success'
                        AND settle_status IS DISTINCT FROM 'success'
                        AND finished_at > clock_timestamp() AT TIME ZONE 'UTC'
                                          - interval '90 days') AS unsettled
        ON CONFLICT (payment_id) DO NOTHING
        """
    )
