"""`python -m simulator --host 127.0.0.1 --port 8070`: MixPay for people and demos."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from typing import Any

from .errors import SimulatorError
from .server import SimulatorServer


def main() -> int:
    arguments = _arguments()
    server = SimulatorServer(arguments.host, arguments.port)
    try:
        server.simulator.set_knobs(**dict(arguments.knob))
    except SimulatorError as error:
        sys.exit(f"simulator: {error}")
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with server:
        print(
            f"MixPay simulator: API {server.api_url}, payer's pages {server.pay_url}, "
            f"control {server.url}/_control/",
            flush=True,
        )
        done.wait()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A simulated MixPay.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8070)
    parser.add_argument(
        "--knob", action="append", default=[], type=_knob, metavar="NAME=JSON",
        help="set a knob; GET /_control/knobs lists them",
    )  # fmt: skip
    return parser.parse_args()


def _knob(text: str) -> tuple[str, Any]:
    """`name=json`; what is not JSON is a text."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


if __name__ == "__main__":
    sys.exit(main())
