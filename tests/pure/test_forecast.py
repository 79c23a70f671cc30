"""What lies ahead for a register's payments."""

from mixpay import forecast

A, B = "https://a.example", "https://b.example"


def row(payment_id=1, **changes):
    values = {
        "api_url": A,
        "due_in": 2.0,
        "synced_for": None,
        "is_free": True,
        "has_failures": False,
        "queue_length": 0,
    }
    return forecast.Row(payment_id, **(values | changes))


def test_of_payments_that_are_not_polled_nothing_is_said():
    rows = forecast.waiting([tuple(row()), (None,) * 7])
    assert rows == [row()]


def test_nothing_is_looked_up_where_nothing_is_due_or_failed():
    assert forecast.is_calm([row(), row(2)])
    assert not forecast.is_calm([row(), row(2, due_in=0.0)])
    assert not forecast.is_calm([row(has_failures=True)])


def test_a_free_payment_that_is_due_is_asked_about():
    assert forecast.forecast([row()], {}).due_address is None
    assert forecast.forecast([row(due_in=-1.0, is_free=False)], {}).due_address is None
    assert forecast.forecast([row(), row(2, api_url=B, due_in=0.0)], {}).due_address == B


def test_not_while_nobody_calls_its_address():
    rows = [row(due_in=-1.0)]
    assert forecast.forecast(rows, {A: 3.0}).due_address is None
    assert forecast.forecast(rows, {A: 0.0}).due_address == A, "the next call finds out"
    assert forecast.forecast(rows, {A: 3.0}).pauses == {1: 3.0}
    assert forecast.forecast(rows, {B: 3.0}).pauses == {}


def test_what_was_heard_and_how_many_wait():
    seen = forecast.forecast([row(synced_for=4.0, queue_length=2), row(2, queue_length=7)], {})
    assert seen.due_in == [2.0, 2.0]
    assert seen.synced_for == {1: 4.0, 2: None}
    assert seen.queue_length == 7
    assert forecast.forecast([], {}).queue_length == 0
