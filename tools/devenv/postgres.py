"""A private PostgreSQL server: on a socket of its own, as an unprivileged user."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import apt, paths
from .progress import ToolError
from .session import Session

ROLE = "odoo"
ADMIN = "postgres"
MINIMUM = 13  # what Odoo 19 asks for
START_SECONDS = 60

# The data is worth nothing after a crash of the machine, so nothing is forced to disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "512MB",
    "shared_buffers": "256MB",
    "max_connections": "250",
    "autovacuum_naptime": "10min",
    "timezone": "UTC",
}


def binaries(session: Session) -> Path:
    """The folder of PostgreSQL's programs; installed if missing."""
    if not (found := _search()):
        apt.install(session, ["postgresql"])
        found = _search()
    if not found:
        raise ToolError(f"PostgreSQL {MINIMUM} or later (its server, initdb) was not found.")
    return found


def _search() -> Path | None:
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    numbered = sorted((int(p.parts[-3]), p.parent) for p in versions if p.parts[-3].isdigit())
    if numbered and numbered[-1][0] >= MINIMUM:
        return numbered[-1][1]
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def _user() -> str | None:
    """Whom to run it as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ToolError("PostgreSQL does not run as root, and there is no user 'postgres'.")


class Cluster:
    """A server with its data in the session's folder, gone with it unless saved."""

    def __init__(self, session: Session, bindir: Path) -> None:
        self._session = session
        self._bin = bindir
        self._user = _user()
        self._process: subprocess.Popen[bytes] | None = None
        self.home = session.dir / "pg"
        self.data = self.home / "data"

    @property
    def host(self) -> str:
        """What clients are told as host: the socket's folder."""
        return str(self.home)

    def create(self) -> None:
        """Make an empty cluster and start it."""
        self.home.mkdir(mode=0o700)
        self._own(self.home)
        command = [self._bin / "initdb", "--pgdata", self.data, "--username", ADMIN]
        options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        with self._session.step("Creating a private PostgreSQL cluster") as step:
            step.run([*command, *options], user=self._user)
            self._start()
        self.sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")

    def restore(self, saved: Path) -> None:
        """Start from a copy of the data in `saved`."""
        self.home.mkdir(mode=0o700)
        with self._session.step("Starting a private PostgreSQL server") as step:
            step.run(["cp", "-a", "--reflink=auto", saved, self.data])
            self._own(self.home)
            self._start()

    def save(self, target: Path) -> None:
        """Stop, and copy the data to `target` (which must not exist)."""
        self.stop()
        partial = target.with_suffix(".partial")
        paths.remove(partial)
        subprocess.run(["cp", "-a", "--reflink=auto", self.data, partial], check=True)
        partial.rename(target)

    def stop(self) -> None:
        """Shut down, ending the connections of others."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()

    def sql(self, statement: str, database: str = "postgres") -> str:
        """The answer to `statement`, given by the cluster's administrator."""
        command = [self._bin / "psql", "-h", self.host, "-U", ADMIN, "-d", database]
        options = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ToolError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def exists(self, database: str) -> bool:
        return bool(self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"))

    def clone(self, template: str, database: str) -> None:
        """Make `database` from `template`, to which nobody may be connected."""
        self.sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}" OWNER {ROLE}')

    def drop(self, database: str) -> None:
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _start(self) -> None:
        log = self._session.logs / "postgresql.log"
        settings = SETTINGS | {"unix_socket_directories": str(self.home)}
        # SIGINT is the "fast" shutdown: SIGTERM would wait for every client to leave.
        self._process = self._session.spawn(
            [self._bin / "postgres", "-D", self.data]
            + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")],
            log,
            user=self._user,
            stop_signal=signal.SIGINT,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            ready = [self._bin / "pg_isready", "-q", "-h", self.host, "-U", ADMIN]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise ToolError(f"PostgreSQL did not start; its log: {log}")

    def _own(self, folder: Path) -> None:
        if self._user:
            subprocess.run(["chown", "-R", f"{self._user}:", folder], check=True)
