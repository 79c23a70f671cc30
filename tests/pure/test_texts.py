"""Texts and JSON from outside: what is kept of them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixpay import texts

ANY_TEXT = st.text(st.characters(codec=None))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Order 0042", "Order 0042"),
        ("a\0b", "a b"),
        ("half \ud83d of a pair", "half of a pair"),
        ("whole \U0001f600", "whole \U0001f600"),
        ("two\r\nlines\u2028three", "two lines three"),
        ("turned \u202e round", "turned round"),
        ("<b>tags</b>", "<b>tags</b>"),
        ("x" * 100, "x" * 64),
        (42, "42"),
        (10**400, ""),
        (None, ""),
        (True, ""),
        ([], ""),
        ({}, ""),
    ],
)
def test_one_clean_line(value, expected):
    assert texts.clean(value, 64) == expected


@given(ANY_TEXT, st.integers(0, 20))
def test_whatever_comes_it_is_utf8_of_that_length(text, length):
    cleaned = texts.clean(text, length)
    assert len(cleaned) <= length
    assert cleaned.isprintable() or cleaned.encode()
    assert "\0" not in cleaned


def test_a_megabyte_is_not_looked_at():
    assert texts.clean("y" * 1_000_000, 5) == "yyyyy"


def test_an_order_keeps_all_but_what_cannot_be_stored():
    order = {"note": "line 1\nline 2\0", "lines": [[0, 0, {"na\ud800me": 1.5, "x": None}]]}
    assert texts.clean_json(order) == {
        "note": "line 1\nline 2",
        "lines": [[0, 0, {"name": 1.5, "x": None}]],
    }


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400, 1e300])
def test_numbers_that_are_none(number):
    with pytest.raises(texts.UnfitError):
        texts.clean_json({"amount": number})


def test_too_deep_and_too_large():
    deep: list = []
    for _level in range(texts.MAX_DEPTH + 2):
        deep = [deep]
    for value in (deep, [0] * (texts.MAX_NODES + 1)):
        with pytest.raises(texts.UnfitError):
            texts.clean_json(value)


@given(JSON_VALUES)
def test_what_is_cleaned_can_be_stored(value):
    try:
        cleaned = texts.clean_json(value)
    except texts.UnfitError:
        return
    stored = json.dumps(cleaned, allow_nan=False, ensure_ascii=False)
    assert "\0" not in stored
    stored.encode()
