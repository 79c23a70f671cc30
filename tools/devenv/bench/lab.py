"""What the measures share: shops that are opened once, and the length of a run."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from playwright.sync_api import BrowserContext, sync_playwright
from simulator import SimulatorServer

from .. import browser
from ..session import Session
from .figures import Outcome
from .shops import BenchShop, PlainShop
from .till import FIRST_LOAD_SECONDS, BrowserTill, config_with_mixpay

Number = TypeVar("Number", int, float)

WINDOW = {"width": 1280, "height": 800}


class Lab:
    """Used as a context manager: at its end no server is left.

    Every measure gets shops in a known condition: no payment waits, the budget of calls is full,
    and the simulator has forgotten what was before.
    """

    def __init__(self, session: Session, *, quick: bool) -> None:
        self.quick = quick
        self._session = session
        self._stack = ExitStack()
        self._measure = ExitStack()
        self._shops: dict[str, BenchShop] = {}
        self._started = time.monotonic()

    def __enter__(self) -> "Lab":
        self.simulator = self._stack.enter_context(SimulatorServer())
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def pick(self, full: Number, quick: Number) -> Number:
        """How many, or how long, by the kind of run."""
        return quick if self.quick else full

    def say(self, text: str) -> None:
        """Tell people what is going on."""
        self._session.progress.say(f"  {time.monotonic() - self._started:5.0f} s  {text}")

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Close afterwards what was opened for one measure only."""
        with self._measure:
            yield

    # -- shops ---------------------------------------------------------------------------------

    def shop(self) -> BenchShop:
        """One threaded server: HTTP, bus and, in the same process, what is compared with it."""
        return self._kept("shop", lambda: BenchShop(self.simulator))

    def plain_shop(self) -> BenchShop:
        """The same, without the addon."""
        return self._kept("plain", lambda: PlainShop(self.simulator))

    def chain(self) -> BenchShop:
        """Two servers with two workers each, as behind a load balancer."""
        is_new = "chain" not in self._shops
        shop = self._kept("chain", lambda: BenchShop(self.simulator, workers=2, crons=1))
        if is_new:
            shop.add_server(workers=2)
            shop.warm()
        return shop

    def own_shop(self, *, workers: int = 0) -> BenchShop:
        """A shop that is closed after the measure."""
        shop = BenchShop(self.simulator, workers=workers)
        self._measure.enter_context(shop.opened())
        shop.reset()
        shop.warm()
        return shop

    def _kept(self, name: str, make: Callable[[], BenchShop]) -> BenchShop:
        if name not in self._shops:
            shop = make()
            self._stack.enter_context(shop.opened())
            self._shops[name] = shop
        self._shops[name].reset()
        return self._shops[name]

    # -- browsers ------------------------------------------------------------------------------

    def browsers(self, count: int = 1) -> list[BrowserContext]:
        """So many Chromiums, each with a profile of its own, until the end of the measure."""
        # At its end Playwright closes all of them.
        chromium = self._measure.enter_context(sync_playwright()).chromium
        launch = partial(chromium.launch_persistent_context, "", viewport=WINDOW)
        return [launch(**browser.options()) for _ in range(count)]

    def till(self, shop: BenchShop, *, has_online: bool = False) -> BrowserTill:
        """A register with MixPay, and with Odoo's online payments if asked for."""
        config_id = config_with_mixpay(shop, has_online=has_online)
        till = BrowserTill(shop, *self.browsers(), config_id)
        till.load(FIRST_LOAD_SECONDS)
        return till


@dataclass(frozen=True)
class Measure:
    """Something that is measured; `in_quick` is off for what takes long."""

    name: str
    take: "Take"
    in_quick: bool

    @property
    def description(self) -> str:
        """The first sentence about it."""
        return (self.take.__doc__ or "").partition("\n")[0].rstrip(".")


#: By name, in the order in which they are taken.
MEASURES: dict[str, Measure] = {}

Take = Callable[[Lab], Outcome]


def measure(name: str, *, in_quick: bool = True) -> Callable[[Take], Take]:
    """Have a function take the measure of that name, which its docstring describes."""

    def enter(take: Take) -> Take:
        MEASURES[name] = Measure(name, take, in_quick)
        return take

    return enter
