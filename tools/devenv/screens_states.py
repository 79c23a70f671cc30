"""The states that are photographed, and how each is reached. Nothing here knows a text."""

from collections.abc import Callable
from dataclasses import dataclass

from .screens_till import Till


@dataclass(frozen=True)
class State:
    """What is photographed.

    :ivar name: the first part of its pictures' names
    :ivar title: what the page of pictures calls it
    :ivar what: what has happened, in a sentence
    :ivar reach: brings a till that has a new order on its payment screen there
    """

    name: str
    title: str
    what: str
    reach: Callable[[Till], None]


def _tenders(till: Till) -> None:
    till.page.wait_for_timeout(500)


def _preparing(till: Till) -> None:
    till.hold("create")
    till.choose_mixpay()
    till.page.wait_for_timeout(500)


def _unpaid(till: Till) -> None:
    till.ask()


def _paid_less(till: Till) -> None:
    till.ask()
    till.act("pay_less")
    till.act("confirm")
    till.wait_for("paid_less")


def _confirming(till: Till) -> None:
    till.ask()
    till.act("see")
    till.wait_for("confirming")


def _pending(till: Till) -> None:
    _confirming(till)
    till.act("confirm")
    till.wait_for("pending")


def _auditing(till: Till) -> None:
    _pending(till)
    till.act("review")
    till.wait_for("auditing")


def _not_paid_in_time(till: Till) -> None:
    till.ask()
    till.act("expire")
    till.wait_for_end("failed")


def _failed_with_money(till: Till) -> None:
    till.ask()
    till.act("see")
    till.act("fail", code="40027")
    till.wait_for_end("failed")


def _unreachable(till: Till) -> None:
    till.ask()
    till.knobs(http_500_rate=1)
    for _attempt in range(4):
        till.check_now()


def _offline(till: Till) -> None:
    till.ask()
    till.page.context.set_offline(True)
    till.page.wait_for_selector(".o_mixpay_offline")


def _cancelled(till: Till) -> None:
    till.ask()
    till.page.click(".o_mixpay_popup .o_mixpay_cancel")
    till.wait_for_line("retry")


def _paid_in_part(till: Till) -> None:
    till.pay_in_cash(0.4)
    till.ask()
    till.act("succeed")
    till.wait_for_line("done")


def _paid(till: Till) -> None:
    till.ask()
    till.act("succeed")
    till.check_now()
    till.page.wait_for_selector(".receipt-screen .pos-receipt")


STATES = (
    State("tenders", "Choosing how to pay", "The method has a picture of its own.", _tenders),
    State("preparing", "Preparing", "The code is being made.", _preparing),
    State("unpaid", "Waiting for the customer", "The code can be paid.", _unpaid),
    State("paid_less", "A part has arrived", "The customer sent too little.", _paid_less),
    State("confirming", "Payment seen", "The network confirms the payment.", _confirming),
    State("pending", "Almost done", "Confirmed; MixPay completes it.", _pending),
    State("auditing", "Under review", "MixPay looks at the payment.", _auditing),
    State("not_paid", "Not paid in time", "The code's time is over.", _not_paid_in_time),
    State("failed", "Failed with money", "MixPay could not complete it.", _failed_with_money),
    State("unreachable", "MixPay does not answer", "It is asked again and again.", _unreachable),
    State("offline", "No connection", "The register cannot reach Odoo.", _offline),
    State("cancelled", "Cancelled", "The cashier gave the payment up.", _cancelled),
    State("paid_part", "Paid in part", "MixPay has paid its part.", _paid_in_part),
    State("paid", "Paid", "The sale has finished by itself.", _paid),
)
