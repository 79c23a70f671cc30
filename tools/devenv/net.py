"""Ports, and waiting for servers."""

import socket
import subprocess
import time
import urllib.error
import urllib.request

from .progress import ToolError


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on right now."""
    with socket.socket() as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as sock:
        # As servers do: a port whose last connections are only just closed is free.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError:
            return False
    return True


def wait_for_http(url: str, process: "subprocess.Popen[bytes]", seconds: float = 120) -> None:
    """Return as soon as `url` answers anything; raise when `process` ends or time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ToolError(f"the server for {url} ended with status {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=10):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise ToolError(f"{url} did not answer within {seconds:.0f} s")
