"""A register in a browser: brought into any state, photographed, and looked at by axe-core."""

import io
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect

FIRST_LOAD_MS = 180_000
WAIT_MS = 30_000
PASSWORD = "admin"
OURS = '[class*="o_mixpay_"]'
COLOURS = 128
# Of each of our parts the outermost element; core's own parts are core's to mend.
LOOK = f"""
    async () => {{
        const all = [...document.querySelectorAll('{OURS}')];
        const include = all.filter((el) =>
            !el.parentElement.closest('{OURS}') && el.getClientRects().length);
        if (!include.length) return [];
        const found = await axe.run({{ include }}, {{ resultTypes: ["violations"] }});
        return found.violations.flatMap(({{ id, impact, help, nodes }}) =>
            nodes.map(({{ target, html }}) => ({{ id, impact, help, target, html }})));
    }}
"""


class Studio:
    """What all devices share: the shop, where pictures go, and what axe-core has found."""

    def __init__(self, shop: dict[str, str], folder: Path, axe: Path) -> None:
        self.odoo, self.simulator = shop["odoo"], shop["simulator"]
        self.config_id = shop["config_id"]
        self.findings: list[str] = []
        self.looks = 0
        self._folder = folder
        self._axe = axe.read_text()

    @staticmethod
    def new_context(chromium: Browser, size: tuple[int, int]) -> BrowserContext:
        """A browser of its own for one device, in which nothing moves."""
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            has_touch=width < 1100,
        )
        context.set_default_timeout(WAIT_MS)
        return context

    def take(self, page: Page, name: str) -> None:
        """A small picture of what a page shows, and axe-core's opinion on our parts of it."""
        page.mouse.move(0, 0)
        page.wait_for_timeout(300)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(
            self._folder / f"{name}.png", optimize=True
        )
        self._look(page, name)

    def _look(self, page: Page, name: str) -> None:
        page.evaluate(f"() => {{ if (!window.axe) {{ {self._axe} }} }}")
        self.looks += 1
        for found in page.evaluate(LOOK):
            self.findings.append(
                "{name}: {id} ({impact}): {help}\n    {target} {html:.160}".format(
                    name=name, **found
                )
            )


class Till:
    """One register; its methods are what a cashier and a customer do."""

    def __init__(self, page: Page, studio: Studio, name: str) -> None:
        self.page = page
        self.studio = studio
        self._name = name
        self._display: tuple[Page, str] | None = None
        self._held: list[Route] = []

    # -- opening -------------------------------------------------------------------------------

    def log_in(self) -> None:
        """As the administrator, without opening anything."""
        login = {"login": "admin", "password": PASSWORD, "db": "demo"}
        url = f"{self.studio.odoo}/web/session/authenticate"
        answer = self.page.request.post(url, data={"jsonrpc": "2.0", "params": login}).json()
        if "error" in answer:
            raise Error(f"No login: {answer['error']}")

    def open(self) -> None:
        """Log in, and open the register with nothing on its screen."""
        self.log_in()
        # More than a shop asks: pictures follow each other quickly.
        self.call("ir.config_parameter", "set_param", ["pos_mixpay.requests_per_minute", "6000"])
        self.knobs(rate_limit=6000, auto_confirm_seconds=None)
        self._open_session()
        self.page.goto(f"{self.studio.odoo}/pos/ui/{self.studio.config_id}")
        self.page.wait_for_function("() => window.posmodel?.mixpay", timeout=FIRST_LOAD_MS)
        self.page.wait_for_function(
            "() => odoo.loader.modules.has('@pos_mixpay/lazy/main')", timeout=FIRST_LOAD_MS
        )

    def _open_session(self) -> None:
        """Open the shop, where it is not open yet: counting the cash is no state of ours."""
        domain = [("config_id", "=", int(self.studio.config_id)), ("state", "!=", "closed")]
        if not self.call("pos.session", "search", [domain]):
            self.call("pos.config", "open_ui", [[int(self.studio.config_id)]])
        [session] = self.call("pos.session", "search_read", [domain, ["state"]])
        if session["state"] == "opening_control":
            self.call("pos.session", "set_opening_control", [[session["id"]], 0, ""])

    def open_display(self, name: str, size: tuple[int, int]) -> None:
        """Open the customer display of this register, in a window beside it."""
        self.page.evaluate("() => localStorage.setItem('device_uuid', 'screenshots')")
        page = self.page.context.new_page()
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"{self.studio.odoo}/pos_customer_display/{self.studio.config_id}/screenshots")
        page.wait_for_selector(".o_customer_display", timeout=FIRST_LOAD_MS)
        self._display = (page, name)

    # -- orders --------------------------------------------------------------------------------

    def start_order(self) -> None:
        """A new order of one product, on its payment screen."""
        self.page.evaluate(
            """async () => {
                const pos = posmodel;
                const order = pos.addNewOrder();
                pos.setOrder(order);
                const product = pos.models["product.template"].find(
                    (one) => one.list_price > 2 && one.available_in_pos && one.type !== "combo"
                        && !one.attribute_line_ids.length && one.tracking === "none");
                await pos.addLineToCurrentOrder({ product_tmpl_id: product }, {}, false);
                pos.navigate("PaymentScreen", { orderUuid: order.uuid });
            }"""
        )
        self.page.wait_for_selector(".payment-screen .paymentmethod")

    def end_order(self) -> None:
        """Leave the order, whatever became of it; nothing of it shows in later pictures."""
        self.page.context.set_offline(False)
        self.page.unroute_all()
        while self._held:
            self._held.pop().abort()
        self.knobs(http_500_rate=0)
        if trace := self.trace():
            self.control(f"payments/{trace}/fail", check=False)
        self.page.evaluate(
            """async () => {
                posmodel.mixpay.attempts.leave();
                posmodel.dialog.closeAll();
                posmodel.navigate("ProductScreen", { orderUuid: posmodel.getOrder()?.uuid });
            }"""
        )
        for close in self.page.locator(".o_notification_close").all():
            close.click(force=True)

    def pay_in_cash(self, share: float) -> None:
        """Have a part of the order paid in cash."""
        self.page.evaluate(
            """(share) => {
                const order = posmodel.getOrder();
                const cash = posmodel.models["pos.payment.method"].find((one) => one.is_cash_count);
                const { data: line } = order.addPaymentline(cash);
                line.setAmount(Math.round(order.totalDue * share * 100) / 100);
            }""",
            share,
        )

    def choose_mixpay(self) -> None:
        """Tap the method; its popup opens."""
        self.page.locator(".payment-screen .paymentmethod", has_text="MixPay").click()
        self.page.wait_for_selector(".o_mixpay_popup")

    def hold(self, route: str) -> None:
        """Keep a request of the register from Odoo, until the order ends."""
        # Playwright looks at the function, so it must be one of Python's own.
        self.page.route(f"**/pos_mixpay/{route}", lambda request: self._held.append(request))

    def ask(self) -> None:
        """Tap the method, and wait for the code."""
        self.choose_mixpay()
        self.wait_for("unpaid")

    # -- the payment ---------------------------------------------------------------------------

    def trace(self) -> str:
        """The trace id of the order's latest payment, empty for none."""
        found: str = self.page.evaluate(
            """() => {
                const lines = posmodel.getOrder()?.payment_ids || [];
                return lines.map((line) => posmodel.mixpay.service.payments.traceOfLine(line.uuid))
                    .findLast(Boolean) || "";
            }"""
        )
        return found

    def act(self, action: str, **details: Any) -> None:
        """What the payer, the chain or MixPay does with the payment, and have Odoo ask about it."""
        self.control(f"payments/{self.trace()}/{action}", details)

    def wait_for(self, state: str) -> None:
        """Until the popup shows a state of the payment."""
        self._until_told(f'.o_mixpay_popup .o_mixpay_status[data-state="{state}"]')

    def wait_for_line(self, status: str) -> None:
        """Until the payment's line shows a status, as Odoo's Point of Sale calls it."""
        self._until_told(f'.o_mixpay_line[data-status="{status}"]')

    def wait_for_end(self, state: str) -> None:
        """Until the popup shows a final state, or has closed and its line says so."""
        popup = f'.o_mixpay_popup .o_mixpay_status[data-state="{state}"]'
        self._until_told(f'{popup}, .o_mixpay_line[data-status="retry"]')

    def _until_told(self, selector: str) -> None:
        shown = self.page.locator(selector)
        deadline = time.monotonic() + WAIT_MS / 1000
        while not shown.count() and time.monotonic() < deadline:
            self.check_now()
            self.page.wait_for_timeout(500)
        expect(shown.first).to_be_visible()

    def check_now(self) -> None:
        """Have Odoo ask MixPay at once, as a person does who cannot wait."""
        self.page.evaluate(
            """(trace) => trace && posmodel.mixpay.service
                .readStatus([trace], { check_now: true }).catch(() => {})""",
            self.trace(),
        )

    # -- pictures, and what stands behind the scenes --------------------------------------------

    def take(self, state: str) -> None:
        """Pictures of this state: the register's, and its display's if that shows the payment."""
        self.studio.take(self.page, f"{state}.{self._name}")
        if self._display:
            page, name = self._display
            self.studio.take(page, f"{state}.{name}")

    def control(self, path: str, body: dict[str, Any] | None = None, *, check: bool = True) -> None:
        """Call the simulator's control API."""
        url = f"{self.studio.simulator}/_control/{path}"
        answer = self.page.request.post(url, data=body or {})
        if check and not answer.ok:
            raise Error(f"{url}: {answer.text()}")

    def knobs(self, **values: Any) -> None:
        """Set the simulator's knobs."""
        self.control("knobs", values)

    def call(self, model: str, method: str, args: list[Any], **kwargs: Any) -> Any:
        """Call a method of Odoo with this login."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        url = f"{self.studio.odoo}/web/dataset/call_kw"
        answer = self.page.request.post(url, data=body).json()
        if "error" in answer:
            raise Error(f"{model}.{method}: {answer['error']}")
        return answer.get("result")
