"""Days and evenings of a place, as moments. Moments are naive and in UTC, as Odoo keeps them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import pytz  # type: ignore[import-untyped]

_UTC = ZoneInfo("UTC")


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its name; UTC for what is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return _former_zone(name)


@cache
def _former_zone(name: str) -> ZoneInfo:
    """Return a time zone of which the system has no file: a former name, as "Asia/Calcutta".

    Browsers still report those, and Odoo offers what `pytz` knows: with files of its own, or, with
    Odoo's change to it, by the name that a zone has now.
    """
    try:
        with pytz.open_resource(pytz.timezone(name).zone) as file:
            return ZoneInfo.from_file(file, key=name)
    except (KeyError, ValueError, OSError):
        return _UTC


def _moment(day: date, hour: int, name: str) -> datetime:
    """Return when it is so many o'clock on a day; of an hour that comes twice, the first time.

    Of an hour that is left out when clocks are put forward, the moment at which it would have been.
    """
    local = datetime.combine(day, time(hour), zone(name))
    return local.astimezone(timezone.utc).replace(tzinfo=None)


def borders(first: date, last: date, name: str) -> tuple[datetime, datetime]:
    """Return the moments at which a period of whole days begins, and at which it is over.

    A day has 23 or 25 hours when clocks are changed.

    :param name: of the time zone
    """
    return _moment(first, 0, name), _moment(last + timedelta(days=1), 0, name)


def month_before(day: date) -> tuple[date, date]:
    """Return the first and the last day of the month before a day's."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def local(moment: datetime, name: str) -> datetime:
    """Return a moment as clocks show it in a time zone, with its offset."""
    return moment.replace(tzinfo=timezone.utc).astimezone(zone(name))


def shown(moment: datetime | None, name: str) -> tuple[str, str, str]:
    """Return a moment's date, time and offset from UTC, as texts; empty ones for none.

    The offset tells the two apart when an hour comes twice.
    """
    if not moment:
        return "", "", ""
    there = local(moment, name)
    offset = there.strftime("%z")
    return f"{there:%Y-%m-%d}", f"{there:%H:%M:%S}", f"{offset[:3]}:{offset[3:5]}"


def last_evening(now: datetime, hour: int, name: str) -> tuple[date, datetime, datetime]:
    """Return the last evening that has come: its day, and the 24 hours or so that end with it.

    :param now: the moment it is
    :param hour: o'clock, when a day's evening is; the shop may sell on after it, which is the next
        evening's matter
    :return: day, beginning, end
    """
    day = local(now, name).date()
    if now < _moment(day, hour, name):
        day -= timedelta(days=1)
    return day, _moment(day - timedelta(days=1), hour, name), _moment(day, hour, name)
