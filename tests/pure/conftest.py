"""What the tests without Odoo share; some have a simulator or server of their own instead."""

import time
from dataclasses import replace

import pytest
from simulator import Simulator, SimulatorServer
from test_links import TERMS


@pytest.fixture
def simulator():
    return Simulator()


@pytest.fixture
def server():
    with SimulatorServer() as running:
        yield running


@pytest.fixture
def terms():
    """Terms of a payment that may be paid for a quarter of an hour."""
    return replace(TERMS, expires_at=int(time.time()) + 900)
