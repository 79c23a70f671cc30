"""The words that people read, as the template for translators has them."""

import re
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).parents[2] / "i18n" / "pos_mixpay.pot"
# One text, in quotes, perhaps over several lines; and the places that it is shown in.
ENTRY = re.compile(r'((?:^#.*\n)*)^msgid ((?:".*"\n)+)', re.M)

# What it is called now, and what it was called before: nobody reads that any more.
RENAMED = {
    "Mark as paid (manager)…": "Confirm by hand (manager)",
    "Stop waiting (manager)…": "Let go (manager)",
    "Serve next customer": "Hide",
    "Ask MixPay again": "Check now",
    "You receive (coin and network)": "Receive As",
    "Only this coin": "Strict Settlement",
    "Keep selling when MixPay is slow": "Pay Link When Needed",
    "MixPay to Review": "MixPay to Decide",
    "Not paid as asked": "Paid on other terms",
    "Cancelled at the register": "Abandoned",
    "%(amount)s still missing (%(coin)s)": "Too little was paid – %s",
    "Point of Sale": "Pos Config",
    "Sent": "Payment Symbol",
}


def texts():
    """Return all texts of the template."""
    return {
        "".join(re.findall(r'"(.*)"\n', text))
        for _places, text in ENTRY.findall(TEMPLATE.read_text())
    }


@pytest.mark.parametrize("now", RENAMED)
def test_it_is_called_what_people_understand(now):
    shown = texts()
    assert now in shown
    assert RENAMED[now] not in shown


def test_no_text_is_a_field_s_name():
    names = re.compile(r"\b(Pos Config|Uuid|Txid|Payee Id|Trace Id)\b")
    assert not {text for text in texts() if names.search(text)}
