"""The same rules, and processes that are killed between steps and in the middle of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import requests
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import rule
from shop import wait_for

from .machine import AMOUNTS, LATER, OLDER, REGISTERS, PaymentMachine
from .till import Line, Order, refusal

PAUSE = 0.3
#: When to kill, and what MixPay does meanwhile.
ON_THE_WAY = {"latency": PAUSE, "http_500_next": 1, "http_500_after": False}
MOMENTS: dict[str, dict[str, Any]] = {
    # Recorded, and on the way to MixPay, where it never arrives.
    "MixPay never hears of it": ON_THE_WAY,
    # The same, but it arrives when nobody waits any more.
    "MixPay hears of it later": {"latency": PAUSE},
    # MixPay has done it, and its answer has not come.
    "MixPay has not answered": {"hang": PAUSE},
    **{f"after {milliseconds} ms": {} for milliseconds in (2, 10, 20, 40, 80)},
}
MOMENT = st.sampled_from(list(MOMENTS))
#: A killed process leaves leases behind; whether they have run out when the next step is made.
LEASES_OVER = st.booleans()


class KillMachine(PaymentMachine):
    """Any request may be the last that its process sees."""

    @rule()
    def kill_between_steps(self) -> None:
        self.till.server.kill_workers()

    @rule(
        target=PaymentMachine.lines,
        amount=AMOUNTS,
        register=REGISTERS,
        moment=MOMENT,
        leases_over=LEASES_OVER,
    )
    def kill_while_selling(
        self, amount: str, register: int, moment: str, leases_over: bool
    ) -> Line:
        line = Order().add_line(amount)
        self._cut_off(moment, leases_over, lambda: self.till.send(register, line))
        return line

    @rule(
        line=PaymentMachine.lines,
        register=REGISTERS,
        moment=MOMENT,
        later=LATER,
        leases_over=LEASES_OVER,
    )
    def kill_while_asking(
        self, line: Line, register: int, moment: str, later: bool, leases_over: bool
    ) -> None:
        self._pass_time(later)
        self._cut_off(moment, leases_over, lambda: self.till.send(register, line))

    @rule(line=PaymentMachine.lines, register=REGISTERS, moment=MOMENT, leases_over=LEASES_OVER)
    def kill_while_polling(self, line: Line, register: int, moment: str, leases_over: bool) -> None:
        status = self.till.registers[register].status
        self._cut_off_about(line, False, moment, leases_over, status)

    @rule(
        line=PaymentMachine.lines,
        older=OLDER,
        register=REGISTERS,
        moment=MOMENT,
        leases_over=LEASES_OVER,
    )
    def kill_while_cancelling(
        self, line: Line, older: bool, register: int, moment: str, leases_over: bool
    ) -> None:
        cancel = self.till.registers[register].cancel
        self._cut_off_about(line, older, moment, leases_over, cancel)

    @rule(line=PaymentMachine.lines, moment=MOMENT, leases_over=LEASES_OVER)
    def kill_during_callback(self, line: Line, moment: str, leases_over: bool) -> None:
        def call_back(payment: dict[str, str]) -> None:
            if self.mixpay.status(payment["trace_id"]):
                self.mixpay.simulator.send_callback(payment["trace_id"])

        self._cut_off_about(line, False, moment, leases_over, call_back)

    @rule(register=REGISTERS, moment=MOMENT, leases_over=LEASES_OVER)
    def kill_background_job(self, register: int, moment: str, leases_over: bool) -> None:
        self._pass_time(True)
        self._cut_off(moment, leases_over, lambda: self.till.run_job(register))

    @rule(
        line=PaymentMachine.lines,
        register=REGISTERS,
        milliseconds=st.sampled_from([5, 20, 60, 120, 200]),
        state=st.sampled_from(["draft", "paid"]),
    )
    def kill_while_saving(self, line: Line, register: int, milliseconds: int, state: str) -> None:
        def save() -> None:
            refusal(lambda: self.till.save(register, line.order, state))

        self._kill_when(lambda _request: time.sleep(milliseconds / 1000), save)

    # -- pieces -----------------------------------------------------------------------------------

    def _cut_off_about(
        self,
        line: Line,
        older: bool,
        moment: str,
        leases_over: bool,
        act: Callable[[dict[str, str]], Any],
    ) -> None:
        """Kill during a request about a payment, of which MixPay may be asked now."""
        trace_id = line.trace(older)
        if trace_id:
            self._pass_time(True)
            self._cut_off(moment, leases_over, lambda: act({"trace_id": trace_id}))

    def _cut_off(self, moment: str, leases_over: bool, act: Callable[[], Any]) -> None:
        """Kill at a moment of a request, then let whatever is still under way come to its end."""
        self.mixpay.calm()
        knobs = MOMENTS[moment]
        self.mixpay.simulator.set_knobs(**knobs)
        heard = len(self.shop.calls())

        def wait(request: Future[Any]) -> None:
            if not knobs:
                time.sleep(int(moment.split()[1]) / 1000)
                return
            wait_for(
                lambda: request.done() or len(self.shop.calls()) > heard, "the request", step=0.005
            )
            time.sleep(0.02)  # for MixPay to do what it was asked

        self._kill_when(wait, lambda: refusal(act))
        self._pass_time(leases_over)

    def _kill_when(self, wait: Callable[[Future[Any]], None], act: Callable[[], Any]) -> None:
        with ThreadPoolExecutor(1) as pool:
            request = pool.submit(act)
            wait(request)
            self.till.server.kill_workers()
            with suppress(requests.RequestException):
                request.result()
                note("  it was answered before")
        self._let_everything_end()
        self.mixpay.calm()

    def _let_everything_end(self) -> None:
        """Calls still on their way to MixPay arrive; the database rolls back what was cut off."""
        simulator = self.mixpay.simulator
        wait_for(lambda: not simulator.in_flight, "the end of calls to MixPay", step=0.01)
        wait_for(lambda: not self._is_busy(), "the end of transactions", step=0.01)

    def _is_busy(self) -> bool:
        [(count,)] = self.shop.database.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND state <> 'idle' AND backend_type = 'client backend'"
        )
        return bool(count)
