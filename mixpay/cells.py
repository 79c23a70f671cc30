"""What may stand in a spreadsheet's cell, and files that are the same each time they are made.

Whatever a cashier, a customer or MixPay has written comes into cells that an accountant's program
opens: text must stay text there, and never become a formula.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Iterator

# Programs take text that begins with one of these for a formula or a command. The wide forms are
# here since some programs make them plain, and white space since some leave it out.
_FORMULA = re.compile(r"[\s\"']*[=+\-@|%＝＋－＠﹢﹣]")
# Where a program's own separator is a semicolon it splits a cell there, also a quoted one.
_SPLIT = re.compile(rf";(?={_FORMULA.pattern})")
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
# What no spreadsheet shows, or that would end a row: control characters, halves of characters,
# and marks that turn the direction of writing round, so that a name reads as another one.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+")
# A cell holds 32,767 characters; nothing that is worth reading here is that long.
LONGEST = 1000
# What a workbook allows in no sheet's name, and how long one may be: by these formulas name cells.
_OF_FORMULAS = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
# The first moment that a zip file can tell of.
_NO_MOMENT = (1980, 1, 1, 0, 0, 0)
# Programs that guess would take it for another encoding without this mark.
_UTF8_MARK = b"\xef\xbb\xbf"


def safe(value: object) -> str:
    """Return a value as text that no spreadsheet takes for a formula.

    Plain decimals stay as they are, also negative ones. Text that begins as a formula does gets an
    apostrophe in front, which programs show or leave out, but do not run.
    """
    text = _UNSEEN.sub(" ", "" if value is None else str(value)).strip()[:LONGEST]
    if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def sheet_name(value: str) -> str:
    """Return a name as a workbook allows it for a sheet, also where a translation is too long."""
    return _OF_FORMULAS.sub(" ", safe(value))[:_LONGEST_NAME].strip(" '")


def csv_lines(rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """Yield a CSV file piece by piece: UTF-8, commas, CRLF, every cell made safe."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    yield _UTF8_MARK
    for row in rows:
        writer.writerow([_SPLIT.sub(";'", safe(value)) for value in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return files in one, the same for the same files: without any time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, _NO_MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # not that of the machine at work
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()
