"""Measures of a whole shop or chain: many registers, MixPay's real limit, a MixPay that hangs.

Generators, simulator, Odoo and PostgreSQL share the machine.
"""

import itertools
import random
import time
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from . import stats
from .lab import Lab
from .registers import Bus, Clockwork, Register
from .report import Outcome, Row, Target
from .shops import BenchShop

LIMIT = 60  # calls in any minute, as MixPay allows
WINDOW = 60.0
REFUSED_BY_MIXPAY = 1429
THROUGHPUT = 30  # sales a minute that are all seen at once
SEED = 4
PAGE_SECONDS = 30
PROBE_EVERY = 0.05
HANG_SECONDS = 60.0
OPENING_PATIENCE = 60.0
FIRST_SALES = 3
FIRST_SALE_AFTER = 1.0
FIRST_SALE_PATIENCE = 30.0


# -- a MixPay that hangs -----------------------------------------------------------------------


def hanging(lab: Lab) -> Outcome:
    """Milliseconds of a read RPC on a server with 4 workers, while 20 registers wait."""
    shop = lab.own_shop(workers=4)
    seconds = lab.pick(12.0, 4.0)
    healthy: list[float] = []
    hung: list[float] = []
    with Clockwork() as clockwork:
        registers = _registers(clockwork, shop, 20, tills=1)
        for register in registers:
            clockwork.after(0, register.open)
        _until(lambda: all(register.trace_id for register in registers), 30)
        healthy += _probe(shop, seconds)
        shop.simulator.simulator.set_knobs(hang=HANG_SECONDS)
        hung += _probe(shop, seconds * 2)
        shop.simulator.simulator.set_knobs(hang=0.0)
        healthy += _probe(shop, seconds)
    row = Row(
        "read RPC while MixPay hangs, p95; yardstick: while MixPay answers",
        stats.p95(hung),
        "ms",
        Target(1.5, "×"),
        yardstick=stats.p95(healthy),
        by_ratio=True,
    )
    samples = {"hanging_ms": stats.rounded(hung, 1), "healthy_ms": stats.rounded(healthy, 1)}
    details = {"calls": len(shop.calls()), "status requests": sum(r.polls for r in registers)}
    return Outcome([row], samples, details | _trouble(clockwork))


def _probe(shop: BenchShop, seconds: float) -> list[float]:
    """Read RPCs with short pauses; milliseconds of each."""
    cashier = shop.cashier()
    samples = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        samples.append(cashier.read_ms("pos.session", shop.session_id, "name"))
        time.sleep(PROBE_EVERY)
    return samples


# -- many registers ----------------------------------------------------------------------------


def chain(lab: Lab) -> Outcome:
    """500 registers open one payment each and wait, on two servers; MixPay's own count.

    They come within 85 s instead of ten minutes: nothing in the addon or in the limiter runs
    faster for it, so more calls are wanted in a minute than would be in life.
    """
    shop = lab.chain()
    count, opening, waiting = 500, 85.0, 65.0
    with Clockwork() as clockwork:
        registers = _registers(clockwork, shop, count, tills=10)
        _spread(clockwork, registers, opening)
        time.sleep(opening)
        _until(lambda: all(r.trace_id or r.refused for r in registers), OPENING_PATIENCE)
        time.sleep(waiting)
    calls = shop.calls()
    busiest = stats.busiest([call["monotonic"] for call in calls], WINDOW)
    closed = sum(not register.trace_id for register in registers)
    rows = [
        Row(f"{count} registers: calls to MixPay in any 60 s", busiest, "", Target(LIMIT)),
        Row(f"{count} registers: calls that MixPay refused", _refused(shop), "", Target(0)),
        Row(f"{count} registers: registers without a code or link", closed, "", Target(0)),
    ]
    first = min((call["monotonic"] for call in calls), default=0.0)
    samples = {
        "calls_s": stats.rounded([call["monotonic"] - first for call in calls], 1),
        "tap_to_link_ms": _opened(registers),
    }
    details = _about(registers) | _trouble(clockwork)
    details["opened and waited, seconds"] = [opening, waiting]
    return Outcome(rows, samples, details)


def rush(lab: Lab) -> Outcome:
    """60 sales a minute, each paid 8 s after it began: milliseconds from tap to QR code.

    The code is part of the answer; what the browser adds is in the measure "tap".
    """
    shop = lab.chain()
    _show_callbacks(shop)
    seconds = 66
    with Clockwork() as clockwork:
        registers = _registers(clockwork, shop, seconds, tills=10)
        payer = _Payer(shop)
        with Bus(registers) as bus:
            for number, register in enumerate(registers):
                clockwork.after(number, register.open)
                clockwork.after(number + 8, partial(payer.pay, register))
            time.sleep(seconds + 8)
            _until(lambda: all(r.seen_at or r.refused for r in registers), 10)
    opened = _opened(registers)
    refused = sum(bool(register.refused) for register in registers)
    rows = [
        Row("60 sales a minute: tap → QR, p95", stats.p95(opened), "ms", Target(2500, "ms")),
        Row("60 sales a minute: sales refused", refused, "", Target(0)),
    ]
    samples = {"tap_to_link_ms": opened, "success_to_seen_s": payer.waits(registers)}
    details = _about(registers) | _trouble(clockwork) | {"bus messages": bus.heard}
    details["calls"] = len(shop.calls())
    details["refused by MixPay"] = _refused(shop)
    return Outcome(rows, samples, details)


def waiting_with_callback(lab: Lab) -> Outcome:
    """Seconds from success at MixPay to the register, among 60 that wait."""
    shop = lab.chain()
    _show_callbacks(shop)
    waits, details = _wait(shop, paid=20, every=2.5, patience=60)
    row = Row("60 waiting: success → seen, p95, callbacks", stats.p95(waits), "s", Target(3, "s"))
    return Outcome([row], {"success_to_seen_s": waits}, details)


def waiting_by_polling(lab: Lab) -> Outcome:
    """The same when MixPay cannot call the shop; the worst."""
    shop = lab.chain()
    shop.without_callbacks()
    waits, details = _wait(shop, paid=20, every=2.0, patience=150)
    row = Row("60 waiting: success → seen, worst, polling only", max(waits), "s", Target(120, "s"))
    return Outcome([row], {"success_to_seen_s": waits}, details)


def _wait(
    shop: BenchShop, *, paid: int, every: float, patience: float, count: int = 60
) -> tuple[list[float], dict[str, Any]]:
    """Open payments within 20 s, skip a minute, pay some one after the other, at random.

    The minute is skipped because in life 60 customers do not come at once.

    :param count: how many payments

    :return: seconds from success to seen, and details
    """
    opening = 20.0
    with Clockwork() as clockwork:
        registers = _registers(clockwork, shop, count, tills=3)
        chosen = random.Random(SEED).sample(registers, paid)
        payer = _Payer(shop)
        with Bus(registers) as bus:
            _spread(clockwork, registers, opening)
            time.sleep(opening + 3)
            shop.skip_minute()
            for number, register in enumerate(chosen):
                clockwork.after(number * every, partial(payer.pay, register))
            time.sleep(paid * every)
            _until(lambda: all(register.seen_at for register in chosen), patience)
    unseen = [register for register in chosen if register.seen_at is None]
    if unseen:
        raise RuntimeError(f"{len(unseen)} of {paid} not seen; {_trouble(clockwork)}")
    details = _about(registers) | _trouble(clockwork) | {"bus messages": bus.heard}
    details["calls in any 60 s"] = stats.busiest([c["time"] for c in shop.calls()], WINDOW)
    details["refused by MixPay"] = _refused(shop)
    return payer.waits(chosen), details


# -- what callbacks are not there for, and how many sales a minute -----------------------------


def lost_callbacks(lab: Lab) -> Outcome:
    """Seconds from success to seen, the worst, when callbacks that came before are lost."""
    outcome = Outcome()
    for count, every, longest in ((3, 7.3, 5), (10, 5.3, 15), (60, 2.0, 120)):
        shop = lab.chain()
        _show_callbacks(shop)
        shop.simulator.simulator.set_knobs(callback_lost=True)
        paid = min(count, 20)
        waits, details = _wait(shop, count=count, paid=paid, every=every, patience=150)
        row = Row(f"lost callbacks, {count} waiting: worst", max(waits), "s", Target(longest, "s"))
        outcome.rows.append(row)
        outcome.samples[f"lost_{count}_success_to_seen_s"] = waits
        outcome.details[f"{count} waiting"] = details
    return outcome


def throughput(lab: Lab) -> Outcome:
    """Seconds from success to seen at 30 sales a minute, each paid 20 s after it began."""
    shop = lab.chain()
    _show_callbacks(shop)
    waits, details = _sell(shop, rate=THROUGHPUT, seconds=150)
    words = f"{THROUGHPUT} sales a minute: "
    rows = [
        Row(words + "success → seen, p95", stats.p95(waits), "s", Target(3, "s")),
        Row(words + "success → seen, worst", max(waits), "s", Target(15, "s")),
        Row(words + "sales refused", details["refused"], "", Target(0)),
        Row(words + "calls refused", details["refused by MixPay"], "", Target(0)),
    ]
    return Outcome(rows, {"success_to_seen_s": waits}, details)


def _sell(shop: BenchShop, *, rate: int, seconds: int) -> tuple[list[float], dict[str, Any]]:
    with Clockwork() as clockwork:
        registers = _registers(clockwork, shop, rate * seconds // 60, tills=10)
        payer = _Payer(shop)
        with Bus(registers) as bus:
            for number, register in enumerate(registers):
                clockwork.after(number * 60 / rate, register.open)
                clockwork.after(number * 60 / rate + 18, partial(payer.pay, register))
            time.sleep(seconds + 20)
            _until(lambda: all(r.seen_at or r.refused for r in registers), 60)
    details = _about(registers) | _trouble(clockwork) | {"bus messages": bus.heard}
    details["calls in any 60 s"] = stats.busiest([c["time"] for c in shop.calls()], WINDOW)
    details["refused by MixPay"] = _refused(shop)
    details["not seen"] = sum(not (r.seen_at or r.refused) for r in registers)
    if details["not seen"]:
        raise RuntimeError(f"{details['not seen']} sales not seen; {_trouble(clockwork)}")
    return payer.waits(registers), details


def _show_callbacks(shop: BenchShop) -> None:
    """A few sales whose callbacks arrive, as in any shop that sells; then a minute goes by.

    Workers are slow the first time.
    """
    with Clockwork(threads=4) as clockwork:
        registers = _registers(clockwork, shop, FIRST_SALES, tills=1)
        payer = _Payer(shop, confirm_seconds=0.0)
        with Bus(registers):
            for register in registers:
                register.open()
                time.sleep(FIRST_SALE_AFTER)
                payer.pay(register)
                _until(register.has_seen, FIRST_SALE_PATIENCE)
                time.sleep(FIRST_SALE_AFTER)
    if any(register.seen_at is None for register in registers):
        raise RuntimeError(f"a first sale was not seen to be paid; {_trouble(clockwork)}")
    shop.skip_minute()


# -- together ----------------------------------------------------------------------------------


class _Payer:
    """Customers: they open the link and pay; MixPay takes two seconds to succeed."""

    def __init__(self, shop: BenchShop, confirm_seconds: float = 2.0) -> None:
        self._simulator = shop.simulator.simulator
        self._simulator.set_knobs(auto_confirm_seconds=confirm_seconds, auto_settle_seconds=0.0)

    def pay(self, register: Register) -> None:
        if not register.trace_id:
            return
        with urllib.request.urlopen(register.link, timeout=PAGE_SECONDS):
            pass  # a pay link begins to exist when somebody opens it
        self._simulator.pay(register.trace_id)

    def waits(self, registers: Sequence[Register]) -> list[float]:
        """Seconds from success to seen, of those who have seen it."""
        return [
            round(register.seen_at + self._offset - self._success_at(register), 3)
            for register in registers
            if register.seen_at is not None
        ]

    @property
    def _offset(self) -> float:
        """How far the simulator's clock was put forward."""
        return float(self._simulator.clock.offset)

    def _success_at(self, register: Register) -> float:
        history = self._simulator.payment(register.trace_id)["history"]
        return float(next(step["time"] for step in history if step["status"] == "success"))


def _registers(clockwork: Clockwork, shop: BenchShop, count: int, *, tills: int) -> list[Register]:
    """Registers in turns of all servers and tills."""
    places = shop.tills(tills)
    callers = [shop.cashier(server) for server in shop.servers]
    return [
        Register(clockwork, callers[number % len(callers)], places[number % tills], shop.method_id)
        for number in range(count)
    ]


def _spread(clockwork: Clockwork, registers: Sequence[Register], seconds: float) -> None:
    """Have them open their payments at random moments; the same ones in every run."""
    moments = random.Random(SEED)
    for register in registers:
        clockwork.after(moments.uniform(0, seconds), register.open)


def _until(check: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds, or time is up: the caller sees which."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not check():
        time.sleep(0.1)


def _opened(registers: Sequence[Register]) -> list[float]:
    seconds = [register.opened_in for register in registers if register.opened_in is not None]
    return stats.rounded([value * 1000 for value in seconds], 1)


def _about(registers: Sequence[Register]) -> dict[str, Any]:
    pauses = list(itertools.chain.from_iterable(r.poll_after_ms for r in registers))
    refusals = sorted({register.refused for register in registers if register.refused})
    return {
        "registers": len(registers),
        "with one-time code": sum(register.link_type == "code" for register in registers),
        "with pay link": sum(register.link_type == "paylink" for register in registers),
        "refused": sum(bool(register.refused) for register in registers),
        "refusals": refusals[:5],
        "status requests": len(pauses),
        "poll_after, ms, median and largest": [stats.p50(pauses), max(pauses)] if pauses else [],
    }


def _refused(shop: BenchShop) -> int:
    return sum(call["code"] == REFUSED_BY_MIXPAY for call in shop.calls())


def _trouble(clockwork: Clockwork) -> dict[str, Any]:
    return {"errors": len(clockwork.errors), "kinds of errors": sorted(set(clockwork.errors))[:5]}
