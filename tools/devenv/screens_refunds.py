"""The states of a refund in coins, in the shop of scripts/books.py: its sales say they are real.

The simulator moves no real money, but a payment of test mode is never given back.
"""

import uuid

from .screens_states import State
from .screens_till import Till

SHOP = "Corner shop"
CODE = "274093"  # of the approver that scripts/shop.py names
ADDRESS = "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE"
DIALOG = ".o_mixpay_refund_dialog"


def _asking(till: Till) -> None:
    till.start_refund()
    till.page.locator(".payment-screen .paymentmethod", has_text="MixPay").click()
    till.page.fill(f"{DIALOG} .o_mixpay_refund_reason", "The cake was dry")


def _address_missing(till: Till) -> None:
    _asking(till)
    till.page.click(f"{DIALOG} .o_mixpay_refund_ask")
    till.page.wait_for_selector(f"{DIALOG} .o_mixpay_refund_approve")


def _approved(till: Till) -> None:
    _address_missing(till)
    till.page.fill(f"{DIALOG} .o_mixpay_refund_code", CODE)
    till.page.click(f"{DIALOG} .o_mixpay_refund_approve")
    till.page.wait_for_selector(f"{DIALOG} .o_mixpay_refund_hint")


def _phone(till: Till) -> None:
    _approved(till)
    till.page.click(f"{DIALOG} .o_mixpay_refund_toggle")
    till.page.wait_for_selector(f"{DIALOG} .o_mixpay_refund_phone img")


def _waiting(till: Till) -> None:
    _approved(till)
    till.page.fill(f"{DIALOG} .o_mixpay_refund_address", ADDRESS)
    till.page.check(f"{DIALOG} .o_mixpay_refund_confirmed")
    till.page.click(f"{DIALOG} .o_mixpay_refund_set_address")
    till.page.wait_for_selector(f"{DIALOG} .o_mixpay_refund_to")


def _line(till: Till) -> None:
    _waiting(till)
    till.page.click(f"{DIALOG} .o_mixpay_refund_close")
    till.wait_for_line("done")


def _receipt(till: Till) -> None:
    _line(till)
    till.page.click(".payment-screen .validation-button.next")
    till.page.wait_for_selector(".receipt-screen .pos-receipt")


def _page(till: Till) -> None:
    _address_missing(till)
    till.visit(till.refund()["url"])


def _paid_page(till: Till) -> None:
    _receipt(till)
    refund = till.refund()
    till.pay_out(refund["reference"], txid=uuid.uuid4().hex * 2)
    till.visit(refund["url"])


STATES = (
    State("refund_ask", "A refund in coins", "Who takes goods back says why.", _asking),
    State("refund_asked", "To be approved", "The address is missing, too.", _address_missing),
    State("refund_phone", "The customer's phone", "They name the address there.", _phone),
    State("refund_approved", "To be paid out", "The order can be finished.", _waiting),
    State("refund_line", "The refund's line", "It says how the refund stands.", _line),
    State("refund_receipt", "The refund's receipt", "Amount, coin, reference.", _receipt),
    State("refund_page", "The refund's page", "The customer enters an address.", _page),
    State("refund_paid", "The refund's page: paid out", "With its transaction.", _paid_page),
)
