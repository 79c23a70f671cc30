"""A register in Chromium, driven by mouse; its clock is the page's own.

The samples are taken by `till.js`, inside the page, which tells them as lines of its console.
"""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator

from .shops import BenchShop

SCRIPT = Path(__file__).with_name("till.js")
TOLD = "bench "  # what such a line begins with
FIRST_LOAD_SECONDS = 180
SAMPLE_SECONDS = 30
DONE_SECONDS = 60
# No cashier is quicker; what a screen does by itself when it opens is over by then.
PAUSE_MS = 100
PRODUCT = "Bench item"
METHOD = "MixPay"
ONLINE = "Online payment"
MIXPAY_QR = ".o_mixpay_popup img.o_mixpay_qr"
ONLINE_QR = ".modal img[alt='QR Code to pay']"
#: Of Odoo's own JSON routes for users the one that does nothing but look whether there is one.
EMPTY_ROUTE = "/web/session/check"

_NEW_ORDER = """() => {
    const order = posmodel.addNewOrder();
    posmodel.navigate("ProductScreen", { orderUuid: order.uuid });
}"""


class BrowserTill:
    """A register in a browser of its own, opened by the cashier."""

    def __init__(self, shop: BenchShop, browser: BrowserContext, config_id: int) -> None:
        browser.add_init_script(path=SCRIPT)
        cookie = shop.cashier().cookie
        browser.add_cookies([{"name": "session_id", "value": cookie, "url": shop.server.url}])
        self._page = browser.pages[0]
        self._page.set_default_timeout(DONE_SECONDS * 1000)
        # Lines are passed on from now on, not only from when one is waited for.
        self._page.on("console", lambda _message: None)
        self._methods = self._page.locator(".payment-screen .paymentmethod")
        # As the back end opens it: without its own login screen.
        self._url = f"{shop.server.url}/pos/ui/{config_id}?from_backend=1"

    def load(self, seconds: float = SAMPLE_SECONDS) -> float:
        """Load the register; return the milliseconds until the first product is shown."""
        return self._told(lambda: self._page.goto(self._url, wait_until="commit"), seconds)

    def tap_mixpay(self) -> float:
        """Tap on MixPay in a new sale; return the milliseconds until its QR is painted."""
        taken = self.tap_to_pay()
        # No cashier is quicker; what comes with the code may move the buttons.
        self._page.wait_for_selector(".o_mixpay_popup .o_mixpay_time")
        self._page.click(".o_mixpay_popup .o_mixpay_cancel")
        self._gone(MIXPAY_QR)
        return taken

    def tap_to_pay(self) -> float:
        """The same, and the sale is left waiting for its customer."""
        self._new_order()
        return self._click(self._method(METHOD), "bench.tellPainted", MIXPAY_QR)

    def tap_online(self) -> float:
        """Choose Odoo's online payment in a new sale; the milliseconds from Validate to its QR."""
        self._new_order()
        self._method(ONLINE).click()
        self._page.locator(".payment-screen .paymentlines", has_text=ONLINE).wait_for()
        validate = self._page.locator(".payment-screen .validation-button.next").first
        taken = self._click(validate, "bench.tellPainted", ONLINE_QR)
        self._page.click(".modal button.btn-close")
        self._gone(ONLINE_QR)
        return taken

    def empty_request(self) -> float:
        """Click on MixPay in a new sale, but have the page send an empty request instead.

        :return: the milliseconds from the click until it was answered and a frame painted
        """
        self._new_order()
        return self._click(self._method(METHOD), "bench.tellAnswered", EMPTY_ROUTE)

    def done_at(self, pay: Callable[[], object]) -> float:
        """Have the customer pay; return when the line was done, in seconds since the epoch."""
        self._page.evaluate("bench.tellDone()")
        done_at = self._told(pay, DONE_SECONDS)
        self._page.locator(".receipt-screen").wait_for()  # the register goes there by itself
        return done_at

    # -- steps ---------------------------------------------------------------------------------

    def _new_order(self) -> None:
        self._page.evaluate(_NEW_ORDER)
        self._page.locator(".product-list .product", has_text=PRODUCT).first.click()
        self._page.click(".product-screen .pay-order-button")
        self._method(METHOD).wait_for()

    def _method(self, name: str) -> Locator:
        return self._methods.filter(has_text=name).first

    def _gone(self, selector: str) -> None:
        self._page.wait_for_selector(selector, state="detached")

    def _click(self, target: Locator, tell: str, about: str) -> float:
        """Click with the mouse; return what the page tells of it."""
        target.hover()  # waits until it can be seen, stands still and is not covered
        self._page.wait_for_timeout(PAUSE_MS)

        def click() -> None:
            # Not `target.click()`, which asks the page whether the click has arrived.
            self._page.mouse.down()
            self._page.mouse.up()

        self._page.evaluate(f"about => {tell}(about)", about)
        return self._told(click, SAMPLE_SECONDS)

    def _told(self, act: Callable[[], object], seconds: float) -> float:
        """Do something; return the number that the page tells afterwards."""

        def is_sample(message: ConsoleMessage) -> bool:
            return message.text.startswith(TOLD)

        with self._page.expect_console_message(is_sample, timeout=seconds * 1000) as told:
            act()
        return float(told.value.text.removeprefix(TOLD))


def config_with_mixpay(shop: BenchShop, *, has_online: bool) -> int:
    """A Point of Sale with MixPay, and with Odoo's online payments if asked for; its id."""
    vals = {"name": PRODUCT, "available_in_pos": True, "list_price": 10, "is_favorite": True}
    shop.admin.call("product.template", "create", vals)
    # Where there is but one method, Odoo chooses it without a tap.
    methods = [shop.new_method("Bench card"), shop.method_id]
    methods += [_online_method(shop)] if has_online else []
    return shop.new_till("Browser till", methods).config_id


def _online_method(shop: BenchShop) -> int:
    """Odoo's online payments with its demonstration provider, as an administrator sets them up."""
    admin = shop.admin
    [provider_id] = admin.call("payment.provider", "search", [("code", "=", "demo")], limit=1)
    admin.call("payment.provider", "write", [provider_id], {"state": "test", "is_published": True})
    vals = {"name": ONLINE, "is_online_payment": True}
    vals["online_payment_provider_ids"] = [(6, 0, [provider_id])]
    return int(admin.call("pos.payment.method", "create", vals))
