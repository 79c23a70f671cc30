"""A stand-in for MixPay: its API, its payer's page and its callbacks, on one local HTTP server.

There is no official sandbox, so this package plays MixPay for tests, for the demo and for people.
It needs nothing but Werkzeug and knows nothing of Odoo.
"""

from .errors import SimulatorError
from .server import SimulatorServer
from .simulator import Simulator

__all__ = ["Simulator", "SimulatorError", "SimulatorServer"]
