"""The table of faults names the tests that prove it: each must exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FAULTS = (ROOT / "docs" / "faults.md").read_text()


def test_every_test_that_is_named_exists() -> None:
    written = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", FAULTS))
    assert len(named) > 40
    assert [name for name in sorted(named) if f"def {name}(" not in written] == []


def test_every_unit_test_that_is_named_exists() -> None:
    units = (ROOT / "static" / "tests" / "unit").glob("*.test.js")
    written = "".join(path.read_text() for path in units)
    proofs = [line.split("|")[-2] for line in FAULTS.splitlines() if line.startswith("| ")]
    named = set(re.findall(r'"([^"]+)"', "".join(proofs)))
    assert len(named) > 5
    assert [name for name in sorted(named) if f'test("{name}"' not in written] == []
