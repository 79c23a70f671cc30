"""MixPay's callbacks: what is sent, when it is tried again, and what became of it.

Per MixPay's documentation the body is flat JSON and does not say which event it is for; success
and failure are always told, other events when asked for; a shop acknowledges with HTTP 200 and
`{"code": "SUCCESS"}` within 20 s, and otherwise is asked again, 9 times at most.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import queue
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .clock import Clock, Timers
from .errors import SimulatorError
from .knobs import Knobs
from .payment import Payment

#: Seconds between attempts: nine attempts, so eight waits.
WAITS = (15, 15, 30, 180, 1800, 1800, 1800, 1800)
ALWAYS = ("success", "fail")
WORKERS = 8
LOG_SIZE = 5000
#: Bytes of a shop's answer that are read.
MAX_ANSWER = 65536


@dataclass(frozen=True)
class Delivery:
    """One callback on its way. `attempt` counts from 1."""

    trace_id: str
    event: str
    url: str
    body: str
    copy: int = 1
    attempt: int = 1
    retries: bool = True


class Outbox:
    """Queues callbacks by the clock; worker threads deliver them."""

    def __init__(
        self, knobs: Knobs, clock: Clock, timers: Timers, lock: threading.RLock,
        wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self._knobs = knobs
        self._clock = clock
        self._timers = timers
        self._lock = lock
        self._wake = wake
        self._ready: queue.Queue[Delivery | None] = queue.Queue()
        self._log: deque[dict[str, Any]] = deque(maxlen=LOG_SIZE)
        self._held: dict[str, list[Delivery]] = {}
        self._threads: list[threading.Thread] = []
        self._sockets: set[socket.socket] = set()
        self._round = 0  # rises with clear(), so that older deliveries come to nothing
        self._stopped = False

    # -- what to send (called under the simulator's lock) -----------------------------------

    def emit(self, payment: Payment, event: str) -> None:
        """Something happened; send what the shop asked to hear."""
        terms = payment.terms
        if not terms.callback_url or (event not in ALWAYS and event not in terms.callback_events):
            return
        for copy in range(1, self._knobs["callback_copies"] + 1):
            delivery = _delivery(payment, event, copy)
            if self._knobs["callback_lost"]:
                self._record(delivery, self._clock.now(), "lost")
            elif self._knobs["callback_out_of_order"] and not payment.is_final:
                self._held.setdefault(payment.trace_id, []).append(delivery)
            else:
                self._later(delivery, self._knobs["callback_delay"])
        if payment.is_final:
            for number, delivery in enumerate(self._held.pop(payment.trace_id, []), 1):
                self._later(delivery, self._knobs["callback_delay"] + number)

    def log(self) -> list[dict[str, Any]]:
        with self._lock:
            return [dict(entry) for entry in self._log]

    def clear(self) -> None:
        with self._lock:
            self._round += 1
            self._log.clear()
            self._held.clear()

    def _later(self, delivery: Delivery, wait: float) -> None:
        current = self._round

        def run() -> None:
            if self._round == current:
                self._ready.put(delivery)

        self._timers.call_at(self._timers.now() + wait, run)
        self._wake()

    # -- sending (called without the lock) --------------------------------------------------

    def send_now(self, payment: Payment, event: str = "by hand") -> dict[str, Any]:
        """One attempt at once, whatever the knobs say of loss and delay; return its log entry."""
        if not payment.terms.callback_url:
            raise SimulatorError("this payment has no callbackUrl")
        delivery = _delivery(payment, event, 1, retries=False)
        return self._attempt(delivery)

    def start(self) -> None:
        self._stopped = False
        for number in range(WORKERS):
            thread = threading.Thread(
                target=self._work, name=f"simulator-callback-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Drop what waits, abort what is under way, end the workers."""
        with self._lock:
            self._stopped = True
            for sock in self._sockets:
                _shut(sock)
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads.clear()
        self._ready = queue.Queue()

    def _work(self) -> None:
        while (delivery := self._ready.get()) is not None:
            if not self._stopped:
                self._attempt(delivery)

    def _attempt(self, delivery: Delivery) -> dict[str, Any]:
        current = self._round
        started, began = self._clock.now(), time.monotonic()
        try:
            status, answer = self._post(delivery)
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, answer, problem = 0, b"", f"{type(error).__name__}: {error}"
        else:
            problem = "" if _acknowledges(status, answer) else "not acknowledged"
        with self._lock:
            outcome = problem or "acknowledged"
            if self._round != current:
                return self._entry(delivery, started, outcome, status)
            entry = self._record(delivery, started, outcome, status)
            entry["seconds"] = round(time.monotonic() - began, 3)
            entry["answer"] = answer[:500].decode("utf-8", "replace")
            if problem and delivery.retries and delivery.attempt <= len(WAITS):
                wait = WAITS[delivery.attempt - 1] * self._knobs["callback_time_scale"]
                entry["nextIn"] = wait
                self._later(_next(delivery), wait)
            return dict(entry)

    def _post(self, delivery: Delivery) -> tuple[int, bytes]:
        """POST to where the host's route leads. No route is a dead host: nothing else is called."""
        parts = urlsplit(delivery.url)
        with self._lock:
            routes = {host.lower(): base for host, base in self._knobs["callback_routes"].items()}
            timeout = self._knobs["callback_timeout"]
        base = routes.get(parts.netloc.lower()) or routes.get((parts.hostname or "").lower())
        if base is None:
            raise OSError(f"no route to host {parts.netloc}")
        target = urlsplit(base)
        path = target.path.rstrip("/") + (parts.path or "/")
        path += f"?{parts.query}" if parts.query else ""
        connection = http.client.HTTPConnection(
            target.hostname or "", target.port or 80, timeout=timeout
        )
        try:
            connection.connect()
            return self._exchange(connection, path, parts.netloc, delivery.body, timeout)
        finally:
            connection.close()

    def _exchange(
        self, connection: http.client.HTTPConnection, path: str, host: str, body: str,
        timeout: float,
    ) -> tuple[int, bytes]:  # fmt: skip
        sock = connection.sock
        with self._lock:
            if self._stopped:
                raise OSError("the simulator stops")
            self._sockets.add(sock)
        # A time-out of a socket is per read; this ends the whole exchange.
        guard = threading.Timer(timeout, _shut, (sock,))
        guard.daemon = True
        guard.start()
        try:
            headers = {"Host": host, "Content-Type": "application/json", "Connection": "close"}
            connection.request("POST", path, body.encode(), headers)
            response = connection.getresponse()
            return response.status, response.read(MAX_ANSWER)
        finally:
            guard.cancel()
            guard.join()
            with self._lock:
                self._sockets.discard(sock)

    # -- the log --------------------------------------------------------------------------

    def _entry(
        self, delivery: Delivery, started: float, outcome: str, status: int = 0
    ) -> dict[str, Any]:
        return {
            "time": started,
            "traceId": delivery.trace_id,
            "event": delivery.event,
            "url": delivery.url,
            "body": json.loads(delivery.body),
            "copy": delivery.copy,
            "attempt": delivery.attempt,
            "status": status,
            "outcome": outcome,
            "acknowledged": outcome == "acknowledged",
        }

    def _record(
        self, delivery: Delivery, started: float, outcome: str, status: int = 0
    ) -> dict[str, Any]:
        entry = self._entry(delivery, started, outcome, status)
        self._log.append(entry)
        return entry


def _delivery(payment: Payment, event: str, copy: int, retries: bool = True) -> Delivery:
    body = {
        "orderId": payment.terms.order_id or "",
        "traceId": payment.trace_id,
        "payeeId": payment.terms.payee_id,
    }
    url = payment.terms.callback_url
    return Delivery(payment.trace_id, event, url, json.dumps(body), copy, retries=retries)


def _next(delivery: Delivery) -> Delivery:
    return Delivery(
        delivery.trace_id, delivery.event, delivery.url, delivery.body, delivery.copy,
        delivery.attempt + 1,
    )  # fmt: skip


def _acknowledges(status: int, answer: bytes) -> bool:
    try:
        content = json.loads(answer)
    except ValueError:
        return False
    return status == 200 and isinstance(content, dict) and content.get("code") == "SUCCESS"


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed already
        sock.shutdown(socket.SHUT_RDWR)
