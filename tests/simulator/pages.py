"""The payer's side: `/pay?…`, `/code/<code>`, its buttons, and an index for people."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from .errors import ApiError, NotFoundError, SimulatorError
from .phone import Phone
from .simulator import Simulator

ROUTES = (
    ("GET", "/", "index"),
    ("GET", "/pay", "pay"),
    ("GET", "/code/<code>", "code"),
    ("GET", "/code/<code>/state", "state"),
    ("POST", "/code/<code>/<action>", "act"),
)

#: Details of actions that a form may send.
FORM_FIELDS = ("asset", "amount", "code", "reason")


class Pages:
    """Shows orders as a payer's phone does. The knobs' trouble never reaches these pages."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._phone = Phone(simulator)
        self._routes = Map(
            [Rule(path, methods=[method], endpoint=name) for method, path, name in ROUTES]
        )

    def handle(self, request: Request) -> Response:
        if request.method == "HEAD":  # looking at a pay link's headers opens no order
            return Response("", mimetype="text/html")
        try:
            name, details = self._routes.bind_to_environ(request.environ).match()
            answer: Callable[..., Response] = getattr(self, f"_{name}")
            return answer(request, **details)
        except NotFoundError as error:
            return self._problem("No such payment", [str(error)], 404)
        except HTTPException as error:
            return self._problem(error.name, [], error.code or 500)

    def _index(self, request: Request) -> Response:
        return self._html(lambda nonce: self._phone.index(), 200)

    def _pay(self, request: Request) -> Response:
        try:
            payment = self._simulator.open_paylink(request.args.to_dict())
        except ApiError as error:
            lines = [text for texts in error.fields.values() for text in texts]
            title = f"{error.message} ({error.code})"
            return self._problem(title, lines, 400)
        return self._html(lambda nonce: self._phone.page(payment.trace_id, nonce), 200)

    def _code(self, request: Request, code: str) -> Response:
        return self._html(lambda nonce: self._phone.page(code, nonce), 200)

    def _state(self, request: Request, code: str) -> Response:
        payment = self._simulator.find(code)
        state = {"version": payment.version, "status": payment.status}
        return Response(json.dumps(state), mimetype="application/json")

    def _act(self, request: Request, code: str, action: str) -> Response:
        payment = self._simulator.find(code)
        details = {name: request.form[name] for name in FORM_FIELDS if request.form.get(name)}
        try:
            if action != "nothing":
                self._simulator.act(code, action, **_relevant(action, details))
        except SimulatorError as error:
            notice = str(error)
            return self._html(lambda nonce: self._phone.page(code, nonce, notice), 409)
        return redirect(f"/code/{payment.code}", 303)

    def _problem(self, title: str, lines: list[str], status: int) -> Response:
        return self._html(lambda nonce: self._phone.problem(title, lines), status)

    def _html(self, render: Callable[[str], str], status: int) -> Response:
        """A page that may run one script only, and load nothing from anywhere."""
        nonce = secrets.token_urlsafe(16)
        response = Response(render(nonce), status, mimetype="text/html")
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; "
            f"script-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'"
        )
        response.headers["Cache-Control"] = "no-store"
        return response


def _relevant(action: str, details: dict[str, Any]) -> dict[str, Any]:
    """One form holds all buttons, so it sends more than an action takes."""
    wanted = {
        "pay": ("asset", "amount"),
        "pay_less": ("asset", "amount"),
        "pay_more": ("asset", "amount"),
        "see": ("asset", "amount"),
        "second_transfer": ("asset", "amount"),
        "top_up": ("amount",),
        "fail": ("code", "reason"),
    }.get(action, ())
    return {name: value for name, value in details.items() if name in wanted}
