"""The simulated MixPay without its HTTP: orders, clock, knobs and logs, behind one lock."""

from __future__ import annotations

import inspect
import itertools
import random
import threading
import time
import uuid
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from . import errors
from .callbacks import Outbox
from .catalogue import Catalogue
from .clock import Clock, Timers
from .errors import ApiError, NotFoundError, SimulatorError
from .knobs import TABLE, Knobs
from .lifecycle import ACTIONS, Lifecycle
from .limiter import RateLimiter
from .payment import FAILED, SUCCESS, Payment
from .result import Results
from .terms import Terms, check_window, create_terms, payee_key, paylink_terms

LOG_SIZE = 5000
#: Longest sleep in seconds of the thread that does what is due.
TICK = 1.0


class Simulator:
    """All that MixPay would know. Every public method may be called from any thread."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self.clock = Clock()
        self.knobs = Knobs()
        self.catalogue = Catalogue()
        self.limiter = RateLimiter()
        self.random = random.Random(0)
        self.results = Results(self.catalogue, self.knobs)
        self._timers = Timers(self.clock)
        self._outbox = Outbox(self.knobs, self.clock, self._timers, self.lock, self._wake)
        self._lifecycle = Lifecycle(self.catalogue, self.knobs, self._timers, self._outbox.emit)
        self._payments: dict[str, Payment] = {}  # by trace id, lower case
        self._by_code: dict[str, Payment] = {}
        self._by_order: dict[tuple[str, str], Payment] = {}
        self._requests: deque[dict[str, Any]] = deque(maxlen=LOG_SIZE)
        self._numbers = itertools.count(1)
        self.in_flight = 0
        self._thread: threading.Thread | None = None
        self.stopping = threading.Event()  # ends every wait of a request

    # -- life of the simulator ---------------------------------------------------------------

    def start(self) -> None:
        """Let time pass: deadlines, automatic steps and callbacks happen by themselves."""
        self.stopping.clear()
        self._outbox.start()
        self._thread = threading.Thread(target=self._run, name="simulator-clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self.stopping.set()
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        self._outbox.stop()

    def reset(self) -> None:
        """Forget everything: orders, logs, knobs, clock and budget."""
        with self.lock:
            self._timers.clear()
            self._outbox.clear()
            self.knobs.clear()
            self.limiter.clear()
            self.clock.offset = 0.0
            self.random.seed(0)
            for table in (self._payments, self._by_code, self._by_order, self._requests):
                table.clear()

    def advance(self, seconds: float) -> float:
        """Move the clock forward and do all that becomes due; return the new offset."""
        with self.lock:
            self.clock.advance(seconds)
            self.tick()
            self._wake()
            return self.clock.offset

    def tick(self) -> None:
        """Do what is due."""
        with self.lock:
            self._timers.run_due()

    def _run(self) -> None:
        with self._changed:
            while not self.stopping.is_set():
                self._timers.run_due()
                due = self._timers.next_due()
                wait = TICK if due is None else min(TICK, due - self.clock.now())
                self._changed.wait(max(wait, 0.001))

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # -- orders ------------------------------------------------------------------------------

    def create(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """`POST /one_time_payment`: idempotent, an order's first terms hold for good."""
        with self.lock:
            self.tick()
            terms = create_terms(params, self.catalogue)
            payment = self._existing(terms)
            if payment is None:
                payment = self._open(terms, "code")
            elif payment.status == SUCCESS:
                raise ApiError(errors.COMPLETED)
            elif payment.status == FAILED:
                raise ApiError(errors.EXPIRED_OR_FAILED)
            forged = self.knobs["create_code"]
            answer: dict[str, Any] = {"code": payment.code if forged is None else forged}
            if self.knobs["create_info_sent"]:
                answer["info"] = self.results.info(payment)
            return answer

    def open_paylink(self, params: Mapping[str, Any]) -> Payment:
        """A visit to a pay link: the first one fixes the terms, as the address says them."""
        with self.lock:
            self.tick()
            terms = paylink_terms(params, self.catalogue)
            return self._existing(terms) or self._open(terms, "paylink")

    def find(self, key: str) -> Payment:
        """An order by its trace id or code."""
        with self.lock:
            self.tick()
            payment = self._payments.get(key.lower()) or self._by_code.get(key)
            if payment is None:
                raise NotFoundError(f"there is no payment {key!r}")
            return payment

    def find_order(self, payee_id: str, order_id: str) -> Payment | None:
        with self.lock:
            self.tick()
            return self._by_order.get((payee_key(payee_id), order_id))

    def find_trace(self, trace_id: str) -> Payment | None:
        with self.lock:
            self.tick()
            return self._payments.get(trace_id.lower())

    def _existing(self, terms: Terms) -> Payment | None:
        if terms.trace_id and terms.trace_id.lower() in self._payments:
            return self._payments[terms.trace_id.lower()]
        return self._by_order.get((payee_key(terms.payee_id), terms.order_id or ""))

    def _open(self, terms: Terms, channel: str) -> Payment:
        now = self.clock.now()
        check_window(terms, now)
        self._check_payee(terms)
        self._check_price(terms)
        trace_id = terms.trace_id or str(uuid.uuid4())
        own_code = not terms.trace_id or not self.knobs["code_equals_trace"]
        payment = Payment(
            terms=terms,
            trace_id=trace_id,
            code=str(uuid.uuid4()) if own_code else trace_id,
            channel=channel,
            lifecycle=self.knobs["lifecycle"],
            created_at=now,
            expired_at=self._expired_at(terms, now),
        )
        self._payments[trace_id.lower()] = self._by_code[payment.code] = payment
        if terms.order_id:
            self._by_order[payee_key(terms.payee_id), terms.order_id] = payment
        self._lifecycle.opened(payment)
        return payment

    def _expired_at(self, terms: Terms, now: float) -> int:
        latest = now + self.knobs["default_window_minutes"] * 60
        cap = self.knobs["window_cap_minutes"]
        if terms.expired_timestamp is not None:
            latest = terms.expired_timestamp
        return int(latest if cap is None else min(latest, now + cap * 60))

    def _check_payee(self, terms: Terms) -> None:
        refused = [payee_key(item) for item in self.knobs["refused_payees"]]
        if "*" in refused or payee_key(terms.payee_id) in refused:
            raise ApiError(errors.REFUSED_PAYEE)

    def _check_price(self, terms: Terms) -> None:
        quote = self.catalogue.quotes[terms.quote_asset_id]
        limited = self.knobs["enforce_price_limits"]
        if limited and not quote.min_price <= terms.quote_amount <= quote.max_price:
            message = "The quoteAmount is outside the limits."
            raise ApiError(errors.VALIDATION, fields={"quoteAmount": [message]})

    # -- actions -----------------------------------------------------------------------------

    def act(self, key: str, action: str, /, **details: Any) -> Payment:
        """Do one of ACTIONS to an order; `details` are that method's arguments."""
        if action not in ACTIONS:
            raise SimulatorError(f"there is no action {action!r}")
        method = getattr(self._lifecycle, action)
        with self.lock:
            payment = self.find(key)
            try:
                inspect.signature(method).bind(payment, **details)
            except TypeError as error:
                raise SimulatorError(f"{action}: {error}") from error
            method(payment, **details)
            self.tick()
            self._wake()
            return payment

    def pay(self, key: str, asset: str | None = None, amount: Any = None) -> Payment:
        return self.act(key, "pay", asset=asset, amount=amount)

    def pay_less(self, key: str, asset: str | None = None, amount: Any = None) -> Payment:
        return self.act(key, "pay_less", asset=asset, amount=amount)

    def pay_more(self, key: str, asset: str | None = None, amount: Any = None) -> Payment:
        return self.act(key, "pay_more", asset=asset, amount=amount)

    def top_up(self, key: str, amount: Any = None) -> Payment:
        return self.act(key, "top_up", amount=amount)

    def see(self, key: str, asset: str | None = None, amount: Any = None) -> Payment:
        return self.act(key, "see", asset=asset, amount=amount)

    def confirm(self, key: str) -> Payment:
        return self.act(key, "confirm")

    def process(self, key: str) -> Payment:
        return self.act(key, "process")

    def review(self, key: str) -> Payment:
        return self.act(key, "review")

    def approve(self, key: str) -> Payment:
        return self.act(key, "approve")

    def succeed(self, key: str) -> Payment:
        return self.act(key, "succeed")

    def settle(self, key: str) -> Payment:
        return self.act(key, "settle")

    def fail(self, key: str, /, **details: Any) -> Payment:
        """Fail with `code` and `reason`, if given."""
        return self.act(key, "fail", **details)

    def cancel(self, key: str) -> Payment:
        return self.act(key, "cancel")

    def second_transfer(self, key: str, asset: str | None = None, amount: Any = None) -> Payment:
        return self.act(key, "second_transfer", asset=asset, amount=amount)

    def pay_late(self, key: str, asset: str | None = None, amount: Any = None) -> Payment:
        return self.act(key, "pay_late", asset=asset, amount=amount)

    def expire(self, key: str) -> Payment:
        return self.act(key, "expire")

    def raw(self, key: str, fields: dict[str, Any] | None = None) -> Payment:
        return self.act(key, "raw", fields=fields)

    def send_callback(self, key: str) -> dict[str, Any]:
        """POST one callback now, without retries; return what became of it."""
        return self._outbox.send_now(self.find(key))

    # -- looking and setting -----------------------------------------------------------------

    def set_knobs(self, /, **values: Any) -> dict[str, Any]:
        with self.lock:
            self.knobs.set(values)
            return self.knobs.as_dict()

    def get_knobs(self) -> dict[str, Any]:
        with self.lock:
            return self.knobs.as_dict()

    def state(self) -> dict[str, Any]:
        with self.lock:
            self.tick()
            return {
                "now": self.clock.now(),
                "offset": self.clock.offset,
                "inFlight": self.in_flight,
                "requests": len(self._requests),
                "callbacks": len(self._outbox.log()),
                "payments": {item.trace_id: item.status for item in self._payments.values()},
                "actions": list(ACTIONS),
                "changedKnobs": self._changed_knobs(),
            }

    def payments(self) -> list[dict[str, Any]]:
        with self.lock:
            self.tick()
            return [self.describe(payment) for payment in self._payments.values()]

    def payment(self, key: str) -> dict[str, Any]:
        with self.lock:
            return self.describe(self.find(key))

    def callbacks(self) -> list[dict[str, Any]]:
        """The log of callbacks: one entry an attempt."""
        return self._outbox.log()

    def requests(self) -> list[dict[str, Any]]:
        """The log of API calls."""
        with self.lock:
            return [dict(entry) for entry in self._requests]

    def describe(self, payment: Payment) -> dict[str, Any]:
        """An order for the control API: more than MixPay would tell."""
        with self.lock:
            return {
                "traceId": payment.trace_id,
                "orderId": payment.terms.order_id,
                "code": payment.code,
                "channel": payment.channel,
                "clientId": payment.client_id,
                "status": payment.status,
                "lifecycle": payment.lifecycle,
                "createdAt": payment.created_at,
                "expiredAt": payment.expired_at,
                "version": payment.version,
                "history": [{"time": at, "status": status} for at, status in payment.history],
                "terms": self.results.terms(payment),
                "result": self.results.result(payment, frozenset({"payment", "transactions"})),
            }

    def _changed_knobs(self) -> dict[str, Any]:
        values = self.knobs.as_dict()
        return {knob.name: values[knob.name] for knob in TABLE if values[knob.name] != knob.default}

    # -- the log of API calls ----------------------------------------------------------------

    def begin_request(
        self, method: str, path: str, params: Mapping[str, Any], agent: str | None = None
    ) -> dict[str, Any]:
        with self.lock:
            self.in_flight += 1
            entry: dict[str, Any] = {
                "number": next(self._numbers),
                "time": self.clock.now(),
                "monotonic": time.monotonic(),
                "method": method,
                "path": path,
                "params": dict(params),
                "userAgent": agent,
                "inFlight": self.in_flight,
                "code": None,
                "status": None,
                "fault": None,
                "seconds": None,
            }
            self._requests.append(entry)
            return entry

    def end_request(self, entry: dict[str, Any], outcome: Iterable[tuple[str, Any]]) -> None:
        with self.lock:
            self.in_flight -= 1
            entry.update(outcome)
            entry["seconds"] = round(time.monotonic() - entry["monotonic"], 4)
