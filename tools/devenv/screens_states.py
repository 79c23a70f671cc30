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
    :ivar step: what the customer display says then (`customer_step`), empty for nothing of ours,
        None where it is left out
    """

    name: str
    title: str
    what: str
    reach: Callable[[Till], None]
    step: str | None = ""


# -- the popup -------------------------------------------------------------------------------


def _preparing(till: Till) -> None:
    till.hold("create")
    till.choose_mixpay()


def _last_minute(till: Till) -> None:
    till.give_time(1)
    till.ask()


def _paid_less(till: Till) -> None:
    till.ask()
    till.act("pay_less")
    till.act("confirm")
    till.wait_for("paid_less")


def _confirming(till: Till) -> None:
    till.ask()
    till.see()


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
    till.wait_for("failed")


def _failed_with_money(till: Till) -> None:
    _confirming(till)
    till.act("fail", code="40025")
    till.wait_for("failed")


def _not_as_asked(till: Till) -> None:
    till.ask()
    till.act("raw", fields={"quoteAmount": "1.00"})
    till.act("succeed")
    till.wait_for("mismatch")


def _accepted(till: Till) -> None:
    till.accept_unconfirmed(100)
    till.linger()
    _confirming(till)
    till.page.wait_for_selector(".o_mixpay_scene_paid")


def _unreachable(till: Till) -> None:
    till.ask()
    till.knobs(http_500_rate=1)
    for _attempt in range(4):
        till.check_now()
    till.page.wait_for_selector(".o_mixpay_trouble")


def _offline(till: Till) -> None:
    till.ask()
    till.page.context.set_offline(True)
    till.page.wait_for_selector(".o_mixpay_trouble")


def _cancelling(till: Till) -> None:
    till.ask()
    till.hold("cancel")
    till.page.click(".o_mixpay_popup .o_mixpay_cancel")
    till.page.wait_for_selector(".o_mixpay_scene_cancelling")


def _managers(till: Till) -> None:
    _confirming(till)
    till.open_managers()


# -- around it -------------------------------------------------------------------------------


def _tenders(till: Till) -> None:
    till.page.wait_for_timeout(500)


def _approval(till: Till) -> None:
    _managers(till)
    till.page.click(".o_mixpay_popup .o_mixpay_force_cancel")
    till.page.wait_for_selector(".o_mixpay_approval_dialog .o_mixpay_type_code")


def _cancelled(till: Till) -> None:
    till.ask()
    till.page.click(".o_mixpay_popup .o_mixpay_cancel")
    till.wait_for_line("retry")


def _paid_in_part(till: Till) -> None:
    till.pay_in_cash(0.4)
    till.ask()
    till.act("succeed")
    till.wait_for_line("done")
    till.page.wait_for_selector(".o_mixpay_popup", state="detached")


def _receipt(till: Till) -> None:
    _finish_after(till, "succeed")


def _accepted_receipt(till: Till) -> None:
    till.accept_unconfirmed(100)
    _finish_after(till, "see")


def _finish_after(till: Till, action: str) -> None:
    """Have the sale finish by itself after what the payer or the chain does."""
    till.ask()
    till.act(action)
    till.check_now()
    till.page.wait_for_selector(".receipt-screen .pos-receipt")
    till.page.wait_for_selector(".o_mixpay_popup", state="detached")


def _no_refund(till: Till) -> None:
    _receipt(till)
    till.start_refund()
    till.page.locator(".payment-screen .paymentmethod", has_text="MixPay").click()
    till.page.wait_for_selector(".modal-body")


def _recent(till: Till) -> None:
    _confirming(till)
    till.show_recent()


def _slip(till: Till) -> None:
    _failed_with_money(till)
    till.show_slip()


def _claim_moving(till: Till) -> None:
    _confirming(till)
    till.visit(till.payment()["slip"]["url"])


def _claim_failed(till: Till) -> None:
    _failed_with_money(till)
    till.visit(till.payment()["slip"]["url"])


STATES = (
    State("tenders", "Choosing how to pay", "The method has a picture of its own.", _tenders),
    State("preparing", "Preparing", "The code is being made.", _preparing, "prepare"),
    State("unpaid", "Waiting for the customer", "The code can be paid.", Till.ask, "pay"),
    State("last_minute", "The last minute", "Time is nearly over.", _last_minute, "pay"),
    State("paid_less", "A part has arrived", "Too little was sent.", _paid_less, "pay_rest"),
    State("confirming", "Payment seen", "The network confirms it.", _confirming, "seen"),
    State("pending", "Almost done", "Confirmed; MixPay completes it.", _pending, "nearly"),
    State("auditing", "Under review", "MixPay looks at the payment.", _auditing, "check"),
    State("paid", "Paid", "The sale goes on by itself.", Till.ask_and_pay, "paid"),
    State("accepted", "Accepted unconfirmed", "Where the shop allows it.", _accepted, "paid"),
    State("not_paid", "Not paid in time", "Time is over.", _not_paid_in_time, "not_paid"),
    State("failed", "Failed with money", "MixPay has the money.", _failed_with_money, "ask"),
    State("mismatch", "Not paid as asked", "A manager decides.", _not_as_asked, "ask"),
    State("offline", "No connection", "The register cannot reach Odoo.", _offline, "pay"),
    State("unreachable", "MixPay does not answer", "It is asked again.", _unreachable, "pay"),
    State("cancelling", "Cancelling", "MixPay is asked once more.", _cancelling),
    State("managers", "What managers may do", "Under a menu of their own.", _managers, "seen"),
    State("approval", "A manager's approval", "On their device, or here.", _approval, "seen"),
    State("cancelled", "Cancelled", "The cashier gave the payment up.", _cancelled),
    State("paid_part", "Paid in part", "MixPay has paid its part.", _paid_in_part, "paid"),
    State("receipt", "The receipt", "Coin, network, rate, reference.", _receipt, "paid"),
    State("accepted_receipt", "Accepted: the receipt", "It says so.", _accepted_receipt, None),
    State("no_refund", "Goods come back", "What to do instead of MixPay.", _no_refund, None),
    State("recent", "Recent payments", "For who says they have paid.", _recent, "seen"),
    State("slip", "The slip", "For money that no sale has.", _slip, "ask"),
    State("claim_moving", "The slip's page: on its way", "It updates.", _claim_moving, "seen"),
    State("claim_failed", "The slip's page: failed", "Who acts next.", _claim_failed, "ask"),
)
