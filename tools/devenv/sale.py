"""One sale, as cashier and customer make it: two windows, a mouse, and a QR reader.

Runs in the virtual environment (`zxing-cpp`, Pillow, `websocket-client`).
"""

import json
import sys
import time
from pathlib import Path

import zxingcpp
from PIL import Image

from .browser import WAIT_SECONDS, Browser, BrowserError, Tab

# The first load of the register compiles all of its scripts and styles.
FIRST_LOAD_SECONDS = 120


def main(arguments: list[str]) -> int:
    """`sale ODOO CONFIG_ID SIMULATOR SCREENSHOTS ANSWER`."""
    odoo, config_id, simulator, pictures, answer = arguments
    folder = Path(pictures)
    with Browser() as browser:
        register = browser.tab(f"{odoo}/web/login?redirect=/pos/ui/{config_id}", 1280, 800)
        try:
            link = _sell(browser, register, simulator, folder)
        except BrowserError as error:
            print(f"{error}\nScreenshot: {register.screenshot(folder / 'failure.png')}")
            return 1
    Path(answer).write_text(json.dumps({"link": link}))
    return 0


def _sell(browser: Browser, register: Tab, simulator: str, folder: Path) -> str:
    _open_register(register)
    _say("adding a product")
    register.click(".product-list .product")
    register.click(".product-screen .pay-order-button")
    _say("paying with MixPay")
    register.click(".payment-screen .paymentmethod", "MixPay")
    link = _scan(register, folder / "popup.png")
    if not link.startswith(f"{simulator}/"):
        raise BrowserError(f"the QR code leads to {link}, not to {simulator}")
    _pay(browser, link, folder)
    _say("waiting for the receipt")
    register.wait(".receipt-screen .pos-receipt")
    register.screenshot(folder / "receipt.png")
    return link


def _open_register(register: Tab) -> None:
    _say("logging in")
    register.type("input#login", "admin")
    register.type("input#password", "admin")
    register.click("button[type=submit]")
    _say("opening the register")
    # First a welcome screen, then the opening control with the cash in the drawer.
    register.wait(".pos button", "Open Register", seconds=FIRST_LOAD_SECONDS)
    register.click(".pos button", "Open Register")
    register.click(".modal button", "Open Register")


def _scan(register: Tab, file: Path) -> str:
    """What a phone's camera reads from the screen."""
    register.wait(".o_mixpay_popup img.o_mixpay_qr")
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        codes = zxingcpp.read_barcodes(Image.open(register.screenshot(file)))
        if codes:
            _say(f"scanned {codes[0].text}")
            return str(codes[0].text)
        time.sleep(0.3)
    raise BrowserError("no QR code can be read from the screen")


def _pay(browser: Browser, link: str, folder: Path) -> None:
    phone = browser.tab(link, 390, 844, mobile=True)
    phone.wait("[data-action=pay]")
    phone.screenshot(folder / "phone.png")
    phone.click("[data-action=pay]")
    _say("paid")


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
