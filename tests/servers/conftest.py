from __future__ import annotations

from collections.abc import Iterator

import pytest
from shop import Shop
from simulator import SimulatorServer


@pytest.fixture(scope="session")
def open_shop() -> Iterator[Shop]:
    """One shop for all tests: a server starts in seconds, and tests leave it as they found it.

    Two worker processes, as in a shop: nothing may depend on what one of them remembers.
    """
    with SimulatorServer() as simulator, Shop(simulator, workers=2).opened() as shop:
        yield shop
        # Whatever the tests did to it: what people must look at is logged as an error, and nothing
        # else is.
        assert shop.server.errors() == []


@pytest.fixture
def shop(open_shop: Shop) -> Shop:
    """The shop, with simulator, settings and budget as tests begin."""
    open_shop.reset()
    return open_shop
