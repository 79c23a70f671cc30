"""One sale, as cashier and customer make it: two browser windows, a mouse, and a QR reader.

Runs in the virtual environment (Playwright, `zxing-cpp`, Pillow).
"""

import io
import json
import time
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from . import books, browser

WAIT_SECONDS = 60
# The first load of the register compiles all of its scripts and styles.
FIRST_LOAD_SECONDS = 120
REGISTER_WINDOW = {"width": 1280, "height": 800}
PHONE_WINDOW = {"width": 390, "height": 844}


def main(arguments: list[str]) -> int:
    """`sale ODOO CONFIG_ID SIMULATOR SCREENSHOTS ANSWER`; writes what was sold to ANSWER."""
    odoo, config_id, simulator, pictures, answer = arguments
    folder = Path(pictures)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser.options())
        register = chromium.new_page(viewport=REGISTER_WINDOW)
        register.set_default_timeout(WAIT_SECONDS * 1000)
        try:
            register.goto(f"{odoo}/web/login?redirect=/pos/ui/{config_id}")
            link = _sell(register, chromium, simulator, folder)
            _say("looking the sale up in the database")
            sold = books.look_up(_searching(register, odoo), link)
        except (Error, books.SaleError) as error:
            register.screenshot(path=folder / "failure.png")
            print(f"{error}\nScreenshot: {folder / 'failure.png'}. The page shows:")
            print(register.inner_text("body")[:1500])
            return 1
    Path(answer).write_text(json.dumps(sold))
    return 0


def _sell(register: Page, chromium: Browser, simulator: str, folder: Path) -> str:
    """Make the sale; return the link behind its QR code."""
    _open_register(register)
    _say("adding a product")
    register.locator(".product-list .product").first.click()
    register.click(".product-screen .pay-order-button")
    _say("paying with MixPay")
    register.locator(".payment-screen .paymentmethod", has_text="MixPay").click()
    link = _scan(register, folder / "popup.png")
    if not link.startswith(f"{simulator}/"):
        raise books.SaleError(f"the QR code leads to {link}, not to {simulator}")
    _pay(chromium, link, folder)
    _say("waiting for the receipt")
    register.wait_for_selector(".receipt-screen .pos-receipt")
    register.screenshot(path=folder / "receipt.png")
    return link


def _open_register(register: Page) -> None:
    _say("logging in")
    register.fill("input#login", "admin")
    register.fill("input#password", "admin")
    register.click("button[type=submit]")
    _say("opening the register")
    # First a welcome screen, then the opening control with the cash in the drawer.
    welcome = register.locator(".pos button", has_text="Open Register").first
    welcome.click(timeout=FIRST_LOAD_SECONDS * 1000)
    register.locator(".modal button", has_text="Open Register").click()


def _scan(register: Page, picture: Path) -> str:
    """What a phone's camera reads from the screen."""
    register.wait_for_selector(".o_mixpay_popup img.o_mixpay_qr")
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        screen = Image.open(io.BytesIO(register.screenshot(path=picture)))
        if codes := zxingcpp.read_barcodes(screen):
            _say(f"scanned {codes[0].text}")
            return str(codes[0].text)
        register.wait_for_timeout(300)
    raise books.SaleError("no QR code can be read from the screen")


def _pay(chromium: Browser, link: str, folder: Path) -> None:
    phone = chromium.new_page(viewport=PHONE_WINDOW, is_mobile=True)
    phone.goto(link)
    phone.wait_for_selector("[data-action=pay]")
    phone.screenshot(path=folder / "phone.png")
    phone.click("[data-action=pay]")
    _say("paid")


def _searching(register: Page, odoo: str) -> books.Search:
    """Odoo asked with the register's login: another request, so it finds what is committed."""

    def search(model: str, domain: list[Any], fields: list[str]) -> list[books.Record]:
        kwargs = {"domain": domain, "fields": fields}
        params = {"model": model, "method": "search_read", "args": [], "kwargs": kwargs}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = register.request.post(f"{odoo}/web/dataset/call_kw", data=body).json()
        if "error" in answer:
            raise books.SaleError(f"{model} cannot be read: {answer['error']}")
        found: list[books.Record] = answer["result"]
        return found

    return search


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)
