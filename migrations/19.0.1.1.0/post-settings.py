"""Settings: changes move to the history, payees in use are known, the database knows itself."""

import json

from odoo.tools import sql

OLD_MODEL = "mixpay.change"
OLD_XML_IDS = (
    "model_mixpay_change",
    "access_mixpay_change_manager",
    "mixpay_change_company_rule",
    "mixpay_change_view_list",
    "mixpay_change_action",
    "mixpay_change_menu",
)


def migrate(cr, version):
    """Bring settings of 19.0.1.0.0 up to date; nothing is done twice."""
    if not version:
        return
    _move_changes(cr)
    _know_payees(cr)
    _know_database(cr)
    # Any address or network that callbacks may come from; MixPay publishes none.
    cr.execute("DELETE FROM ir_config_parameter WHERE key = 'pos_mixpay.callback_addresses'")


def _move_changes(cr):
    if not sql.table_exists(cr, "mixpay_change"):
        return
    cr.execute(
        """
        SELECT change.create_date, change.user_id, change.company_id, change.payment_method_id,
               change.name, change.old_value, change.new_value, partner.name, method.id
          FROM mixpay_change AS change
          JOIN res_users AS login ON login.id = change.user_id
     LEFT JOIN res_partner AS partner ON partner.id = login.partner_id
     LEFT JOIN pos_payment_method AS method ON method.id = change.payment_method_id
      ORDER BY change.id
        """
    )
    for date, user_id, company_id, _method_id, name, old, new, actor, method_id in cr.fetchall():
        kind = "method_changed" if company_id else "setting_changed"
        data = json.dumps({"setting": name, "old": old or "", "new": new or ""})
        cr.execute(
            """
            INSERT INTO mixpay_event
                   (create_date, kind, company_id, payment_method_id, user_id, actor, data)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            """,
            [date, kind, company_id, method_id, user_id, actor, data],
        )
    _drop_changes(cr)


def _drop_changes(cr):
    """Drop the old model with all that belongs to it; rules are not updated by themselves."""
    cr.execute("DELETE FROM ir_ui_menu WHERE id IN %s", [_res_ids(cr, "ir.ui.menu")])
    cr.execute("DELETE FROM ir_act_window WHERE id IN %s", [_res_ids(cr, "ir.actions.act_window")])
    cr.execute("DELETE FROM ir_ui_view WHERE model = %s", [OLD_MODEL])
    of_model = "model_id IN (SELECT id FROM ir_model WHERE model = %s)"
    cr.execute(f"DELETE FROM ir_rule WHERE {of_model}", [OLD_MODEL])
    cr.execute(f"DELETE FROM ir_model_access WHERE {of_model}", [OLD_MODEL])
    cr.execute(
        """
        DELETE FROM ir_model_data
         WHERE module = 'pos_mixpay'
           AND (name IN %s
                OR name LIKE 'field_mixpay_change\\_\\_%%'
                OR name LIKE 'constraint_mixpay_change%%')
        """,
        [OLD_XML_IDS],
    )
    cr.execute("DELETE FROM ir_model_fields WHERE model = %s", [OLD_MODEL])
    cr.execute(
        "DELETE FROM ir_model_constraint WHERE model IN (SELECT id FROM ir_model WHERE model = %s)",
        [OLD_MODEL],
    )
    cr.execute("DELETE FROM ir_model WHERE model = %s", [OLD_MODEL])
    cr.execute("DROP TABLE mixpay_change CASCADE")


def _res_ids(cr, model):
    cr.execute(
        """
        SELECT res_id FROM ir_model_data
         WHERE module = 'pos_mixpay' AND model = %s AND name IN %s
        """,
        [model, OLD_XML_IDS],
    )
    return tuple(row[0] for row in cr.fetchall()) or (0,)


def _know_payees(cr):
    """Note that today's payees are in effect, and which ones real payments went to before."""
    cr.execute("SELECT FROM mixpay_payee LIMIT 1")
    if cr.fetchone():
        return
    # Before the payees of today, so that those are the latest ones.
    cr.execute(
        """
        INSERT INTO mixpay_payee
               (company_id, payment_method_id, method_name, payee_id, payee_key,
                proposed_by_id, proposed_at, effective_at, is_withdrawn, is_first)
        SELECT company_id, payment_method_id, method_name, payee_id, payee_key,
               1, moment, moment, false, false
          FROM (
                SELECT 0 AS rank, payment.company_id, payment.payment_method_id,
                       min(method.name ->> 'en_US') AS method_name,
                       min(payment.payee_id) AS payee_id,
                       replace(lower(trim(payment.payee_id)), '-', '') AS payee_key,
                       min(payment.create_date) AS moment
                  FROM mixpay_payment AS payment
                  JOIN pos_payment_method AS method ON method.id = payment.payment_method_id
                 WHERE payment.is_test IS NOT TRUE
              GROUP BY payment.company_id, payment.payment_method_id, payee_key
             UNION ALL
                SELECT 1, company_id, id, name ->> 'en_US', trim(mixpay_payee_id),
                       replace(lower(trim(mixpay_payee_id)), '-', ''),
                       now() AT TIME ZONE 'UTC'
                  FROM pos_payment_method
                 WHERE use_payment_terminal = 'mixpay'
                   AND company_id IS NOT NULL
                   AND coalesce(trim(mixpay_payee_id), '') != ''
               ) AS known
      ORDER BY rank, moment
        """
    )
    cr.execute(
        """
        UPDATE pos_payment_method SET mixpay_payee_id = trim(mixpay_payee_id)
         WHERE mixpay_payee_id != trim(mixpay_payee_id)
        """
    )


def _know_database(cr):
    cr.execute(
        """
        INSERT INTO ir_config_parameter (key, value)
             SELECT 'pos_mixpay.database_uuid', value
               FROM ir_config_parameter
              WHERE key = 'database.uuid'
        ON CONFLICT (key) DO NOTHING
        """
    )
