"""Everything a run needs, together: Odoo, its Python, a database server, the addon."""

import ast
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import bootstrap, browser, node, odoo, paths, postgres
from .session import Command, Session, Step

OCA = paths.TOOLS / "oca.txt"
OCA_BOOKS = paths.TOOLS / "oca_books.txt"
DEPENDS = sorted(ast.literal_eval((paths.ROOT / "__manifest__.py").read_text())["depends"])
# Odoo's limits per request and process would end tests and sales on a busy machine.
CONFIG = {
    "with_demo": "True",
    "list_db": "True",
    "http_interface": "127.0.0.1",
    "max_cron_threads": "0",
    "workers": "0",
    "limit_time_cpu": "3600",
    "limit_time_real": "3600",
    "limit_memory_soft": str(8 << 30),
    "limit_memory_hard": str(16 << 30),
    "db_user": postgres.ROLE,
}


@dataclass(frozen=True)
class Template:
    """A database that others are cloned from, without the addon.

    It is saved in a cluster that has the ones below it, too. No `modules` are all that build on
    the Point of Sale, OCA's included.
    """

    name: str
    modules: Sequence[str]
    below: "Template | None" = None


POS = Template("template_pos", DEPENDS)
# What the tours of the layer "compat" are about; the register has all of them at once.
SECTORS = Template(
    "template_sectors",
    (
        "pos_discount",
        "pos_event",
        "pos_hr",
        "pos_loyalty",
        "pos_online_payment_self_order",
        "pos_restaurant",
        "pos_sale",
        "pos_self_order",
    ),
    POS,
)
ALL = Template("template_all", (), SECTORS)
# Odoo's own way of paying by QR code is the benchmark's yardstick; nothing of it is in the addon.
YARDSTICK = Template("template_yardstick", ("pos_online_payment", "payment_demo"), POS)
# A module gets demo data where all that it depends on have some.
NO_DEMO = "UPDATE ir_module_module SET demo = false"

Manifests = Mapping[str, Mapping[str, Any]]


class Environment:
    """Odoo with a database server of this session, which runs after `start`."""

    def __init__(self, session: Session, *, browser_tests: bool = False) -> None:
        """Install or download what is missing.

        :param browser_tests: whether Chromium is needed, and what Odoo's unit tests load into it
        """
        self.session = session
        self.data_dir = session.dir / "data"
        self.addons_path = session.dir / "addons"
        self.oca: list[Path] = []  # with OCA's addons, where they are tested with
        self._config = session.dir / "odoo.conf"
        if browser_tests:
            browser.install(session)
        self._odoo = odoo.locate(session)
        if browser_tests and self._odoo.downloaded:
            self._odoo.complete(node.modules(session))
        self.addons_path.mkdir()
        (self.addons_path / paths.ADDON).symlink_to(paths.ROOT)
        self.cluster = postgres.Cluster(session)
        #: Names what saved databases depend on: all versions, and the modules in them.
        self.key = paths.fingerprint(self._odoo.version, self.cluster.version, *DEPENDS)

    # -- databases -----------------------------------------------------------------------------

    def start(self, template: Template = POS, saved: Path | None = None) -> None:
        """Start the database server with a template in it, or with what was `saved`."""
        if template is ALL:
            self.oca = [_oca_addons(OCA), _oca_addons(OCA_BOOKS)]
        places = {"addons_path": ",".join(map(str, self.addons_paths)), "data_dir": self.data_dir}
        settings = CONFIG | places | {"db_host": self.cluster.host}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        self._config.write_text(f"[options]\n{lines}")
        self._config.chmod(0o600)
        self._start_from(saved or self._saved(template))

    def save(self, folder: Path) -> None:
        """Stop the database server and keep all databases and files in `folder`."""
        self.cluster.save(folder / "pgdata")
        shutil.copytree(self.data_dir / "filestore", folder / "filestore")

    def _start_from(self, saved: Path | None) -> None:
        if saved:
            shutil.copytree(saved / "filestore", self.data_dir / "filestore")
        self.cluster.start(saved and saved / "pgdata")

    def _saved(self, template: Template) -> Path:
        """The folder with the saved cluster of a template; built if need be."""
        below = template.below and self._saved(template.below)
        modules = template.modules or list(self.companions())

        def build(folder: Path) -> None:
            self._start_from(below)
            if below:
                self.new_database(template.name)
            if template is ALL:
                self.cluster.sql(NO_DEMO, template.name)
            names = ", ".join(modules) if len(modules) < 5 else f"{len(modules)} modules"
            self.install(f"Installing {names} (once; takes minutes)", template.name, modules)
            self.save(folder)
            paths.remove(self.cluster.home)
            paths.remove(self.data_dir)

        if below is None:
            return paths.artefact("base", self.key, build)
        oca = map(str, self.oca if template is ALL else ())
        return paths.artefact(template.name, paths.fingerprint(below.name, *modules, *oca), build)

    def new_database(self, name: str, template: str = POS.name) -> None:
        """A database made from another one, with its files."""
        self.cluster.clone(template, name)
        source, target = (self.data_dir / "filestore" / part for part in (template, name))
        if source.exists():
            shutil.copytree(source, target)

    # -- addons --------------------------------------------------------------------------------

    @property
    def addons_paths(self) -> list[Path]:
        """Folders of addons beside Odoo's own, our own first."""
        return [self.addons_path, *(folder / "odoo" / "addons" for folder in self.oca)]

    def companions(self) -> dict[str, str]:
        """Module → version, of all modules that build on the Point of Sale."""
        manifests = read_manifests([*self._odoo.addons(), *self.addons_paths[1:]])
        names = building_on("point_of_sale", manifests)
        return {name: manifests[name].get("version", "1.0") for name in names}

    def install(
        self, title: str, database: str, modules: Sequence[str], option: str = "-i"
    ) -> None:
        """Have Odoo install modules, or update them (`-u`)."""
        with self.session.step(title) as step:
            what = [option, ",".join(modules), "--stop-after-init", "--no-http"]
            self.run_odoo(step, ["-d", database, *what])

    def install_addon(self, database: str, template: str = POS.name) -> None:
        """A new database with the addon installed."""
        self.new_database(database, template)
        self.install(f"Installing {paths.ADDON}", database, [paths.ADDON])

    # -- running Odoo --------------------------------------------------------------------------

    @property
    def command(self) -> list[str]:
        """Starts Odoo with this environment's configuration; options follow."""
        return [sys.executable, str(self._odoo.script())]

    @property
    def env(self) -> dict[str, str]:
        """Makes `odoo` use the configuration, and others the database server."""
        # What OCA's addons import lies beside them.
        oca = {"PYTHONPATH": os.pathsep.join(map(str, self.oca))} if self.oca else {}
        database = {"PGHOST": self.cluster.host, "PGUSER": postgres.ROLE}
        return {"ODOO_RC": str(self._config), "PYTHONUNBUFFERED": "1", **database, **oca}

    def run_odoo(
        self, step: Step, options: Command, *, check: bool = True, stdin: Path | None = None
    ) -> int:
        """Run Odoo's command line to its end, in the step's log."""
        return step.run([*self.command, *options], check=check, env=self.env, stdin=stdin)

    def servers_env(
        self, template: str, logs: Path, addons_path: Path | None = None
    ) -> dict[str, str]:
        """What the tests in `tests/servers` have to know; see this package's docstring.

        :param logs: a folder for the servers' logs; made if need be
        :param addons_path: where the addon is, if not in this environment
        """
        logs.mkdir(exist_ok=True)
        # Should the tests be killed, the kernel ends their servers too.
        command = ["setpriv", "--pdeathsig", "TERM", *self.command]
        if addons_path:
            command.append(f"--addons-path={addons_path}")
        return self.env | {
            "POS_MIXPAY_TEST_ODOO": json.dumps(command),
            "POS_MIXPAY_TEST_TEMPLATE": template,
            "POS_MIXPAY_TEST_DATA_DIR": str(self.data_dir),
            "POS_MIXPAY_TEST_LOG_DIR": str(logs),
        }

    def open_to_shops(self, template: str) -> None:
        """From now on `shop` of the tests can be used in this process."""
        os.environ.update(self.servers_env(template, self.session.logs / "servers"))


def _oca_addons(requirements: Path) -> Path:
    """A folder with OCA's addons: downloaded once, only to be tested with."""

    def build(folder: Path) -> None:
        bootstrap.install_addons(requirements, folder)

    return paths.artefact(requirements.stem, paths.fingerprint(requirements), build)


def read_manifests(folders: Sequence[Path]) -> Manifests:
    """Module → manifest, of all modules that can be installed."""
    found = {
        file.parent.name: ast.literal_eval(file.read_text())
        for folder in folders
        for file in sorted(folder.glob("*/__manifest__.py"))
    }
    return {name: found[name] for name in sorted(found) if found[name].get("installable", True)}


def building_on(module: str, manifests: Manifests) -> list[str]:
    """The modules that need `module`, themselves or by what they depend on."""
    known: dict[str, bool] = {}

    def needs(name: str) -> bool:
        if name not in known:
            known[name] = False  # whoever depends on itself
            depends = manifests.get(name, {}).get("depends", ())
            known[name] = module in depends or any(map(needs, depends))
        return known[name]

    return [name for name in manifests if needs(name)]
