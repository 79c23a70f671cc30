from __future__ import annotations

from collections.abc import Iterator

import pytest
from shop import Shop
from simulator import SimulatorServer


@pytest.fixture(scope="session")
def open_shop() -> Iterator[Shop]:
    """One shop for all tests: a server starts in seconds, and tests leave it as they found it."""
    with SimulatorServer() as simulator, Shop(simulator).opened() as shop:
        yield shop


@pytest.fixture
def shop(open_shop: Shop) -> Shop:
    """The shop, with simulator, settings and budget as tests begin."""
    open_shop.reset()
    return open_shop
