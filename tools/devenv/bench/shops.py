"""Shops to be measured: those of tests/servers, with tills, a cashier, and a lean client."""

import http.client
import itertools
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from shop import HOST, PUBLIC_HOST, Client, OdooServer, RpcError, Shop

from ..environment import YARDSTICK

CASHIER = "bench-cashier"
CASHIER_GROUPS = ("base.group_user", "point_of_sale.group_pos_user")
CALL_SECONDS = 120
MINUTE = 61.0  # as the addon's sliding window counts it
# A worker takes one request at a time: so many at once come to every one of them.
WARM_THREADS = 12
WARM_REQUESTS = 20
# Where calls shall not be scarce: far more than any measure makes in a minute.
PLENTY = 3000


class Caller:
    """A session of a user on one server. Lean: what a call takes is the server's time.

    Threads may share it: it has no state but the cookie.
    """

    def __init__(self, server: OdooServer, cookie: str) -> None:
        self.server = server
        self.cookie = cookie
        self._headers = {"Content-Type": "application/json", "Cookie": f"session_id={cookie}"}

    def send(self, method: str, path: str, body: str | None = None) -> bytes:
        """Make a request on a connection of its own; return what was answered.

        :raises RuntimeError: unless the answer is a success
        """
        connection = http.client.HTTPConnection(HOST, self.server.port, timeout=CALL_SECONDS)
        try:
            connection.request(method, path, body, self._headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: HTTP {answer.status}")
        return content

    def call(self, path: str, params: dict[str, Any]) -> Any:
        """Call a JSON-RPC route.

        :raises RpcError: what the server answered instead of a result
        """
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        answer = json.loads(self.send("POST", path, body))
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer.get("result")

    def timed(self, path: str, params: dict[str, Any]) -> float:
        """Call a route; return the milliseconds until its answer was there."""
        started = time.perf_counter()
        self.call(path, params)
        return (time.perf_counter() - started) * 1000

    def timed_get(self, path: str) -> float:
        """Fetch a page or a file; return the milliseconds until it was there."""
        started = time.perf_counter()
        self.send("GET", path)
        return (time.perf_counter() - started) * 1000

    def read_ms(self, model: str, record_id: int, field: str) -> float:
        """Read one field of one record, as any client of Odoo does; return the milliseconds."""
        params = {"model": model, "method": "read", "args": [[record_id], [field]], "kwargs": {}}
        return self.timed(f"/web/dataset/call_kw/{model}/read", params)


@dataclass(frozen=True)
class Till:
    """A Point of Sale with an open session."""

    config_id: int
    session_id: int
    bus_channel: str


class BenchShop(Shop):
    """A shop with a cashier and any number of tills."""

    def __init__(self, simulator: Any, workers: int = 0, crons: int = 0) -> None:
        super().__init__(simulator, workers)
        self.server = OdooServer(self.database, workers, crons)
        self.servers = [self.server]
        self._tills: list[Till] = []
        self._numbers = itertools.count()

    def _set_up(self) -> None:
        super()._set_up()
        self._add_cashier()

    def _add_cashier(self) -> None:
        modules, names = zip(*(name.split(".") for name in CASHIER_GROUPS), strict=True)
        domain = [("module", "in", modules), ("name", "in", names), ("model", "=", "res.groups")]
        groups = self.admin.call("ir.model.data", "search_read", domain, ["res_id"])
        vals = {"name": "Cashier", "login": CASHIER, "password": CASHIER}
        vals["group_ids"] = [(4, group["res_id"]) for group in groups]
        self.admin.call("res.users", "create", vals)
        client = Client(self.server, self.database, CASHIER, CASHIER)
        self._cookie = client.http.cookies["session_id"]

    def cashier(self, server: OdooServer | None = None) -> Caller:
        """The cashier's session; servers of one shop share their sessions."""
        return Caller(server or self.server, self._cookie)

    def tills(self, count: int) -> list[Till]:
        """So many tills; they stay for the next measure."""
        while len(self._tills) < count:
            self._tills.append(self.new_till(f"Till {len(self._tills) + 1}", [self.method_id]))
        return self._tills[:count]

    def new_till(self, name: str, method_ids: list[int]) -> Till:
        """Add a Point of Sale with these payment methods, and open its session."""
        admin = self.admin
        vals = {"name": name, "payment_method_ids": [(6, 0, method_ids)]}
        config_id = admin.call("pos.config", "create", vals)
        session_id = admin.call("pos.session", "create", {"config_id": config_id})
        admin.call("pos.session", "set_opening_control", [session_id], 0, "")
        [config] = admin.call("pos.config", "read", [config_id], ["access_token"])
        return Till(config_id, session_id, config["access_token"])

    def new_method(self, name: str, kind: str = "bank") -> int:
        """Add a plain payment method with a journal of that kind; its id."""
        journal = {"name": name, "type": kind, "code": f"B{next(self._numbers)}"}
        journal_id = self.admin.call("account.journal", "create", journal)
        vals = {"name": name, "journal_id": journal_id}
        return int(self.admin.call("pos.payment.method", "create", vals))

    def warm(self) -> None:
        """Have every worker load what it keeps: its first requests take seconds."""
        callers = [self.cashier(server) for server in self.servers] * WARM_REQUESTS
        with ThreadPoolExecutor(WARM_THREADS) as pool:
            for _ in pool.map(self._warm_once, callers):
                pass

    def _warm_once(self, caller: Caller) -> None:
        caller.read_ms("pos.session", self.session_id, "name")
        caller.call("/pos_mixpay/status", {"trace_ids": []})

    # -- conditions ----------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin anew: nobody waits, all calls are free, callbacks arrive, MixPay's real limit."""
        self.forget()
        super().reset()
        self.simulator.simulator.set_knobs(callback_lost=False)

    def forget(self) -> None:
        """Have nobody wait for any payment."""
        self.database.rows("DELETE FROM mixpay_job")
        self.database.rows(
            "UPDATE mixpay_payment SET is_abandoned = TRUE"
            " WHERE is_abandoned IS NOT TRUE AND state NOT IN ('success', 'failed', 'mismatch')"
        )

    def skip_minute(self) -> None:
        """Have MixPay and the budget forget the last minute's calls, as if it had gone by."""
        self.simulator.simulator.advance(MINUTE)
        self.database.rows(
            "UPDATE mixpay_slot SET busy_until = busy_until - %s * interval '1 second'"
            " WHERE purpose <> 'concurrency'",
            MINUTE,
        )

    def lift_limit(self) -> None:
        """Let calls not be scarce, where a measure is about something else."""
        self.set_param("requests_per_minute", str(PLENTY))
        self.simulator.simulator.set_knobs(rate_limit=PLENTY)

    def without_callbacks(self) -> None:
        """As a shop whose server cannot be reached from the internet."""
        self.set_param("callback_base_url", f"http://{PUBLIC_HOST}")


class PlainShop(BenchShop):
    """A shop without the addon."""

    def __init__(self, simulator: Any) -> None:
        super().__init__(simulator)
        self.database._template = YARDSTICK.name

    def _set_up(self) -> None:
        self._add_cashier()

    def reset(self) -> None:
        """Nothing to forget."""
