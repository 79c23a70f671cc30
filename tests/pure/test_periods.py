"""Days and evenings as moments, also in the nights in which clocks are changed."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from mixpay import periods

BERLIN = "Europe/Berlin"


def test_a_month_begins_and_ends_at_the_place_s_midnights() -> None:
    begins, ends = periods.borders(date(2026, 10, 1), date(2026, 10, 31), BERLIN)
    assert (begins, ends) == (datetime(2026, 9, 30, 22), datetime(2026, 10, 31, 23))


@pytest.mark.parametrize(
    ("day", "name", "hours"),
    [
        (date(2026, 10, 25), BERLIN, 25),
        (date(2026, 3, 29), BERLIN, 23),
        (date(2026, 11, 26), BERLIN, 24),
        (date(2026, 4, 24), "Africa/Cairo", 23),  # clocks go forward at midnight
        (date(2026, 11, 26), "Asia/Kathmandu", 24),
    ],
)
def test_days_follow_each_other_without_gap(day: date, name: str, hours: int) -> None:
    begins, ends = periods.borders(day, day, name)
    assert ends - begins == timedelta(hours=hours)
    assert periods.borders(day + timedelta(days=1), day + timedelta(days=1), name)[0] == ends


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    shown = [periods.shown(datetime(2026, 10, 25, hour, 30), BERLIN) for hour in (0, 1)]
    assert shown == [("2026-10-25", "02:30:00", "+02:00"), ("2026-10-25", "02:30:00", "+01:00")]
    assert periods.shown(None, BERLIN) == ("", "", "")


def test_the_month_before() -> None:
    assert periods.month_before(date(2026, 1, 31)) == (date(2025, 12, 1), date(2025, 12, 31))
    assert periods.month_before(date(2024, 3, 1)) == (date(2024, 2, 1), date(2024, 2, 29))


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../../etc/passwd", "/etc"])
def test_what_is_no_time_zone_is_utc(name: str) -> None:
    assert periods.borders(date(2026, 1, 1), date(2026, 1, 1), name)[0] == datetime(2026, 1, 1)


@pytest.fixture
def _old_names_are_gone(tmp_path: Path) -> Iterator[None]:
    """Have the system know no zone, as newer ones know none of the former names."""
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("_old_names_are_gone")
@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("Asia/Calcutta", datetime(2025, 12, 31, 18, 30)),
        ("US/Eastern", datetime(2026, 1, 1, 5)),
        ("Nowhere/Land", datetime(2026, 1, 1)),
        ("../../etc/passwd", datetime(2026, 1, 1)),
    ],
)
def test_a_zone_that_odoo_knows_is_no_utc(name: str, moment: datetime) -> None:
    begins, _ends = periods.borders(date(2026, 1, 1), date(2026, 1, 1), name)
    assert begins == moment
    assert periods.shown(begins, name)[:2] == ("2026-01-01", "00:00:00")


def test_the_evening_that_has_come() -> None:
    before, after = datetime(2026, 10, 25, 20, 59), datetime(2026, 10, 25, 21, 0)
    day, begins, ends = periods.last_evening(before, 22, BERLIN)
    assert (day, ends) == (date(2026, 10, 24), datetime(2026, 10, 24, 20))
    day, begins, ends = periods.last_evening(after, 22, BERLIN)
    assert (day, begins, ends) == (date(2026, 10, 25), datetime(2026, 10, 24, 20), after)
    assert ends - begins == timedelta(hours=25)
