"""The accountant's files: how their sheets and columns are called, and how they are written.

The words are those of an environment's language. Rows are dictionaries of texts, see
`mixpay/facts.py`; the same rows give the same bytes.
"""

import io
from datetime import datetime

import xlsxwriter

from .mixpay import cells, facts

# A workbook says when it was made. This one does not.
_NO_MOMENT = datetime(1980, 1, 1)
_MOST_WIDE = 40


def titles(env):
    """Return the sheets' names, in their order: {sheet: name}."""
    return {
        "orders": env._("Orders"),
        "payments": env._("Payments"),
        "totals": env._("Totals"),
        "open": env._("Open at Cut-off"),
        "coins": env._("Coins"),
        "decisions": env._("Decisions"),
        "settings": env._("Settings"),
    }


def _labels(env):
    _ = env._
    return {
        **_labels_of_places(_),
        **_labels_of_money(_),
        "trace_id": _("MixPay Reference"),
        "status": _("Status"),
        "basis": _("Paid By the Word Of"),
        "issue": _("To Review"),
        "decision": _("Decision"),
        "decided_by": _("Decided By"),
        "decided_at": _("Decided On"),
        "what": _("What"),
        "reason": _("Reason"),
        "payments": _("Payments"),
        "unsettled": _("Not Settled"),
        "amount_unsettled": _("Amount Not Settled"),
        "opening": _("Opening Balance"),
        "received": _("Coming In"),
        "spent": _("Going Out"),
        "closing": _("Closing Balance"),
        "scope": _("Applies To"),
        "setting": _("Setting"),
        "since": _("Last Changed"),
    }


def _labels_of_places(_):
    return {
        "kind": _("Row"),
        "company": _("Company"),
        "shop": _("Point of Sale"),
        "session": _("Session"),
        "cashier": _("Cashier"),
        "order": _("Order"),
        "order_key": _("Order Key"),
        "invoice": _("Invoice"),
        "entry": _("Journal Entry"),
        "date": _("Date"),
        "time": _("Time"),
        "zone": _("Offset from UTC"),
    }


def _labels_of_money(_):
    return {
        "currency": _("Currency"),
        "total": _("Total"),
        "net": _("Net, without Tips"),
        "tips": _("Tips"),
        "tax": _("Taxes"),
        "mixpay": _("Paid with MixPay"),
        "others": _("Paid Otherwise"),
        "amount": _("Amount"),
        "value_currency": _("Company Currency"),
        "value": _("Value"),
        "coin": _("Coin"),
        "network": _("Network"),
        "units": _("Units"),
        "rate": _("Rate"),
        "rate_unit": _("Unit of the Rate"),
        "rate_source": _("Source of the Rate"),
        "rate_at": _("Date of the Rate"),
        "txids": _("Chain Transaction IDs"),
        "settled_coin": _("Settled Coin"),
        "settled_network": _("Settled Network"),
        "settled_units": _("Settled Units"),
        "settled_at": _("Settled On"),
        "settled_entry": _("Entry of the Settlement"),
        "settled_value": _("Settled Value"),
        "difference": _("Difference"),
        "value_source": _("Source of the Value"),
        "fee": _("MixPay's Fee"),
    }


def columns(env, sheet, tax_labels=None):
    """Return a sheet's columns with their labels: [(column, label)].

    :param dict tax_labels: the names of taxes by their keys, for the columns behind the others
    """
    labels = _labels(env)
    # Of a setting it may be anything; of a payment it is money.
    labels |= {"value": env._("Setting's Value")} if sheet == "settings" else {}
    found = [(column, labels[column.name]) for column in facts.SHEETS[sheet]]
    if sheet == "orders":
        for key, name in (tax_labels or {}).items():
            found.append((facts.Column(f"base:{key}", facts.NUMBER), env._("Base of %s", name)))
            found.append((facts.Column(f"tax:{key}", facts.NUMBER), env._("Tax of %s", name)))
    return found


def header(env, shown):
    """Return the labels as they stand in a sheet; units have two columns."""
    row = []
    for column, label in shown:
        row.append(label)
        if column.kind == facts.UNITS:
            row.append(env._("%s, Exact", label))
    return row


def _cells(shown, row):
    """Yield a row's cells: (is it a number, text)."""
    for column, _label in shown:
        text = row.get(column.name) or ""
        if column.kind == facts.UNITS:
            yield True, text if facts.is_exact(text) else ""
        yield column.kind == facts.NUMBER, text


def to_csv(env, shown, rows):
    """Return a sheet as a CSV file.

    :param shown: as `columns` gives it
    """
    lines = ([text for _is_number, text in _cells(shown, row)] for row in rows)
    return b"".join(cells.csv_lines([header(env, shown), *lines]))


def to_xlsx(env, sheets):
    """Return sheets as a workbook; no row is kept in memory once it is written.

    :param sheets: (name, columns as `columns` gives them, rows), for each
    """
    target = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    workbook = xlsxwriter.Workbook(target, options)
    workbook.set_properties({"created": _NO_MOMENT, "author": "pos_mixpay"})
    bold = workbook.add_format({"bold": True, "bottom": 1})
    for name, shown, rows in sheets:
        sheet = workbook.add_worksheet(cells.sheet_name(name))
        _write_header(sheet, header(env, shown), bold)
        _write_rows(sheet, shown, rows)
    workbook.close()
    return target.getvalue()


def _write_header(sheet, labels, bold):
    for number, label in enumerate(labels):
        sheet.set_column(number, number, min(len(label) + 4, _MOST_WIDE))
        sheet.write_string(0, number, cells.safe(label), bold)
    sheet.freeze_panes(1, 0)


def _write_rows(sheet, shown, rows):
    for line, row in enumerate(rows, start=1):
        for number, (is_number, text) in enumerate(_cells(shown, row)):
            if not text:
                continue
            if is_number:
                sheet.write_number(line, number, float(facts.number(text)))
            else:
                sheet.write_string(line, number, cells.safe(text))


def process(env):
    """Return how payments are taken and booked, in short, for who checks the books: paragraphs."""
    _ = env._
    return [
        _(
            "The register asks for a payment in the order's currency. The server records it, then"
            " asks MixPay for a code that the customer pays with a coin of theirs. Amount,"
            " currency, payee and the coin to be settled in never change after that; each payment"
            " has a reference of its own, by which MixPay knows it."
        ),
        _(
            "A payment counts as paid when MixPay's own answer to the server says so, on the same"
            " terms. An approver, or a limit that the shop has set, may count it as paid earlier:"
            " the column “Paid By the Word Of” names which, and the sheet Decisions names who."
        ),
        _(
            "An order's line is paid by one payment, once. What comes late, twice, short, over, or"
            " for no order waits for a manager's decision, with a reason, on record."
        ),
        _(
            "MixPay settles in the coin that the payment method names, without a fee of its own"
            " for the shop: the column “MixPay's Fee” is 0 wherever that was checked against what"
            " MixPay reported. Units of coins are exact decimals; next to them stands a number"
            " wherever a spreadsheet can hold it to the last digit."
        ),
        _(
            "This period is frozen. What is learnt later about its payments stands in the next"
            " export, as adjustments: the rows of all exports, added up, are what is known. Tests"
            " are in none of them. The value of a payment is its price in the company's currency;"
            " MixPay names no other. A settled value stands only where somebody has entered one, or"
            " a source of rates, named with its date, has given it."
        ),
    ]
