"""Set up and serve a shop in which MixPay can be tried out, with MixPay as a simulator."""

import argparse
import json
import subprocess
import time
from pathlib import Path

from . import net, paths
from .environment import Environment
from .progress import ToolError
from .session import Session

DATABASE = "demo"
SCRIPTS = Path(__file__).parent / "scripts"
LOCALHOST = "127.0.0.1"
ODOO_PORT = 8069
SIMULATOR_PORT = 8070

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
    if options.port and not net.is_free(options.host, options.port):
        raise ToolError(
            f"Port {options.port} is in use. Choose another with --port, or leave it out: "
            "then a free one is found."
        )
    demo = _Demo(session, options)
    return demo.check() if options.check else demo.serve()


def open_shop(session: Session) -> dict[str, str]:
    """Open a new shop for another command that looks at it with a browser; it ends with `session`.

    Returns `odoo` and `simulator` (addresses), and `config_id` of its Point of Sale.
    """
    demo = _Demo(session, argparse.Namespace(host=LOCALHOST, port=None, check=True, fresh=True))
    demo._environment.prepare_browser()
    return demo._open()


class _Demo:
    def __init__(self, session: Session, options: argparse.Namespace) -> None:
        self._session = session
        self._options = options
        self._environment = Environment(session)
        self._servers: list[subprocess.Popen[bytes]] = []
        # One at a time has the usual ports and the sales of earlier times; others have their own.
        self._keep = not options.check and session.reserve("demo")
        self._port = options.port or self._choose_port(options.host, ODOO_PORT)

    def _choose_port(self, host: str, usual: int) -> int:
        return usual if self._keep and net.is_free(host, usual) else net.free_port(host)

    # -- the two ways --------------------------------------------------------------------------

    def serve(self) -> int:
        """Until somebody stops it."""
        shop = self._open()
        try:
            self._welcome(shop)
            while all(server.poll() is None for server in self._servers):
                time.sleep(0.5)
            raise ToolError(f"A server ended by itself. Logs: {self._session.logs}")
        finally:
            self._save()

    def check(self) -> int:
        """One sale through a real browser, which is then looked up in the database."""
        self._environment.prepare_browser()
        shop = self._open()
        pictures = Path(self._options.screenshots or self._session.logs / "screenshots").resolve()
        pictures.mkdir(parents=True, exist_ok=True)
        sold = self._session.dir / "sold.json"
        with self._session.step("Selling something in Chromium") as step:
            step.run(
                [self._environment.python, "-B", paths.TOOLS / "main.py", "sale"]
                + [shop["odoo"], shop["config_id"], shop["simulator"], pictures, sold]
            )
        sale = json.loads(sold.read_text())
        self._session.progress.say(f"  Screenshots: {pictures}")
        self._session.close()
        self._session.progress.say(
            "Sold {product} for {amount} {currency}, paid with MixPay in {coin}: order {order} is "
            "{state}, transaction {trace_id}.".format(**sale)
        )
        return 0

    # -- opening -------------------------------------------------------------------------------

    def _open(self) -> dict[str, str]:
        """Start everything; returns the addresses, and which Point of Sale it is."""
        self._environment.prepare_odoo()
        self._prepare_database()
        simulator = self._start_simulator()
        answer = self._session.dir / "shop.json"
        self._shell("Setting up the shop", "shop.py", simulator=simulator, answer=str(answer))
        config_id = json.loads(answer.read_text())["config_id"]
        return {"simulator": simulator, "odoo": self._start_odoo(), "config_id": str(config_id)}

    def _prepare_database(self) -> None:
        saved = self._keep and not self._options.fresh and self._saved.exists()
        self._environment.prepare_database(self._saved if saved else None)
        self._environment.install_addon(DATABASE, update=saved)

    @property
    def _saved(self) -> Path:
        return paths.cache_dir() / f"demo-{self._environment.key}"

    def _shell(self, title: str, script: str, **settings: str) -> None:
        """Run a script in Odoo's shell, with `settings` for it."""
        with self._session.step(title) as step:
            step.run(
                [*self._environment.command, "shell", "-d", DATABASE, "--no-http"],
                env=self._environment.odoo_env | {"POS_MIXPAY_DEMO": json.dumps(settings)},
                stdin=SCRIPTS / script,
            )

    def _start_simulator(self) -> str:
        # Always local: Odoo speaks plain http with localhost only.
        port = self._choose_port(LOCALHOST, SIMULATOR_PORT)
        url = f"http://{LOCALHOST}:{port}"
        command = [self._environment.python, "-B", "-m", "simulator"]
        self._start("MixPay's simulator", [*command, "--host", LOCALHOST, "--port", str(port)], url)
        return url

    def _start_odoo(self) -> str:
        host = LOCALHOST if self._options.host in ("0.0.0.0", "::") else self._options.host
        url = f"http://{host}:{self._port}"
        options = ["--http-interface", self._options.host, "--http-port", str(self._port)]
        command = [*self._environment.command, "-d", DATABASE, *options, "--max-cron-threads", "1"]
        self._start("Odoo", command, f"{url}/web/login")
        return url

    def _start(self, name: str, command: list[object], url: str) -> None:
        with self._session.step(f"Starting {name}") as step:
            server = self._session.spawn(
                [str(word) for word in command],
                step.log,
                cwd=paths.ROOT / "tests",
                env=self._environment.odoo_env | {"PYTHONPATH": str(paths.ROOT / "tests")},
            )
            self._servers.append(server)
            try:
                net.wait_for_http(url, server)
            except ToolError as error:
                raise step.failed(str(error)) from None

    # -- while open, and closing ---------------------------------------------------------------

    def _welcome(self, shop: dict[str, str]) -> None:
        if self._options.port is None and self._port != ODOO_PORT:
            self._session.progress.say(f"  Port {ODOO_PORT} is in use: taking {self._port}.")
        kept = "Sales are kept for the next time; tools/demo --fresh starts anew."
        if not self._keep:
            kept = "Another demo is running; what is sold in this one is not kept."
        self._session.progress.say(WELCOME.format(**shop, kept=kept, logs=self._session.logs))

    def _save(self) -> None:
        """Keep the database for the next time."""
        if not self._keep:
            return
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
