"""Measures of what a cashier sees: a real Chromium, a mouse, and times taken inside the page.

One threaded server serves register and bus; simulator and browser share its machine.
"""

import http.client
import json
import time
import uuid
from collections.abc import Callable
from functools import partial

from shop import HOST

from .figures import Outcome, Row, alternate, p50, p95
from .http import p50_row
from .lab import Lab, measure
from .shops import CALL_SECONDS, BenchShop
from .till import EMPTY_ROUTE

# Somebody needs a moment to scan a code; each another one, not to be in step with any polling.
SCAN_SECONDS = 0.8
SCAN_STEP, SCAN_STEPS = 0.37, 8
# Callbacks come when they come, whatever the polling: shorter steps will do.
SCAN_STEP_CALLBACKS = 0.11
CREATE = "/v1/one_time_payment"


@measure("tap")
def tap_to_qr(lab: Lab) -> Outcome:
    """Tap on MixPay → QR painted, against Odoo's online payment: Validate → QR painted.

    Milliseconds from the click to the frame after the QR code could be painted.
    """
    shop = lab.shop()
    till = lab.till(shop, has_online=True)
    shop.lift_limit()
    shop.cashier().call(EMPTY_ROUTE, {})  # raises what the page would take for an answer
    till.tap_mixpay()
    mixpay, online, empty, called = alternate(
        lab.pick(36, 4),
        [till.tap_mixpay, till.tap_online, till.empty_request, _bare_call(shop)],
        warm_up=lab.pick(3, 1),
    )
    floor = [request + create for request, create in zip(empty, called, strict=True)]
    name = "tap on MixPay → QR painted, p50; yardstick:"
    rows = [
        p50_row(f"{name} pos_online_payment, Validate → QR", mixpay, online, 0.35),
        p50_row(f"{name} an empty request, a call, a frame", mixpay, floor, 1.5),
    ]
    samples = {"mixpay_ms": mixpay, "online_ms": online}
    samples |= {"empty_and_frame_ms": empty, "call_ms": called}
    return Outcome(rows, samples, {"floor, p50": round(p50(floor), 1)})


def _bare_call(shop: BenchShop) -> Callable[[], float]:
    """The addon's last call for a code, made anew by a bare client on a connection that is kept.

    It is a part of what no way of showing a code can do without: see docs/benchmarks.md.
    """
    [*_, made] = shop.calls(CREATE)
    connection = http.client.HTTPConnection(HOST, shop.simulator.port, timeout=CALL_SECONDS)

    def timed() -> float:
        body = json.dumps(made["params"] | {"traceId": str(uuid.uuid4())})
        started = time.perf_counter()
        connection.request("POST", CREATE, body, {"Content-Type": "application/json"})
        answer = connection.getresponse().read()
        taken = (time.perf_counter() - started) * 1000
        if not json.loads(answer)["success"]:
            raise RuntimeError(f"the simulator refused: {answer.decode()}")
        return taken

    return timed


@measure("paid")
def paid_with_callback(lab: Lab) -> Outcome:
    """Success at MixPay → line done in the browser, with callbacks.

    Milliseconds.
    """
    waits = _paid(lab, lab.pick(24, 4))
    rows = [
        Row("paid → line done, callbacks, p50", p50(waits), "ms", 200),
        Row("paid → line done, callbacks, p95", p95(waits), "ms", 500),
    ]
    return Outcome(rows, {"success_to_done_ms": waits}, _halves(waits))


@measure("paid-polling")
def paid_by_polling(lab: Lab) -> Outcome:
    """Success at MixPay → line done in the browser, without callbacks."""
    waits = _paid(lab, lab.pick(12, 3), has_callbacks=False)
    row = Row("paid → line done, polling only, p95", p95(waits), "ms", 2500)
    return Outcome([row], {"success_to_done_ms": waits}, _halves(waits))


def _paid(lab: Lab, count: int, *, has_callbacks: bool = True) -> list[float]:
    """Sales paid in turns as a wallet of MixPay's own does, at once, and over a chain: in 2 s."""
    shop = lab.shop()
    till = lab.till(shop)
    shop.lift_limit()
    if not has_callbacks:
        shop.without_callbacks()
    simulator = shop.simulator.simulator
    step = SCAN_STEP_CALLBACKS if has_callbacks else SCAN_STEP
    waits = []
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
    return waits


def _halves(waits: list[float]) -> dict[str, float]:
    return {
        "over a chain, p50": round(p50(waits[::2]), 1),
        "at once, p50": round(p50(waits[1::2]), 1),
    }
