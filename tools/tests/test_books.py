"""What `tools/demo --check` says of the sale that it finds in the books."""

import pytest
from devenv import books

LINK = "http://127.0.0.1:8070/code/1"


def sale():
    """A sale as it should be, by model."""
    order = {
        "name": "Shop - 1",
        "state": "paid",
        "amount_total": 3.44,
        "amount_paid": 3.44,
        "payment_ids": [7],
        "lines": [{"full_product_name": "Loaf"}],
    }
    payment = {
        "id": 7,
        "amount": 3.44,
        "card_brand": "USDT (Tron)",
        "currency_id": {"name": "USD", "decimal_places": 2},
        "payment_method_id": {"use_payment_terminal": "mixpay"},
        "pos_order_id": order,
    }
    mixpay = {"trace_id": "t", "state": "success", "is_test": True, "amount": 3.4400000001}
    return {"mixpay.payment": [mixpay], "pos.payment": [payment]}


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


def test_it_is_found_by_what_the_cashier_saw():
    asked = {}

    def search(model, domain, _fields):
        asked[model] = domain
        return sale()[model]

    books.look_up(search, LINK)
    assert asked == {
        "mixpay.payment": [("link", "=", LINK)],
        "pos.payment": [("transaction_id", "=", "t")],
    }


@pytest.mark.parametrize("model", ["mixpay.payment", "pos.payment"])
@pytest.mark.parametrize("count", [0, 2])
def test_none_or_two_are_too_few_or_many(model, count):
    found = sale()
    found[model] *= count
    with pytest.raises(books.SaleError, match=str(count)):
        looked_up(found)


@pytest.mark.parametrize(
    ("place", "name", "value"),
    [
        ("mixpay", "state", "pending"),
        ("mixpay", "is_test", False),
        ("mixpay", "amount", 3.45),
        ("payment", "amount", 3.43),
        ("payment", "payment_method_id", {"use_payment_terminal": False}),
        ("order", "state", "draft"),
        ("order", "amount_paid", 0.0),
        ("order", "amount_total", 4.0),
        ("order", "payment_ids", [7, 8]),
    ],
)
def test_whatever_is_wrong_is_said(place, name, value):
    found = sale()
    [mixpay], [payment] = found["mixpay.payment"], found["pos.payment"]
    {"mixpay": mixpay, "payment": payment, "order": payment["pos_order_id"]}[place][name] = value
    with pytest.raises(books.SaleError):
        looked_up(found)
