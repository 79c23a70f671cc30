"""When MixPay will be asked about a register's payments, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Row(NamedTuple):
    """One payment of the register, as it stands in the poll queue.

    :ivar payment_id: None for a payment that MixPay is not asked about any more
    :ivar api_url: MixPay's address
    :ivar due_in: seconds until MixPay is asked; 0 or less when it is due
    :ivar synced_for: how many seconds old MixPay's last word is, None without one
    :ivar is_free: whether nobody has the lease
    :ivar has_failures: whether the last attempt had no usable answer
    :ivar queue_length: how many others were waiting when MixPay was last asked about it
    """

    payment_id: int | None
    api_url: str
    due_in: float
    synced_for: float | None
    is_free: bool
    has_failures: bool
    queue_length: int


class Forecast(NamedTuple):
    """What lies ahead for a register's payments.

    :ivar due_in: for each that waits, the seconds until MixPay is asked
    :ivar due_address: where one of them is due and nobody has the lease, else None
    :ivar pauses: payment id → seconds for which nobody calls MixPay, where it gave no answers
    :ivar synced_for: payment id → how many seconds old MixPay's last word is, None without one
    :ivar queue_length: how many others were waiting when MixPay was last asked about one of them
    """

    due_in: list[float]
    due_address: str | None
    pauses: dict[int | None, float]
    synced_for: dict[int | None, float | None]
    queue_length: int


def waiting(rows: Iterable[tuple[object, ...]]) -> list[Row]:
    """Return the rows of payments that MixPay is still asked about."""
    return [Row(*row) for row in rows if row[0] is not None]  # type: ignore[arg-type]


def is_calm(rows: Iterable[Row]) -> bool:
    """Tell whether nothing is due and nothing has failed: then MixPay's health does not matter."""
    return all(row.due_in > 0 and not row.has_failures for row in rows)


def forecast(rows: Iterable[Row], retry_after: Mapping[str, float]) -> Forecast:
    """Return what lies ahead.

    :param retry_after: address → seconds for which nobody calls MixPay, where it gave no answers
    """
    rows = list(rows)
    due_address = None
    for row in rows:
        # Whether MixPay may really be called is decided later; this spares the attempt.
        if row.due_in <= 0 and row.is_free and retry_after.get(row.api_url, 0) <= 0:
            due_address = row.api_url
    return Forecast(
        due_in=[row.due_in for row in rows],
        due_address=due_address,
        pauses={r.payment_id: retry_after[r.api_url] for r in rows if r.api_url in retry_after},
        synced_for={row.payment_id: row.synced_for for row in rows},
        queue_length=max((row.queue_length for row in rows), default=0),
    )
