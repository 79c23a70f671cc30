"""The most important screens in each language: pictures, and whether every text has its room.

A register is opened once for a language; two sales then walk through the states.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error

from . import paths, po
from .screens_pseudo import LONGER
from .screens_studio import Size, Studio
from .screens_till import Devices, Till
from .session import Session

ALL = "all"
# In which texts are longest, highest, without spaces, or from right to left.
HARDEST = (LONGER, "de", "ru", "th", "ar")
SIZES: dict[str, Size] = {"desktop": (1280, 800), "phone": (390, 844)}
DEVICES = Devices(registers=SIZES, displays={"display": (1280, 800)}, looked_at={})
PICTURES = paths.ROOT / "docs" / "languages"
INDEX = paths.ROOT / "docs" / "languages.md"
INTRODUCTION = """# Popup and receipt in each language

Made by `tools/screenshots --lang all`; do not edit this page. How to correct or add a language:
[translating.md](translating.md).

| language | popup | receipt |
| --- | --- | --- |
"""
WIDTH = 300
FORM = '.o_form_view [class*="o_mixpay_"], .o_form_view [name*="mixpay_"]'

FAULTS = (
    *("is cut off", "is wider than its box", "has a hint that is cut off"),
    *("leaves its dialog", "lies on another button"),
)
WRONG = """
    <style>p, input { width: 3em; white-space: nowrap } button { position: absolute }</style>
    <p class="o_mixpay_1" style="overflow: hidden">more words than here is room for</p>
    <p class="o_mixpay_2">more words than here is room for</p>
    <input class="o_mixpay_3" placeholder="more words than here is room for">
    <div class="modal-content o_mixpay_4" style="width: 9em; position: relative">
        <button style="left: 8em">Print the slip</button><button style="left: 8em">Close</button>
    </div>
"""


@dataclass(frozen=True)
class Stop:
    """A state on the walk.

    :ivar name: what its pictures are called
    :ivar go: leads there from the stop before
    :ivar step: what the customer display has to show then; None where there is no look at it
    :ivar shown: a part of the screen to keep a picture of in `docs`; empty for none
    """

    name: str
    go: Callable[[Till], None]
    step: str | None = None
    shown: str = ""


def publish(folder: Path) -> None:
    """Put pictures of parts of the screens into `docs`, with the page that shows them."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    rows = []
    for name in po.languages():
        cells = [f"`{name}`"]
        for stop in (stop for sale in SALES for stop in sale if stop.shown):
            file = f"{stop.name}.{name}.png"
            shutil.copy(folder / file, PICTURES)
            cells.append(f'<img src="languages/{file}" alt="{stop.name}, {name}" width="{WIDTH}">')
        rows.append(f"| {' | '.join(cells)} |")
    INDEX.write_text(INTRODUCTION + "\n".join(rows) + "\n")


def expand(names: Sequence[str]) -> list[str]:
    """The languages that are meant, by the names of their files; `all` has a made-up one too."""
    return [LONGER, *po.languages()] if ALL in names else list(names)


def photograph(session: Session, studio: Studio, chromium: Browser, codes: dict[str, str]) -> None:
    """Walk through the states in each language; where that fails in one, the others are seen.

    :param codes: of the languages in Odoo, by their names
    """
    context = studio.new_context(chromium, SIZES["desktop"])
    _test_measure(studio, context)
    for name, code in codes.items():
        with session.step(f"Screens in {code}") as step:
            found = len(studio.findings)
            try:
                _walk(studio, context, name, code)
            except (Error, AssertionError) as error:
                studio.found[f"the way.{name}"] = [f"ends early: {error}"]
            step.ok = len(studio.findings) == found
        for page in context.pages:
            page.close()
    context.close()


def _test_measure(studio: Studio, context: BrowserContext) -> None:
    """A look at a page on which everything is wrong finds everything."""
    page = context.new_page()
    page.set_content(WRONG)
    said = " ".join(studio.measure(page))
    studio.found["the measure"] = [f"sees nothing that {one}" for one in FAULTS if one not in said]
    page.close()


def _walk(studio: Studio, context: BrowserContext, name: str, code: str) -> None:
    till = Till(context, studio, replace(DEVICES, suffix=f".{name}"))
    till.log_in()
    till.speak(code)
    till.open()
    for order in SALES:
        till.start_order()
        for stop in order:
            till.reset_size()
            stop.go(till)
            till.take(stop.name, stop.step)
            if stop.shown:
                till.crop(stop.name, stop.shown)
        till.end_order()
    _look_at_form(till)


def _look_at_form(till: Till) -> None:
    """The payment method's form, as its owner sees it."""
    [method] = till.call("pos.payment.method", "search", [[("mixpay_payee_id", "!=", False)]])
    action = "point_of_sale.action_pos_payment_method_form"
    till.visit(f"{till.studio.odoo}/odoo/action-{action}/{method}", FORM)
    till.take("method", None)


# -- the stops -------------------------------------------------------------------------------


def _failed(till: Till) -> None:
    till.page.click(".o_mixpay_recent_dialog .modal-footer .btn")
    till.act("fail", code="40025")
    till.wait_for("failed")


def _claim(till: Till) -> None:
    till.visit(f"{till.payment()['slip']['url']}?lang={till.language}")


def _receipt(till: Till) -> None:
    till.page.click(".o_mixpay_scene_paid .o_mixpay_lead")
    till.page.wait_for_selector(".receipt-screen .pos-receipt")


SALES = (
    (
        Stop("unpaid", Till.ask, "pay", ".o_mixpay_popup"),
        Stop("confirming", Till.see, "seen"),
        Stop("managers", Till.open_managers),
        Stop("recent", Till.show_recent),
        Stop("failed", _failed, "ask"),
        Stop("slip", Till.show_slip),
        Stop("claim", _claim),
    ),
    (
        Stop("paid", Till.ask_and_pay, "paid"),
        Stop("receipt", _receipt, None, ".receipt-screen .pos-receipt"),
    ),
)
