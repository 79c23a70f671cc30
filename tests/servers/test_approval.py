"""Tries to approve are counted for good, whatever becomes of the request that made them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from shop import Register, RpcError, Shop


def approve(register: Register, payment: dict, secret: str, route: str = "override") -> dict:
    """Have the administrator approve: confirm a payment by hand, or let go of it."""
    return register.route(
        f"/pos_mixpay/{route}",
        trace_id=payment["trace_id"],
        approver_kind="user",
        approver_id=register.uid,
        secret=secret,
        reason="seen in the wallet",
    )


def test_few_tries_and_after_a_while_anew(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    for _try in range(5):
        with pytest.raises(RpcError, match="not the password"):
            approve(register, payment, "guess")
    with pytest.raises(RpcError, match="Too many wrong tries"):
        approve(shop.register(), payment, "admin")
    shop.database.rows(
        "UPDATE mixpay_approval SET create_date = create_date - interval '16 minutes'"
    )
    assert approve(register, payment, "admin")["line_status"] == "done"
    granted = shop.database.rows("SELECT is_granted FROM mixpay_approval ORDER BY id DESC LIMIT 2")
    assert [bool(row[0]) for row in granted] == [True, False]


def test_what_was_approved_is_not_counted_as_a_wrong_try(shop: Shop) -> None:
    register = shop.register()
    for _sale in range(7):
        approve(register, register.create(), "admin")
    assert approve(register, register.create(), "admin")["is_overridden"]


def test_an_approver_lets_go_while_registers_poll(shop: Shop) -> None:
    """Checking a password takes a while, in which others change what the approval is about."""
    register, other = shop.register(), shop.register()
    payment = register.create()
    shop.pay(payment, "pay")
    register.wait_for_state(payment, "confirming")
    is_over = threading.Event()

    def poll() -> None:
        while not is_over.is_set():
            shop.database.rows("UPDATE mixpay_watch SET due_at = now() - interval '1 day'")
            other.status(payment)

    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(poll)
        try:
            answer = approve(register, payment, "admin", route="let_go")
        finally:
            is_over.set()
        polling.result()
    assert answer["is_abandoned"]
    assert answer["slip"]
