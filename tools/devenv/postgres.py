"""A private PostgreSQL server: on a socket of its own, as an unprivileged user.

By hand, because it has to run as root on a bare machine, from a copy of saved data, several at a
time, and must end even when this program is killed: `pg_ctl`, and pytest-postgresql with it,
refuses root; Debian's `pg_virtualenv` always begins with an empty cluster, and what it starts
lives on.
"""

import os
import signal
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psycopg2

from . import apt
from .progress import ToolError
from .session import Session

ROLE = "odoo"
ADMIN = "postgres"
START_SECONDS = 60
COPY = ["cp", "-a", "--reflink=auto"]

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
    """The folder of PostgreSQL's programs, of the newest version; installed if missing."""
    for attempt in (1, 2):
        if found := sorted(Path("/usr/lib/postgresql").glob("[1-9]?/bin/initdb")):
            return found[-1].parent
        if attempt == 1:
            apt.install(session, ["postgresql"])
    raise ToolError("PostgreSQL's server was not found in /usr/lib/postgresql.")


class Cluster:
    """A server with its data in the session's folder, gone with it unless saved.

    :ivar host: what clients are told as host: the socket's folder
    """

    def __init__(self, session: Session) -> None:
        self.home = session.dir / "pg"
        self.host = str(self.home)
        self._data = self.home / "data"
        self._session = session
        self._bin = binaries(session)
        self._user = "postgres" if os.geteuid() == 0 else None  # it refuses root
        self._process: subprocess.Popen[bytes] | None = None
        command = [self._bin / "postgres", "--version"]
        self.version = subprocess.run(command, capture_output=True, text=True, check=False).stdout

    def start(self, saved: Path | None = None) -> None:
        """Start from a copy of the data in `saved`, or with an empty cluster."""
        self.home.mkdir(mode=0o700)
        with self._session.step("Starting a private PostgreSQL server") as step:
            if saved:
                step.run([*COPY, saved, self._data])
            if self._user:
                step.run(["chown", "-R", f"{self._user}:", self.home])
            if not saved:
                options = ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
                command = [self._bin / "initdb", "--pgdata", self._data, "--username", ADMIN]
                step.run([*command, *options], user=self._user)
            self._start()
        if not saved:
            self.sql(f"CREATE ROLE {ROLE} LOGIN CREATEDB")

    def save(self, target: Path) -> None:
        """Stop, and copy the data to `target` (which must not exist)."""
        self.stop()
        subprocess.run([*COPY, self._data, target], check=True)

    def stop(self) -> None:
        """Shut down, ending the connections of others, however long the last checkpoint takes."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait()

    def sql(self, statement: str, database: str = "postgres", *params: object) -> list[tuple]:
        """Carry out a statement as the cluster's administrator; the rows that it finds."""
        with closing(psycopg2.connect(host=self.host, user=ADMIN, dbname=database)) as connection:
            connection.autocommit = True
            cursor = connection.cursor()
            cursor.execute(statement, params or None)
            return cursor.fetchall() if cursor.description else []

    def clone(self, template: str, database: str) -> None:
        """Make `database` from `template`, to which nobody may be connected."""
        self.sql(f'CREATE DATABASE "{database}" TEMPLATE "{template}" OWNER {ROLE}')

    def drop(self, database: str) -> None:
        """Delete a database, whoever is connected to it."""
        self.sql(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _start(self) -> None:
        log = self._session.logs / "postgresql.log"
        settings = SETTINGS | {"unix_socket_directories": self.host}
        # SIGINT is the "fast" shutdown: SIGTERM would wait for every client to leave.
        self._process = self._session.spawn(
            [self._bin / "postgres", "-D", self._data]
            + [word for name, value in settings.items() for word in ("-c", f"{name}={value}")],
            log,
            user=self._user,
            stop_signal=signal.SIGINT,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                self.sql("SELECT 1")
            except psycopg2.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise ToolError(f"PostgreSQL did not start; its log: {log}")
