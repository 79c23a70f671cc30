"""Measures of what a cashier sees: a real Chromium, a mouse, and times taken inside the page.

One threaded server serves register and bus; simulator and browser share its machine.
"""

import time
from contextlib import closing
from functools import partial

from . import stats
from .floor import BareCall
from .lab import Lab
from .report import Outcome, Row, Target
from .till import EMPTY_ROUTE

# Somebody needs a moment to scan a code; each another one, not to be in step with any polling.
SCAN_SECONDS = 0.8
SCAN_STEP, SCAN_STEPS = 0.37, 8
# Callbacks come when they come, whatever the polling: shorter steps will do.
SCAN_STEP_CALLBACKS = 0.11


def tap_to_qr(lab: Lab) -> Outcome:
    """Milliseconds from the click to the frame after the QR code could be painted."""
    till = lab.till(has_online=True)
    shop = lab.shop()
    shop.lift_limit()
    shop.cashier().call(EMPTY_ROUTE, {})  # raises what the page would take for an answer
    till.tap_mixpay()
    with closing(BareCall(shop)) as call:
        mixpay, online, empty, called = stats.alternate(
            lab.pick(36, 4),
            [till.tap_mixpay, till.tap_online, till.empty_request, call.timed],
            warm_up=lab.pick(3, 1),
        )
    floor = [request + create for request, create in zip(empty, called, strict=True)]
    rows = [
        _ratio("yardstick: pos_online_payment, Validate → QR", mixpay, online, 0.35),
        _ratio("yardstick: an empty request, a call, a frame", mixpay, floor, 1.5),
    ]
    samples = {"mixpay": mixpay, "online": online, "empty_and_frame": empty, "call": called}
    in_ms = {f"{name}_ms": stats.rounded(values, 1) for name, values in samples.items()}
    return Outcome(rows, in_ms, {"floor, p50": round(stats.p50(floor), 1)})


def _ratio(yardstick: str, tap: list[float], other: list[float], limit: float) -> Row:
    return Row(
        f"tap on MixPay → QR painted, p50; {yardstick}",
        stats.p50(tap),
        "ms",
        Target(limit, "×"),
        yardstick=stats.p50(other),
        by_ratio=True,
    )


def paid_with_callback(lab: Lab) -> Outcome:
    """Milliseconds from success at MixPay to the line done, when MixPay calls the shop."""
    waits = _paid(lab, count=lab.pick(24, 4))
    rows = [
        Row("paid → line done, callbacks, p50", stats.p50(waits), "ms", Target(200, "ms")),
        Row("paid → line done, callbacks, p95", stats.p95(waits), "ms", Target(500, "ms")),
    ]
    return Outcome(rows, {"success_to_done_ms": waits}, _halves(waits))


def paid_by_polling(lab: Lab) -> Outcome:
    """The same in a shop that MixPay cannot call."""
    waits = _paid(lab, count=lab.pick(12, 3), has_callbacks=False)
    row = Row("paid → line done, polling only, p95", stats.p95(waits), "ms", Target(2500, "ms"))
    return Outcome([row], {"success_to_done_ms": waits}, _halves(waits))


def _paid(lab: Lab, count: int, *, has_callbacks: bool = True) -> list[float]:
    """Sales paid in turns as a wallet of MixPay's own does, at once, and over a chain: in 2 s."""
    till = lab.till()
    shop = lab.shop()
    shop.lift_limit()
    if not has_callbacks:
        shop.without_callbacks()
    simulator = shop.simulator.simulator
    waits = []
    step = SCAN_STEP_CALLBACKS if has_callbacks else SCAN_STEP
    for number in range(count + 1):
        simulator.set_knobs(auto_confirm_seconds=2.0 * (number % 2), auto_settle_seconds=0.0)
        till.tap_to_pay()
        trace_id = simulator.payments()[-1]["traceId"]
        time.sleep(SCAN_SECONDS + step * (number % SCAN_STEPS))
        done_at = till.done_at(partial(simulator.pay, trace_id))
        history = simulator.payment(trace_id)["history"]
        success_at = next(step["time"] for step in history if step["status"] == "success")
        if number:  # the first is for warming up
            waits.append((done_at - success_at) * 1000)
    return stats.rounded(waits, 1)


def _halves(waits: list[float]) -> dict[str, float]:
    return {
        "over a chain, p50": round(stats.p50(waits[::2]), 1),
        "at once, p50": round(stats.p50(waits[1::2]), 1),
    }
