"""One sale, as cashier and customer make it: two browser windows, a mouse, and a QR reader."""

import io
import time
from pathlib import Path

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from . import browser
from .postgres import Cluster
from .progress import ToolError
from .session import Step

WAIT_SECONDS = 60
# The first load of the register compiles all of its scripts and styles.
FIRST_LOAD_SECONDS = 120
REGISTER_WINDOW = {"width": 1280, "height": 800}
PHONE_WINDOW = {"width": 390, "height": 844}

# A sale as it should be in the books: one product, one payment, one amount.
SOLD = """
    SELECT row_to_json(sold)
      FROM (
        SELECT line.full_product_name AS product,
               round(sale.amount_total::numeric, 2)::text AS amount,
               currency.name AS currency,
               coalesce(payment.card_brand, 'an unnamed coin') AS coin,
               sale.name AS order,
               sale.state,
               mixpay.trace_id
          FROM mixpay_payment mixpay
          JOIN pos_payment payment ON payment.transaction_id = mixpay.trace_id
          JOIN pos_payment_method method ON method.id = payment.payment_method_id
          JOIN pos_order sale ON sale.id = payment.pos_order_id
          JOIN pos_order_line line ON line.order_id = sale.id
          JOIN res_currency currency ON currency.id = mixpay.currency_id
         WHERE mixpay.link = %s
           AND mixpay.state = 'success'
           AND mixpay.is_test
           AND method.use_payment_terminal = 'mixpay'
           AND sale.state IN ('paid', 'done')
           AND round(mixpay.amount::numeric, 2) = round(payment.amount::numeric, 2)
           AND round(mixpay.amount::numeric, 2) = round(sale.amount_paid::numeric, 2)
           AND round(mixpay.amount::numeric, 2) = round(sale.amount_total::numeric, 2)
           AND (SELECT count(*) FROM pos_payment WHERE pos_order_id = sale.id) = 1
      ) AS sold
"""


def look_up(cluster: Cluster, database: str, link: str) -> dict[str, str]:
    """Find the sale that was paid at a link; return what was sold, in words.

    :raises ToolError: if the books don't have it, or not as it should be
    """
    found = cluster.sql(SOLD, database, link)
    if len(found) != 1:
        raise ToolError(f"The books have {len(found)} sales of one product paid at {link}, not 1.")
    [[sold]] = found
    return sold


class Sale:
    """A register and a phone in Chromium; `folder` is where their screenshots go."""

    def __init__(self, step: Step, simulator: str, folder: Path) -> None:
        self._step = step
        self._simulator = simulator
        self._folder = folder
        self._chromium: Browser
        self._register: Page

    def make(self, odoo: str, config_id: str) -> str:
        """Make the sale; return the link behind its QR code.

        :raises ToolError: where it does not go as it should; the log has what the page shows
        """
        with sync_playwright() as playwright:
            self._chromium = playwright.chromium.launch(**browser.options())
            self._register = self._chromium.new_page(viewport=REGISTER_WINDOW)
            self._register.set_default_timeout(WAIT_SECONDS * 1000)
            try:
                self._register.goto(f"{odoo}/web/login?redirect=/pos/ui/{config_id}")
                return self._sell()
            except Error as error:
                picture = self._folder / "failure.png"
                self._register.screenshot(path=picture)
                self._say(f"{error}\nThe page shows:")
                self._say(self._register.inner_text("body")[:1500])
                raise self._step.failed(f"the sale failed; screenshot: {picture}") from None

    def _sell(self) -> str:
        register = self._register
        self._open_register()
        self._say("adding a product")
        register.locator(".product-list .product").first.click()
        register.click(".product-screen .pay-order-button")
        self._say("paying with MixPay")
        register.locator(".payment-screen .paymentmethod", has_text="MixPay").click()
        link = self._scan()
        if not link.startswith(f"{self._simulator}/"):
            raise ToolError(f"The QR code leads to {link}, not to {self._simulator}.")
        self._pay(link)
        self._say("waiting for the receipt")
        register.wait_for_selector(".receipt-screen .pos-receipt")
        register.screenshot(path=self._folder / "receipt.png")
        return link

    def _open_register(self) -> None:
        self._say("logging in")
        self._register.fill("input#login", "admin")
        self._register.fill("input#password", "admin")
        self._register.click("button[type=submit]")
        self._say("opening the register")
        # First a welcome screen, then the opening control with the cash in the drawer.
        welcome = self._register.locator(".pos button", has_text="Open Register").first
        welcome.click(timeout=FIRST_LOAD_SECONDS * 1000)
        self._register.locator(".modal button", has_text="Open Register").click()

    def _scan(self) -> str:
        """What a phone's camera reads from the screen."""
        self._register.wait_for_selector(".o_mixpay_popup img.o_mixpay_qr")
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            picture = self._register.screenshot(path=self._folder / "popup.png")
            if codes := zxingcpp.read_barcodes(Image.open(io.BytesIO(picture))):
                self._say(f"scanned {codes[0].text}")
                return str(codes[0].text)
            self._register.wait_for_timeout(300)
        raise ToolError(f"No QR code can be read from the screen: {self._folder / 'popup.png'}")

    def _pay(self, link: str) -> None:
        phone = self._chromium.new_page(viewport=PHONE_WINDOW, is_mobile=True)
        phone.goto(link)
        phone.wait_for_selector("[data-action=pay]")
        phone.screenshot(path=self._folder / "phone.png")
        phone.click("[data-action=pay]")
        self._say("paid")

    def _say(self, what: str) -> None:
        """Write into the step's log, whose end a failure shows."""
        with self._step.log.open("a") as log:
            log.write(f"{time.strftime('%H:%M:%S')} {what}\n")
