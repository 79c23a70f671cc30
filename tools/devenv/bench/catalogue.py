"""The measures: what each one is called, what it says, and the code that takes it."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .lab import Lab
    from .report import Outcome


@dataclass(frozen=True)
class Measure:
    """Something to be measured by `function` of `module`; `in_quick` is off for what takes long."""

    name: str
    description: str
    module: str
    function: str
    in_quick: bool = True

    def load(self) -> "Callable[[Lab], Outcome]":
        """The code; imported now, because it needs the virtual environment."""
        function: Callable[[Lab], Outcome] = getattr(
            import_module(f".{self.module}", __package__), self.function
        )
        return function


MEASURES = (
    Measure(
        "status",
        "status route of one payment that is not due, against a one-field read RPC",
        "http",
        "status_against_read",
    ),
    Measure(
        "queries",
        "SQL queries of a status request when nothing is due, for 1 and 20 payments",
        "http",
        "status_queries",
    ),
    Measure(
        "history",
        "status and create with a million old payments, against a thousand",
        "http",
        "old_payments",
    ),
    Measure(
        "save",
        "saving a paid order beside a million old payments, against none",
        "saving",
        "save_orders",
        in_quick=False,
    ),
    Measure(
        "tap",
        "tap on MixPay → QR painted, against Odoo's online payment: Validate → QR painted",
        "browser",
        "tap_to_qr",
    ),
    Measure(
        "paid",
        "success at MixPay → line done in the browser, with callbacks",
        "browser",
        "paid_with_callback",
    ),
    Measure(
        "paid-polling",
        "success at MixPay → line done in the browser, without callbacks",
        "browser",
        "paid_by_polling",
    ),
    Measure(
        "size",
        "what the addon adds to the register's scripts and styles, and to its loading",
        "size",
        "bundle_and_load",
        in_quick=False,
    ),
    Measure(
        "hang",
        "an unrelated request while MixPay hangs and 20 registers wait on 4 workers",
        "load",
        "hanging",
    ),
    Measure(
        "chain",
        "500 registers on two Odoo servers: calls to MixPay in any 60 s, and refusals",
        "load",
        "chain",
        in_quick=False,
    ),
    Measure(
        "rush",
        "60 sales a minute from many registers within MixPay's limit: tap → QR",
        "load",
        "rush",
        in_quick=False,
    ),
    Measure(
        "waiting",
        "60 registers waiting, one paid every few seconds: success → seen, with callbacks",
        "load",
        "waiting_with_callback",
        in_quick=False,
    ),
    Measure(
        "waiting-polling",
        "60 registers waiting, one paid every few seconds: success → seen, without callbacks",
        "load",
        "waiting_by_polling",
        in_quick=False,
    ),
    Measure(
        "lost",
        "3, 10 and 60 registers waiting whose callbacks are lost: success → seen",
        "load",
        "lost_callbacks",
        in_quick=False,
    ),
    Measure(
        "throughput",
        "30 sales a minute, each paid after 20 s: success → seen, and refusals",
        "load",
        "throughput",
        in_quick=False,
    ),
)

NAMES = tuple(measure.name for measure in MEASURES)
NOT_IN_QUICK = "not in --quick"


def chosen(only: list[str] | None) -> list[Measure]:
    """The measures asked for, in their own order; all by default."""
    return [measure for measure in MEASURES if not only or measure.name in only]
