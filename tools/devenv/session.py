"""One run of a tool: its folder, its log files, and every process that it started."""

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from . import paths
from .progress import Progress, ToolError

TAIL_LINES = 25
STOP_SECONDS = 15

Command = Sequence["str | os.PathLike[str]"]


class Session:
    """Used as a context manager: at its end, however that comes, no process is left behind.

    Each process leads a group of its own, which is ended by number. Should this program itself
    be killed, the kernel ends its children (`setpriv --pdeathsig`; so it does when the thread
    that started them ends: start servers that are to stay in the main thread).

    :ivar dir: a temporary folder of this run; passable (not readable) for the database's user
    :ivar logs: a folder that is kept after it
    """

    def __init__(self, command: str) -> None:
        self.progress = Progress()
        self.logs = paths.new_log_dir(command)
        self.dir, lock = paths.new_run_dir()
        self._locks = [lock]  # held until this program ends
        self._lock = threading.Lock()
        self._processes: dict[subprocess.Popen[bytes], int] = {}  # and how to end each
        self._closed = False

    def __enter__(self) -> "Session":
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        return self

    def __exit__(self, *_exc: object) -> None:
        self.ignore_signals()
        self.close()

    @staticmethod
    def ignore_signals() -> None:
        """From now on: a second Ctrl-C must not interrupt the cleaning up."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)

    def reserve(self, name: str) -> bool:
        """Whether something that only one run can have is ours from now on."""
        lock = paths.lock(paths.lock_file(name), wait=False)
        self._locks.append(lock)
        return lock is not None

    def close(self) -> None:
        """End what still runs, the youngest first, and delete the temporary folder."""
        with self._lock:
            self._closed = True
            processes = list(self._processes)
        for process in reversed(processes):
            self.stop(process)
        shutil.rmtree(self.dir, ignore_errors=True)

    @contextmanager
    def step(self, title: str) -> Iterator["Step"]:
        """Show `title` while something goes on; a failed command shows the end of its log."""
        step = Step(self, title)
        shown = self.progress.start(title)
        try:
            yield step
        except BaseException:
            step.ok = False
            raise
        finally:
            self.progress.finish(shown, ok=step.ok, note=step.note)

    def spawn(
        self,
        command: Command,
        log: Path | None,
        *,
        user: str | None = None,
        stop_signal: int = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stdin: Path | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start `command` (as `user`), writing to `log` or the terminal; it ends with us."""
        switch = ["--reuid", user, "--regid", user, "--init-groups"] if user else []
        name = signal.Signals(stop_signal).name.removeprefix("SIG")
        with self._lock, ExitStack() as files:
            source = files.enter_context(open(stdin or os.devnull, "rb"))
            output = files.enter_context(log.open("ab")) if log else None
            if self._closed:
                raise ToolError("Interrupted.")
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", name, *switch, *map(os.fspath, command)],
                stdin=source,
                stdout=output,
                stderr=subprocess.STDOUT if log else None,
                env={**os.environ, **(env or {})},
                cwd=cwd or "/",
                start_new_session=True,
            )
            self._processes[process] = stop_signal
        return process

    def run(self, command: Command, log: Path | None = None, **options: object) -> int:
        """Run `command` to its end, with the options of `spawn`: its exit status."""
        process = self.spawn(command, log, **options)
        try:
            return process.wait()
        finally:
            self.stop(process)

    def stop(self, process: "subprocess.Popen[bytes]") -> None:
        """End a process and its group: politely, then not."""
        with self._lock:
            number = self._processes.pop(process, None)
        # Once only: later the group's number may belong to somebody else.
        if number is None:
            return
        if process.poll() is None:
            _signal_group(process, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        # What the leader started may outlive it.
        _signal_group(process, signal.SIGKILL)
        process.wait()


class Step:
    """A step under way; its commands write to a log file named after it."""

    def __init__(self, session: Session, title: str) -> None:
        slug = re.sub(r"\W+", "-", title.lower()).strip("-")
        self.title = title
        self.ok = True
        self.note = ""
        self.log = session.logs / f"{time.strftime('%H%M%S')}-{slug}.log"
        self._session = session

    def run(self, command: Command, *, check: bool = True, **options: object) -> int:
        """Run `command` to its end, with the options of `spawn`; a failure raises if `check`."""
        with self.log.open("a") as log:
            log.write(f"$ {' '.join(map(os.fspath, command))}\n")
        code = self._session.run(command, self.log, **options)
        if check and code:
            raise self.failed(f"{Path(command[0]).name} ended with status {code}")
        return code

    def failed(self, why: str) -> ToolError:
        """The error that shows the end of this step's log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        tail = "\n".join(f"    {line}" for line in text.splitlines()[-TAIL_LINES:])
        return ToolError(f"{self.title}: {why}.\n{tail}\n  Whole log: {self.log}")


def free_port(host: str = "127.0.0.1", wanted: int = 0) -> int:
    """The port that is `wanted` if a server could listen there right now, else any other one."""
    with socket.socket() as sock:
        # As servers do: a port whose last connections are only just closed is free.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, wanted))
        except OSError:
            sock.bind((host, 0))
        return int(sock.getsockname()[1])


def _signal_group(process: "subprocess.Popen[bytes]", number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _interrupt(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
