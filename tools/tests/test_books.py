"""What `tools/demo --check` says of the sale that it finds in the books."""

import pytest
from devenv import books

LINK = "http://127.0.0.1:8070/code/1"


def sale():
    """A sale as it should be, by model."""
    order = {
        "id": 5,
        "name": "Shop - 1",
        "state": "paid",
        "amount_total": 3.44,
        "amount_paid": 3.44,
        "payment_ids": [7],
        "lines": [9],
    }
    payment = {
        "id": 7,
        "amount": 3.44,
        "currency_id": [1, "USD"],
        "card_brand": "USDT (Tron)",
        "pos_order_id": [5, "Shop - 1"],
    }
    return {
        "mixpay.payment": [{"trace_id": "t", "amount": 3.4400000001}],
        "pos.payment": [payment],
        "pos.order": [order],
        "pos.order.line": [{"full_product_name": "Loaf"}],
    }


def looked_up(found):
    return books.look_up(lambda model, _domain, _fields: found[model], LINK)


def test_a_good_sale_is_put_into_words():
    assert looked_up(sale()) == {
        "product": "Loaf",
        "amount": "3.44",
        "currency": "USD",
        "coin": "USDT (Tron)",
        "order": "Shop - 1",
        "state": "paid",
        "trace_id": "t",
    }


def test_only_a_sale_that_was_paid_by_the_code_on_the_screen_counts():
    asked = {}

    def search(model, domain, _fields):
        asked[model] = domain
        return sale()[model]

    books.look_up(search, LINK)
    assert {("link", "=", LINK), ("state", "=", "success")} < set(asked["mixpay.payment"])
    assert ("transaction_id", "=", "t") in asked["pos.payment"]
    assert ("payment_method_id.use_payment_terminal", "=", "mixpay") in asked["pos.payment"]
    assert asked["pos.order"] == [("id", "=", 5), ("state", "in", ["paid", "done"])]


@pytest.mark.parametrize("model", sale())
@pytest.mark.parametrize("count", [0, 2])
def test_none_or_two_are_too_few_or_many(model, count):
    found = sale()
    found[model] *= count
    with pytest.raises(books.SaleError, match=f"has {count} {model} with"):
        looked_up(found)


@pytest.mark.parametrize(
    ("model", "field", "value"),
    [
        ("mixpay.payment", "amount", 3.45),
        ("pos.payment", "amount", 3.43),
        ("pos.order", "amount_paid", 0.0),
        ("pos.order", "amount_total", 4.0),
        ("pos.order", "payment_ids", [7, 8]),
    ],
)
def test_whatever_is_wrong_is_said(model, field, value):
    found = sale()
    found[model][0][field] = value
    with pytest.raises(books.SaleError):
        looked_up(found)
