"""The control API under `/_control/`: what Python may do with a `Simulator`, as JSON."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from .errors import NotFoundError, SimulatorError
from .knobs import TABLE
from .simulator import Simulator

PREFIX = "/_control"

ROUTES = (
    ("GET", "/", "state"),
    ("GET", "/state", "state"),
    ("POST", "/reset", "reset"),
    ("GET", "/knobs", "knobs"),
    ("POST", "/knobs", "set_knobs"),
    ("GET", "/requests", "requests"),
    ("GET", "/callbacks", "callbacks"),
    ("POST", "/callbacks/<key>", "send_callback"),
    ("GET", "/payments", "payments"),
    ("GET", "/payments/<key>", "payment"),
    ("POST", "/payments/<key>/<action>", "act"),
    ("POST", "/clock", "clock"),
)


class Control:
    """Answers calls of `/_control/…`; errors are `{"error": text}`."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._routes = Map(
            [Rule(PREFIX + path, methods=[method], endpoint=name) for method, path, name in ROUTES]
        )

    def handle(self, request: Request) -> Response:
        try:
            name, details = self._routes.bind_to_environ(request.environ).match()
            body = _body(request)
            return _json(getattr(self, f"_{name}")(body, **details))
        except NotFoundError as error:
            return _json({"error": str(error)}, 404)
        except SimulatorError as error:
            return _json({"error": str(error)}, 400)
        except HTTPException as error:
            return _json({"error": error.name}, error.code or 500)

    def _state(self, body: dict[str, Any]) -> Any:
        return self._simulator.state()

    def _reset(self, body: dict[str, Any]) -> Any:
        self._simulator.reset()
        return self._simulator.state()

    def _knobs(self, body: dict[str, Any]) -> Any:
        table = [knob.describe() for knob in TABLE]
        return {"values": self._simulator.get_knobs(), "table": table}

    def _set_knobs(self, body: dict[str, Any]) -> Any:
        return {"values": self._simulator.set_knobs(**body)}

    def _requests(self, body: dict[str, Any]) -> Any:
        return self._simulator.requests()

    def _callbacks(self, body: dict[str, Any]) -> Any:
        return self._simulator.callbacks()

    def _send_callback(self, body: dict[str, Any], key: str) -> Any:
        return self._simulator.send_callback(key)

    def _payments(self, body: dict[str, Any]) -> Any:
        return self._simulator.payments()

    def _payment(self, body: dict[str, Any], key: str) -> Any:
        return self._simulator.payment(key)

    def _act(self, body: dict[str, Any], key: str, action: str) -> Any:
        return self._simulator.describe(self._simulator.act(key, action, **body))

    def _clock(self, body: dict[str, Any]) -> Any:
        if set(body) != {"advance"}:
            raise SimulatorError('clock takes {"advance": seconds}')
        offset = self._simulator.advance(body["advance"])
        return {"offset": offset, "now": self._simulator.clock.now()}


def _body(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; none is an empty one."""
    data = request.get_data()
    if not data:
        return {}
    try:
        body = json.loads(data)
    except ValueError as error:
        raise SimulatorError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise SimulatorError("the body is not a JSON object")
    return body


def _json(body: Any, status: int = 200) -> Response:
    return Response(json.dumps(body, indent=1) + "\n", status, mimetype="application/json")
