import pytest
from mixpay import schedule


def test_ever_less_often():
    ages = [0, 119, 120, 599, 600, 3599, 3600, 10**6]
    intervals = [schedule.interval(age) for age in ages]
    assert intervals == [2, 2, 6, 6, 20, 20, 300, 300]


def test_trouble_and_abandonment_wait_longer():
    assert schedule.interval(0, troubles=1) == 4
    assert schedule.interval(0, troubles=30) == 60
    assert schedule.interval(0, is_abandoned=True) == 60
    assert schedule.interval(10**6, troubles=1) == 300


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [(["unpaid"], 1500), (["success", "confirming"], 1500), (["success"], 3000), ([], 3000)],
)
def test_the_register_asks_quickly_while_somebody_waits(waiting, expected):
    assert schedule.register_poll_ms(waiting) == expected
