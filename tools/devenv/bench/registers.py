"""Simulated registers: many at little cost, each doing what the browser's service does.

A register asks for its payment, asks how it stands first after a second and then whenever the
server said, and at once when the bus says that something changed. All share a few threads, one
login, and a bus connection for each Point of Sale and server.
"""

import heapq
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

import websocket
from shop import HOST, RpcError

from .http import CREATE, STATUS, new_line
from .shops import Caller, Till

FIRST_POLL = 1.0  # seconds, as in static/src/app/services/polling.js
AFTER_TROUBLE = 2.0
THREADS = 48
BUS_SECONDS = 30
# In names of the addon's bus messages.
OURS = "MIXPAY"

Task = Callable[[], None]


class Clockwork:
    """Runs tasks at their times, on a few threads; ends with what is due then left undone."""

    def __init__(self, threads: int = THREADS) -> None:
        self._tasks: list[tuple[float, int, Task]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._ended = False
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __enter__(self) -> "Clockwork":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def after(self, seconds: float, task: Task) -> None:
        """Run a task in so many seconds."""
        with self._changed:
            heapq.heappush(self._tasks, (time.monotonic() + seconds, next(self._numbers), task))
            self._changed.notify()

    def _work(self) -> None:
        while task := self._next():
            try:
                task()
            except Exception as error:  # said with the figures; the other registers go on
                self.errors.append(f"{type(error).__name__}: {error}")

    def _next(self) -> Task | None:
        with self._changed:
            while not self._ended:
                left = self._tasks[0][0] - time.monotonic() if self._tasks else None
                if left is not None and left <= 0:
                    return heapq.heappop(self._tasks)[2]
                self._changed.wait(left)
        return None


class Register:
    """A register with one payment; times are seconds since the epoch, as the simulator's."""

    def __init__(self, clockwork: Clockwork, caller: Caller, till: Till, method_id: int) -> None:
        self.till = till
        self.caller = caller
        self.trace_id = ""
        self.payment_id = 0  # what the bus names it by
        self.link = ""
        self.link_type = ""
        self.opened_in: float | None = None  # seconds from tap to link
        self.refused = ""
        self.seen_at: float | None = None
        self.polls = 0
        self.poll_after_ms: list[float] = []
        self._clockwork = clockwork
        self._line = new_line(method_id, till.session_id)
        self._lock = threading.Lock()  # one question at a time, as in a browser's loop
        self._is_poked = False

    def open(self) -> None:
        """The cashier taps on MixPay."""
        started = time.monotonic()
        try:
            payment = self.caller.call(CREATE, self._line)
        except (RpcError, OSError, ValueError) as error:
            self.refused = f"{type(error).__name__}: {error}"
            return
        self.opened_in = time.monotonic() - started
        self.trace_id, self.link = payment["trace_id"], payment["link"]
        self.payment_id = payment.get("id", 0)
        self.link_type = payment["link_type"]
        self._clockwork.after(FIRST_POLL, self._poll)

    def has_seen(self) -> bool:
        """Whether the register knows that its payment is done."""
        return self.seen_at is not None

    def poke(self) -> None:
        """The bus said that something changed: ask at once, beside the loop."""
        if self.trace_id and self.seen_at is None and not self._is_poked:
            self._is_poked = True
            self._clockwork.after(0, self._answer_poke)

    def _answer_poke(self) -> None:
        self._is_poked = False
        self._ask()

    def _poll(self) -> None:
        delay = self._ask()
        if self.seen_at is None:
            self._clockwork.after(delay, self._poll)

    def _ask(self) -> float:
        """Ask how the payment stands; return the seconds until the next time."""
        if self.seen_at is not None:
            return 0
        self.polls += 1
        try:
            answer = self.caller.call(STATUS, {"trace_ids": [self.trace_id]})
        except (RpcError, OSError, ValueError) as error:
            self._clockwork.errors.append(f"{type(error).__name__}: {error}")
            return AFTER_TROUBLE
        self.poll_after_ms.append(answer["poll_after"])
        with self._lock:
            is_done = answer["payments"][0]["line_status"] == "done"
            if is_done and self.seen_at is None:
                self.seen_at = time.time()
        return float(answer["poll_after"]) / 1000


class Bus:
    """Odoo's bus, as the registers' browsers hear it."""

    def __init__(self, registers: Sequence[Register]) -> None:
        self.heard = 0
        self._registers = registers
        self._sockets: list[Any] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> "Bus":
        places = {(r.till, r.caller.server): r.caller for r in self._registers}
        for (till, server), caller in places.items():
            socket = websocket.create_connection(
                f"ws://{HOST}:{server.bus_port}/websocket",
                origin=server.url,
                cookie=f"session_id={caller.cookie}",
                timeout=BUS_SECONDS,
            )
            socket.send(_message("subscribe", {"channels": [till.bus_channel], "last": 0}))
            socket.settimeout(None)
            self._sockets.append(socket)
            here = [r for r in self._registers if r.till == till and r.caller.server is server]
            thread = threading.Thread(target=self._listen, args=(socket, here), daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_exc: object) -> None:
        for socket in self._sockets:
            with suppress(OSError, websocket.WebSocketException):
                socket.abort()
        for thread in self._threads:
            thread.join(5)

    def _listen(self, socket: Any, registers: Iterable[Register]) -> None:
        with suppress(OSError, websocket.WebSocketException):
            while text := socket.recv():
                for notification in json.loads(text):
                    self._hear(notification["message"], registers)

    def _hear(self, message: dict[str, Any], registers: Iterable[Register]) -> None:
        """Poke whom a message is about; all of them when it names nobody."""
        if OURS not in message["type"].upper():
            return
        self.heard += 1
        named = [r for r in registers if r.payment_id and r.payment_id == message["payload"]["id"]]
        for register in named or registers:
            register.poke()


def _message(name: str, data: dict[str, Any]) -> str:
    return json.dumps({"event_name": name, "data": data})
