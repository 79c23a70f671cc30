"""A real shop for tests: Odoo server processes, their database, a simulator, and registers.

Nothing is patched: requests go over HTTP, transactions are committed, processes can be killed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import requests

HOST = "127.0.0.1"
TRON_USDT = "b91e18ff-a9ae-3dc7-8679-e935d9a4b34b"
PAYEE = "8e69e534-d0c4-3e04-8b61-37a73cd9e7d7"
PUBLIC_HOST = "shop.example"
# MixPay's endpoint that tells how a payment stands.
RESULTS = "/v1/payments_result"
START_SECONDS = 90
# Before each of them, in a log of many lines each.
_LOG_ENTRY = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)
EXPECTED_ERRORS = (
    # A payment that people must look at.
    "on other terms",
    # Core repeats what two of its own transactions do to one order at once, but logs the first try.
    'bad query: b\' UPDATE "pos_order"',
)


class RpcError(Exception):
    """An error that Odoo answered over JSON-RPC; `kind` is the exception's name.

    `traceback` is the server's, as text.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        data = error.get("data") or {}
        super().__init__(data.get("message") or error.get("message"))
        self.kind = data.get("name", "").rpartition(".")[2]
        self.traceback = str(data.get("debug") or "")


def wait_for(check: Callable[[], Any], what: str, seconds: float = 20, step: float = 0.05) -> Any:
    """Return the first true value of `check`, or fail saying what never came."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        value = check()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s: {what}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


class Database:
    """A clone of the template database, with its filestore; dropped at the end."""

    def __init__(self) -> None:
        self.name = f"shop_{uuid.uuid4().hex[:12]}"
        self._template = os.environ["POS_MIXPAY_TEST_TEMPLATE"]
        self._files = Path(os.environ["POS_MIXPAY_TEST_DATA_DIR"]) / "filestore"
        self._connection: Any = None

    def _connect(self, name: str) -> Any:
        connection = psycopg2.connect(dbname=name)
        connection.autocommit = True
        return connection

    def create(self) -> None:
        """Clone the template."""
        with self._connect("postgres").cursor() as cr:
            cr.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self._template}"')
        if (self._files / self._template).is_dir():
            shutil.copytree(self._files / self._template, self._files / self.name)

    def drop(self) -> None:
        """Drop it, whoever is still connected."""
        if self._connection is not None:
            self._connection.close()
        with self._connect("postgres").cursor() as cr:
            cr.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        shutil.rmtree(self._files / self.name, ignore_errors=True)

    def rows(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds; only what is committed."""
        if self._connection is None:
            self._connection = self._connect(self.name)
        with self._connection.cursor() as cr:
            cr.execute(query, params)
            return list(cr.fetchall()) if cr.description else []

    def has_waiting(self) -> bool:
        """Tell whether somebody waits for a lock that another transaction holds."""
        query = (
            "SELECT 1 FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(self.rows(query))

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Yield a cursor whose work others see once its connection commits."""
        with closing(self._connect(self.name)) as connection:
            connection.autocommit = False
            yield connection.cursor()


class OdooServer:
    """One Odoo server process group on the database."""

    def __init__(self, database: Database, workers: int = 0, crons: int = 0) -> None:
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        # With worker processes the bus has a port of its own.
        self.bus_port = free_port() if workers else self.port
        self._database = database
        logs = Path(os.environ["POS_MIXPAY_TEST_LOG_DIR"])
        self.log = logs / f"{database.name}-{self.port}.log"
        self._options = [f"--workers={workers}", f"--max-cron-threads={crons}"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            *json.loads(os.environ["POS_MIXPAY_TEST_ODOO"]),
            f"--database={self._database.name}",
            f"--db-filter=^{self._database.name}$",
            f"--http-interface={HOST}",
            f"--http-port={self.port}",
            f"--gevent-port={self.bus_port}",
            "--proxy-mode",
            *self._options,
        ]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        wait_for(self._answers, f"Odoo on port {self.port} ({self.log})", START_SECONDS, 0.2)

    def logged(self, text: str) -> list[str]:
        """Return the lines of its log that contain a text."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if text in line]

    def errors(self) -> list[str]:
        """Return what its log calls an error, and should not be there."""
        return [
            line
            for line in self.logged(" ERROR ")
            if not any(expected in line for expected in EXPECTED_ERRORS)
        ]

    def failures(self) -> list[str]:
        """Return what its log calls an error, whatever it is, each with its traceback."""
        entries = _LOG_ENTRY.split(self.log.read_text(errors="replace"))
        return [entry for entry in entries if " ERROR " in entry.partition("\n")[0]]

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "Odoo has ended"
        try:
            return requests.get(f"{self.url}/web/health", timeout=10).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """End it as a power cut would: no clean-up, no rollback of its own."""
        self._end(signal.SIGKILL)

    def kill_workers(self) -> None:
        """End all its worker processes at once, in the middle of whatever they do.

        The server replaces them within milliseconds, so this is a power cut that costs little.
        """
        workers = wait_for(self._workers, "worker processes")
        for worker in workers:
            worker.kill()
        psutil.wait_procs(workers, 10)

    def _workers(self) -> list[psutil.Process]:
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        # Apart from those that answer requests there is one for long polling.
        return [child for child in children if "gevent" not in child.cmdline()]

    def stop(self) -> None:
        """End it politely."""
        self._end(signal.SIGTERM)

    def _end(self, number: int) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        os.killpg(process.pid, number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


class Client:
    """A logged-in user of a server."""

    def __init__(self, server: OdooServer, database: Database, login: str, password: str) -> None:
        self.server = server
        self.http = requests.Session()
        self.context: dict[str, Any] = {}
        self.uid = self.route(
            "/web/session/authenticate",
            db=database.name,
            login=login,
            password=password,
        )["uid"]

    def route(self, path: str, **params: Any) -> Any:
        """Call a JSON-RPC route.

        :raises RpcError: what the server answered instead of a result
        """
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.http.post(self.server.url + path, json=body, timeout=60).json()
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer.get("result")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a model, in the client's own context."""
        if self.context:
            kwargs["context"] = self.context | kwargs.get("context", {})
        return self.route(
            f"/web/dataset/call_kw/{model}/{method}",
            model=model,
            method=method,
            args=list(args),
            kwargs=kwargs,
        )


class Register(Client):
    """A register: what its browser would ask the server."""

    def __init__(self, shop: Shop, server: OdooServer, login: str, password: str) -> None:
        super().__init__(server, shop.database, login, password)
        self.shop = shop

    def create(self, amount: Any = "10.00", **changes: Any) -> dict[str, Any]:
        """Ask for the payment of a (new) payment line."""
        params = {
            "payment_method_id": self.shop.method_id,
            "session_id": self.shop.session_id,
            "order_uuid": str(uuid.uuid4()),
            "payment_uuid": str(uuid.uuid4()),
            "order_name": "Order 0001",
            "amount": amount,
        }
        return self.route("/pos_mixpay/create", **(params | changes))

    def again(self, payment: dict[str, Any], amount: Any = None) -> dict[str, Any]:
        """Ask once more for the payment of the same line."""
        return self.create(
            amount or payment["amount"],
            order_uuid=payment["order_uuid"],
            payment_uuid=payment["payment_uuid"],
        )

    def status(self, payment: dict[str, Any], **params: Any) -> dict[str, Any]:
        """Ask how a payment stands."""
        answer = self.route("/pos_mixpay/status", trace_ids=[payment["trace_id"]], **params)
        return answer["payments"][0]

    def cancel(self, payment: dict[str, Any]) -> dict[str, Any]:
        """Give up waiting."""
        return self.route("/pos_mixpay/cancel", trace_id=payment["trace_id"])

    def wait_for_state(self, payment: dict[str, Any], state: str) -> dict[str, Any]:
        """Poll as a register does, until the payment is in a state."""

        def reached() -> Any:
            now = self.status(payment)
            return now if now["state"] == state else None

        return wait_for(reached, f"state {state}", seconds=30, step=0.2)


class Shop:
    """A database with a Point of Sale that takes MixPay at the simulator."""

    def __init__(self, simulator: Any, workers: int = 0) -> None:
        self.simulator = simulator
        self.database = Database()
        self.server = OdooServer(self.database, workers)
        self.servers = [self.server]
        self.method_id = self.session_id = self.config_id = self.product_id = 0

    @contextmanager
    def opened(self) -> Iterator[Shop]:
        """Set everything up, and leave nothing behind."""
        self.database.create()
        try:
            self.server.start()
            self.admin = self.register()
            self._set_up()
            yield self
        finally:
            for server in self.servers:
                server.stop()
            self.database.drop()

    def register(self, server: OdooServer | None = None) -> Register:
        """Return a register of the shop, logged in as its administrator."""
        return Register(self, server or self.server, "admin", "admin")

    def add_server(self, workers: int = 0) -> OdooServer:
        """Start another Odoo server on the same database."""
        server = OdooServer(self.database, workers)
        self.servers.append(server)
        server.start()
        return server

    def set_param(self, name: str, value: str) -> None:
        """Set a system parameter `pos_mixpay.<name>`."""
        vals = {"key": f"pos_mixpay.{name}", "value": value}
        model = "ir.config_parameter"
        known = self.admin.call(model, "search", [("key", "=", vals["key"])])
        if known:
            self.admin.call(model, "write", known, vals)
        else:
            self.admin.call(model, "create", vals)

    def _set_up(self) -> None:
        for name, value in {
            "allow_test_mode": "True",
            "test_api_url": self.simulator.api_url,
            "test_pay_url": self.simulator.pay_url,
            "callback_base_url": f"https://{PUBLIC_HOST}",
            "requests_per_minute": "60",
            # All tests share one session: what bounds one shop's people does not bound them.
            "max_live_per_session": "5000",
            "max_new_per_minute": "5000",
        }.items():
            self.set_param(name, value)
        self.open_till()

    def open_till(self) -> None:
        """Set up a Point of Sale that takes MixPay, in the administrator's company, and open it."""
        admin = self.admin
        [asset_id] = admin.call("mixpay.asset", "search", [("asset_id", "=", TRON_USDT)])
        journal_id = admin.call("account.journal", "search", [("type", "=", "bank")], limit=1)[0]
        self.method_id = admin.call(
            "pos.payment.method",
            "create",
            {
                "name": "MixPay",
                "journal_id": journal_id,
                "payment_method_type": "terminal",
                "use_payment_terminal": "mixpay",
                "mixpay_payee_id": PAYEE,
                "mixpay_settlement_asset_id": asset_id,
                "mixpay_test_mode": True,
            },
        )
        self.config_id = admin.call(
            "pos.config",
            "create",
            {"name": "Corner shop", "payment_method_ids": [(6, 0, [self.method_id])]},
        )
        self.session_id = admin.call("pos.session", "create", {"config_id": self.config_id})
        admin.call("pos.session", "set_opening_control", [self.session_id], 0, "")
        self.product_id = admin.call(
            "product.product", "create", {"name": "Tea", "available_in_pos": True, "taxes_id": []}
        )

    def run_jobs(self, register: Register | None = None) -> None:
        """Run the jobs that Odoo runs every minute, in their order, as it does each by itself."""
        client = register or self.admin
        domain = [("code", "in", ["model._cron_sync()", "model._cron_finish_orders()"])]
        for job_id in client.call("ir.cron", "search", domain, order="id"):
            client.call("ir.cron", "method_direct_trigger", [job_id])

    def set_method(self, **vals: Any) -> None:
        """Change the payment method."""
        self.admin.call("pos.payment.method", "write", [self.method_id], vals)

    def reset(self) -> None:
        """Bring simulator, settings and budget back to where tests begin."""
        self.simulator.simulator.reset()
        self.simulator.simulator.set_knobs(
            auto_confirm_seconds=None,
            # Tests that are about callbacks let them through; others decide who asks, and when.
            callback_lost=True,
            callback_routes={PUBLIC_HOST: self.server.url},
        )
        self.set_param("requests_per_minute", "60")
        self.set_param("callback_base_url", f"https://{PUBLIC_HOST}")
        self.set_method(mixpay_link_type="code", mixpay_link_fallback=True, mixpay_payee_id=PAYEE)
        self.reset_budget()
        self.database.rows("DELETE FROM mixpay_job")
        self.database.rows("DELETE FROM mixpay_callback")
        self.database.rows("DELETE FROM mixpay_endpoint")
        self.database.rows("UPDATE mixpay_slot SET busy_until = NULL")

    def reset_budget(self) -> None:
        """Let a minute pass: what one test has used up is not the next one's."""
        self.simulator.simulator.limiter.clear()
        self.database.rows(
            "UPDATE mixpay_slot SET busy_until = NULL WHERE purpose <> 'concurrency'"
        )

    def pay(self, payment: dict[str, Any], *steps: str, **details: Any) -> None:
        """Play payer and MixPay, step by step; the whole way to success when none is named."""
        for step in steps or ("pay", "confirm", "process", "succeed"):
            self.simulator.simulator.act(payment["trace_id"], step, **details)
            details = {}

    def calls(self, path: str = "") -> list[dict[str, Any]]:
        """Return the API calls that the simulator saw, of one endpoint or all."""
        return [c for c in self.simulator.simulator.requests() if path in c["path"]]

    def asked(self) -> list[str]:
        """Return the trace ids that MixPay was asked about, in order."""
        return [call["params"]["traceId"] for call in self.calls(RESULTS)]

    def callback_url(self, payment: dict[str, Any], server: OdooServer | None = None) -> str:
        """Return where MixPay calls back about a payment; at the first server by default."""
        [(token,)] = self.database.rows(
            "SELECT callback_token FROM mixpay_payment WHERE trace_id = %s", payment["trace_id"]
        )
        return f"{(server or self.server).url}/pos_mixpay/callback/{token}"
