"""Count the functions and files that a request runs through, in a real Odoo process."""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from shop import Shop, wait_for
from simulator import SimulatorServer

from .environment import Environment
from .progress import ToolError, in_columns
from .session import Session

TEMPLATE = "trace_template"
# The first requests fill caches.
WARM_ROUNDS = 3
ROUNDS = 5
# MixPay is not asked about a payment more often than this, whoever wants to know.
URGENT_SECONDS = 2.5
SCRIPT = Path(__file__).parent / "scripts" / "traced_odoo.py"
# As in scripts/traced_odoo.py, which follows it.
AMOUNT = "1234.56"
CREATE, STATUS, CALLBACK = (f"/pos_mixpay/{name}" for name in ("create", "status", "callback"))

COLUMNS = {
    "calls": "calls of functions of the addon; one that is called many times in a row counts once",
    "functions": "different functions among them",
    "file changes": "calls that lie in another file than the call before",
    "files": "different files",
    "transactions": "transactions that were ended, by commit or rollback",
    "cursors": "cursors that a query went through",
    "queries": "SQL queries",
    "MixPay": "requests to MixPay",
    "open": "of these, made while a transaction was open",
    "amount": "functions that the amount goes into or out of, as an argument or a result",
    "forms": "how often it has another type than before on that way (create only)",
}

Request = dict[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/trace`."""
    parser.add_argument("--json", metavar="FILE", help="put the figures and all calls there")


def run(session: Session, options: argparse.Namespace) -> int:
    """Set up a shop, trace its requests, show the table; 0 if all could be traced."""
    environment = Environment(session)
    environment.start()
    environment.install_addon(TEMPLATE)
    environment.open_to_shops(TEMPLATE)
    file = session.dir / "requests.jsonl"
    # Odoo is started by the script that traces.
    *starter, odoo = json.loads(os.environ["POS_MIXPAY_TEST_ODOO"])
    os.environ["POS_MIXPAY_TEST_ODOO"] = json.dumps([*starter, str(SCRIPT), str(file), odoo])
    with session.step("Tracing requests"):
        requests = _trace(file)
    if options.json:
        document = {"rounds": ROUNDS, "columns": COLUMNS, "requests": requests}
        Path(options.json).write_text(json.dumps(document, indent=1) + "\n")
    session.progress.say("\n" + table(requests))
    return 0


def table(requests: dict[str, Request]) -> str:
    """The figures of each kind of request, and what they mean."""
    rows = [["", *COLUMNS]]
    for name, request in requests.items():
        rows.append([name, *(str(request["figures"].get(column, "")) for column in COLUMNS)])
    lines = in_columns(rows, numeric=range(1, len(rows[0])))
    legend = [f"  {name}: {meaning}" for name, meaning in COLUMNS.items()]
    return "\n".join([*lines, "", f"Medians of {ROUNDS} requests of each kind.", *legend])


# -- requests ------------------------------------------------------------------------------------


def _trace(file: Path) -> dict[str, Request]:
    """Kind of request → its figures, and the last one of it."""
    with SimulatorServer() as simulator, Shop(simulator).opened() as shop:
        shop.reset()
        traced = _Traced(shop, file)
        # First without callbacks: while they arrive, polls seldom ask MixPay.
        taken = traced.rounds(traced.polled) | traced.rounds(traced.called_back)
    return {
        name: {"figures": _medians(name, requests), "last": requests[-1]}
        for name, requests in taken.items()
    }


class _Traced:
    """A shop whose server writes down, into `file`, what each request runs through."""

    def __init__(self, shop: Shop, file: Path) -> None:
        self._shop = shop
        self._file = file

    def rounds(self, measure: Callable[[], dict[str, Request]]) -> dict[str, list[Request]]:
        """Kind of request → what was written down in each round."""
        taken: dict[str, list[Request]] = {}
        for number in range(-WARM_ROUNDS, ROUNDS):
            self._shop.reset_budget()
            for name, request in measure().items():
                if number >= 0:
                    taken.setdefault(name, []).append(request)
        return taken

    def polled(self) -> dict[str, Request]:
        """A payment that is asked for, asked about, and paid."""
        payment = self._shop.admin.create(AMOUNT)
        requests = {"create": self._last(CREATE)}
        self._shop.admin.status(payment)
        requests["status, not due"] = self._last(STATUS)
        requests["status, still unpaid"] = self._due_status(payment)
        self._shop.pay(payment)
        requests["status, paid"] = self._due_status(payment)
        self._check_paid(payment)
        return requests

    def called_back(self) -> dict[str, Request]:
        """MixPay's callback about a payment that nobody asked about just before."""
        shop = self._shop
        payment = shop.admin.create(AMOUNT)
        shop.pay(payment)
        time.sleep(URGENT_SECONDS)
        answer = shop.admin.http.post(shop.callback_url(payment), json={}, timeout=30)
        answer.raise_for_status()
        request = self._last(CALLBACK)
        self._check_paid(payment)
        return {"callback, paid": request}

    def _check_paid(self, payment: dict[str, Any]) -> None:
        if (state := self._shop.admin.status(payment)["state"]) != "success":
            raise ToolError(f"A payment that is paid is {state}, not success.")

    def _due_status(self, payment: dict[str, Any]) -> Request:
        """Ask as a register does, until a request finds the payment due."""

        def asked() -> Request | None:
            self._shop.admin.status(payment)
            request = self._last(STATUS)
            return request if request["requests"] else None

        request: Request = wait_for(asked, "a status request that asks MixPay", 30, 0.2)
        return request

    def _last(self, path: str) -> Request:
        """What was written down about the latest request: it is there before the answer is."""
        request: Request = json.loads(self._file.read_text().splitlines()[-1])
        if not request["path"].startswith(path):
            raise ToolError(f"{path} was asked for, but {request['path']} was traced.")
        return request


def _medians(name: str, requests: list[Request]) -> dict[str, int]:
    figures = [_figures(request) for request in requests]
    for figure in figures:
        if name != "create":  # no other request is about an amount from a register
            del figure["amount"], figure["forms"]
    return {key: round(statistics.median(f[key] for f in figures)) for key in figures[0]}


def _figures(request: Request) -> dict[str, int]:
    calls = [tuple(call) for call, _repeated in groupby(request["calls"])]
    files = [file for file, _name in calls]
    forms = [form for _number, *forms in request["amounts"] for form in forms]
    return {
        "calls": len(calls),
        "functions": len(set(calls)),
        "file changes": sum(a != b for a, b in pairwise(files)),
        "files": len(set(files)),
        "transactions": request["transactions"],
        "cursors": request["cursors"],
        "queries": request["queries"],
        "MixPay": request["requests"],
        "open": request["requests_in_transaction"],
        "amount": len({number for number, *_forms in request["amounts"]}),
        "forms": len(list(groupby(forms))) - 1,
    }
