"""What lies ahead for a register's payments."""

from dataclasses import replace

from mixpay import forecast, polling
from test_standing import SNAPSHOT

A, B = "https://a.example", "https://b.example"


def polled(**changes):
    values = {"api_url": A, "is_polled": True, "due_in": 2.0, "is_free": True}
    return replace(SNAPSHOT, **(values | changes))


def test_a_free_payment_that_is_due_is_asked_about():
    assert forecast.due_address([polled()]) is None
    assert forecast.due_address([polled(due_in=-1.0, is_free=False)]) is None
    assert forecast.due_address([polled(due_in=-1.0, is_polled=False)]) is None
    assert forecast.due_address([polled(), polled(api_url=B, due_in=0.0)]) == B


def test_not_while_nobody_calls_its_address():
    assert forecast.due_address([polled(due_in=-1.0, retry_after=3.0)]) is None
    assert forecast.due_address([polled(due_in=-1.0, retry_after=0.0)]) == A, "to find out"


def test_a_register_comes_back_when_the_first_is_due():
    assert forecast.poll_after([polled(), polled(due_in=1.5)]) == 1520
    assert forecast.poll_after([polled(due_in=0.0), polled(queue_length=100)]) == 2000


def test_of_payments_that_are_not_polled_nothing_is_said():
    gone = replace(SNAPSHOT, is_polled=False, due_in=None)
    assert forecast.poll_after([gone]) == polling.REGISTER_POLL_SLOW_MS
    assert forecast.poll_after([]) == polling.REGISTER_POLL_SLOW_MS
