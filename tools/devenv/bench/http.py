"""Measures of single requests: one server, one process, one login, in turns with a yardstick."""

import re
import uuid
from collections.abc import Sequence
from typing import Any

from sales import order_data

from .figures import Outcome, Row, alternate, p50
from .lab import Lab, measure
from .shops import BenchShop, Caller
from .stock import add_old_payments, add_old_sessions

STATUS = "/pos_mixpay/status"
CREATE = "/pos_mixpay/create"
SAVE = "/web/dataset/call_kw/pos.order/sync_from_ui"
MANY = 20
# Odoo's access log: number of SQL queries, seconds in them, other seconds.
QUERIES = re.compile(r'"POST /pos_mixpay/status [^"]*" 200 - (\d+) [\d.]+ [\d.]+')
READ_QUERIES = re.compile(r'"POST /web/dataset/call_kw/pos.session/read[^"]*" 200 - (\d+) ')
# Whoever asks next hears of what was paid: how long a question must be past is not measured here.
ASK_NOW = "UPDATE mixpay_job SET attempted_at = NULL, webhook_at = NULL, lease_until = NULL"


def new_line(method_id: int, session_id: int) -> dict[str, Any]:
    """What a register sends for a new payment line."""
    return {
        "payment_method_id": method_id,
        "session_id": session_id,
        "order_uuid": str(uuid.uuid4()),
        "payment_uuid": str(uuid.uuid4()),
        "order_name": "Order 0001",
        "amount": "10.00",
    }


def p50_row(name: str, value: Sequence[float], yardstick: Sequence[float], limit: float) -> Row:
    """Medians of milliseconds, one in terms of the other."""
    return Row(name, p50(value), "ms", limit, p50(yardstick))


# -- status and create -------------------------------------------------------------------------


@measure("status")
def status_against_read(lab: Lab) -> Outcome:
    """Status route of one payment that is not due, against a one-field read RPC.

    The cashier asks about one unpaid payment; milliseconds.
    """
    desk = _Desk(lab.shop())
    desk.open_payments(1)
    samplers = [desk.status, desk.read]
    status, read = alternate(lab.pick(400, 200), samplers, warm_up=30)
    row = p50_row(
        "status route, one payment, p50; yardstick: one-field read RPC", status, read, 1.15
    )
    return Outcome([row], {"status_ms": status, "read_ms": read}, {"reads": "pos.session, name"})


@measure("queries")
def status_queries(lab: Lab) -> Outcome:
    """SQL queries of a status request when nothing is due, for 1 and 20 payments.

    As Odoo counts them for its access log: all, those of its own checks included.
    """
    desk = _Desk(lab.shop())
    desk.open_payments(MANY)
    count = lab.pick(20, 5)
    counted = {}
    for number in (1, MANY):
        # What a process fills its caches with at first is not asked again.
        for _ in range(3 + count):
            desk.status(number)
        counted[number] = desk.counted(QUERIES, count)
    for _ in range(count):
        desk.read()
    read = desk.counted(READ_QUERIES, count)
    one, many = p50(counted[1]), p50(counted[MANY])
    rows = [
        Row("SQL queries of a status request, 1 payment", one, "", 4),
        Row(f"SQL queries of a status request, {MANY} payments", many, "", 4),
        Row(f"the same for 1 and {MANY} payments: difference", many - one, "", 0),
    ]
    samples = {f"status_{number}_queries": queries for number, queries in counted.items()}
    samples["read_queries"] = read
    return Outcome(rows, samples, {"queries of a one-field read RPC": p50(read)})


@measure("history")
def old_payments(lab: Lab) -> Outcome:
    """Status and create with a million old payments, against a thousand.

    In two shops that differ in how many payments they have had; milliseconds.
    """
    few_count, many_count = 1000, lab.pick(1_000_000, 50_000)
    desks = []
    for shop, old in ((lab.own_shop(), many_count), (lab.shop(), few_count)):
        shop.lift_limit()
        desk = _Desk(shop)
        desk.open_payments(1)
        lab.say(f"    filling in {old:,} old payments")
        add_old_payments(shop.database, old)
        desks.append(desk)
    outcome = Outcome(details={"old payments": [many_count, few_count]})
    for name, samplers in (
        ("status", [desk.status for desk in desks]),
        ("create", [desk.create for desk in desks]),
    ):
        many, few = alternate(lab.pick(200, 60), samplers, warm_up=20)
        title = f"{name} with {many_count:,} old payments, p50; yardstick: with {few_count:,}"
        outcome.rows.append(p50_row(title, many, few, 1.2))
        outcome.samples |= {f"{name}_many_ms": many, f"{name}_few_ms": few}
    return outcome


class _Desk:
    """A cashier of a shop, and the payments that wait there."""

    def __init__(self, shop: BenchShop) -> None:
        self._shop = shop
        self._cashier: Caller = shop.cashier()
        self._traces: list[str] = []

    def open_payments(self, count: int) -> None:
        """Have so many unpaid payments wait, none of which is due for an hour."""
        line = new_line(self._shop.method_id, self._shop.session_id)
        for _ in range(count):
            line |= {"order_uuid": str(uuid.uuid4()), "payment_uuid": str(uuid.uuid4())}
            self._traces.append(self._cashier.call(CREATE, line)["trace_id"])
        self._shop.database.rows(
            "UPDATE mixpay_job SET due_at = due_at + interval '1 hour', pause = 3700"
        )

    def status(self, count: int = 1) -> float:
        """Ask about some of them; milliseconds, as all of these."""
        return self._cashier.timed(STATUS, {"trace_ids": self._traces[:count]})

    def read(self) -> float:
        """Read one field of one record."""
        return self._cashier.read_ms("pos.session", self._shop.session_id, "name")

    def create(self) -> float:
        """Ask for another payment."""
        return self._cashier.timed(CREATE, new_line(self._shop.method_id, self._shop.session_id))

    def counted(self, pattern: "re.Pattern[str]", count: int) -> list[float]:
        """The numbers of the last `count` such requests in the server's log."""
        found = pattern.findall(self._shop.server.log.read_text(errors="replace"))
        if len(found) < count:
            raise RuntimeError("Odoo's access log shows no numbers of queries")
        return [float(number) for number in found[-count:]]


# -- saving orders -----------------------------------------------------------------------------


@measure("save", in_quick=False)
def save_orders(lab: Lab) -> Outcome:
    """Saving a paid order beside a million old payments, against none.

    In cash and with MixPay; milliseconds. The two shops differ in their payments only: both have
    the old sessions, which core reads one and all whenever it looks for the open one.
    """
    count = lab.pick(1_000_000, 50_000)
    old, empty = lab.own_shop(), lab.own_shop()
    tills = [SavingTill(shop) for shop in (old, empty)]
    lab.say(f"    filling in {count:,} old payments")
    _Desk(old).open_payments(1)  # the pattern of the old ones
    add_old_payments(old.database, count)
    add_old_sessions(empty.database, count)
    outcome = Outcome(details={"old payments": count})
    for name, how, samplers, number in (
        ("cash", "in cash", [till.save_cash for till in tills], lab.pick(200, 40)),
        ("mixpay", "with MixPay", [till.save_mixpay for till in tills], lab.pick(100, 20)),
    ):
        with_history, without = alternate(number, samplers, warm_up=number // 10)
        title = f"saving an order paid {how}, {count:,} old payments, p50; yardstick: none"
        outcome.rows.append(p50_row(title, with_history, without, 1.1))
        outcome.samples |= {f"{name}_with_history_ms": with_history, f"{name}_ms": without}
    return outcome


class SavingTill:
    """A till for cash and MixPay, in a shop that never runs out of calls."""

    def __init__(self, shop: BenchShop) -> None:
        self._shop = shop
        shop.lift_limit()
        # A callback under way would be work beside what is timed.
        shop.simulator.simulator.set_knobs(callback_lost=True)
        self._cashier = shop.cashier()
        # Each method for cash belongs to one Point of Sale.
        self._cash_id = shop.new_method("Bench cash", "cash")
        self._session_id = shop.new_till("Cash till", [self._cash_id, shop.method_id]).session_id

    def save_cash(self) -> float:
        """Save a new order that is paid in cash."""
        return self._save(self._cash_id, str(uuid.uuid4()), str(uuid.uuid4()))

    def save_mixpay(self) -> float:
        """Save a new order that is paid with MixPay; only the saving is timed."""
        line = new_line(self._shop.method_id, self._session_id)
        trace_id = self._cashier.call(CREATE, line)["trace_id"]
        self._shop.pay({"trace_id": trace_id})
        self._shop.database.rows(ASK_NOW)
        answer = self._cashier.call(STATUS, {"trace_ids": [trace_id], "check_now": True})
        if answer["payments"][0]["line_status"] != "done":
            raise RuntimeError(f"not paid: {answer}")
        return self._save(self._shop.method_id, line["order_uuid"], line["payment_uuid"])

    def _save(self, method_id: int, order_uuid: str, line_uuid: str) -> float:
        order = order_data(self._shop, method_id, order_uuid=order_uuid, uuid=line_uuid)
        order["session_id"] = self._session_id
        params = {"model": "pos.order", "method": "sync_from_ui", "args": [[order]], "kwargs": {}}
        return self._cashier.timed(SAVE, params)
