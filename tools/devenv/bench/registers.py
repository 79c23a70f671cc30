"""Simulated registers: many at little cost, each doing what the browser's service does.

A register asks for its payment, asks how it stands first after a second and then whenever the
server said, and at once when the bus says that something changed. Each is a thread; they share one
login, and a bus connection for each Point of Sale and server.
"""

import itertools
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import websocket
from shop import HOST, START_SECONDS, RpcError, wait_for

from .figures import p50
from .http import CREATE, STATUS, new_line
from .shops import BenchShop, Caller, Till

FIRST_POLL = 1.0  # seconds, as in static/src/app/services/polling.js
AFTER_TROUBLE = 2.0
BUS_SECONDS = 30
PAGE_SECONDS = 30
CONFIRM_SECONDS = 2.0
# In names of the addon's bus messages.
OURS = "MIXPAY"


class Register(threading.Thread):
    """A register with one payment; times are seconds since the epoch, as the simulator's.

    To start it is to have the cashier tap on MixPay.
    """

    def __init__(self, crowd: "Crowd", caller: Caller, till: Till, method_id: int) -> None:
        super().__init__(daemon=True)
        self.till = till
        self.caller = caller
        self.trace_id = ""
        self.payment_id = 0  # what the bus names it by
        self.link = ""
        self.link_type = ""
        self.opened_in: float | None = None  # seconds from tap to link
        self.refused = ""
        self.seen_at: float | None = None  # when it knew that its payment is done
        self.polls = 0
        self.poll_after_ms: list[float] = []
        self.poked = threading.Event()  # something changed, or the crowd goes home
        self._crowd = crowd
        self._line = new_line(method_id, till.session_id)

    def run(self) -> None:
        """Ask for the payment, then how it stands, until it is seen to be done."""
        started = time.monotonic()
        try:
            payment = self.caller.call(CREATE, self._line)
        except (RpcError, OSError, ValueError, RuntimeError) as error:
            self.refused = f"{type(error).__name__}: {error}"
            return
        self.opened_in = time.monotonic() - started
        self.link, self.link_type = payment["link"], payment["link_type"]
        self.payment_id = payment.get("id", 0)
        self.trace_id = payment["trace_id"]
        delay = FIRST_POLL
        while self.seen_at is None:
            self.poked.wait(delay)
            if self._crowd.has_ended:
                return
            self.poked.clear()
            delay = self._ask()

    def _ask(self) -> float:
        """Ask how the payment stands; return the seconds until the next time."""
        self.polls += 1
        try:
            answer = self.caller.call(STATUS, {"trace_ids": [self.trace_id]})
        except (RpcError, OSError, ValueError, RuntimeError) as error:
            self._crowd.errors.append(f"{type(error).__name__}: {error}")
            return AFTER_TROUBLE
        self.poll_after_ms.append(answer["poll_after"])
        if answer["payments"][0]["line_status"] == "done":
            self.seen_at = time.time()
        return float(answer["poll_after"]) / 1000


class Crowd:
    """Registers in turns of all of a shop's servers, and of so many of its tills; their customers.

    Used as a context manager: at its end no register asks any more.
    """

    def __init__(self, shop: BenchShop, count: int, *, tills: int, hears_bus: bool = True) -> None:
        self.errors: list[str] = []
        self.heard = 0  # messages of the bus
        self.has_ended = False
        self._sockets: list[Any] = []
        self._hears_bus = hears_bus
        self._simulator = shop.simulator.simulator
        self._simulator.set_knobs(auto_confirm_seconds=CONFIRM_SECONDS, auto_settle_seconds=0.0)
        places = shop.tills(tills)
        callers = [shop.cashier(server) for server in shop.servers]
        self.registers = [
            Register(self, callers[number % len(callers)], places[number % tills], shop.method_id)
            for number in range(count)
        ]

    def __enter__(self) -> "Crowd":
        if self._hears_bus:
            for till, server in {(r.till, r.caller.server) for r in self.registers}:
                self._listen_to(till, server)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.has_ended = True
        for socket in self._sockets:
            with suppress(OSError, websocket.WebSocketException):
                socket.abort()
        for register in self.registers:
            register.poked.set()
        for register in self.registers:
            if register.ident:
                register.join()

    def perform(self, plan: Iterable[tuple[float, Callable[[], object]]]) -> None:
        """Do things at their times, in seconds from now; what fails is noted, and the rest done."""
        started = time.monotonic()
        for moment, act in sorted(plan, key=lambda entry: entry[0]):
            time.sleep(max(0.0, started + moment - time.monotonic()))
            try:
                act()
            except Exception as error:  # said with the figures
                self.errors.append(f"{type(error).__name__}: {error}")

    def pay(self, register: Register) -> None:
        """Open the link and pay; MixPay takes two seconds to succeed."""
        if register.trace_id:
            with urllib.request.urlopen(register.link, timeout=PAGE_SECONDS):
                pass  # a pay link begins to exist when somebody opens it
            self._simulator.pay(register.trace_id)

    def waits(self) -> list[float]:
        """Seconds from success to seen, of those who have seen it."""
        # The simulator's clock was put forward by as much.
        offset = float(self._simulator.clock.offset)
        return [
            register.seen_at + offset - self._success_at(register)
            for register in self.registers
            if register.seen_at is not None
        ]

    def _success_at(self, register: Register) -> float:
        history = self._simulator.payment(register.trace_id)["history"]
        return float(next(step["time"] for step in history if step["status"] == "success"))

    def about(self) -> dict[str, Any]:
        """What became of the registers, and what went wrong: for the details of a measure."""
        registers = self.registers
        pauses = list(itertools.chain.from_iterable(r.poll_after_ms for r in registers))
        refusals = sorted({register.refused for register in registers if register.refused})
        return {
            "registers": len(registers),
            "with one-time code": sum(register.link_type == "code" for register in registers),
            "with pay link": sum(register.link_type == "paylink" for register in registers),
            "refused": sum(bool(register.refused) for register in registers),
            "refusals": refusals[:5],
            "status requests": sum(register.polls for register in registers),
            "poll_after, ms, median and largest": [p50(pauses), max(pauses)] if pauses else [],
            "bus messages": self.heard,
            "errors": len(self.errors),
            "kinds of errors": sorted(set(self.errors))[:5],
        }

    def _listen_to(self, till: Till, server: Any) -> None:
        """Have registers hear Odoo's bus as their browsers do."""
        here = [r for r in self.registers if (r.till, r.caller.server) == (till, server)]

        def connect() -> Any:
            # A server's process for the bus is there later than the others.
            with suppress(ConnectionRefusedError):
                return websocket.create_connection(
                    f"ws://{HOST}:{server.bus_port}/websocket",
                    origin=server.url,
                    cookie=f"session_id={here[0].caller.cookie}",
                    timeout=BUS_SECONDS,
                )

        socket = wait_for(connect, f"the bus of {server.url}", START_SECONDS)
        channels = {"channels": [till.bus_channel], "last": 0}
        socket.send(json.dumps({"event_name": "subscribe", "data": channels}))
        socket.settimeout(None)
        self._sockets.append(socket)
        threading.Thread(target=self._listen, args=(socket, here), daemon=True).start()

    def _listen(self, socket: Any, registers: list[Register]) -> None:
        with suppress(OSError, websocket.WebSocketException):
            while text := socket.recv():
                for notification in json.loads(text):
                    self._hear(notification["message"], registers)

    def _hear(self, message: dict[str, Any], registers: list[Register]) -> None:
        """Poke whom a message is about; all of them when it names nobody."""
        if OURS not in message["type"].upper():
            return
        self.heard += 1
        named = [r for r in registers if r.payment_id and r.payment_id == message["payload"]["id"]]
        for register in named or registers:
            register.poked.set()
