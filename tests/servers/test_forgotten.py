"""Payments that only a register or a customer knows: what only real commits can show of them."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from shop import PAYEE, TRON_USDT, Register, RpcError, Shop


def paid_elsewhere(shop: Shop) -> str:
    """Have MixPay know a paid payment of the shop that is on no record there; return its trace."""
    trace_id = str(uuid.uuid4())
    shop.simulator.simulator.create(
        {
            "payeeId": PAYEE,
            "settlementAssetId": TRON_USDT,
            "quoteAssetId": "usd",
            "quoteAmount": "10.00",
            "traceId": trace_id,
        }
    )
    shop.pay({"trace_id": trace_id})
    return trace_id


def test_what_a_customer_shows_is_looked_up_at_the_first_tap(shop: Shop) -> None:
    register, trace_id = shop.register(), paid_elsewhere(shop)
    asking = {"session_id": shop.session_id, "trace_id": trace_id}
    assert register.route("/pos_mixpay/ask", **asking)["verdict"] == "review"
    rows = shop.database.rows("SELECT state FROM mixpay_payment WHERE trace_id = %s", trace_id)
    assert rows == [("success",)]


def test_what_a_register_knows_is_looked_up_before_another_code(shop: Shop) -> None:
    register, trace_id = shop.register(), paid_elsewhere(shop)
    with pytest.raises(RpcError, match="paid this already"):
        register.create(known_traces=[trace_id])
    assert not shop.calls("one_time_payment")


def test_managers_who_look_one_up_at_the_same_instant_find_one_payment(shop: Shop) -> None:
    trace_id = paid_elsewhere(shop)
    managers = [shop.register() for _number in range(4)]
    looked_up = [
        manager.call(
            "mixpay.look.up",
            "create",
            {"trace_id": trace_id, "payment_method_id": shop.method_id},
        )
        for manager in managers
    ]
    actions = [
        manager.call("mixpay.look.up", "action_look_up", [wizard_id])
        for manager, wizard_id in zip(managers, looked_up, strict=True)
    ]
    assert {action["res_model"] for action in actions} == {"mixpay.lookup"}
    shop.simulator.simulator.set_knobs(latency=0.3)

    def take(manager: Register, action: dict) -> int:
        return manager.call("mixpay.lookup", "action_take", [action["res_id"]])["res_id"]

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(take, managers, actions))
    assert len(set(taken)) == 1
