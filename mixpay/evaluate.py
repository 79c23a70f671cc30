"""From MixPay's answer to the state of a payment: the only place that decides what is paid."""

from __future__ import annotations

from dataclasses import dataclass

from . import ids, links, money, states
from .result import PaymentResult, differences, unreadable_terms

# An end on other terms is believed when MixPay says the same again, this many seconds later.
SECOND_ANSWER_SECONDS = 30.0


@dataclass(frozen=True)
class Evaluation:
    """What an answer means for a payment.

    :ivar state: the state to go to; the present one when nothing changes
    :ivar unknown_status: a status that this version does not know, to be logged
    :ivar is_usable: whether it can be read and is about our trace
    :ivar others: MixPay's names of the terms that differ from ours; what follows is about them
    :ivar report: what was reported instead, to be compared with a second answer
    :ivar end: the state to go to once a second answer says the same; empty before an end
    :ivar is_ours: whether it ended with money for our own payee, which must not be lost
    """

    state: str
    unknown_status: str = ""
    is_usable: bool = True
    others: tuple[str, ...] = ()
    report: str = ""
    end: str = ""
    is_ours: bool = False


def evaluate(old: str, terms: links.Terms, result: PaymentResult) -> Evaluation:
    """Decide what an answer means for a payment in the state `old`.

    An end state counts only on our own terms, in whichever coin it is settled. An answer on other
    terms (or with an unknown status) changes nothing by itself.
    """
    others = tuple(differences(terms, result))
    if "traceId" in others:
        return Evaluation(old, is_usable=False)
    new = result.state
    if new is None:
        return Evaluation(old, unknown_status=result.status)
    is_unreadable = bool(others) and bool(unreadable_terms(result))
    # Of a link that nobody has opened, MixPay may know nothing else.
    if is_unreadable and new != states.UNPAID:
        return Evaluation(old, is_usable=False)
    if others and not is_unreadable:
        return _on_other_terms(old, new, others, result)
    return Evaluation(new if new in states.TRANSITIONS[old] else old)


def _on_other_terms(
    old: str, new: str, others: tuple[str, ...], result: PaymentResult
) -> Evaluation:
    end, is_ours = "", False
    if states.STATES[new].is_final:
        is_ours = "payeeId" not in others and has_money(result)
        # A stranger opened the link and did not pay: then this payment has simply failed.
        end = states.MISMATCH if is_ours or new == states.SUCCESS else states.FAILED
    return Evaluation(
        old, others=others, report=_report(new, others, result), end=end, is_ours=is_ours
    )


def has_money(result: PaymentResult) -> bool:
    """Tell whether an answer speaks of money, even of money on its way back."""
    state = states.STATES.get(result.state or "")
    is_seen = state is not None and state.funds_detected
    is_recognized = bool(money.parse_or_none(result.payment_amount))
    return is_seen or is_recognized or result.failure_code in states.FAILURES_WITH_MONEY


def _report(new: str, others: tuple[str, ...], result: PaymentResult) -> str:
    """Return what differs as text, the same for other writings of the same."""
    amount = money.parse_or_none(result.quote_amount)
    values = {
        "payeeId": ids.canonical(result.payee_id),
        "quoteAmount": "" if amount is None else money.short(amount),
        "quoteAssetId": ids.canonical(result.quote_asset_id),
    }
    return ", ".join([new, *(f"{name}: {values[name]}" for name in others)])


def is_confirmed(evaluation: Evaluation, first_report: str, seconds: float) -> bool:
    """Tell whether an end on other terms is to be believed.

    :param first_report: what the first answer on other terms reported
    :param seconds: how much later the request for this answer began
    """
    return (
        bool(evaluation.end)
        and evaluation.report == first_report
        and seconds >= SECOND_ANSWER_SECONDS
    )
