"""What went wrong, in one line for the log and for people, and said once."""

import re

import psycopg2

LONGEST_REASON = 200
# Longer than any word or UUID: a token, or what else nobody needs to read.
_SECRET = re.compile(r"[A-Za-z0-9_-]{40,}")
# What was logged already, in this process; only to keep the log short.
_logged = set()
MOST_LOGGED = 1000


def reason_of(error):
    """Return in one short line what went wrong, without values that nobody should read."""
    text = str(error)
    if isinstance(error, psycopg2.Error) and error.diag.message_primary:
        text = error.diag.message_primary  # what follows shows whole rows
    line = (text.strip().splitlines() or [""])[0]
    return _SECRET.sub("…", f"{type(error).__name__}: {line}")[:LONGEST_REASON]


def is_first_time(what):
    """Tell whether this process is to log something for the first time, and remember it."""
    if what in _logged:
        return False
    if len(_logged) >= MOST_LOGGED:
        _logged.clear()
    _logged.add(what)
    return True
