"""Everything a run needs, together: Odoo, its Python, a database server, the addon."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import apt, companions, node, odoo, paths, postgres
from .session import Command, Session, Step

TEMPLATE = "template_pos"
# Made for the tests of compatibility alone: with the modules of other trades, and with all. What is
# saved with one of them has the ones before it, too.
TEMPLATE_SECTORS = "template_sectors"
TEMPLATE_ALL = "template_all"
TEMPLATES = (TEMPLATE, TEMPLATE_SECTORS, TEMPLATE_ALL)
# A module gets demo data where all that it depends on have some.
NO_DEMO = "UPDATE ir_module_module SET demo = false"

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


def manifest_depends() -> list[str]:
    """The modules that the addon depends on."""
    return sorted(ast.literal_eval((paths.ROOT / "__manifest__.py").read_text())["depends"])


class Environment:
    """Odoo with a database server of this session; set up by the `prepare_…` methods."""

    python = Path(sys.executable)

    def __init__(self, session: Session) -> None:
        self.session = session
        self.addons_path = session.dir / "addons"
        self.data_dir = session.dir / "data"
        self.config = session.dir / "odoo.conf"
        self.oca: Path | None = None  # with OCA's addons, where they are tested with
        self.oca_books: Path | None = None  # with those of accountants
        self.cluster: postgres.Cluster
        self._odoo: odoo.Odoo

    # -- set-up --------------------------------------------------------------------------------

    def prepare_browser(self) -> None:
        """Chromium, and what Odoo's unit tests load into it."""
        if not any(map(shutil.which, ("google-chrome", "chromium", "chromium-browser"))):
            apt.install(self.session, ["chromium", "fonts-liberation"])

    def prepare_odoo(self, *, unit_tests: bool = False) -> None:
        """Odoo itself, and the addon on its path under its own name."""
        self._odoo = odoo.locate(self.session)
        if unit_tests and self._odoo.downloaded:
            self._odoo.complete(node.modules(self.session))
        self.addons_path.mkdir(parents=True)
        (self.addons_path / paths.ADDON).symlink_to(paths.ROOT)

    def prepare_database(self, saved: Path | None = None, *, template: str = TEMPLATE) -> None:
        """A database server with the templates up to `template` in it, or with what was `saved`."""
        self.cluster = postgres.Cluster(self.session, postgres.binaries(self.session))
        if template == TEMPLATE_ALL:
            self.oca = companions.oca_addons()
            self.oca_books = companions.oca_addons(companions.OCA_BOOKS)
        addons_path = ",".join(map(str, self.addons_paths))
        places = {"addons_path": addons_path, "data_dir": self.data_dir}
        settings = CONFIG | places | {"db_host": self.cluster.host}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        self.config.write_text(f"[options]\n{lines}")
        self.config.chmod(0o600)
        self._start_from(saved or self._templates(template))

    def _start_from(self, saved: Path) -> None:
        self.cluster.start(saved / "pgdata")
        shutil.copytree(saved / "filestore", self.data_dir / "filestore")

    def _discard(self) -> None:
        """Stop the database server, and forget its databases."""
        self.cluster.stop()
        paths.remove(self.cluster.home)
        paths.remove(self.data_dir)

    @property
    def addons_paths(self) -> list[Path]:
        """Folders of addons beside Odoo's own, our own first."""
        folders = [folder / "odoo" / "addons" for folder in (self.oca, self.oca_books) if folder]
        return [self.addons_path, *folders]

    @property
    def key(self) -> str:
        """Names what a saved cluster depends on: all versions, and the modules in it."""
        command = [postgres.binaries(self.session) / "postgres", "--version"]
        version = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return paths.fingerprint(self._odoo.version, version, *manifest_depends())

    def _templates(self, last: str) -> Path:
        """A saved cluster with Odoo's modules installed, but not the addon; built if need be."""
        if last == TEMPLATE:
            return paths.artefact("base", self.key, self._build_base)
        below = self._templates(TEMPLATES[TEMPLATES.index(last) - 1])
        everything = last == TEMPLATE_ALL
        modules = list(self.companions()) if everything else companions.SECTORS

        def build(folder: Path) -> None:
            self._start_from(below)
            self.new_database(last)
            if everything:
                self.cluster.sql(NO_DEMO, last)
            title = f"Installing {len(modules)} modules with what they need (once; takes minutes)"
            with self.session.step(title) as step:
                install = ["-i", ",".join(modules), "--stop-after-init", "--no-http"]
                self.run_odoo(step, ["-d", last, *install])
            self.save(folder)
            self._discard()

        oca = self.oca if everything else None
        return paths.artefact(last, paths.fingerprint(below.name, *modules, str(oca)), build)

    def _build_base(self, folder: Path) -> None:
        modules = ",".join(manifest_depends())
        self.cluster.start()
        title = f"Installing {modules} with demo data (once; takes two minutes or so)"
        with self.session.step(title) as step:
            self.run_odoo(step, ["-d", TEMPLATE, "-i", modules, "--stop-after-init", "--no-http"])
        self.save(folder)
        self._discard()

    def companions(self) -> dict[str, str]:
        """Module → version, of all modules that build on the Point of Sale."""
        manifests = companions.read_manifests([*self._odoo.addons(), *self.addons_paths[1:]])
        names = companions.building_on("point_of_sale", manifests)
        return {name: manifests[name].get("version", "1.0") for name in names}

    def save(self, folder: Path) -> None:
        """Stop the database server and keep all databases and files in `folder`."""
        self.cluster.save(folder / "pgdata")
        shutil.copytree(self.data_dir / "filestore", folder / "filestore")

    # -- Odoo ----------------------------------------------------------------------------------

    @property
    def command(self) -> list[str]:
        """Starts Odoo with this environment's configuration; options follow."""
        return [str(self.python), str(self._odoo.script())]

    @property
    def odoo_env(self) -> dict[str, str]:
        """Makes `odoo` use the configuration, whichever of its commands is called."""
        # What OCA's addons import lies beside them.
        oca = {"PYTHONPATH": str(self.oca)} if self.oca else {}
        return {"ODOO_RC": str(self.config), "PYTHONUNBUFFERED": "1", **oca}

    def child_env(self) -> dict[str, str]:
        """The whole environment for a process that is to run Odoo by itself."""
        database = {"PGHOST": self.cluster.host, "PGUSER": postgres.ROLE}
        return {**os.environ, **self.odoo_env, **database}

    def servers_env(
        self, template: str, logs: Path, addons_path: Path | None = None
    ) -> dict[str, str]:
        """What the tests in `tests/servers` have to know; see this package's docstring.

        :param logs: a folder for the servers' logs; made if need be
        """
        logs.mkdir(exist_ok=True)
        # Should the tests be killed, the kernel ends their servers too.
        command = ["setpriv", "--pdeathsig", "TERM", *self.command]
        places = [addons_path] if addons_path else self.addons_paths
        return self.child_env() | {
            "POS_MIXPAY_TEST_ODOO": json.dumps(command),
            "POS_MIXPAY_TEST_PGHOST": self.cluster.host,
            "POS_MIXPAY_TEST_PGUSER": postgres.ROLE,
            "POS_MIXPAY_TEST_TEMPLATE": template,
            "POS_MIXPAY_TEST_DATA_DIR": str(self.data_dir),
            "POS_MIXPAY_TEST_ADDONS_PATH": ",".join(map(str, places)),
            "POS_MIXPAY_TEST_LOG_DIR": str(logs),
        }

    def run_odoo(
        self, step: Step, options: Command, *, check: bool = True, stdin: Path | None = None
    ) -> int:
        """Run Odoo's command line to its end, in the step's log."""
        return step.run([*self.command, *options], check=check, env=self.odoo_env, stdin=stdin)

    def new_database(self, name: str, template: str = TEMPLATE) -> None:
        """A database made from a template, with its files."""
        self.cluster.clone(template, name)
        source, target = (self.data_dir / "filestore" / part for part in (template, name))
        if source.exists():
            shutil.copytree(source, target)

    def install_addon(
        self, database: str, template: str = TEMPLATE, *, update: bool = False
    ) -> None:
        """A database with the addon freshly installed; or update it in one that is there."""
        if not update:
            self.new_database(database, template)
        with self.session.step(f"{'Updating' if update else 'Installing'} {paths.ADDON}") as step:
            option = "-u" if update else "-i"
            arguments = ["-d", database, option, paths.ADDON, "--stop-after-init", "--no-http"]
            self.run_odoo(step, arguments)
