"""The HTTP server: Werkzeug's threaded one, with connections kept alive and a clean end."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import App
from .simulator import Simulator


class _Connections:
    """Open connections and their threads, so that stop() leaves none behind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}

    def add(self, sock: socket.socket) -> None:
        with self._lock:
            self._open[sock] = threading.current_thread()

    def discard(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.pop(sock, None)

    def close(self) -> None:
        with self._lock:
            pairs = list(self._open.items())
        for sock, _ in pairs:
            with contextlib.suppress(OSError):  # the other side was faster
                sock.shutdown(socket.SHUT_RDWR)
        for _, thread in pairs:
            thread.join(timeout=10)


class _Handler(WSGIRequestHandler):
    """HTTP/1.1 with connections kept alive.

    Werkzeug's own `run_wsgi` closes every connection and, from 3.0, reads on after an answer to
    drain what is left of the request: with keep-alive that would be the next request. The
    application here reads every body first, so a plain writer will do.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes
    connections: _Connections

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            started.append((status, headers))
            return self.wfile.write

        try:
            body = self.server.app(self.make_environ(), start_response)
            self._write_head(*started[0])
            for data in body:
                self.wfile.write(data)
        except (ConnectionError, TimeoutError):
            self.close_connection = True  # the client left, or a fault dropped it

    def _write_head(self, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, phrase = status.partition(" ")
        self.send_response(int(code), phrase)
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name, _ in headers}:
            self.send_header("Connection", "close")  # the only end such a body has
        self.end_headers()

    def setup(self) -> None:
        super().setup()
        self.connections.add(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            pass  # the client left before the last bytes
        finally:
            self.connections.discard(self.connection)

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """Quiet: the simulator keeps its own log."""

    def log_error(self, format: str, *args: Any) -> None:
        """Quiet: dropped connections are part of the game."""


class SimulatorServer:
    """A simulator on a port of its own: `with SimulatorServer() as server: …`"""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.simulator = Simulator()
        self._host = host
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self._connections = _Connections()

    @property
    def port(self) -> int:
        return self._server.server_port if self._server else self._port

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self._host in ("", "0.0.0.0") else self._host
        return f"http://{host}:{self.port}"

    @property
    def api_url(self) -> str:
        """Base of the API, as `https://api.mixpay.me/v1`."""
        return f"{self.url}/v1"

    @property
    def pay_url(self) -> str:
        """Base of the payer's pages, as `https://mixpay.me`."""
        return self.url

    def start(self) -> SimulatorServer:
        if self._server is not None:
            raise RuntimeError("the simulator runs already")
        handler = type("Handler", (_Handler,), {"connections": self._connections})
        application: Callable[..., Iterable[bytes]] = App(self.simulator)
        server = make_server(
            self._host, self._port, application, threaded=True, request_handler=handler
        )
        self._server = server
        self.simulator.start()
        self._thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="simulator",
            daemon=True,
        )  # fmt: skip
        self._thread.start()
        return self

    def stop(self) -> None:
        """End every thread and close every socket; a second call does nothing."""
        server, self._server = self._server, None
        if server is None:
            return
        self.simulator.stop()
        server.shutdown()
        server.server_close()
        self._connections.close()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def __enter__(self) -> SimulatorServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
