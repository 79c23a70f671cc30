"""From MixPay's answer to the state of a payment: the only place that decides what is paid."""

from __future__ import annotations

from dataclasses import dataclass

from . import links, states
from .result import PaymentResult, differences, settles_as_agreed


@dataclass(frozen=True)
class Verdict:
    """What an answer means for a payment.

    :ivar state: the state to go to; the present one when nothing changes
    :ivar mismatches: MixPay's names of the fields that differ from our terms, for `mismatch`
    :ivar unknown_status: a status that this version does not know, to be logged
    """

    state: str
    mismatches: tuple[str, ...] = ()
    unknown_status: str = ""


def judge(old: str, terms: links.Terms, link_type: str, result: PaymentResult) -> Verdict:
    """Decide what an answer means for a payment in the state `old`.

    An end state counts only on our own terms. Before the end, an answer about other terms (or an
    unknown status) changes nothing: it is not ours to show, and it is no failure either.
    """
    new = result.state
    if new is None:
        return Verdict(old, unknown_status=result.status)
    others = differences(terms, result)
    if others:
        return _other_terms(old, new, others)
    if new == states.SUCCESS and link_type == links.PAYLINK:
        if not result.settle_asset_id:
            # Paid, but in which coin is not known yet, and the payer could choose: wait for it.
            return _allowed(old, states.PENDING)
        if not settles_as_agreed(terms, result.settle_asset_id):
            return _allowed(old, states.MISMATCH, ("settleAsset",))
    return _allowed(old, new)


def _other_terms(old: str, new: str, others: list[str]) -> Verdict:
    if not states.STATES[new].is_final:
        return Verdict(old)
    return _allowed(old, states.MISMATCH, tuple(others))


def _allowed(old: str, new: str, mismatches: tuple[str, ...] = ()) -> Verdict:
    if not states.may_become(old, new):
        return Verdict(old)
    return Verdict(new, mismatches)
