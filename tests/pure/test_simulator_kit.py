"""What the tests of the simulator share."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USDT = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
BTC = "c6d0c728-2624-429b-8e0d-d9d19b6592fa"
PAYEE = "8e69e534-d0c4-3e04-8b61-37a73cd9e7d7"


def order(**changes):
    """Parameters of an order; a change to None leaves one out."""
    params = {
        "payeeId": PAYEE,
        "settlementAssetId": USDT,
        "quoteAssetId": "usd",
        "quoteAmount": "10.00",
        "traceId": str(uuid.uuid4()),
        **changes,
    }
    return {name: value for name, value in params.items() if value is not None}


def opened(simulator, **changes):
    """Open an order; return its trace id."""
    params = order(**changes)
    simulator.create(params)
    return params["traceId"]


def result(simulator, trace):
    return simulator.payment(trace)["result"]


def wait_for(condition, seconds=5.0):
    """Until something other threads do is done."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


class Shop:
    """A shop that takes callbacks; `answers` are used up one by one, the last one stays."""

    def __init__(self):
        self.calls = []
        self.answers = [(200, {"code": "SUCCESS"})]
        self.silent_seconds = 0.0
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                shop.calls.append((self.path, dict(self.headers), json.loads(body)))
                time.sleep(shop.silent_seconds)
                status, content = shop.answers[0]
                if len(shop.answers) > 1:
                    shop.answers.pop(0)
                with contextlib.suppress(ConnectionError):  # the simulator waits no longer
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(json.dumps(content).encode())

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
