"""JSON that comes from outside, made fit for PostgreSQL's type `jsonb`."""

from __future__ import annotations

# Of an order that a register sends: lists in lists of values, and some thousand lines.
MAX_DEPTH = 20
MAX_NODES = 200_000
# No amount, quantity or id is larger.
MAX_NUMBER = 10**18


class UnfitError(ValueError):
    """A value that cannot be kept."""


def storable(value: object) -> object:
    """Return JSON values as PostgreSQL can keep them: texts without NUL and half characters.

    Line breaks stay: notes have them.

    :raises UnfitError: for what is too deep or too large, and for numbers that are none
    """
    return _Cleaner().cleaned(value, 0)


class _Cleaner:
    def __init__(self) -> None:
        self._nodes = 0

    def cleaned(self, value: object, depth: int) -> object:
        """Return a value at a depth with all that is in it."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise UnfitError("too deep or too large")
        if isinstance(value, str):
            return _text(value)
        if isinstance(value, list):
            return [self.cleaned(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {_text(str(key)): self.cleaned(item, depth + 1) for key, item in value.items()}
        return _checked_number(value)


def _text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "ignore").decode()


def _checked_number(value: object) -> object:
    """Return a number, boolean or null.

    :raises UnfitError: for NaN, infinity and what is no amount of anything
    """
    # Comparing takes numbers of any length, and is false for NaN.
    if isinstance(value, (int, float)) and not abs(value) < MAX_NUMBER:
        raise UnfitError("not a finite number")
    return value
