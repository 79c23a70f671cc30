"""Identifiers as people type and paste them."""

from __future__ import annotations

import pytest
from mixpay import ids

TRACE_ID = "8e69e534-d0c4-3e04-8b61-37a73cd9e7d7"


@pytest.mark.parametrize(
    "text",
    [
        TRACE_ID,
        f"  {TRACE_ID}\n",
        f"\u200e{TRACE_ID}\u200e",
        f"\u200f{TRACE_ID}\u200f",
        f"\u2066{TRACE_ID}\u2069",
        f"\u2067\u2068{TRACE_ID}\u2069\u2069",
        f"\u202a{TRACE_ID}\u202c",
        f"\ufeff{TRACE_ID}",
        f"\u00a0{TRACE_ID}\u202f\u3000",
        TRACE_ID.replace("-", "-\u200b"),
        TRACE_ID.replace("-", "\u200e-\u200e"),
        TRACE_ID.replace("-", " - "),
        TRACE_ID.replace("-", "-\n"),
    ],
    ids=ascii,
)
def test_what_nobody_sees_is_no_part_of_an_identifier(text):
    assert ids.pasted(text) == TRACE_ID


@pytest.mark.parametrize("text", ["", " ", "\u200e", "\u200b \ufeff"], ids=ascii)
def test_of_nothing_that_can_be_seen_nothing_is_left(text):
    assert ids.seen(text) == ids.pasted(text) == ""


def test_spaces_between_words_stay_while_a_name_is_looked_for():
    assert ids.seen("\u200e Table 5 \u200e") == "Table 5"


@pytest.mark.parametrize("text", ["8e69e534", f"x{TRACE_ID}", f"{TRACE_ID}\u0660"], ids=ascii)
def test_no_other_text_becomes_an_identifier(text):
    assert not ids.is_uuid(ids.pasted(text))
