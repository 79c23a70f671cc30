"""The WSGI application: which part answers which path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from . import api, control
from .api import Api
from .control import Control
from .pages import Pages
from .simulator import Simulator

#: Bytes of a request's body; more is refused.
MAX_BODY = 1_000_000


class App:
    """`/v1` is the API, `/_control` steers, everything else is for people."""

    def __init__(self, simulator: Simulator) -> None:
        self._api = Api(simulator)
        self._control = Control(simulator)
        self._pages = Pages(simulator)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        return self._respond(Request(environ))(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            return self._route(request)
        except HTTPException as error:
            response = Response(f"{error.name}\n", error.code, mimetype="text/plain")
            response.headers["Connection"] = "close"  # its body may be unread
            return response

    def _route(self, request: Request) -> Response:
        if (request.content_length or 0) > MAX_BODY:
            raise RequestEntityTooLarge()
        request.get_data(cache=True, parse_form_data=False)
        if _under(request.path, api.PREFIX):
            return self._api.handle(request)
        if _under(request.path, control.PREFIX):
            return self._control.handle(request)
        return self._pages.handle(request)


def _under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")
