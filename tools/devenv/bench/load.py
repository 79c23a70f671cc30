"""Measures of a whole shop or chain: many registers, MixPay's real limit, a MixPay that hangs.

Generators, simulator, Odoo and PostgreSQL share the machine.
"""

import random
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .figures import Outcome, Row, busiest, p95
from .lab import Lab, measure
from .registers import Crowd, Register
from .shops import BenchShop

LIMIT = 60  # calls in any minute, as MixPay allows
WINDOW = 60.0
REFUSED_BY_MIXPAY = 1429
THROUGHPUT = 30  # sales a minute that are all seen at once
SEED = 4
PROBE_EVERY = 0.05
HANG_SECONDS = 60.0
FIRST_SALES = 3
FIRST_SALE_PATIENCE = 30.0


# -- a MixPay that hangs -----------------------------------------------------------------------


@measure("hang")
def hanging(lab: Lab) -> Outcome:
    """An unrelated request while MixPay hangs and 20 registers wait on 4 workers.

    Milliseconds of a read RPC.
    """
    shop = lab.own_shop(workers=4)
    seconds = lab.pick(12.0, 4.0)
    with Crowd(shop, 20, tills=1, hears_bus=False) as crowd:
        crowd.perform([(0, register.start) for register in crowd.registers])
        _until(lambda: all(register.trace_id for register in crowd.registers), 30)
        healthy = _probe(shop, seconds)
        shop.simulator.simulator.set_knobs(hang=HANG_SECONDS)
        hung = _probe(shop, seconds * 2)
        shop.simulator.simulator.set_knobs(hang=0.0)
        healthy += _probe(shop, seconds)
    title = "read RPC while MixPay hangs, p95; yardstick: while MixPay answers"
    row = Row(title, p95(hung), "ms", 1.5, p95(healthy))
    details = crowd.about() | {"calls": len(shop.calls())}
    return Outcome([row], {"hanging_ms": hung, "healthy_ms": healthy}, details)


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


@measure("chain", in_quick=False)
def chain(lab: Lab) -> Outcome:
    """500 registers on two Odoo servers: calls to MixPay in any 60 s, and refusals.

    They open one payment each and wait; the count is MixPay's own. They come within 85 s instead
    of ten minutes: nothing in the addon or in the limiter runs faster for it, so more calls are
    wanted in a minute than would be in life.
    """
    shop = lab.chain()
    count, opening, waiting = 500, 85.0, 65.0
    with Crowd(shop, count, tills=10, hears_bus=False) as crowd:
        crowd.perform(_spread(crowd.registers, opening))
        _until(lambda: all(r.trace_id or r.refused for r in crowd.registers), 60)
        time.sleep(waiting)
    calls = [call["monotonic"] for call in shop.calls()]
    closed = sum(not register.trace_id for register in crowd.registers)
    rows = [
        Row(f"{count} registers: calls to MixPay in any 60 s", busiest(calls, WINDOW), "", LIMIT),
        Row(f"{count} registers: calls that MixPay refused", _refused(shop), "", 0),
        Row(f"{count} registers: registers without a code or link", closed, "", 0),
    ]
    samples = {
        "calls_s": [call - min(calls) for call in calls],
        "tap_to_link_ms": _opened(crowd.registers),
    }
    details = crowd.about() | {"opened and waited, seconds": [opening, waiting]}
    return Outcome(rows, samples, details)


@measure("rush", in_quick=False)
def rush(lab: Lab) -> Outcome:
    """60 sales a minute from many registers within MixPay's limit: tap → QR.

    Each is paid 8 s after it began; milliseconds. The code is part of the answer; what the
    browser adds is in the measure "tap".
    """
    shop = lab.chain()
    _show_callbacks(shop)
    with Crowd(shop, 66, tills=10) as crowd:
        crowd.perform(_sales(crowd, every=1.0, paid_after=8.0))
        _until(lambda: all(r.seen_at or r.refused for r in crowd.registers), 10)
    opened = _opened(crowd.registers)
    details = crowd.about() | _calls(shop)
    rows = [
        Row("60 sales a minute: tap → QR, p95", p95(opened), "ms", 2500),
        Row("60 sales a minute: sales refused", details["refused"], "", 0),
    ]
    return Outcome(rows, {"tap_to_link_ms": opened, "success_to_seen_s": crowd.waits()}, details)


@measure("waiting", in_quick=False)
def waiting_with_callback(lab: Lab) -> Outcome:
    """60 registers waiting, one paid every few seconds: success → seen, with callbacks.

    Seconds from success at MixPay to the register.
    """
    shop = lab.chain()
    _show_callbacks(shop)
    waits, details = _wait(shop, every=2.5, patience=60)
    row = Row("60 waiting: success → seen, p95, callbacks", p95(waits), "s", 3)
    return Outcome([row], {"success_to_seen_s": waits}, details)


@measure("waiting-polling", in_quick=False)
def waiting_by_polling(lab: Lab) -> Outcome:
    """60 registers waiting, one paid every few seconds: success → seen, without callbacks."""
    shop = lab.chain()
    shop.without_callbacks()
    waits, details = _wait(shop, every=2.0, patience=150)
    row = Row("60 waiting: success → seen, worst, polling only", max(waits), "s", 120)
    return Outcome([row], {"success_to_seen_s": waits}, details)


def _wait(
    shop: BenchShop, *, every: float, patience: float, count: int = 60
) -> tuple[list[float], dict[str, Any]]:
    """Open payments within 20 s, skip a minute, pay some one after the other, at random.

    The minute is skipped because in life 60 customers do not come at once.

    :param count: how many are opened; 20 of them are paid, or all
    :return: seconds from success to seen, and details
    """
    with Crowd(shop, count, tills=3) as crowd:
        chosen = random.Random(SEED).sample(crowd.registers, min(count, 20))
        crowd.perform(_spread(crowd.registers, 20.0))
        time.sleep(3)
        shop.skip_minute()
        crowd.perform((n * every, partial(crowd.pay, r)) for n, r in enumerate(chosen))
        _until(lambda: all(register.seen_at for register in chosen), patience)
    _check_seen(crowd, chosen)
    return crowd.waits(), crowd.about() | _calls(shop)


# -- what callbacks are not there for, and how many sales a minute -----------------------------


@measure("lost", in_quick=False)
def lost_callbacks(lab: Lab) -> Outcome:
    """3, 10 and 60 registers waiting whose callbacks are lost: success → seen.

    Seconds, the worst, in a shop where callbacks came before.
    """
    outcome = Outcome()
    for count, every, longest in ((3, 7.3, 5), (10, 5.3, 15), (60, 2.0, 120)):
        shop = lab.chain()
        _show_callbacks(shop)
        shop.simulator.simulator.set_knobs(callback_lost=True)
        waits, details = _wait(shop, count=count, every=every, patience=150)
        outcome.rows.append(
            Row(f"lost callbacks, {count} waiting: worst", max(waits), "s", longest)
        )
        outcome.samples[f"lost_{count}_success_to_seen_s"] = waits
        outcome.details[f"{count} waiting"] = details
    return outcome


@measure("throughput", in_quick=False)
def throughput(lab: Lab) -> Outcome:
    """30 sales a minute, each paid after 20 s: success → seen, and refusals.

    Seconds; MixPay succeeds two seconds after its customer paid.
    """
    shop = lab.chain()
    _show_callbacks(shop)
    with Crowd(shop, THROUGHPUT * 5 // 2, tills=10) as crowd:
        crowd.perform(_sales(crowd, every=60 / THROUGHPUT, paid_after=18.0))
        _until(lambda: all(r.seen_at or r.refused for r in crowd.registers), 60)
    _check_seen(crowd, [register for register in crowd.registers if not register.refused])
    waits, details = crowd.waits(), crowd.about() | _calls(shop)
    words = f"{THROUGHPUT} sales a minute: "
    rows = [
        Row(words + "success → seen, p95", p95(waits), "s", 3),
        Row(words + "success → seen, worst", max(waits), "s", 15),
        Row(words + "sales refused", details["refused"], "", 0),
        Row(words + "calls refused", details["refused by MixPay"], "", 0),
    ]
    return Outcome(rows, {"success_to_seen_s": waits}, details)


# -- together ----------------------------------------------------------------------------------


def _show_callbacks(shop: BenchShop) -> None:
    """A few sales whose callbacks arrive, as in any shop that sells; then a minute goes by.

    Workers are slow the first time.
    """
    with Crowd(shop, FIRST_SALES, tills=1) as crowd:
        for register in crowd.registers:
            crowd.perform([(0, register.start), (1, partial(crowd.pay, register))])
            _until(lambda r=register: r.seen_at, FIRST_SALE_PATIENCE)
    _check_seen(crowd, crowd.registers)
    shop.skip_minute()


def _sales(
    crowd: Crowd, *, every: float, paid_after: float
) -> list[tuple[float, Callable[[], object]]]:
    """What to perform so that a sale begins every few seconds, and each one is paid later."""
    plan: list[tuple[float, Callable[[], object]]] = []
    for number, register in enumerate(crowd.registers):
        plan.append((number * every, register.start))
        plan.append((number * every + paid_after, partial(crowd.pay, register)))
    return plan


def _spread(
    registers: Sequence[Register], seconds: float
) -> list[tuple[float, Callable[[], object]]]:
    """What to perform to have them begin at random moments; the same ones in every run."""
    moments = random.Random(SEED)
    return [(moments.uniform(0, seconds), register.start) for register in registers]


def _until(check: Callable[[], object], seconds: float) -> None:
    """Wait until something holds, or time is up: the caller sees which."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends and not check():
        time.sleep(0.1)


def _check_seen(crowd: Crowd, registers: Sequence[Register]) -> None:
    unseen = sum(register.seen_at is None for register in registers)
    if unseen:
        raise RuntimeError(f"{unseen} of {len(registers)} not seen to be paid; {crowd.about()}")


def _opened(registers: Sequence[Register]) -> list[float]:
    """Milliseconds from tap to link."""
    return [register.opened_in * 1000 for register in registers if register.opened_in is not None]


def _refused(shop: BenchShop) -> int:
    return sum(call["code"] == REFUSED_BY_MIXPAY for call in shop.calls())


def _calls(shop: BenchShop) -> dict[str, Any]:
    """The shop's calls to MixPay, for the details of a measure."""
    calls = [call["time"] for call in shop.calls()]
    return {
        "calls": len(calls),
        "calls in any 60 s": busiest(calls, WINDOW),
        "refused by MixPay": _refused(shop),
    }
