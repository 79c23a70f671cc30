"""A cashier with an open console: calls over RPC with every right of the Point of Sale's group."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from shop import Client, OdooServer, RpcError, Shop

from .till import REFUSALS, new_uuid

LOGIN = "attacker"
GROUPS = ("base.group_user", "point_of_sale.group_pos_user")
#: What a browser may ask for besides: a record that is gone.
ATTACK_REFUSALS = (*REFUSALS, "MissingError")
#: Not errors in what was sent, but in how the server works on it.
OVERLOADS = ("SerializationFailure", "LockNotAvailable", "DeadlockDetected")
#: In a traceback; Odoo itself may stand below a folder of the addon's name.
ADDON_CODE = re.compile(r"/pos_mixpay/(controllers|mixpay|models|report|wizard)/")
ATTACKED = ("pos.order", "pos.payment", "pos.config", "pos.session")
TABLES = {model: model.replace(".", "_") for model in ATTACKED}
#: Core's own bookkeeping, and switches that install modules.
LEFT_OUT = ("id", "create_uid", "create_date", "write_uid", "write_date")
INSTALLS = "module_"
VALUES_PER_FIELD = 4
#: How many records of another model are tried as the value of a field.
CANDIDATES = 8


@dataclass(frozen=True)
class Field:
    """A stored field, as `fields_get` describes it."""

    model: str
    name: str
    kind: str
    relation: str = ""
    selection: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return f"{self.model}.{self.name}"


class Attacker:
    """One login at one server; what it may do is decided there, not here."""

    def __init__(self, shop: Shop, server: OdooServer) -> None:
        self._shop = shop
        add_cashier(shop, LOGIN)
        self.client = Client(server, shop.database, LOGIN, LOGIN)
        self.fields = {model: self._read_fields(model) for model in ATTACKED}

    def _read_fields(self, model: str) -> list[Field]:
        wanted = ["store", "type", "relation", "selection"]
        return [
            Field(
                model,
                name,
                about["type"],
                about.get("relation") or "",
                tuple(key for key, _label in about.get("selection") or ()),
            )
            for name, about in sorted(
                self.client.call(model, "fields_get", attributes=wanted).items()
            )
            if about.get("store")
            and about["type"] != "binary"  # in a file, not in a column
            and name not in LEFT_OUT
            and not name.startswith(INSTALLS)
        ]

    # -- what it sends ---------------------------------------------------------------------------

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> RpcError | None:
        """Call a method; return how it was refused, None when it was not."""
        return refused_or_odd(lambda: self.client.call(model, method, *args, **kwargs))

    def route(self, path: str, **params: Any) -> RpcError | None:
        """Call a route of a register; return how it was refused, None when it was not."""
        return refused_or_odd(lambda: self.client.route(path, **params))

    def write(self, field: Field, record_id: int, value: Any) -> RpcError | None:
        """Write one field of one record."""
        return self.call(field.model, "write", [record_id], {field.name: value})

    # -- what it makes up ------------------------------------------------------------------------

    def values(self, field: Field, record_id: int) -> list[Any]:
        """Values for a field that could free, double or move money: the present one comes first."""
        if field.kind in ("one2many", "many2many"):
            return self._commands(field, record_id)
        present = self._column(field, record_id)
        others = [value for value in self._column_of_others(field, record_id) if value != present]
        made_up: dict[str, Callable[[], list[Any]]] = {
            "char": lambda: [new_uuid()],
            "text": lambda: ["{}"],
            "selection": lambda: list(field.selection),
            "boolean": lambda: [not present],
            "many2one": lambda: list(self._some_of(field.relation)),
            "monetary": lambda: _numbers(present),
            "float": lambda: _numbers(present),
            "integer": lambda: [int(number) for number in _numbers(present)],
            "date": lambda: ["2000-01-01"],
            "datetime": lambda: ["2000-01-01 00:00:00"],
        }
        found = made_up.get(field.kind, list)()
        return _different([_json(present), False, *found, *others])

    def _column(self, field: Field, record_id: int) -> Any:
        rows = self._rows(f'SELECT "{field.name}" FROM {_table(field)} WHERE id = %s', record_id)
        return _json(rows[0][0]) if rows else False

    def _column_of_others(self, field: Field, record_id: int) -> list[Any]:
        rows = self._rows(
            f'SELECT "{field.name}" FROM {_table(field)} WHERE id <> %s ORDER BY id DESC LIMIT 2',
            record_id,
        )
        return [_json(value) for (value,) in rows]

    def _some_of(self, model: str) -> list[int]:
        return [
            record_id
            for (record_id,) in self._rows(
                f"SELECT id FROM {model.replace('.', '_')} ORDER BY id DESC LIMIT {CANDIDATES}"
            )
        ]

    def _commands(self, field: Field, record_id: int) -> list[Any]:
        """Commands on what a record holds, and on what others hold."""
        held = self._held(field, record_id)
        others = [one for one in self._some_of(field.relation) if one not in held][:2]
        return [
            [[5]],
            [[6, 0, others]],
            *[[[4, one]] for one in others],
            *[[[code, one]] for one in held[:2] for code in (2, 3)],
        ]

    def _held(self, field: Field, record_id: int) -> list[int]:
        try:
            [record] = self.client.call(field.model, "read", [record_id], [field.name])
        except RpcError:
            return []  # what may not be read can still be written to
        return list(record[field.name])

    def _rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        return self._shop.database.rows(query, *params)


def write_everything(
    attacker: Attacker, records: dict[str, int], check: Callable[[], None]
) -> list[str]:
    """Write made-up values into every stored field of some records, one by one.

    :param records: the id of one record of each model
    :param check: raises AssertionError for what must not be
    :return: what the writes broke, and of which the present value was refused
    """
    broken = []
    for model, record_id in records.items():
        for field in attacker.fields[model]:
            values = attacker.values(field, record_id)
            for number, value in enumerate(values[:VALUES_PER_FIELD]):
                refused = attacker.write(field, record_id, value)
                is_present = number == 0 and field.kind not in ("one2many", "many2many")
                if refused and is_present:
                    broken.append(f"{field} = {value!r}, which it is already: {refused}")
                try:
                    check()
                except AssertionError as error:
                    return [*broken, f"{field} = {value!r}: {error}"]
    return broken


def add_cashier(shop: Shop, login: str) -> int:
    """Return a user with a cashier's groups and no other, whose password is the login."""
    admin = shop.admin
    known = admin.call("res.users", "search", [("login", "=", login)])
    if known:
        return int(known[0])
    groups = []
    for xml_id in GROUPS:
        module, name = xml_id.split(".")
        domain = [("module", "=", module), ("name", "=", name), ("model", "=", "res.groups")]
        [found] = admin.call("ir.model.data", "search_read", domain, ["res_id"])
        groups.append(found["res_id"])
    vals = {"name": login, "login": login, "password": login, "group_ids": [(6, 0, groups)]}
    return int(admin.call("res.users", "create", vals))


def refused_or_odd(act: Callable[[], Any]) -> RpcError | None:
    """Do something that the server refuses, or that Odoo itself cannot read.

    :raises RpcError: an error that comes from the addon's code and is no refusal
    """
    try:
        act()
    except RpcError as error:
        if error.kind not in ATTACK_REFUSALS and (
            error.kind in OVERLOADS or is_ours(error.traceback)
        ):
            raise
        return error
    return None


def is_ours(traceback: str) -> bool:
    """Tell whether an error was raised in the addon's own code."""
    places = [line for line in traceback.splitlines() if line.lstrip().startswith("File ")]
    return bool(places) and bool(ADDON_CODE.search(places[-1]))


def _table(field: Field) -> str:
    return TABLES[field.model]


def _numbers(present: Any) -> list[float]:
    number = float(present or 0)
    return [number + 1, -number, 1e9]


def _json(value: Any) -> Any:
    """Return a value of the database as RPC sends it."""
    if value is None:
        return False
    if isinstance(value, (bool, int, float, str, list, dict)):
        return value
    as_float = getattr(value, "as_integer_ratio", None)
    return float(value) if as_float else str(value)


def _different(values: Sequence[Any]) -> list[Any]:
    """Return the values without repetitions, in their order."""
    return [
        value
        for place, value in enumerate(values)
        if not any(value == old and type(value) is type(old) for old in values[:place])
    ]
