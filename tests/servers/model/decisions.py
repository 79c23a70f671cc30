"""The same rules, and managers who decide where MixPay is silent, or about what is listed."""

from __future__ import annotations

from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import rule
from shop import Client, RpcError, Shop

from .machine import OLDER, PaymentMachine
from .till import Line, Till, refusal

CODE = "739184"
REASON = "seen in the wallet"
ACTIONS = st.sampled_from(["confirm", "force_cancel"])
DECISIONS = st.sampled_from(["refunded", "kept", "attached"])


class Manager:
    """A manager's own login, on a device of their own; never the one that asks."""

    def __init__(self, client: Client, password: str) -> None:
        self._client = client
        self._set_code(password)

    def _set_code(self, password: str) -> None:
        wizard = self._client.call("mixpay.set.code", "create", {})
        secrets = {
            "mixpay_password": password,
            "mixpay_code": CODE,
            "mixpay_code_repeated": CODE,
        }
        self._client.call("mixpay.set.code", "action_set", [wizard], context=secrets)

    def answer(self, approval_id: int, *, is_granted: bool) -> RpcError | None:
        """Approve or refuse a request; return the refusal of the server, None for none."""
        method = "action_approve" if is_granted else "action_refuse"
        return refusal(lambda: self._client.call("mixpay.approval", method, [approval_id]))

    def decide(self, payment_id: int, decision: str, order_id: int) -> RpcError | None:
        """Decide about money in the back office; return the refusal of the server."""

        def act() -> None:
            vals = {
                "payment_ids": [(6, 0, [payment_id])],
                "decision": decision,
                "order_id": order_id or False,
                "note": REASON,
            }
            wizard = self._client.call("mixpay.decide", "create", vals)
            self._client.call(
                "mixpay.decide", "action_decide", [wizard], context={"mixpay_code": CODE}
            )

        return refusal(act)


class DecisionMachine(PaymentMachine):
    """Cashiers ask, managers answer: at once, or after something else has happened."""

    def __init__(self, shop: Shop, till: Till, manager: Manager, cashier: Client) -> None:
        super().__init__(shop, till)
        self.manager = manager
        self.cashier = cashier

    @rule(
        line=PaymentMachine.lines,
        older=OLDER,
        action=ACTIONS,
        meanwhile=st.booleans(),
        is_granted=st.booleans(),
    )
    def ask_manager(
        self, line: Line, older: bool, action: str, meanwhile: bool, is_granted: bool
    ) -> None:
        """A payment is to count as paid, or is not to be waited for, on a manager's word."""
        trace_id = line.trace(older)
        if trace_id is None:
            return
        asked: dict[str, Any] = {}

        def send() -> None:
            asked.update(
                self.cashier.route(
                    "/pos_mixpay/request_approval",
                    trace_id=trace_id,
                    action=action,
                    reason=REASON,
                )
            )

        refused = refusal(send)
        if refused:
            note(f"  refused: {refused}")
            return
        if meanwhile:
            self.customer_pays_in_full(line, older, True)
        if is_granted:
            known = self.truth.may_be_confirmed if action == "confirm" else self.truth.may_be_let_go
            known.add(trace_id)
        refused = self.manager.answer(asked["approval_id"], is_granted=is_granted)
        note(f"  refused: {refused}" if refused else f"  {action}: {is_granted}")

    @rule(line=PaymentMachine.lines, older=OLDER, decision=DECISIONS, other=PaymentMachine.lines)
    def decide(self, line: Line, older: bool, decision: str, other: Line) -> None:
        """A manager decides what becomes of money, or tries to where there is nothing to decide."""
        trace_id = line.trace(older)
        if trace_id is None:
            return
        record = self.truth.record(trace_id)
        order = self.till.stored_id("pos_order", other.order.uuid)
        self.truth.may_be_decided.add(trace_id)
        refused = self.manager.decide(record.id, decision, order)
        note(f"  refused: {refused}" if refused else f"  {decision}")
