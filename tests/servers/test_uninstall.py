"""Uninstalling and reinstalling the addon in a shop that has sold with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from sales import close_session, module, open_session, sell
from shop import TRON_USDT, RpcError, Shop
from simulator import SimulatorServer


@pytest.fixture
def own_shop() -> Iterator[Shop]:
    """A shop of its own: one process, since modules come and go under it."""
    with SimulatorServer() as simulator, Shop(simulator).opened() as shop:
        shop.reset()
        yield shop


def evidence(shop: Shop, order_id: int) -> list[tuple]:
    """Return what an order's lines say about how they were paid."""
    return shop.database.rows(
        "SELECT transaction_id, payment_ref_no, card_brand, amount FROM pos_payment"
        " WHERE pos_order_id = %s",
        order_id,
    )


def new_method(shop: Shop) -> int:
    """Set up MixPay anew, and have the shop take it."""
    admin = shop.admin
    [asset_id] = admin.call("mixpay.asset", "search", [("asset_id", "=", TRON_USDT)])
    journal_id = admin.call("account.journal", "search", [("type", "=", "bank")], limit=1)[0]
    vals = {
        "name": "MixPay again",
        "journal_id": journal_id,
        "payment_method_type": "terminal",
        "use_payment_terminal": "mixpay",
        "mixpay_payee_id": str(uuid.uuid4()),
        "mixpay_settlement_asset_id": asset_id,
        "mixpay_test_mode": True,
        "config_ids": [(4, shop.config_id)],
    }
    return admin.call("pos.payment.method", "create", vals)


def test_uninstalled_and_installed_again(own_shop: Shop) -> None:
    shop = own_shop
    register = shop.register()
    live = register.create()
    with pytest.raises(RpcError, match="payments are open") as refused:
        module(shop, "button_immediate_uninstall")
    assert live["trace_id"] in str(refused.value)
    shop.pay(live, "expire")
    register.wait_for_state(live, "failed")
    order_id = sell(shop, register, shop.method_id)
    with pytest.raises(RpcError, match="sessions with MixPay payments"):
        module(shop, "button_immediate_uninstall")
    close_session(shop)
    before = evidence(shop, order_id)
    assert before[0][0], "the trace id"

    module(shop, "button_immediate_uninstall")
    assert shop.database.rows("SELECT to_regclass('mixpay_payment')") == [(None,)]
    assert shop.database.rows("SELECT proname FROM pg_proc WHERE proname LIKE 'mixpay%%'") == []
    method = "SELECT active, use_payment_terminal FROM pos_payment_method WHERE id = %s"
    assert shop.database.rows(method, shop.method_id) == [(False, None)]
    assert evidence(shop, order_id) == before
    shop.admin = register = shop.register()
    register.call("pos.payment.method", "web_search_read", [], {"name": {}})

    module(shop, "button_immediate_install")
    shop.admin = register = shop.register()
    assert evidence(shop, order_id) == before
    partner_id = register.call("res.partner", "create", {"name": "Customer"})
    register.call("pos.order", "write", [order_id], {"partner_id": partner_id})
    no_pdf = {"context": {"generate_pdf": False}}  # printing takes another program
    register.call("pos.order", "action_pos_order_invoice", [order_id], **no_pdf)
    [order] = register.call("pos.order", "read", [order_id], ["state", "account_move"])
    assert order["account_move"], "an old order is invoiced"
    method_id = new_method(shop)
    open_session(shop)
    sell(shop, register, method_id)
    close_session(shop)
    assert shop.server.errors() == []
