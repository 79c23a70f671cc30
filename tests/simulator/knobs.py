"""Everything about the simulator that can be set, as one table."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from . import odd
from .errors import SimulatorError

LOCAL_HOSTS = ("127.0.0.1", "localhost")


@dataclass(frozen=True)
class Knob:
    """One setting: `kind` names its type, `choices` or `low`..`high` bound its value."""

    name: str
    kind: str
    default: Any
    meaning: str
    choices: tuple[Any, ...] = ()
    low: float = 0
    high: float = math.inf
    nullable: bool = False
    check: Callable[[Any], None] | None = None

    def describe(self) -> dict[str, Any]:
        kind = self.kind + (" or null" if self.nullable else "")
        return {
            "name": self.name,
            "type": kind,
            "default": self.default,
            "choices": list(self.choices),
            "meaning": self.meaning,
        }


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_KINDS: dict[str, Callable[[Any], bool]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": _is_number,
    "str": lambda value: isinstance(value, str),
    "choice": lambda value: isinstance(value, (str, int)) and not isinstance(value, bool),
    "list of str": _is_texts,
    "list of object": lambda value: (
        isinstance(value, list) and all(isinstance(item, dict) for item in value)
    ),
    "object": lambda value: isinstance(value, dict) and all(isinstance(key, str) for key in value),
}


def _check_routes(routes: dict[str, Any]) -> None:
    for host, target in routes.items():
        parts = urlsplit(target) if isinstance(target, str) else urlsplit("")
        if parts.scheme != "http" or parts.hostname not in LOCAL_HOSTS:
            raise SimulatorError(f"callback_routes: {host} must lead to http://127.0.0.1:port")


def _check_forced(rules: list[dict[str, Any]]) -> None:
    for rule in rules:
        unknown = set(rule) - {"code", "calls", "path", "message"}
        calls = rule.get("calls", 1)
        counted = calls is None or (_KINDS["int"](calls) and calls > 0)
        texts = all(isinstance(rule.get(name, ""), str) for name in ("path", "message"))
        if unknown or not _KINDS["int"](rule.get("code")) or not counted or not texts:
            raise SimulatorError(
                "force_code takes objects {code: int, calls: int or null, path: str, message: str}"
            )


def _check_http_status(status: int | None) -> None:
    if status is not None and status != 200 and not 400 <= status <= 599:
        raise SimulatorError("an error's HTTP status is 200 or 400..599")


TABLE = (
    # -- how payments run -------------------------------------------------------------------
    Knob(
        "lifecycle",
        "choice",
        "2026-08",
        "Statuses of orders opened from now on: all of them, "
        "or only unpaid, pending, auditing, success and failed, where pending covers "
        "confirmations.",
        ("2026-08", "legacy"),
    ),
    Knob(
        "auto_confirm_seconds",
        "float",
        2.0,
        "Seconds from a payer's transfer to success, "
        "half of them confirming and half pending. 0: at once. null: step by step by hand.",
        nullable=True,
    ),
    Knob(
        "auto_settle_seconds",
        "float",
        0.0,
        "Seconds from success to settlement. 0: together. null: by hand.",
        nullable=True,
    ),
    Knob(
        "settle_deviates",
        "bool",
        False,
        "Without strict mode settle AED prices as mAED and "
        "other fiat prices as USDT-ERC20, whatever was chosen.",
    ),
    Knob(
        "second_transfer_shows_code",
        "bool",
        True,
        "A second transfer shows as failureCode "
        "40021, the status staying as it is; off: only among the transactions.",
    ),
    Knob(
        "late_payment",
        "choice",
        "listed",
        "What comes after an order has failed (`pay_late`) is only among its transactions, or "
        "makes it a success after all, which MixPay's documentation rules out.",
        ("listed", "success"),
    ),
    Knob("legacy_failure_zero", "bool", True, 'Failures of legacy orders carry the code "0".'),
    Knob(
        "default_window_minutes",
        "float",
        2880.0,
        "Minutes an order without expiredTimestamp stays payable.",
        low=0.01,
    ),
    Knob(
        "window_cap_minutes",
        "float",
        None,
        "Longest window in minutes whatever was asked, as "
        "for Lightning and other proxy methods (60).",
        low=0.01,
        nullable=True,
    ),
    Knob(
        "confirmation_window_seconds",
        "float",
        86400.0,
        "Seconds after expiredAt until which "
        "a fully recognised order may stay confirming (MixPay keeps this deadline hidden).",
    ),
    # -- what answers look like -------------------------------------------------------------
    Knob(
        "amount_format",
        "choice",
        "as_sent",
        "How a quote amount comes back.",
        ("as_sent", "10", "10.00", "10.00000000"),
    ),
    Knob(
        "payee_format",
        "choice",
        "as_sent",
        "How a payee id comes back.",
        ("as_sent", "dashed", "hex", "upper"),
    ),
    Knob(
        "quote_asset_case",
        "choice",
        "as_sent",
        "How a quote asset id comes back.",
        ("as_sent", "upper"),
    ),
    Knob(
        "date_type",
        "choice",
        "string",
        "Type of a result's `date` before anything was paid.",
        ("string", "int", "null", "bool"),
    ),
    Knob(
        "date_type_paid", "choice", "int", "Type of a result's `date` once paid.", ("int", "string")
    ),
    Knob(
        "result_extras",
        "choice",
        "asked",
        "`payment` and `transactions` in a result: when `with` asks for them, or always.",
        ("asked", "always"),
    ),
    Knob(
        "unknown_id",
        "choice",
        "error",
        "A result nobody opened: an error, or `unpaid`.",
        ("error", "unpaid"),
    ),
    Knob("unknown_id_code", "choice", 10062, "That error's code.", (10062, 10084, 404)),
    Knob(
        "error_http_status",
        "int",
        200,
        "HTTP status of answers that report an error.",
        check=_check_http_status,
    ),
    Knob(
        "rate_limit_http_status",
        "int",
        None,
        "HTTP status of 1429; null: as other errors.",
        nullable=True,
        check=_check_http_status,
    ),
    Knob("payee_name", "str", "Simulated merchant", "Name of the payee in results and on pages."),
    # -- creating ---------------------------------------------------------------------------
    Knob(
        "code_equals_trace",
        "bool",
        True,
        "An order's code is its trace id when one was given; off: an id of its own.",
    ),
    Knob(
        "create_code",
        "str",
        None,
        "Answer this text as `code`, whatever the order's is.",
        nullable=True,
    ),
    Knob(
        "create_info", "object", {}, "Fields that replace the honest ones in create's `data.info`."
    ),
    Knob("create_info_sent", "bool", True, "Whether create answers `data.info` at all."),
    Knob(
        "refused_payees",
        "list of str",
        [],
        'Payees MixPay has not approved: creating for them is refused. "*" means all.',
    ),
    Knob(
        "enforce_price_limits",
        "bool",
        False,
        "Refuse quote amounts outside the catalogue's minPrice and maxPrice.",
    ),
    # -- catalogues -------------------------------------------------------------------------
    Knob(
        "unavailable_assets",
        "list of str",
        [],
        'Assets that cannot be paid with: isAvailable false, limits "0".',
    ),
    Knob("catalogue_lacks", "list of str", [], "Assets that the catalogues do not list."),
    Knob(
        "catalogue_first",
        "int",
        None,
        "Only so many first entries of each catalogue; null: all.",
        nullable=True,
    ),
    Knob("unknown_mixin_ids", "list of str", [], "Mixin ids of accounts that never used MixPay."),
    # -- limits and trouble (of /v1 only; the payer's page always works) --------------------
    Knob("rate_limit", "int", 60, "Calls allowed in any minute.", low=1),
    Knob(
        "force_code",
        "list of object",
        [],
        "Answer {code, message} to the next `calls` calls "
        "(default 1, null: until changed) of `path` (default: every one).",
        check=_check_forced,
    ),
    Knob("latency", "float", 0.0, "Seconds before answering."),
    Knob("latency_paths", "list of str", [], "Paths `latency` is for; empty: all."),
    Knob(
        "hang",
        "float",
        0.0,
        "Seconds of silence after doing what was asked, then the "
        "connection closes without an answer.",
    ),
    Knob("hang_paths", "list of str", [], "Paths `hang` is for; empty: all."),
    Knob("http_500_rate", "float", 0.0, "Share of calls answered by HTTP 500 and a page.", high=1),
    Knob("http_500_next", "int", 0, "Answer so many next calls by HTTP 500 and a page."),
    Knob("http_500_after", "bool", False, "Those calls take effect before they fail."),
    Knob(
        "body_fault",
        "choice",
        "none",
        "What is wrong with answers of calls that took effect.",
        (
            "none",
            "broken_json",
            "not_envelope",
            "html",
            "truncated",
            "huge",
            "empty",
            "close",
            "drip",
            "redirect",
            "deep",
            "gzip",
            "gzip_bomb",
        ),
    ),
    Knob(
        "body_fault_next",
        "int",
        None,
        "Only so many next answers; null: until changed.",
        nullable=True,
    ),
    Knob("body_fault_paths", "list of str", [], "Paths `body_fault` is for; empty: all."),
    Knob("huge_bytes", "int", 20_000_000, "Bytes of a `huge` answer.", high=10**9),
    Knob(
        "odd_answers",
        "list of object",
        [],
        "Fields, headers and HTTP status that replace those of answers: {field: such as "
        "`data.payeeId` or `data.0.symbol`, odd: a value's name in `odd.py`, or value: any "
        "JSON; headers; status; path and trace: of which calls, by default all}.",
        check=odd.check_rules,
    ),
    Knob("drip_seconds", "float", 0.5, "Seconds between the bytes of a `drip` answer."),
    # -- callbacks --------------------------------------------------------------------------
    Knob(
        "callback_routes",
        "object",
        {},
        "Host of a callbackUrl to local address, such as "
        '{"shop.example": "http://127.0.0.1:8069"}. Hosts not named are dead.',
        check=_check_routes,
    ),
    Knob("callback_time_scale", "float", 1.0, "Factor for the waits between attempts."),
    Knob("callback_timeout", "float", 20.0, "Seconds a shop has to answer.", low=0.05),
    Knob("callback_delay", "float", 0.0, "Seconds before the first attempt."),
    Knob("callback_lost", "bool", False, "Callbacks never leave (logged as lost)."),
    Knob("callback_copies", "int", 1, "How many times each callback is sent.", low=1, high=9),
    Knob("callback_out_of_order", "bool", False, "What happened before the end is told after it."),
)

_BY_NAME = {knob.name: knob for knob in TABLE}


class Knobs:
    """Values of the table's knobs; refuses unknown names and wrong values."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self.clear()

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def clear(self) -> None:
        self._values = {knob.name: copy.deepcopy(knob.default) for knob in TABLE}

    def as_dict(self) -> dict[str, Any]:
        return copy.deepcopy(self._values)

    def set(self, values: Mapping[str, Any]) -> None:
        """Set all of them or, if one is wrong, none."""
        for name, value in values.items():
            _check(name, value)
        self._values.update(copy.deepcopy(dict(values)))

    def consume(self, name: str) -> bool:
        """Take one from a countdown; whether there was one. A null countdown never ends."""
        left = self._values[name]
        if left is None:
            return True
        if left <= 0:
            return False
        self._values[name] = left - 1
        return True

    def applies(self, name: str, path: str) -> bool:
        """Whether the list knob `name` names this path (empty: every path)."""
        paths = self._values[name]
        return not paths or any(same_path(item, path) for item in paths)

    def forced(self, path: str) -> dict[str, Any] | None:
        """The first rule of `force_code` for this path, one call of it used up."""
        rules: list[dict[str, Any]] = self._values["force_code"]
        for rule in rules:
            if rule.get("path") and not same_path(rule["path"], path):
                continue
            if rule.setdefault("calls", 1) is not None:
                rule["calls"] -= 1
                if rule["calls"] <= 0:
                    rules.remove(rule)
            return rule
        return None


def same_path(given: str, path: str) -> bool:
    """Whether two paths are one, with or without the leading `/v1`."""
    return given.removeprefix("/v1").strip("/") == path.removeprefix("/v1").strip("/")


def _check(name: str, value: Any) -> None:
    knob = _BY_NAME.get(name)
    if knob is None:
        raise SimulatorError(f"there is no knob {name!r}")
    if value is None and knob.nullable:
        return
    if not _KINDS[knob.kind](value):
        raise SimulatorError(f"{name} takes {knob.describe()['type']}, not {value!r}")
    if knob.choices and value not in knob.choices:
        raise SimulatorError(f"{name} is one of {', '.join(map(str, knob.choices))}")
    if knob.kind in ("int", "float") and not knob.low <= value <= knob.high:
        raise SimulatorError(f"{name} is from {knob.low} to {knob.high}")
    if knob.kind == "float" and not math.isfinite(value):
        raise SimulatorError(f"{name} is a finite number")
    if knob.check is not None:
        knob.check(value)
