"""Minutes of a shop in fast motion: who is seen when, and what it costs (docs/benchmarks.md)."""

import random

import pytest
from rehearsal import Sale, Shop

MINUTE = 60.0


def waits(shop):
    return sorted(sale.wait for sale in shop.sales if not sale.is_abandoned)


def p95(values):
    return values[int(len(values) * 0.95)]


def selling(rate, minutes, *, is_even=True):
    """Sales at some rate a minute, each paid 20 s after it began."""
    chance = random.Random(1)
    moments = [
        number * MINUTE / rate if is_even else chance.uniform(0, minutes * MINUTE)
        for number in range(rate * minutes)
    ]
    return [Sale(at, at + 20) for at in moments]


# -- callbacks are lost ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("count", "opening", "longest"), [(1, 1, 3.5), (3, 3, 5), (10, 10, 15), (60, 20, 120)]
)
def test_lost_callbacks_are_made_up_for_as_long_as_few_wait(count, opening, longest, seed):
    chance = random.Random(seed)
    sales = [
        Sale(chance.uniform(0, opening), chance.uniform(opening, 110)) for _number in range(count)
    ]
    shop = Shop(sales, have_callbacks=False)
    shop.play(240)
    assert max(waits(shop)) <= longest


def test_one_that_is_lost_among_those_that_come_is_no_slower():
    shop = Shop([Sale(at, at + 15) for at in range(0, 200, 20)], have_callbacks=True)
    shop.play(100)
    lost = Sale(100.5, 125)
    shop.sales.append(lost)
    shop.play(120)
    shop.have_callbacks = False
    shop.play(140)
    assert lost.wait <= 5


# -- many sales --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_even", [True, False])
def test_thirty_sales_a_minute_are_seen_at_once(is_even):
    shop = Shop(selling(30, 5, is_even=is_even), have_callbacks=True)
    shop.play(400)
    assert p95(waits(shop)) <= 3
    assert max(waits(shop)) <= 15
    assert sum(sale.link == "code" for sale in shop.sales) >= 50, "codes for what the minute leaves"


@pytest.mark.parametrize(("rate", "share", "latest"), [(40, 5, 15), (50, 15, 20)])
def test_beyond_that_it_gets_slower_by_and_by(rate, share, latest):
    shop = Shop(selling(rate, 5), have_callbacks=True)
    shop.play(420)
    assert p95(waits(shop)) <= share
    assert max(waits(shop)) <= latest


def test_few_sales_all_have_codes():
    shop = Shop(selling(12, 4), have_callbacks=True)
    shop.play(300)
    assert {sale.link for sale in shop.sales} == {"code"}


# -- strangers ---------------------------------------------------------------------------------


def test_two_hundred_callbacks_a_minute_leave_codes_and_polls_as_they_were():
    attacked = [
        Sale(0, 10**6, is_abandoned=True, attack=0.6),
        Sale(0, 10**6, is_abandoned=True, attack=0.6),
        Sale(0, 10**6, attack=0.6),
    ]
    shop = Shop(selling(10, 5) + attacked, have_callbacks=True)
    shop.play(420)
    seen = [sale for sale in shop.sales if sale not in attacked]
    assert max(sale.wait for sale in seen) <= 5
    assert {sale.link for sale in seen} == {"code"}
    for sale in attacked[:2]:
        assert len(sale.questions) <= 12, "those that nobody waits for cost next to nothing"


def test_what_nobody_waits_for_slows_no_sale():
    given_up = [Sale(0, 10**6, is_abandoned=True) for _number in range(50)]
    shop = Shop([*given_up, *selling(10, 4)], have_callbacks=True)
    shop.play(300)
    assert max(sale.wait for sale in shop.sales if not sale.is_abandoned) <= 5
