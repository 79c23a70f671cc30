"""Rows that may be summed, whatever is learnt later."""

from __future__ import annotations

from mixpay import facts

BEFORE = {
    "order": "Shop/1",
    "currency": "EUR",
    "amount": "10.00",
    "coin": "BTC",
    "units": "0.000100000000000001",
    "settled_coin": "",
    "settled_units": "",
}


def test_what_is_as_it_was_needs_no_row() -> None:
    assert facts.adjustments("payments", BEFORE, dict(BEFORE)) == []


def test_an_empty_fact_is_none() -> None:
    known = {**BEFORE, "txids": ""}
    assert facts.adjustments("payments", BEFORE, known) == []
    assert facts.adjustments("payments", known, BEFORE) == []


def test_a_later_fact_is_a_row_with_the_difference() -> None:
    now = {**BEFORE, "entry": "X/1", "settled_coin": "USDT", "settled_units": "9.9"}
    [row] = facts.adjustments("payments", BEFORE, now)
    assert (row["amount"], row["units"], row["settled_units"]) == ("", "", "9.9")
    assert (row["entry"], row["settled_coin"], row["order"]) == ("X/1", "USDT", "Shop/1")


def test_what_was_exported_and_its_rows_add_up_to_what_is_known() -> None:
    now = {**BEFORE, "amount": "7.50", "units": "0.0001"}
    rows = [BEFORE, *facts.adjustments("payments", BEFORE, now)]
    assert facts.total(rows, "amount") == "7.50"
    assert facts.number(facts.total(rows, "units")) == facts.number("0.0001")


def test_another_coin_takes_back_what_was_exported() -> None:
    before = {**BEFORE, "settled_coin": "USDT", "settled_units": "9.9"}
    now = {**before, "settled_coin": "USDC", "settled_units": "9.8"}
    back, again = facts.adjustments("payments", before, now)
    assert (back["settled_coin"], back["settled_units"]) == ("USDT", "-9.9")
    assert (again["settled_coin"], again["settled_units"]) == ("USDC", "9.8")
    assert facts.total([before, back, again], "amount") == "10.00"


def test_a_tax_that_goes_is_taken_back() -> None:
    before, now = {"tax:1": "1.90", "net": "10"}, {"tax:2": "0.70", "net": "10"}
    [row] = facts.adjustments("orders", before, now)
    assert (row["tax:1"], row["tax:2"], row["net"]) == ("-1.90", "0.70", "")


def test_numbers_that_spreadsheets_hold() -> None:
    assert facts.is_exact("0.000000000000000001")
    assert facts.is_exact("123456789012345.000")
    assert not facts.is_exact("1.000000000000000001")
    assert facts.plain(facts.number("1E+3")) == "1000"
    assert facts.number("NaN") == facts.number("x") == 0
