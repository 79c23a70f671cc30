"""Answers that MixPay should never give: fields, headers and statuses replaced on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import SimulatorError

#: What a field may be replaced by, by name: JSON itself knows no names for most of them.
VALUES: dict[str, Any] = {
    "null": None,
    "list": [1],
    "map": {"a": 1},
    "true": True,
    "false": False,
    "nan": float("nan"),
    "infinity": float("inf"),
    "-infinity": float("-inf"),
    "digits": int("9" * 400),
    "nul": "a\x00b",
    "surrogate": "a\ud800b",
    "control": "a\x1b[31m\u202eb",
    "megabyte": "x" * 1_000_000,
    "bad_url": "https://[",
    "far_date": "9999-12-31T23:59:59-14:00",
}
RULE = frozenset({"path", "trace", "field", "odd", "value", "status", "headers"})


def check_rules(rules: list[dict[str, Any]]) -> None:
    """Refuse rules that say nothing, or something unknown."""
    for rule in rules:
        odd, status = rule.get("odd"), rule.get("status", 200)
        texts = all(isinstance(rule.get(name, ""), str) for name in ("path", "trace", "field"))
        headers = rule.get("headers", {})
        named = isinstance(headers, dict) and all(
            isinstance(text, str) for pair in headers.items() for text in pair
        )
        replaces = "odd" in rule or "value" in rule
        if (
            not (set(rule) <= RULE and texts and named and isinstance(status, int))
            or (odd is not None and odd not in VALUES)
            or replaces != ("field" in rule)
        ):
            raise SimulatorError(
                "odd_answers takes objects {path: str, trace: str, field: str, odd: one of "
                f"{', '.join(VALUES)} or value: anything, status: int, headers: object}}"
            )


def replaced(body: Any, rule: Mapping[str, Any]) -> Any:
    """Return an answer with the rule's field replaced; `data.0.symbol` names one in a list."""
    if "field" not in rule:
        return body
    value = VALUES[rule["odd"]] if "odd" in rule else rule["value"]
    return _with(body, rule["field"].split("."), value)


def _with(body: Any, names: list[str], value: Any) -> Any:
    if not names:
        return value
    name, *rest = names
    if isinstance(body, dict):
        return {**body, name: _with(body.get(name, {}), rest, value)}
    if isinstance(body, list) and name.isdigit() and int(name) < len(body):
        return [_with(it, rest, value) if at == int(name) else it for at, it in enumerate(body)]
    return body
