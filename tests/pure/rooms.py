"""The addon's rooms in layers, the lowest first; `test_rooms` holds the code against this table.

Run as a program it prints what is wrong, and the verbs of each room that others use by now.
"""

from __future__ import annotations

from pathlib import Path

import layers
import layers_python
import layers_scripts
from layers import Room, Table

ROOT = Path(__file__).resolve().parents[2]
MOST_EXCEPTIONS = 5


def _plain(*names: str) -> tuple[Room, ...]:
    return tuple(map(Room, names))


PYTHON = Table(
    layers=(
        # What Odoo is not needed for.
        _plain("mixpay/errors.py", "mixpay/clean.py", "mixpay/ids.py", "mixpay/qr.py"),
        _plain("mixpay/states.py", "mixpay/issues.py", "mixpay/priority.py", "mixpay/forecast.py"),
        _plain("mixpay/money.py", "mixpay/links.py", "mixpay/jsonb.py", "mixpay/backoff.py"),
        _plain("mixpay/terms.py", "mixpay/http.py", "mixpay/catalogue.py", "mixpay/polling.py"),
        _plain("mixpay/result.py"),
        _plain("mixpay/evaluate.py", "mixpay/client.py"),
        _plain("mixpay/request.py"),
        # How transactions begin and end, and failures of our own.
        _plain("transactions.py", "failures.py", "mixpay.defaults.mixin"),
        # Calls to MixPay: where to, how many, and what for.
        (Room("mixpay.settings"),),
        (Room("mixpay.slot"), Room("mixpay.endpoint")),
        (Room("mixpay.limiter"),),
        (Room("mixpay.job"),),
        # People of a company, and mail to them.
        (Room("res.company"),),
        # Payments.
        (Room("mixpay.asset"), Room("mixpay.event"), Room("models/mixpay_event_setting.py")),
        (Room("mixpay.payee"),),
        (Room("mixpay.payment"), Room("models/mixpay_payment_*.py")),
        (Room("mixpay.presenter"), Room("mixpay.texts")),
        (Room("mixpay.review"), Room("mixpay.retry")),
        (Room("mixpay.coverage"),),
        (Room("mixpay.fulfilment"),),
        (Room("mixpay.sync"), Room("mixpay.answer"), Room("mixpay.callback")),
        (Room("mixpay.checkout"),),
        # Who may decide about them.
        (Room("mixpay.decision"),),
        (Room("mixpay.code*"), Room("mixpay.approver")),
        (Room("mixpay.approval*"), Room("models/mixpay_approval_page.py")),
        # What Odoo calls.
        _plain("pos.*", "report.*", "res.config.settings", "res.users", "ir.*", "mixpay.uninstall"),
        (Room("mixpay.decide"), Room("mixpay.set.code")),
        (
            Room("controllers/register.py", uses=("mixpay.checkout", "mixpay.presenter")),
            Room("controllers/webhook.py", uses=("mixpay.callback",)),
            Room("controllers/approval.py", uses=("mixpay.approval*", "mixpay.code")),
            Room("__init__.py", uses=("mixpay.settings", "mixpay.uninstall")),
        ),
    ),
    exceptions={
        ("mixpay.coverage", "pos.*"): "asks Odoo's own lines and orders what they are",
        ("mixpay.fulfilment", "pos.*"): "asks the same, and has Odoo's own order finish",
    },
    banned={"mixpay/": ("odoo",)},
)

_APP = "static/src/app"
SCRIPTS = Table(
    layers=(
        _plain(f"{_APP}/messages.js"),
        _plain(f"{_APP}/loader.js"),
        _plain(f"{_APP}/services/*"),
        _plain(
            *(f"{_APP}/{n}.js" for n in ("lines", "saving", "notifications", "orders", "popup"))
        ),
        _plain(f"{_APP}/attempts.js"),
        _plain(f"{_APP}/payment_mixpay.js", f"{_APP}/mixpay_register.js"),
        _plain(f"{_APP}/components/*"),
        _plain(f"{_APP}/patches/*"),
        _plain("static/src/lazy/*"),
    ),
    exceptions={
        (f"{_APP}/loader.js", "static/src/lazy/main.js"): "loads it when it is needed",
    },
)


def trees() -> tuple[tuple[layers.Tree, Table], ...]:
    """Return the addon's code as it stands, and what it should be, by language."""
    return (layers_python.read(ROOT), PYTHON), (layers_scripts.read(ROOT), SCRIPTS)


def main() -> None:
    """Print all faults, long functions, and verbs in use."""
    for tree, table in trees():
        print(*layers.check(tree, table), *layers.long_functions(tree), sep="\n")
        for path, verbs in layers.verbs_in_use(tree).items():
            print(f"verbs in use: {path} {verbs}")


if __name__ == "__main__":
    main()
