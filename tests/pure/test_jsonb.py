"""JSON from outside: what is kept of it."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mixpay import jsonb

ANY_TEXT = st.text(st.characters(codec=None))
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


def test_an_order_keeps_all_but_what_cannot_be_stored():
    order = {"note": "line 1\nline 2\0", "lines": [[0, 0, {"na\ud800me": 1.5, "x": None}]]}
    assert jsonb.storable(order) == {
        "note": "line 1\nline 2",
        "lines": [[0, 0, {"name": 1.5, "x": None}]],
    }


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400, 1e300])
def test_numbers_that_are_none(number):
    with pytest.raises(jsonb.UnfitError):
        jsonb.storable({"amount": number})


def test_too_deep_and_too_large():
    deep: list = []
    for _level in range(jsonb.MAX_DEPTH + 2):
        deep = [deep]
    for value in (deep, [0] * (jsonb.MAX_NODES + 1)):
        with pytest.raises(jsonb.UnfitError):
            jsonb.storable(value)


@given(JSON_VALUES)
def test_what_is_cleaned_can_be_stored(value):
    try:
        cleaned = jsonb.storable(value)
    except jsonb.UnfitError:
        return
    stored = json.dumps(cleaned, allow_nan=False, ensure_ascii=False)
    assert "\0" not in stored
    stored.encode()
