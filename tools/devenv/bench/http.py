"""Measures of single requests: one server, one process, one login, in turns with a yardstick."""

import re
import uuid
from typing import Any

from . import stats
from .lab import Lab
from .report import Outcome, Row, Target
from .shops import BenchShop, Caller
from .stock import add_old_payments

STATUS = "/pos_mixpay/status"
CREATE = "/pos_mixpay/create"
MANY = 20
# Odoo's access log: number of SQL queries, seconds in them, other seconds.
QUERIES = re.compile(r'"POST /pos_mixpay/status [^"]*" 200 - (\d+) [\d.]+ [\d.]+')
READ_QUERIES = re.compile(r'"POST /web/dataset/call_kw/pos.session/read[^"]*" 200 - (\d+) ')
# Payments that a session may have waiting at once, and more than a batch of samples makes.
BATCH = 50


def status_against_read(lab: Lab) -> Outcome:
    """The cashier's status request of one unpaid payment that is not due; milliseconds."""
    shop = lab.shop()
    cashier = shop.cashier()
    traces = open_payments(shop, cashier, 1)
    status, read = stats.alternate(
        lab.pick(400, 200),
        [
            lambda: cashier.timed(STATUS, {"trace_ids": traces}),
            lambda: cashier.read_ms("pos.session", shop.session_id, "name"),
        ],
        warm_up=30,
    )
    row = Row(
        "status route, one payment, p50; yardstick: one-field read RPC",
        stats.p50(status),
        "ms",
        Target(1.15, "×"),
        yardstick=stats.p50(read),
        by_ratio=True,
    )
    return Outcome([row], _in_ms(status=status, read=read), {"reads": "pos.session, name"})


def status_queries(lab: Lab) -> Outcome:
    """SQL queries as Odoo counts them for its access log: all, those of its own checks included."""
    shop = lab.shop()
    cashier = shop.cashier()
    traces = open_payments(shop, cashier, MANY)
    count = lab.pick(20, 5)
    one, many = (_queries(shop, cashier, traces[:n], count) for n in (1, MANY))
    for _ in range(count):
        cashier.read_ms("pos.session", shop.session_id, "name")
    read = _counted(shop, READ_QUERIES, count)
    rows = [
        Row("SQL queries of a status request, 1 payment", stats.p50(one), "", Target(4)),
        Row(f"SQL queries of a status request, {MANY} payments", stats.p50(many), "", Target(4)),
        Row(
            f"the same for 1 and {MANY} payments: difference",
            stats.p50(many) - stats.p50(one),
            "",
            Target(0),
        ),
    ]
    samples = {"status_1_queries": one, f"status_{MANY}_queries": many, "read_queries": read}
    return Outcome(rows, samples, {"queries of a one-field read RPC": stats.p50(read)})


def old_payments(lab: Lab) -> Outcome:
    """The same requests in two shops that differ in how many payments they have had; ms."""
    few_count, many_count = 1000, lab.pick(1_000_000, 50_000)
    samplers = []
    for shop, old in ((lab.own_shop(), many_count), (lab.shop(), few_count)):
        sampler = _StatusAndCreate(shop)
        lab.say(f"    filling in {old:,} old payments")
        add_old_payments(shop.database, old)
        samplers.append(sampler)
    count = lab.pick(200, 60)
    status_many, status_few = stats.alternate(count, [s.status for s in samplers], warm_up=20)
    create_many, create_few = stats.alternate(count, [s.create for s in samplers], warm_up=20)
    rows = [
        Row(
            f"{name} with {many_count:,} old payments, p50; yardstick: with {few_count:,}",
            stats.p50(value),
            "ms",
            Target(1.2, "×"),
            yardstick=stats.p50(yardstick),
            by_ratio=True,
        )
        for name, value, yardstick in (
            ("status", status_many, status_few),
            ("create", create_many, create_few),
        )
    ]
    samples = _in_ms(
        status_many=status_many,
        status_few=status_few,
        create_many=create_many,
        create_few=create_few,
    )
    return Outcome(rows, samples, {"old payments": [many_count, few_count]})


class _StatusAndCreate:
    """Requests to one shop that never runs out of calls."""

    def __init__(self, shop: BenchShop) -> None:
        self._shop = shop
        self._cashier = shop.cashier()
        shop.lift_limit()
        self._traces = open_payments(shop, self._cashier, 1)
        self._created = 0

    def status(self) -> float:
        return self._cashier.timed(STATUS, {"trace_ids": self._traces})

    def create(self) -> float:
        if self._created % BATCH == 0:
            self._shop.forget()
        self._created += 1
        return self._cashier.timed(CREATE, new_line(self._shop.method_id, self._shop.session_id))


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


def open_payments(shop: BenchShop, cashier: Caller, count: int) -> list[str]:
    """So many unpaid payments, none of which is due for an hour; return their trace ids."""
    line = new_line(shop.method_id, shop.session_id)
    traces = []
    for _ in range(count):
        line |= {"order_uuid": str(uuid.uuid4()), "payment_uuid": str(uuid.uuid4())}
        traces.append(cashier.call(CREATE, line)["trace_id"])
    shop.database.rows("UPDATE mixpay_job SET due_at = due_at + interval '1 hour', pause = 3700")
    return traces


def _queries(shop: BenchShop, cashier: Caller, traces: list[str], count: int) -> list[float]:
    for _ in range(3):  # what a process fills its caches with is not asked again
        cashier.call(STATUS, {"trace_ids": traces})
    for _ in range(count):
        cashier.call(STATUS, {"trace_ids": traces})
    return _counted(shop, QUERIES, count)


def _counted(shop: BenchShop, pattern: "re.Pattern[str]", count: int) -> list[float]:
    """The numbers of the last `count` such requests in the server's log."""
    found = pattern.findall(shop.server.log.read_text(errors="replace"))
    if len(found) < count:
        raise RuntimeError("Odoo's access log shows no numbers of queries")
    return [float(number) for number in found[-count:]]


def _in_ms(**samples: list[float]) -> dict[str, list[float]]:
    return {f"{name}_ms": stats.rounded(values, 2) for name, values in samples.items()}
