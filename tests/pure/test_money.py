from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixpay import money


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        ("10", 2, "10.00"),
        ("10.5", 2, "10.50"),
        ("0.01", 2, "0.01"),
        (12.1, 2, "12.10"),
        (100, 2, "100.00"),
        (1000.0, 0, "1000"),
        ("0.00000001", 8, "0.00000001"),
        ("999999999999.99", 2, "999999999999.99"),
    ],
)
def test_amounts_to_charge(value, decimals, expected):
    assert f"{money.to_charge(value, decimals):f}" == expected


@pytest.mark.parametrize(
    ("value", "decimals"),
    [
        ("0", 2),
        ("0.00", 2),
        ("-1", 2),
        (-1, 2),
        ("1.001", 2),
        ("10.000", 2),
        (0.001, 2),
        ("1.5", 0),
        ("", 2),
        ("ten", 2),
        ("1e3", 2),
        ("1,00", 2),
        (" 1", 2),
        ("1 000", 2),
        ("+1", 2),
        ("٣", 2),
        ("NaN", 2),
        ("Infinity", 2),
        (float("nan"), 2),
        (float("inf"), 2),
        (1e300, 2),
        ("9" * 13, 2),
        ("999999999999.9999", 4),
        (10**30, 2),
        (True, 2),
        (None, 2),
        ([1], 2),
        ({"amount": 1}, 2),
        ("1" * 10_000, 2),
    ],
)
def test_what_cannot_be_charged(value, decimals):
    with pytest.raises(money.AmountError):
        money.to_charge(value, decimals)


@pytest.mark.parametrize("text", ["10", "10.0", "10.00", "10.00000000", 10])
def test_one_amount_in_several_writings(text):
    assert money.parse(text) == Decimal(10)


@given(st.integers(min_value=1, max_value=10**14), st.integers(min_value=0, max_value=8))
def test_an_amount_survives_the_orm_s_floats(units, decimals):
    amount = Decimal(units).scaleb(-decimals)
    if len(str(units)) - decimals > 12:
        return
    assert money.from_float(float(amount), decimals) == amount
    assert money.to_charge(f"{amount:f}", decimals) == amount


def test_short_amounts_have_no_exponent():
    assert money.short(Decimal("100")) == "100"
    assert money.short(Decimal("1.50000000")) == "1.5"
    assert money.short(Decimal("0.00000001")) == "0.00000001"
    assert money.parse_or_none("") is None


def test_a_rate_has_the_digits_that_people_compare():
    assert money.short(money.rounded(Decimal("97123.456"), 6)) == "97123.5"
    assert money.short(money.rounded(Decimal("0.0000123456789"), 6)) == "0.0000123457"


def test_writings_of_one_amount():
    for other in ("10", "10.0", "10.00000000", 10):
        assert money.same("10.00", other)
    for other in ("10.01", "", "ten", None, "-10", "1e1"):
        assert not money.same("10.00", other)


def test_what_is_reported_becomes_plain_text():
    assert money.plain("10.50") == "10.50"
    assert money.plain(7) == "7"
    for odd in ("", None, "ten", "-1", "1e5", [], float("nan")):
        assert money.plain(odd) == ""
