"""The names of before: tables, columns, stored values, XML ids. Nothing is lost, or asked anew."""

from odoo.tools import sql

MODELS = {"mixpay.watch": "mixpay.job"}
FIELDS = {
    "mixpay.payment": {
        "settle_at": "finish_at",
        "told_at": "notified_at",
        "money_was_seen": "funds_detected",
        "override_at": "confirmed_at",
        "override_by": "confirmed_by",
        "override_reason": "confirmation_reason",
    },
    "mixpay.job": {
        "asked_at": "attempted_at",
        "known_at": "synced_at",
        "called_at": "webhook_at",
        "step": "poll_interval",
        "failures": "processing_failures",
        "troubles": "failures",
        "crowd": "queue_length",
    },
}
ISSUES = {"failed_seen": "failed_with_funds", "override_failed": "confirmed_failed"}
# Of records that an upgrade does not update by itself, lest an administrator's changes are lost.
XML_IDS = {
    "ir_cron_mixpay_settle": "ir_cron_mixpay_finish_orders",
    "mixpay_payment_company_rule": "mixpay_payment_rule_company",
    "mixpay_payment_cashier_rule": "mixpay_payment_rule_cashier",
    "mixpay_payment_manager_rule": "mixpay_payment_rule_manager",
    "mixpay_approval_company_rule": "mixpay_approval_rule_company",
}


def migrate(cr, version):
    """Rename what is stored; each step does nothing where it was done before."""
    for old, new in MODELS.items():
        _rename_model(cr, old, new)
    for model, names in FIELDS.items():
        for old, new in names.items():
            _rename_field(cr, model, old, new)
    for old, new in ISSUES.items():
        cr.execute("UPDATE mixpay_payment SET issue = %s WHERE issue = %s", [new, old])
        cr.execute(
            "UPDATE mixpay_payment SET decided_issue = %s WHERE decided_issue = %s", [new, old]
        )
    for old, new in XML_IDS.items():
        _rename_xml_id(cr, old, new)


def _rename_model(cr, old, new):
    """Rename a model's table with its indexes, and what Odoo knows of the model."""
    table, new_table = old.replace(".", "_"), new.replace(".", "_")
    if not sql.table_exists(cr, table) or sql.table_exists(cr, new_table):
        return
    cr.execute(f"ALTER TABLE {table} RENAME TO {new_table}")
    cr.execute(f"ALTER SEQUENCE IF EXISTS {table}_id_seq RENAME TO {new_table}_id_seq")
    cr.execute("SELECT indexname FROM pg_indexes WHERE tablename = %s", [new_table])
    for (index,) in cr.fetchall():
        if index.startswith(table):
            cr.execute(f'ALTER INDEX "{index}" RENAME TO "{new_table}{index[len(table) :]}"')
    cr.execute("UPDATE ir_model SET model = %s WHERE model = %s", [new, old])
    cr.execute("UPDATE ir_model_fields SET model = %s WHERE model = %s", [new, old])
    cr.execute("UPDATE ir_model_fields SET relation = %s WHERE relation = %s", [new, old])
    cr.execute(
        "UPDATE ir_model_constraint SET name = replace(name, %(old)s, %(new)s)"
        " WHERE name LIKE %(old)s || '%%'",
        {"old": table, "new": new_table},
    )
    cr.execute(
        """
        UPDATE ir_model_data
           SET name = replace(name, %(old)s, %(new)s)
         WHERE module = 'pos_mixpay' AND name ~ ('^(model|field|constraint|access)_' || %(old)s)
        """,
        {"old": table, "new": new_table},
    )


def _rename_field(cr, model, old, new):
    """Rename a field's column, and what Odoo knows of the field; its index is built anew."""
    table = model.replace(".", "_")
    is_old = sql.table_exists(cr, table) and sql.column_exists(cr, table, old)
    if not is_old or sql.column_exists(cr, table, new):
        return
    sql.rename_column(cr, table, old, new)
    cr.execute(f'DROP INDEX IF EXISTS "{sql.make_index_name(table, old)}"')
    cr.execute(
        "UPDATE ir_model_fields SET name = %s WHERE model = %s AND name = %s", [new, model, old]
    )
    _rename_xml_id(cr, f"field_{table}__{old}", f"field_{table}__{new}")


def _rename_xml_id(cr, old, new):
    cr.execute(
        """
        UPDATE ir_model_data
           SET name = %(new)s
         WHERE module = 'pos_mixpay' AND name = %(old)s
           AND NOT EXISTS (
               SELECT FROM ir_model_data WHERE module = 'pos_mixpay' AND name = %(new)s)
        """,
        {"old": old, "new": new},
    )
