"""What registers know and do: orders, their payment lines, and requests to the server."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests
from shop import OdooServer, Register, RpcError, Shop

#: Refusals in words for the cashier; every other error of a route is a fault of the addon.
REFUSALS = ("UserError", "AccessError", "ValidationError")


def new_uuid() -> str:
    return str(uuid.uuid4())


@dataclass(eq=False)
class Line:
    """A payment line. `amount` is what the register says now; `shown` are the trace ids it saw."""

    order: Order
    amount: str
    uuid: str = field(default_factory=new_uuid)
    shown: list[str] = field(default_factory=list)

    def show(self, trace_id: str) -> None:
        """A register shows this payment from now on."""
        self.shown = [*(shown for shown in self.shown if shown != trace_id), trace_id]

    def trace(self, older: bool) -> str | None:
        """The payment that is shown now, or the one that was shown the longest ago."""
        return (self.shown[0] if older else self.shown[-1]) if self.shown else None


@dataclass(eq=False)
class Order:
    """An order whose price is, for simplicity, always what its payment lines come to."""

    uuid: str = field(default_factory=new_uuid)
    lines: list[Line] = field(default_factory=list)
    product_line: str = field(default_factory=new_uuid)

    def add_line(self, amount: str) -> Line:
        line = Line(self, amount)
        self.lines.append(line)
        return line

    @property
    def total(self) -> float:
        return float(sum(Decimal(line.amount) for line in self.lines))


class Till:
    """The shop's registers at one server, and the orders on them."""

    def __init__(self, shop: Shop, server: OdooServer, registers: list[Register]) -> None:
        self.shop = shop
        self.server = server
        self.registers = registers
        self.reload(0)
        self.reload(1)

    def reload(self, number: int) -> Register:
        """Load a register's page anew: the same login, nothing remembered, a new connection."""
        register = self.registers[number]
        cookies = register.http.cookies
        register.http = requests.Session()
        register.http.cookies.update(cookies)
        return register

    def send(self, number: int, line: Line) -> dict[str, Any]:
        """Have a register ask for the payment of a line."""
        payment = self.registers[number].create(
            line.amount, order_uuid=line.order.uuid, payment_uuid=line.uuid
        )
        line.show(payment["trace_id"])
        return payment

    def save(self, number: int, order: Order, state: str, removed: Line | None = None) -> Any:
        """Save an order as the register does; it claims that every line is done."""
        data = self.order_data(order, state)
        if removed:
            data["payment_ids"] += self._removal(removed)
        return self.registers[number].call("pos.order", "sync_from_ui", [data])

    def uncovered(self, number: int, order: Order) -> list[str]:
        """Ask which lines the server would refuse, as a register does before it validates."""
        lines = {line.uuid: line.amount for line in order.lines}
        params = {"session_id": self.shop.session_id, "lines": lines, "order_uuid": order.uuid}
        return list(self.registers[number].route("/pos_mixpay/check", **params)["uncovered"])

    def run_job(self, number: int) -> None:
        """Run the background jobs that Odoo runs every minute."""
        self.shop.run_jobs(self.registers[number])

    def stored_id(self, table: str, identifier: str) -> int:
        """The id of what has a UUID on the server, 0 for nothing."""
        found = self.shop.database.rows(f"SELECT id FROM {table} WHERE uuid = %s", identifier)
        return int(found[0][0]) if found else 0

    def order_data(self, order: Order, state: str) -> dict[str, Any]:
        """An order as a register sends it."""
        return {
            "uuid": order.uuid,
            "access_token": new_uuid(),
            "name": f"Order {order.uuid[:4]}",
            "state": state,
            "session_id": self.shop.session_id,
            "user_id": self.registers[0].uid,
            "date_order": "2026-01-01 10:00:00",
            "amount_total": order.total,
            "amount_paid": order.total,
            "amount_tax": 0,
            "amount_return": 0,
            "to_invoice": False,
            "last_order_preparation_change": "{}",
            "lines": [self._command("pos_order_line", self._product_line(order))],
            "payment_ids": [
                self._command("pos_payment", self._payment_line(line)) for line in order.lines
            ],
        }

    def _product_line(self, order: Order) -> dict[str, Any]:
        return {
            "uuid": order.product_line,
            "product_id": self.shop.product_id,
            "qty": 1,
            "price_unit": order.total,
            "price_subtotal": order.total,
            "price_subtotal_incl": order.total,
            "tax_ids": [[6, 0, []]],
        }

    def _payment_line(self, line: Line) -> dict[str, Any]:
        return {
            "uuid": line.uuid,
            "amount": float(line.amount),
            "payment_method_id": self.shop.method_id,
            "payment_date": "2026-01-01 10:00:00",
            # What a browser with an open console could say; none of it counts.
            "payment_status": "done",
            "transaction_id": "forged",
        }

    def _command(self, table: str, values: dict[str, Any]) -> list[Any]:
        """Create, or update what the server has under this UUID already."""
        known = self.stored_id(table, values["uuid"])
        return [1, known, values] if known else [0, 0, values]

    def _removal(self, line: Line) -> list[list[Any]]:
        known = self.stored_id("pos_payment", line.uuid)
        return [[2, known, 0]] if known else []


def refusal(act: Callable[[], Any]) -> RpcError | None:
    """Do something that may be refused in words for the cashier; return the refusal.

    :raises RpcError: any other error that the server answered
    """
    try:
        act()
    except RpcError as error:
        if error.kind not in REFUSALS:
            raise
        return error
    return None
