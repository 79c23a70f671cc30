"""Count the functions and files that a request runs through, in a real Odoo process.

`main` is called inside the virtual environment, where the shop of tests/servers can be imported.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from . import paths, postgres
from .environment import Environment
from .progress import ToolError
from .session import Session

TEMPLATE = "trace_template"
# The first requests fill caches.
WARM_ROUNDS = 3
ROUNDS = 5
STATUS_SECONDS = 30
# MixPay is not asked about a payment more often than this, whoever wants to know.
URGENT_SECONDS = 2.5
SHARED_WITH_TESTS = (paths.ROOT / "tests", paths.ROOT / "tests" / "servers")
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
    environment.prepare_odoo()
    environment.prepare_database()
    environment.install_addon(TEMPLATE)
    answer = session.dir / "trace.json"
    with session.step("Tracing requests") as step:
        main = paths.TOOLS / "main.py"
        step.run(
            [environment.python, "-B", main, "trace-requests", str(answer)],
            env=_env(environment),
        )
    document = json.loads(answer.read_text())
    if options.json:
        Path(options.json).write_text(json.dumps(document, indent=1) + "\n")
    session.progress.say("\n" + table(document["requests"]))
    return 0


def _env(environment: Environment) -> dict[str, str]:
    """As the tests with real servers have it, but Odoo is started by the script that traces."""
    logs = environment.session.logs / "servers"
    logs.mkdir()
    file = environment.session.dir / "requests.jsonl"
    python, odoo = environment.command
    command = ["setpriv", "--pdeathsig", "TERM", python, str(SCRIPT), str(file), odoo]
    return {
        **environment.child_env(),
        "POS_MIXPAY_TRACE": str(file),
        "POS_MIXPAY_TEST_ODOO": json.dumps(command),
        "POS_MIXPAY_TEST_PGHOST": environment.cluster.host,
        "POS_MIXPAY_TEST_PGUSER": postgres.ROLE,
        "POS_MIXPAY_TEST_TEMPLATE": TEMPLATE,
        "POS_MIXPAY_TEST_DATA_DIR": str(environment.data_dir),
        "POS_MIXPAY_TEST_ADDONS_PATH": str(environment.addons_path),
        "POS_MIXPAY_TEST_LOG_DIR": str(logs),
        "PYTHONPATH": os.pathsep.join(map(str, SHARED_WITH_TESTS)),
    }


def table(requests: dict[str, dict[str, Any]]) -> str:
    """The figures of each kind of request, and what they mean."""
    width = max(map(len, requests))
    lines = [" " * width + "".join(f"  {name:>{max(7, len(name))}}" for name in COLUMNS)]
    for name, request in requests.items():
        cells = (f"  {request['figures'].get(c, ''):>{max(7, len(c))}}" for c in COLUMNS)
        lines.append(f"{name:<{width}}" + "".join(cells))
    legend = [f"  {name}: {meaning}" for name, meaning in COLUMNS.items()]
    return "\n".join([*lines, "", f"Medians of {ROUNDS} requests of each kind.", *legend])


# -- inside the virtual environment --------------------------------------------------------------


def main(arguments: list[str]) -> int:
    """`trace-requests FILE`; writes the document."""
    from shop import Shop
    from simulator import SimulatorServer

    with SimulatorServer() as simulator, Shop(simulator).opened() as shop:
        shop.reset()
        # First without callbacks: while they arrive, polls seldom ask MixPay.
        taken = _taken(shop, _polled) | _taken(shop, _called_back)
    requests = {
        name: {"figures": _medians(name, rounds), "last": rounds[-1]}
        for name, rounds in taken.items()
    }
    document = {"rounds": ROUNDS, "columns": COLUMNS, "requests": requests}
    Path(arguments[0]).write_text(json.dumps(document))
    return 0


def _taken(shop: Any, measure: Callable[[Any], dict[str, Request]]) -> dict[str, list[Request]]:
    taken: dict[str, list[Request]] = {}
    for number in range(-WARM_ROUNDS, ROUNDS):
        shop.reset_budget()
        for name, request in measure(shop).items():
            if number >= 0:
                taken.setdefault(name, []).append(request)
    return taken


def _polled(shop: Any) -> dict[str, Request]:
    """Trace a payment that is asked for, asked about, and paid."""
    payment = shop.admin.create(AMOUNT)
    requests = {"create": _last(CREATE)}
    shop.admin.status(payment)
    requests["status, not due"] = _last(STATUS)
    requests["status, still unpaid"] = _due_status(shop, payment)
    shop.pay(payment)
    requests["status, paid"] = _due_status(shop, payment)
    _check_paid(shop, payment)
    return requests


def _called_back(shop: Any) -> dict[str, Request]:
    """Trace MixPay's callback about a payment that nobody asked about just before."""
    payment = shop.admin.create(AMOUNT)
    shop.pay(payment)
    time.sleep(URGENT_SECONDS)
    query = "SELECT callback_token FROM mixpay_payment WHERE trace_id = %s"
    [(token,)] = shop.database.rows(query, payment["trace_id"])
    answer = shop.admin.http.post(f"{shop.server.url}{CALLBACK}/{token}", json={}, timeout=30)
    answer.raise_for_status()
    request = _last(CALLBACK)
    _check_paid(shop, payment)
    return {"callback, paid": request}


def _check_paid(shop: Any, payment: dict[str, Any]) -> None:
    if (state := shop.admin.status(payment)["state"]) != "success":
        raise ToolError(f"A payment that is paid is {state}, not success.")


def _due_status(shop: Any, payment: dict[str, Any]) -> Request:
    """Ask as a register does, until a request finds the payment due."""
    ends = time.monotonic() + STATUS_SECONDS
    while time.monotonic() < ends:
        time.sleep(0.2)
        shop.admin.status(payment)
        if (request := _last(STATUS))["requests"]:
            return request
    raise ToolError(f"No status request asked MixPay within {STATUS_SECONDS} s.")


def _last(path: str) -> Request:
    """What was written down about the latest request: it is there before the answer is."""
    last = Path(os.environ["POS_MIXPAY_TRACE"]).read_text().splitlines()[-1]
    request: Request = json.loads(last)
    if not request["path"].startswith(path):
        raise ToolError(f"{path} was asked for, but {request['path']} was traced.")
    return request


def _medians(name: str, rounds: list[Request]) -> dict[str, int]:
    figures = [_figures(request) for request in rounds]
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
