"""A shop's past: final payments by the hundred thousand, written by SQL."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from shop import Database

PER_SESSION = 500
SORT_MEMORY = "256MB"

Changes = Mapping[str, str]
Places = Mapping[str, int]

# What differs from row to row (`n` counts them); all else is as in one that was really made.
_WHEN = "now() AT TIME ZONE 'UTC' - interval '1 day' - n * interval '2 years' / {count}"
_UUID = "gen_random_uuid()::text"
_SESSION = {
    "name": "'Past/' || n",
    "state": "'closed'",
    "start_at": _WHEN,
    "stop_at": _WHEN + " + interval '9 hours'",
    "access_token": _UUID,
}
_PAYMENT = {
    "trace_id": _UUID,
    "payment_uuid": _UUID,
    "order_uuid": _UUID,
    # As long as secrets.token_urlsafe(32).
    "callback_token": "substr(md5(random()::text) || md5(n::text), 1, 43)",
    "order_name": "'Order ' || n",
    "amount": "round((1 + random() * 99)::numeric, 2)",
    # Nine of ten are paid; of the others half were given up.
    "state": "CASE WHEN mod(n, 10) = 0 THEN 'failed' ELSE 'success' END",
    "is_abandoned": "mod(n, 20) = 0",
    "pos_session_id": "{first_session} + n / {per_session}",
    "create_date": _WHEN,
    "write_date": _WHEN,
    "expires_at": _WHEN + " + interval '15 minutes'",
}


def add_old_payments(database: Database, count: int) -> None:
    """Give a shop so many final payments, spread over closed sessions of two years.

    Its newest payment is the pattern. Indexes and foreign keys are built afterwards, as that is
    faster at once than row by row; statistics are brought up to date, as a shop's autovacuum does.
    """
    first = add_old_sessions(database, count)
    places = {"count": count, "first_session": first, "per_session": PER_SESSION}
    with _built_afterwards(database, "mixpay_payment"):
        _multiply(database, "mixpay_payment", count, _PAYMENT, places)
    database.rows("VACUUM ANALYZE mixpay_payment")


def add_old_sessions(database: Database, payments: int) -> int:
    """Give a shop the closed sessions that so many payments are spread over; the first one's id.

    They belong to the newest session's Point of Sale. Core reads all of them whenever it looks for
    the open one, which costs what it costs, whoever was paid in them.
    """
    count = payments // PER_SESSION + 1
    [(last,)] = database.rows("SELECT max(id) FROM pos_session")
    _multiply(database, "pos_session", count, _SESSION, {"count": count})
    [(first,)] = database.rows("SELECT min(id) FROM pos_session WHERE id > %s", last)
    database.rows("VACUUM ANALYZE pos_session")
    return int(first)


def add_old_sales(database: Database, count: int, day: date) -> None:
    """Give a shop so many orders of one product, sold on a day and paid with MixPay for real.

    Its newest order, with its line and its payment, is the pattern.
    """
    moment = f"timestamp '{day} 12:00:00'"
    sold = {"name": "'Past/' || n", "pos_reference": "'Past/' || n", "date_order": moment}
    places = {
        "order": _multiply_from(
            database, "pos_order", count, sold | {"uuid": _UUID, "access_token": _UUID}, {}
        )
    }
    of_order = "{order} + n"
    _multiply_from(database, "pos_order_line", count, {"order_id": of_order, "uuid": _UUID}, places)
    places["line"] = _multiply_from(
        database, "pos_payment", count, {"pos_order_id": of_order, "uuid": _UUID}, places
    )
    paid = dict.fromkeys(("trace_id", "payment_uuid", "order_uuid", "callback_token"), _UUID)
    paid |= dict.fromkeys(("create_date", "paid_at", "finished_at", "counted_at"), moment)
    paid |= {"pos_order_id": of_order, "pos_payment_id": "{line} + n", "is_test": "FALSE"}
    _multiply(database, "mixpay_payment", count, paid, places)
    for table in ("pos_order", "pos_order_line", "pos_payment", "mixpay_payment"):
        database.rows(f"VACUUM ANALYZE {table}")


def _multiply_from(
    database: Database, table: str, count: int, changes: Changes, places: Places
) -> int:
    """Insert copies as `_multiply` does; return the id before the first one's."""
    [(last,)] = database.rows(f"SELECT max(id) FROM {table}")
    _multiply(database, table, count, changes, places)
    [(first,)] = database.rows(f"SELECT min(id) FROM {table} WHERE id > %s", last)
    return int(first) - 1


@contextmanager
def _built_afterwards(database: Database, table: str) -> Iterator[None]:
    """Take a table's indexes and foreign keys away for as long as rows are added."""
    indexes = database.rows(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname <> %s",
        table,
        f"{table}_pkey",
    )
    foreign_keys = database.rows(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype = 'f'",
        table,
    )
    for name, _definition in foreign_keys:
        database.rows(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        database.rows(f'DROP INDEX "{name}"')
    yield
    database.rows(f"SET maintenance_work_mem = '{SORT_MEMORY}'")
    for _name, definition in indexes:
        database.rows(definition)
    for name, definition in foreign_keys:
        database.rows(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')


def _multiply(database: Database, table: str, count: int, changes: Changes, places: Places) -> None:
    """Insert `count` copies of a table's newest row, with changes."""
    columns = [
        name
        for (name,) in database.rows(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = %s AND column_name <> 'id' AND is_generated = 'NEVER'",
            table,
        )
    ]
    values = [changes.get(name, f'pattern."{name}"').format(**places) for name in columns]
    names = ", ".join(f'"{name}"' for name in columns)
    pattern = f"(SELECT * FROM {table} ORDER BY id DESC LIMIT 1)"
    database.rows(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)}"
        f" FROM {pattern} AS pattern, generate_series(1, {count}) AS n"
    )
