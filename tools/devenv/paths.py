"""Where things are, and artefacts that are built once and kept in the cache."""

import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

TOOLS = Path(__file__).resolve().parent.parent
ROOT = TOOLS.parent
TESTS = ROOT / "tests"
ADDON = "pos_mixpay"

KEEP_UNUSED_SECONDS = 30 * 24 * 3600
KEEP_LOG_FOLDERS = 20
KEEP_LOG_SECONDS = 24 * 3600  # a run of this age is over, however many others there were since
ABANDONED_SECONDS = 60


def cache_dir() -> Path:
    """The folder for everything heavy; outside of the checkout."""
    home = os.path.expanduser("~")
    # An account without a home folder (HOME unset, "/nonexistent") still gets a cache.
    default = os.path.join(home if os.path.isdir(home) else "/var/tmp", ".cache")
    standard = Path(os.environ.get("XDG_CACHE_HOME") or default, ADDON)
    path = Path(os.environ.get("POS_MIXPAY_CACHE") or standard).expanduser().resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


def fingerprint(*inputs: object) -> str:
    """A short name for `inputs`; a `Path` stands for the content of that file."""
    digest = hashlib.sha256()
    for item in inputs:
        digest.update(item.read_bytes() if isinstance(item, Path) else str(item).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:12]


def lock(file: Path, *, wait: bool = True) -> IO[str] | None:
    """Lock `file` for as long as the answer is open; nothing if somebody else has it."""
    file.parent.mkdir(exist_ok=True)
    handle = file.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def lock_file(name: str) -> Path:
    """The file behind the lock called `name`, shared by all runs."""
    return cache_dir() / "locks" / name


def artefact(name: str, key: str, build: Callable[[Path], None]) -> Path:
    """The cached folder `name` for the inputs `key`; `build` fills it if it isn't complete.

    It is built in place, because virtual environments cannot be moved. A mark is written last,
    so that an interrupted build is seen and done again; a lock keeps two runs apart.
    """
    folder = cache_dir() / f"{name}-{key}"
    mark = folder / ".complete"
    with lock(lock_file(folder.name)):
        if not mark.exists():
            remove(folder)
            folder.mkdir()
            build(folder)
            mark.touch()
            for other in cache_dir().glob(f"{name}-*/.complete"):
                if time.time() - other.stat().st_mtime > KEEP_UNUSED_SECONDS:
                    remove(other.parent)
        os.utime(mark)
    return folder


def remove(folder: Path) -> None:
    """Delete `folder`, if it is there."""
    if folder.exists():
        shutil.rmtree(folder)


def new_run_dir() -> tuple[Path, IO[str] | None]:
    """A temporary folder, and the lock that shows it is in use; abandoned ones are deleted."""
    # Not $TMPDIR: the database's user must reach it, and a socket's path is short.
    base = Path("/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir())
    prefix = f"{ADDON}-run-"
    for old in base.glob(f"{prefix}*"):
        with suppress(OSError):  # somebody else's, or just being deleted by its own run
            abandoned = time.time() - old.stat().st_mtime > ABANDONED_SECONDS
            if abandoned and (handle := lock(old / "lock", wait=False)):
                shutil.rmtree(old, ignore_errors=True)
                handle.close()
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
    folder.chmod(0o711)
    return folder, lock(folder / "lock")


def new_log_dir(command: str) -> Path:
    """A folder for this run's logs; the oldest ones are dropped."""
    logs = cache_dir() / "logs"
    folder = logs / f"{time.strftime('%Y%m%d-%H%M%S')}-{command}-{os.getpid()}"
    folder.mkdir(parents=True)
    for old in sorted(logs.iterdir())[:-KEEP_LOG_FOLDERS]:
        if time.time() - old.stat().st_mtime > KEEP_LOG_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
    return folder
