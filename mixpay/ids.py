"""MixPay's identifiers: UUIDs for payees, coins and traces, lower-case codes for fiat money."""

from __future__ import annotations

import re
import uuid

_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

# Marks of direction and spaces without width: they come along when a text is copied from a page.
_UNSEEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def seen(value: str) -> str:
    """Return what a person typed or pasted without what nobody sees: marks, spaces around it."""
    return _UNSEEN.sub("", value).strip()


def pasted(value: str) -> str:
    """Return an identifier that a person typed or pasted, without marks and spaces in it."""
    return "".join(seen(value).split())


def is_uuid(value: str) -> bool:
    """Tell whether a text is a UUID, dashed or as 32 hex digits (MixPay's documents show both)."""
    return bool(_UUID.fullmatch(value))


def is_nil(value: str) -> bool:
    """Tell whether a UUID is the one that means "none": all zeros."""
    return not value.strip(" -0")


def canonical(value: str) -> str:
    """Return an identifier as it is compared: without dashes when it is a UUID, in lower case."""
    value = value.strip().lower()
    return value.replace("-", "") if _UUID.fullmatch(value) else value


def same(one: str, other: str) -> bool:
    """Tell whether two identifiers name the same thing; empty ones never do."""
    return bool(one) and (one == other or canonical(one) == canonical(other))


def dashed(value: str) -> str:
    """Return a UUID in its usual form, lower case with dashes.

    :raises ValueError: when it is none
    """
    return str(uuid.UUID(value.strip()))
