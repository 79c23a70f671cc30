"""Approvals of before were tries, each granted or not, by password or PIN."""

from odoo.tools import sql

# Filled here, since a required field without values would not become required.
COLUMNS = {
    "outcome": "varchar",
    "channel": "varchar",
    "has_effect": "boolean",
    "decided_at": "timestamp",
    "approver_user_id": "int4",
    "payment_id": "int4",
    "pos_config_id": "int4",
    "pos_session_id": "int4",
}
GONE = ("approver_kind", "approver_ref", "is_granted")


def migrate(cr, version):
    if not sql.column_exists(cr, "mixpay_approval", "is_granted"):
        return
    for name, kind in COLUMNS.items():
        if not sql.column_exists(cr, "mixpay_approval", name):
            sql.create_column(cr, "mixpay_approval", name, kind)
    cr.execute(
        """
        UPDATE mixpay_approval
           SET outcome = CASE WHEN is_granted THEN 'granted' ELSE 'refused' END,
               has_effect = coalesce(is_granted, false),
               decided_at = create_date,
               channel = CASE WHEN action = 'decide' THEN 'office' ELSE 'till' END,
               approver_user_id = CASE WHEN approver_kind = 'user' THEN (
                   SELECT id FROM res_users WHERE id = approver_ref) END,
               action = CASE action WHEN 'override' THEN 'confirm'
                                    WHEN 'let_go' THEN 'force_cancel'
                                    ELSE action
                        END
        """
    )
    cr.execute(
        """
        UPDATE mixpay_approval AS approval
           SET payment_id = payment.id,
               pos_config_id = payment.pos_config_id,
               pos_session_id = payment.pos_session_id
          FROM (SELECT mixpay_approval_id, min(mixpay_payment_id) AS payment_id
                  FROM mixpay_approval_mixpay_payment_rel
              GROUP BY mixpay_approval_id
                HAVING count(*) = 1) AS single
          JOIN mixpay_payment AS payment ON payment.id = single.payment_id
         WHERE single.mixpay_approval_id = approval.id
        """
    )
    # Columns that nothing fills any more: the required ones would refuse new records.
    for name in GONE:
        cr.execute(f"ALTER TABLE mixpay_approval DROP COLUMN {name}")
