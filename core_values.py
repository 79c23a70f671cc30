"""Values of Odoo's own models that several rooms compare: states, and what a write would change."""

# How a payment method says that it is MixPay's: by a field (`payment_provider` in Odoo 20).
PROVIDER_FIELD = "use_payment_terminal"
PROVIDER = "mixpay"
IS_MIXPAY = [(PROVIDER_FIELD, "=", PROVIDER)]

UNPAID_ORDER_STATES = ("draft", "cancel")
OPEN_SESSION_STATES = ("opening_control", "opened")
# States of a session that a register may be about to close; without cash it is in the last one.
CLOSING_SESSION_STATES = (*OPEN_SESSION_STATES, "closing_control")
# An order without any state counts as paid: only what is known to be unpaid may be given up.
PAID_ORDER_STATES = ("paid", "done", "invoiced")


def differing(record, names, vals):
    """Return which of these fields a write would really change; amounts are compared as money.

    :param names: names of fields
    :param dict vals: as for `write`
    :rtype: list[str]
    """
    return sorted(name for name in names if name in vals and not _is_same(record, name, vals))


def _is_same(record, name, vals):
    field, value = record._fields[name], vals[name]
    if field.type == "monetary":
        return record.currency_id.compare_amounts(float(value or 0.0), record[name]) == 0
    old = field.convert_to_cache(record[name], record)
    return (field.convert_to_cache(value, record) or None) == (old or None)


def labels(record, names):
    """Return the labels of these fields."""
    known = record.fields_get(names, ["string"])
    return ", ".join(known[name]["string"] if name in known else name for name in names)


def created(commands):
    """Return the values of new records among commands that a register sent, as far as they are any.

    :rtype: list[dict]
    """
    return [
        command[2]
        for command in (commands if isinstance(commands, list) else ())
        if isinstance(command, list | tuple) and len(command) == 3 and isinstance(command[2], dict)
    ]
