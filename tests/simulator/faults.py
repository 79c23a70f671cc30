"""Trouble on purpose: what the knobs let go wrong between a right answer and the client."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response

from . import odd
from .errors import ApiError
from .knobs import same_path
from .simulator import Simulator

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

#: An error page as a proxy in front of an API sends it.
ERROR_PAGE = "<html><head><title>500</title></head><body>Internal Server Error</body></html>"
CHUNK = 65536


class Fault(Exception):
    """Answer this response instead."""

    def __init__(self, name: str, response: Response) -> None:
        self.name = name
        self.response = response
        super().__init__(name)


class RawResponse(Response):
    """A response with headers that are sent as they are, whatever Werkzeug thinks of them."""

    raw_headers: Mapping[str, str] = {}

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        headers = super().get_wsgi_headers(environ)
        for name, value in self.raw_headers.items():
            headers[name] = value
        return headers


class Faults:
    """Asked before a call takes effect, and again when its answer is ready."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._knobs = simulator.knobs

    def latency(self, path: str) -> None:
        if self._knobs.applies("latency_paths", path):
            self._wait(self._knobs["latency"])

    def before(self, path: str) -> None:
        """Errors that keep a call from taking effect."""
        with self._simulator.lock:
            rule = self._knobs.forced(path)
            if rule is not None:
                raise ApiError(rule["code"], rule.get("message"))
            if not self._knobs["http_500_after"]:
                self._maybe_500()

    def odd_rules(self, path: str, trace: str) -> list[dict[str, Any]]:
        """The rules of `odd_answers` for this call."""
        with self._simulator.lock:
            rules: list[dict[str, Any]] = self._knobs["odd_answers"]
            return [
                rule
                for rule in rules
                if (not rule.get("path") or same_path(rule["path"], path))
                and rule.get("trace", trace).lower() == trace.lower()
            ]

    def after(self, path: str, response: Response) -> Response:
        """Spoil the answer of a call that took effect."""
        with self._simulator.lock:
            if self._knobs["http_500_after"]:
                self._maybe_500()
            hang = self._knobs["hang"] if self._knobs.applies("hang_paths", path) else 0
            fault = self._body_fault(path)
        if hang:
            self._wait(hang)
            drop()
        return response if fault == "none" else self._spoil(fault, response)

    def _maybe_500(self) -> None:
        rate = self._knobs["http_500_rate"]
        if self._knobs.consume("http_500_next") or self._simulator.random.random() < rate:
            raise Fault("http_500", Response(ERROR_PAGE, 500, mimetype="text/html"))

    def _body_fault(self, path: str) -> str:
        fault = self._knobs["body_fault"]
        if fault == "none" or not self._knobs.applies("body_fault_paths", path):
            return "none"
        return fault if self._knobs.consume("body_fault_next") else "none"

    def _spoil(self, fault: str, response: Response) -> Response:
        body = response.get_data()
        if fault == "close":
            drop()
        if fault == "redirect":
            response = Response("", 302, {"Location": "/v1/redirected"})
        elif fault == "truncated":
            response.response = _truncated(body)
        elif fault == "drip":
            response.response = self._drip(body, self._knobs["drip_seconds"])
        elif fault == "huge":
            size = self._knobs["huge_bytes"]
            response.response = _huge(size)
            response.headers["Content-Length"] = str(size)
        elif fault in ("gzip", "gzip_bomb"):
            bomb = b" " * self._knobs["huge_bytes"] + b"{}"
            response.set_data(gzip.compress(body if fault == "gzip" else bomb, 1))
            response.headers["Content-Encoding"] = "gzip"
        else:
            response.set_data(_wrong_body(fault, body))
        raise Fault(fault, response)

    def _drip(self, body: bytes, seconds: float) -> Iterator[bytes]:
        for number in range(len(body)):
            self._wait(seconds)
            yield body[number : number + 1]

    def _wait(self, seconds: float) -> None:
        if seconds:
            self._simulator.stopping.wait(seconds)


def replaced(body: Any, rules: list[dict[str, Any]]) -> Any:
    """The answer with every rule's field replaced."""
    for rule in rules:
        body = odd.replaced(body, rule)
    return body


def dressed(response: RawResponse, rules: list[dict[str, Any]]) -> RawResponse:
    """The response with every rule's status and headers."""
    for rule in rules:
        response.status_code = rule.get("status", response.status_code)
        response.raw_headers = {**response.raw_headers, **rule.get("headers", {})}
    return response


def drop() -> NoReturn:
    """Make the server close the connection without another byte."""
    raise ConnectionAbortedError("dropped on purpose")


def _wrong_body(fault: str, body: bytes) -> bytes:
    bodies = {
        "broken_json": body[:-1] + b",",
        "not_envelope": json.dumps(["ok"]).encode(),
        "html": ERROR_PAGE.encode(),
        "empty": b"",
        "deep": b"[" * 200_000,
    }
    return bodies[fault]


def _truncated(body: bytes) -> Iterator[bytes]:
    """Half of what Content-Length announced."""
    yield body[: len(body) // 2]
    drop()


def _huge(size: int) -> Iterator[bytes]:
    """Valid JSON for as long as it goes: a string that does not end soon."""
    yield b'"'
    left = size - 2
    while left > 0:
        yield b"x" * min(left, CHUNK)
        left -= CHUNK
    yield b'"'
