"""Payments that only a register or a customer knows: what only real commits can show of them."""

from __future__ import annotations

import uuid

import pytest
from shop import PAYEE, TRON_USDT, RpcError, Shop


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
