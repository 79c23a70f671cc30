"""What ties payments to paid orders, and which orders have ended without theirs, is stored now."""


def migrate(cr, version):
    """Mark the payments that cover lines of paid orders, and those whose orders have ended."""
    cr.execute(
        """
        UPDATE mixpay_payment AS payment
           SET covered_at = coalesce(payment.finished_at, payment.confirmed_at, line.create_date),
               pos_order_id = line.pos_order_id
          FROM pos_payment AS line
          JOIN pos_order ON pos_order.id = line.pos_order_id
         WHERE line.id = payment.pos_payment_id
           AND payment.covered_at IS NULL
           AND (pos_order.state IS NULL OR pos_order.state NOT IN ('draft', 'cancel'))
        """
    )
    cr.execute(
        """
        UPDATE mixpay_payment AS payment
           SET order_ended_at = pos_order.write_date
          FROM pos_order
         WHERE pos_order.uuid = payment.order_uuid
           AND pos_order.state IS DISTINCT FROM 'draft'
           AND payment.covered_at IS NULL
           AND payment.order_ended_at IS NULL
        """
    )
    cr.execute(
        """
        UPDATE mixpay_payment
           SET written_off_at = decided_at
         WHERE written_off_at IS NULL
           AND decision IN ('refunded', 'kept')
           AND decided_issue IN ('late', 'no_order')
        """
    )
    # Rules are not updated by themselves, lest an administrator's changes are lost.
    cr.execute(
        """
        UPDATE ir_rule
           SET domain_force = %s
         WHERE domain_force = %s
           AND id = (SELECT res_id FROM ir_model_data
                      WHERE module = 'pos_mixpay' AND name = 'mixpay_payment_rule_cashier')
        """,
        [
            "['|', ('pos_session_id.state', '!=', 'closed'), ('has_draft_order', '=', True)]",
            "[('pos_session_id.state', '!=', 'closed')]",
        ],
    )
