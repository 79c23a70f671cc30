"""What no way of showing a code can do without: see docs/benchmarks.md."""

import http.client
import json
import time
import uuid
from typing import Any

from .shops import CALL_SECONDS, HOST, BenchShop

CREATE = "/v1/one_time_payment"
HEADERS = {"Content-Type": "application/json"}


class BareCall:
    """The addon's call for a one-time code, made by a bare client on a connection that is kept."""

    def __init__(self, shop: BenchShop) -> None:
        """Prepare it; the addon has made such a call since the simulator's last reset."""
        [*_, made] = shop.calls(CREATE)
        self._terms: dict[str, Any] = made["params"]
        self._connection = http.client.HTTPConnection(
            HOST, shop.simulator.port, timeout=CALL_SECONDS
        )

    def timed(self) -> float:
        """Make it for a new payment; return the milliseconds until its answer was read.

        :raises RuntimeError: when the simulator refuses
        """
        body = json.dumps(self._terms | {"traceId": str(uuid.uuid4())})
        started = time.perf_counter()
        self._connection.request("POST", CREATE, body, HEADERS)
        answer = self._connection.getresponse().read()
        taken = (time.perf_counter() - started) * 1000
        if not json.loads(answer)["success"]:
            raise RuntimeError(f"the simulator refused: {answer.decode()}")
        return taken

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
