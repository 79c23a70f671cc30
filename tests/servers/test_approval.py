"""Tries to approve are counted for good, whatever becomes of the request that made them."""

from __future__ import annotations

import pytest
from shop import Register, RpcError, Shop


def approve(register: Register, payment: dict, secret: str) -> dict:
    """Have the administrator confirm a payment by hand."""
    return register.route(
        "/pos_mixpay/override",
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
