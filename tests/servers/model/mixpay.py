"""What payers, the chain and MixPay do: events at the simulator, and what is true there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests
from shop import PAYEE, Shop
from simulator import SimulatorServer

#: What may happen next, by the status that MixPay reports: an action and its details.
MOVES: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "unpaid": (
        ("pay", {}),
        ("pay_less", {}),
        ("pay_more", {}),
        ("fail", {"code": "40000"}),
    ),
    "confirming": (
        ("confirm", {}),
        ("review", {}),
        ("process", {}),
        ("fail", {"code": "40025"}),
    ),
    "paid_less": (
        ("top_up", {}),
        ("expire", {}),
        ("fail", {"code": "40024"}),
    ),
    "pending": (
        ("succeed", {}),
        ("review", {}),
        ("fail", {"code": "40027"}),
    ),
    "auditing": (
        ("approve", {}),
        ("succeed", {}),
        ("fail", {"code": "10095"}),
    ),
    "success": (("second_transfer", {}),),
    "failed": (),
}
#: Other terms that MixPay may report: a payer who edited a pay link, or forged another order.
OTHER_TERMS = {
    "payeeId": "11111111-2222-4333-8444-555555555555",
    "quoteAmount": "0.01",
    "quoteAssetId": "jpy",
    "traceId": "11111111-2222-4333-8444-555555555555",
}
#: Knobs that spoil the next call, and what the server may learn from it.
TROUBLES: dict[str, dict[str, Any]] = {
    "refused before": {"http_500_next": 1, "http_500_after": False},
    "answer lost": {"http_500_next": 1, "http_500_after": True},
    "broken answer": {"body_fault": "broken_json", "body_fault_next": 1},
    "cut answer": {"body_fault": "truncated", "body_fault_next": 1},
    "maintenance": {"force_code": [{"code": 10008, "calls": 1}]},
    "too many calls": {"force_code": [{"code": 1429, "calls": 1}]},
}
NO_TROUBLE = {"http_500_next": 0, "body_fault": "none", "force_code": [], "latency": 0, "hang": 0}


class MixPay:
    """The simulator as payers and MixPay's staff see it."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        server: SimulatorServer = shop.simulator
        self.simulator = server.simulator
        self.on_other_terms: set[str] = set()

    def orders(self) -> dict[str, dict[str, Any]]:
        """All orders that MixPay has, by trace id."""
        return {order["traceId"]: order for order in self.simulator.payments()}

    def status(self, trace_id: str) -> str | None:
        order = self.simulator.find_trace(trace_id)
        return order.status if order else None

    def paid(self, trace_id: str, amount: Decimal) -> bool:
        """Whether MixPay has a success of this trace and amount for the shop's payee."""
        order = self.simulator.find_trace(trace_id)
        return (
            order is not None
            and order.status == "success"
            and trace_id not in self.on_other_terms
            and order.terms.payee_id == PAYEE
            and Decimal(order.terms.quote_amount_text) == amount
        )

    def open_link(self, trace_id: str) -> bool:
        """Open the payer's page; tell whether MixPay has the order.

        Nobody can pay a link that nobody was shown, nor open one for the first time too late.
        """
        [(link, is_over)] = self._shop.database.rows(
            "SELECT link, expires_at < clock_timestamp() AT TIME ZONE 'UTC'"
            " FROM mixpay_payment WHERE trace_id = %s",
            trace_id,
        )
        if not link or (is_over and self.status(trace_id) is None):
            return False
        return requests.get(link, timeout=10).ok

    def move(self, trace_id: str, choice: int) -> str:
        """Let one of the possible events happen; say which."""
        if not self.open_link(trace_id):
            return "nothing: there is no link"
        moves = MOVES[self.status(trace_id) or "failed"]
        if not moves:
            return "nothing more"
        action, details = moves[choice % len(moves)]
        self.simulator.act(trace_id, action, **details)
        return f"{action} → {self.status(trace_id)}"

    def pay_in_full(self, trace_id: str) -> str:
        """The customer pays, and everything goes well."""
        if not self.open_link(trace_id) or self.status(trace_id) not in ("unpaid", "paid_less"):
            return "nothing"
        for action in ("pay", "confirm", "succeed"):
            self.simulator.act(trace_id, action)
        return "paid in full"

    def report_other_terms(self, trace_id: str, name: str) -> str:
        """Report a payment on other terms from now on; a success stays what it was."""
        status = self.status(trace_id)
        if status in (None, "success"):
            return "nothing"
        self.simulator.raw(trace_id, {name: OTHER_TERMS[name]})
        self.on_other_terms.add(trace_id)
        return f"{name} differs from now on"

    def expire(self, trace_id: str) -> None:
        """The deadline passes at MixPay."""
        if self.status(trace_id) not in (None, "success", "failed"):
            self.simulator.expire(trace_id)

    def reported_states(self, trace_id: str, old: str) -> set[str]:
        """The states that a payment may have after MixPay was asked about it, by the documents.

        Independent of the addon's own table, so that a mistake there is seen.
        """
        status = self.status(trace_id)
        if status is None or old in ("success", "failed", "mismatch"):
            return {old}
        result = self.simulator.payment(trace_id)["result"]
        if trace_id in self.on_other_terms:
            return self._states_on_other_terms(result, trace_id, old)
        reported = result["status"]
        if reported == "pending" and not result["payment"]["isFullyPaid"]:
            return {"paid_less"}
        return {old if reported == "unpaid" and old != "draft" else reported}

    def _states_on_other_terms(self, result: dict[str, Any], trace_id: str, old: str) -> set[str]:
        """An end on other terms is believed the second time; of another trace, never."""
        is_other_trace = result["traceId"] != trace_id
        if is_other_trace or result["status"] not in ("success", "failed"):
            return {old}
        return {old, "mismatch" if result["status"] == "success" else "failed", "mismatch"}

    def is_troubled(self) -> bool:
        """Whether the next call will be spoiled."""
        knobs = self.simulator.get_knobs()
        return bool(
            knobs["http_500_next"]
            or knobs["force_code"]
            or (knobs["body_fault"] != "none" and knobs["body_fault_next"])
        )

    def trouble(self, name: str) -> None:
        self.simulator.set_knobs(**TROUBLES[name])

    def calm(self) -> None:
        """No more trouble."""
        self.simulator.set_knobs(**NO_TROUBLE)
