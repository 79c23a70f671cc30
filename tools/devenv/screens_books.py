"""What an accountant sees: pictures of the books of a shop that scripts/books.py has filled.

They are Odoo's own lists and forms, so there is no look at what is wrong with our own parts.
"""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from .screens_studio import Size, Studio
from .screens_till import Devices, Till
from .session import Session

SCRIPT = Path(__file__).parent / "scripts" / "books.py"
SIZE: Size = (1280, 800)
DEVICES = Devices(registers={"desktop": SIZE}, displays={}, looked_at={})
LIST, FORM = ".o_data_row", ".o_form_view .o_form_sheet"


@dataclass(frozen=True)
class Page:
    """A page of the back office.

    :ivar name: what its picture is called
    :ivar action: by which it is opened
    :ivar shown: what is on it once all is there
    :ivar model: whose newest record is opened; empty for the list
    """

    name: str
    action: str
    shown: str
    model: str = ""


PAGES = (
    Page("entries", "mixpay_booking_action", LIST),
    Page("comparison", "mixpay_comparison_action", FORM, "mixpay.comparison"),
    Page("month_end", "mixpay_export_action", FORM, "mixpay.export"),
)


def photograph(session: Session, studio: Studio, chromium: Browser) -> None:
    """Open the pages, one after the other."""
    context = studio.new_context(chromium, SIZE)
    till = Till(context, studio, DEVICES)
    till.log_in()
    with session.step("The books"):
        for page in PAGES:
            records = page.model and till.call(page.model, "search", [[]], order="id", limit=100)
            record = records[-1] if records else ""
            url = f"{studio.odoo}/odoo/action-pos_mixpay.{page.action}/{record}"
            till.visit(url, page.shown)
            till.crop_visited(f"books_{page.name}")
    context.close()
