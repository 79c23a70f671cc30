"""Set up and serve a shop in which MixPay can be tried out, with MixPay as a simulator."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import requests

from . import paths
from .environment import Environment
from .progress import ToolError
from .sale import Sale, look_up
from .session import Session, free_port

DATABASE = "demo"
SCRIPT = Path(__file__).parent / "scripts" / "shop.py"
LOCALHOST = "127.0.0.1"
Shop = dict[str, Any]
ODOO_PORT = 8069
SIMULATOR_PORT = 8070
START_SECONDS = 120

WELCOME = """
┌──────────────────────────────────────────────────────────────────────────────
│ The shop is open.
│
│   Register   {odoo}/pos/ui/{config_id}
│   Back end   {odoo}
│   Login      admin, password admin
│   Approver   manager, password manager; approval code 274093
│   MixPay     {simulator}   (a simulator: no real money moves)
│
│ Try it:
│   1. Open the register, log in, click "Open Register".
│   2. Click a product, then "Payment", then "MixPay".
│   3. Be the customer: click "Open the payer's page" under the QR code
│      (or scan the code), choose a coin and pay.
│   4. Watch the register: the sale finishes by itself. Then try to pay
│      too little, to let it expire, or to cancel.
│
│ Settings: Back end, Point of Sale, Configuration, Payment Methods, MixPay.
│ {kept}
│ Ctrl-C ends everything. Logs: {logs}
└──────────────────────────────────────────────────────────────────────────────
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/demo`."""
    add = parser.add_argument
    add("--host", default=LOCALHOST, help="address to listen on (%(default)s)")
    add("--port", type=int, help=f"Odoo's port ({ODOO_PORT}, or any free one)")
    add("--fresh", action="store_true", help="forget earlier sales: start anew")
    add("--check", action="store_true", help="make one sale in a headless browser, then stop")
    add("--screenshots", metavar="DIR", help="with --check: where to put its pictures")


def run(session: Session, options: argparse.Namespace) -> int:
    """Serve the demo until Ctrl-C; with `--check` make one sale instead."""
    if options.port and free_port(options.host, options.port) != options.port:
        raise ToolError(
            f"Port {options.port} is in use. Choose another with --port, or leave it out: "
            "then a free one is found."
        )
    demo = _Demo(session, options)
    return demo.check() if options.check else demo.serve()


def open_shop(
    session: Session,
    languages: Sequence[str] = (),
    prepare: Callable[[Session], None] | None = None,
    *scripts: Path,
) -> Shop:
    """Open a new shop for another command that looks at it with a browser; it ends with `session`.

    Returns `odoo` and `simulator` (addresses), `config_id` of its Point of Sale, and `languages`:
    those asked for, with their codes in Odoo.

    :param languages: that it speaks beside English, named after their files in `i18n`
    :param prepare: is called when the addon is in its place, and Odoo has not read it yet
    :param scripts: are fed to Odoo's shell when the shop is set up
    """
    options = argparse.Namespace(host=LOCALHOST, port=None, check=True, fresh=True)
    demo = _Demo(session, options, languages, scripts)
    if prepare:
        prepare(session)
    return demo._open()


class _Demo:
    def __init__(
        self,
        session: Session,
        options: argparse.Namespace,
        languages: Sequence[str] = (),
        scripts: Sequence[Path] = (),
    ) -> None:
        self._scripts = (SCRIPT, *scripts)
        self._session = session
        self._options = options
        self._languages = languages
        self._servers: list[subprocess.Popen[bytes]] = []
        # One at a time has the usual ports and the sales of earlier times; others have their own.
        self._keep = not options.check and session.reserve("demo")
        self._environment = Environment(session, browser_tests=options.check)
        self._saved = paths.cache_dir() / f"demo-{self._environment.key}"

    def serve(self) -> int:
        """Until somebody stops it."""
        shop = self._open()
        kept = "Sales are kept for the next time; tools/demo --fresh starts anew."
        if not self._keep:
            kept = "Another demo is running; what is sold in this one is not kept."
        self._session.progress.say(WELCOME.format(**shop, kept=kept, logs=self._session.logs))
        try:
            while all(server.poll() is None for server in self._servers):
                time.sleep(0.5)
            raise ToolError(f"A server ended by itself. Logs: {self._session.logs}")
        finally:
            if self._keep:
                self._save()

    def check(self) -> int:
        """One sale through a real browser, which is then looked up in the database."""
        shop = self._open()
        pictures = Path(self._options.screenshots or self._session.logs / "screenshots").resolve()
        pictures.mkdir(parents=True, exist_ok=True)
        with self._session.step("Selling something in Chromium") as step:
            link = Sale(step, shop["simulator"], pictures).make(shop["odoo"], shop["config_id"])
            sold = look_up(self._environment.cluster, DATABASE, link)
        self._session.progress.say(f"  Screenshots: {pictures}")
        self._session.close()
        self._session.progress.say(
            "Sold {product} for {amount} {currency}, paid with MixPay in {coin}: order {order} is "
            "{state}, transaction {trace_id}.".format(**sold)
        )
        return 0

    # -- opening and closing -------------------------------------------------------------------

    def _open(self) -> Shop:
        """Start everything; returns the addresses, and which Point of Sale it is."""
        environment = self._environment
        if self._keep and not self._options.fresh and self._saved.exists():
            environment.start(saved=self._saved)
            environment.install(f"Updating {paths.ADDON}", DATABASE, [paths.ADDON], "-u")
        else:
            environment.start()
            environment.install_addon(DATABASE)
        # Always local: Odoo speaks plain http with localhost only.
        port = free_port(LOCALHOST, SIMULATOR_PORT if self._keep else 0)
        simulator = f"http://{LOCALHOST}:{port}"
        command = [sys.executable, "-B", "-m", "simulator", "--host", LOCALHOST]
        self._start("MixPay's simulator", [*command, "--port", str(port)], simulator)
        return {
            "simulator": simulator,
            **self._set_up(simulator),
            "odoo": self._start_odoo(),
        }

    def _set_up(self, simulator: str) -> Shop:
        """Fill the shop, in Odoo's shell: the id of its Point of Sale, and its languages."""
        answer = self._session.dir / "shop.json"
        settings = json.dumps(
            {"simulator": simulator, "answer": str(answer), "languages": self._languages}
        )
        env = self._environment.env | {"POS_MIXPAY_DEMO": settings}
        # What scripts share they import; Odoo's shell reads them as its input, from no folder.
        known = [str(SCRIPT.parent), *filter(None, [env.get("PYTHONPATH")])]
        env["PYTHONPATH"] = os.pathsep.join(known)
        with self._session.step("Setting up the shop") as step:
            for script in self._scripts:
                step.run(
                    [*self._environment.command, "shell", "-d", DATABASE, "--no-http"],
                    env=env,
                    stdin=script,
                )
        shop: Shop = json.loads(answer.read_text())
        return shop

    def _start_odoo(self) -> str:
        interface = self._options.host
        wanted = self._options.port or (ODOO_PORT if self._keep else 0)
        port = free_port(interface, wanted)
        if not self._options.port and port != ODOO_PORT and not self._options.check:
            self._session.progress.say(f"  Port {ODOO_PORT} is in use: taking {port}.")
        url = f"http://{LOCALHOST if interface in ('0.0.0.0', '::') else interface}:{port}"
        options = ["--http-interface", interface, "--http-port", str(port)]
        command = [*self._environment.command, "-d", DATABASE, *options, "--max-cron-threads", "1"]
        self._start("Odoo", command, f"{url}/web/login")
        return url

    def _start(self, name: str, command: list[str], url: str) -> None:
        """Start a server, and wait until it answers."""
        env = self._environment.env | {"PYTHONPATH": str(paths.TESTS)}
        with self._session.step(f"Starting {name}") as step:
            server = self._session.spawn(command, step.log, cwd=paths.TESTS, env=env)
            self._servers.append(server)
            deadline = time.monotonic() + START_SECONDS
            while time.monotonic() < deadline and server.poll() is None:
                try:
                    requests.get(url, timeout=10)
                    return
                except requests.RequestException:
                    time.sleep(0.2)
            raise step.failed(f"{url} did not answer within {START_SECONDS} s, or it ended")

    def _save(self) -> None:
        """Keep the database for the next time."""
        self._session.ignore_signals()
        for server in self._servers:
            self._session.stop(server)
        with self._session.step("Keeping the shop for the next time"):
            new = self._saved.with_suffix(".new")
            paths.remove(new)
            new.mkdir()
            self._environment.save(new)
            paths.remove(self._saved)
            new.rename(self._saved)
