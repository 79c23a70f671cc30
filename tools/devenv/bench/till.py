"""A register in Chromium, driven by mouse; its clock is the page's own."""

import json
import time
from contextlib import suppress
from typing import Any

from ..browser import Browser, BrowserError, Tab
from .shops import HOST, BenchShop

WIDTH, HEIGHT = 1280, 800
FIRST_LOAD_SECONDS = 180
SAMPLE_SECONDS = 30
POLL_SECONDS = 0.02
PRODUCT = "Bench item"
METHOD = "MixPay"
ONLINE = "Online payment"
MIXPAY_QR = ".o_mixpay_popup img.o_mixpay_qr"
ONLINE_QR = ".modal img[alt='QR Code to pay']"

# Has the page measure from the next click to the frame in which the picture is painted, in ms of
# its own clock. The task after a frame's callbacks comes when that frame was handed over.
ARM = """
((selector, seconds) => {
    let clicked = 0;
    const { promise, resolve } = Promise.withResolvers();
    window.benchSample = promise;
    setTimeout(() => resolve(null), seconds * 1000);
    const paint = async (image) => {
        await image.decode();
        requestAnimationFrame(() => {
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => resolve(performance.now() - clicked);
            port2.postMessage(null);
        });
    };
    const observer = new MutationObserver(() => {
        const image = document.querySelector(selector);
        if (clicked && image?.src) {
            observer.disconnect();
            paint(image);
        }
    });
    const options = { subtree: true, childList: true, attributes: true, attributeFilter: ["src"] };
    observer.observe(document, options);
    const note = (event) => (clicked = event.timeStamp);
    window.addEventListener("click", note, { capture: true, once: true });
})"""

# When the first product is there, in ms since the page began to load.
LOADED = """
new MutationObserver((_changes, observer) => {
    if (document.querySelector(".product-list .product")) {
        observer.disconnect();
        requestAnimationFrame(() => (window.benchLoaded = performance.now()));
    }
}).observe(document, { subtree: true, childList: true });"""

# When the current order's line is done, in seconds since the epoch.
WATCH = """
(() => {
    const order = posmodel.getOrder();
    window.benchDone = null;
    const look = () => {
        if (order.payment_ids.some((line) => line.payment_status === "done")) {
            window.benchDone = Date.now() / 1000;
        } else {
            setTimeout(look, 4);
        }
    };
    look();
})()"""


class BrowserTill:
    """A till with MixPay, and with Odoo's online payments if asked for, open in a browser."""

    def __init__(self, shop: BenchShop, browser: Browser, *, has_online: bool = False) -> None:
        vals = {"name": PRODUCT, "available_in_pos": True, "list_price": 10, "is_favorite": True}
        shop.admin.call("product.template", "create", vals)
        online_ids = [_online_method(shop)] if has_online else []
        till = shop.new_till("Browser till", [shop.card_id(), shop.method_id, *online_ids])
        self._tab = open_tab(shop, browser)
        self._tab.call("Page.navigate", url=register_url(shop, till.config_id))
        self._tab.wait(".product-list .product", PRODUCT, FIRST_LOAD_SECONDS)

    def tap_mixpay(self, *, cancel: bool = True) -> float:
        """Begin a new sale and tap on MixPay; return the milliseconds until its QR is painted."""
        self._new_order()
        taken = self._sample(".payment-screen .paymentmethod", METHOD, MIXPAY_QR)
        if cancel:
            self._tab.click(".o_mixpay_popup .o_mixpay_cancel")
            self._gone(MIXPAY_QR)
        else:
            self._tab.evaluate(WATCH)
        return taken

    def tap_online(self) -> float:
        """Begin a new sale, choose Odoo's online payment; time from Validate to its QR."""
        self._new_order()
        self._tab.click(".payment-screen .paymentmethod", ONLINE)
        self._tab.wait(".payment-screen .paymentlines", ONLINE)
        taken = self._sample(".payment-screen .validation-button.next", "", ONLINE_QR)
        self._tab.click(".modal button.btn-close")
        self._gone(ONLINE_QR)
        return taken

    def wait_for_line(self, seconds: float) -> float:
        """Wait until the sale's line is done; return when, in seconds since the epoch."""
        done_at = float(self._poll("window.benchDone", seconds))
        self._tab.wait(".receipt-screen")  # the register goes there by itself
        return done_at

    def _new_order(self) -> None:
        self._tab.evaluate(
            "(() => { const order = posmodel.addNewOrder();"
            " posmodel.navigate('ProductScreen', { orderUuid: order.uuid }); })()"
        )
        self._tab.click(".product-list .product", PRODUCT)
        self._tab.click(".product-screen .pay-order-button")
        self._tab.wait(".payment-screen .paymentmethod", METHOD)

    def _sample(self, selector: str, text: str, picture: str) -> float:
        self._tab.wait(selector, text)
        self._tab.evaluate(f"{ARM}({json.dumps(picture)}, {SAMPLE_SECONDS})")
        self._tab.click(selector, text)
        # Waited for in the page: to ask again and again would take time from what is measured, of
        # the page and of the simulator, which lives in this process.
        taken = self._tab.evaluate("window.benchSample")
        if taken is None:
            raise BrowserError(f"not within {SAMPLE_SECONDS} s: {picture}")
        return float(taken)

    def _gone(self, selector: str) -> None:
        self._poll(f"!document.querySelector({json.dumps(selector)})", SAMPLE_SECONDS)

    def _poll(self, expression: str, seconds: float) -> Any:
        return poll(self._tab, expression, seconds)


class LoadingTill:
    """A register that is loaded again and again."""

    def __init__(self, shop: BenchShop, browser: Browser, config_id: int) -> None:
        self._tab = open_tab(shop, browser)
        self._tab.call("Page.addScriptToEvaluateOnNewDocument", source=LOADED)
        self._url = register_url(shop, config_id)

    def load(self, seconds: float = SAMPLE_SECONDS) -> float:
        """Load the register; return the milliseconds until the first product is shown."""
        self._tab.evaluate("window.benchLoaded = null")
        self._tab.call("Page.navigate", url=self._url)
        return float(poll(self._tab, "window.benchLoaded", seconds))


def poll(tab: Tab, expression: str, seconds: float) -> Any:
    """Wait for an expression to be true; return its value."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with suppress(BrowserError):  # the page is just being replaced by the next one
            if value := tab.evaluate(expression):
                return value
        time.sleep(POLL_SECONDS)
    shown = tab.evaluate("document.body.innerText.slice(0, 1500)")
    raise BrowserError(f"not within {seconds} s: {expression}. The page shows:\n{shown}")


def register_url(shop: BenchShop, config_id: int) -> str:
    """A register as the back end opens it: without its own login screen."""
    return f"{shop.server.url}/pos/ui/{config_id}?from_backend=1"


def open_tab(shop: BenchShop, browser: Browser) -> Tab:
    """An empty page, logged in as the cashier."""
    tab = browser.tab("about:blank", WIDTH, HEIGHT)
    cookie = shop.cashier().cookie
    tab.call("Network.setCookie", name="session_id", value=cookie, domain=HOST, path="/")
    return tab


def _online_method(shop: BenchShop) -> int:
    """Odoo's online payments with its demonstration provider, as an administrator sets them up."""
    admin = shop.admin
    [provider_id] = admin.call("payment.provider", "search", [("code", "=", "demo")], limit=1)
    admin.call("payment.provider", "write", [provider_id], {"state": "test", "is_published": True})
    vals = {"name": ONLINE, "is_online_payment": True}
    vals["online_payment_provider_ids"] = [(6, 0, [provider_id])]
    return int(admin.call("pos.payment.method", "create", vals))
