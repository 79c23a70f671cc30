"""Cells that stay text, and files that are the same each time."""

from __future__ import annotations

import csv
import io
import zipfile

import pytest
import xlsxwriter
from mixpay import cells


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+49 170",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(A1:A9)",
        "|calc",
        "%0A=1",
        "＝1+1",
        "＋1",
        "\t=1+1",
        "\r\n=1+1",
        " =1",
        "\x00=1",
        '"=1+1',
        "'=1+1",
        "\u202e=1",
        "-1.5.2",
        "-1 ",
        "-٣",
    ],
)
def test_what_begins_as_a_formula_is_text(text: str) -> None:
    shown = cells.safe(text)
    is_number = shown == "-1"
    assert shown.startswith("'") or is_number
    assert not set(shown) & set("\r\n\t\x00\u202e")


@pytest.mark.parametrize("text", ["-1.5", "0.00000001", "-0", "Tea", "Ünï", "12-3", "a=b"])
def test_what_is_harmless_stays(text: str) -> None:
    assert cells.safe(text) == text


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("Open at Cut-off", "Open at Cut-off"),
        ("Coins: in/out", "Coins  in out"),
        ("[Orders]*?\\", "Orders"),
        ("'Orders'", "Orders"),
        ("=Orders", "=Orders"),
        ("Offene Zahlungen zum Stichzeitpunkt", "Offene Zahlungen zum Stichzeitp"),
    ],
)
def test_a_sheet_has_a_name_that_a_workbook_allows(name: str, allowed: str) -> None:
    assert cells.sheet_name(name) == allowed
    with xlsxwriter.Workbook(io.BytesIO()) as workbook:
        workbook.add_worksheet(cells.sheet_name(name))


def test_odd_values() -> None:
    assert cells.safe(None) == ""
    assert cells.safe("a\nb\ud800c") == "a b c"
    assert len(cells.safe("x" * 100_000)) == cells.LONGEST


def test_a_csv_file_reads_back_as_it_was_written() -> None:
    rows = [["order", "amount"], ['Sh"op, 1', "-1.5"], ["=HYPERLINK(1)", None]]
    content = b"".join(cells.csv_lines(rows))
    assert content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert read == [["order", "amount"], ['Sh"op, 1', "-1.5"], ["'=HYPERLINK(1)", ""]]


@pytest.mark.parametrize(
    "text", ["Tea;=cmd|' /C calc'!A0", "Tea; =1;@SUM(1)", 'a";"=1', ";＝1", "a,=1;+1", "a;\t-1"]
)
def test_a_program_that_splits_at_semicolons_finds_no_formula(text: str) -> None:
    content = b"".join(cells.csv_lines([["Regular", text]])).decode("utf-8-sig")
    # Whether it takes the quotes around a cell for quotes, or for text.
    read = next(csv.reader(io.StringIO(content, newline=""), delimiter=";"))
    for cell in (*read, *content.split(";")):
        assert cell.lstrip(' "')[:1] not in set("=+-@|%＝"), cell


def test_a_semicolon_alone_is_text() -> None:
    content = b"".join(cells.csv_lines([["Tea; milk", "a;b"]])).decode("utf-8-sig")
    assert content == "Tea; milk,a;b\r\n"


def test_a_zip_file_tells_no_time() -> None:
    content = cells.zipped([("a.csv", b"1"), ("b.csv", b"2")])
    assert content == cells.zipped([("a.csv", b"1"), ("b.csv", b"2")])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [entry.date_time[:3] for entry in archive.infolist()] == [(1980, 1, 1)] * 2
        assert archive.read("b.csv") == b"2"
