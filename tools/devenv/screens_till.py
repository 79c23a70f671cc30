"""A register in a browser, with its customer display: brought into any state, and photographed."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, Route, expect

from .screens_studio import OURS, WAIT_MS, Size, Studio

FIRST_LOAD_MS = 180_000
PASSWORD = "admin"
STEP = ".o_mixpay_customer"
# They come at any moment, of orders of other states, and would lie over everything.
NO_NOTICES = ".o_notification_manager { display: none }"


@dataclass(frozen=True)
class Devices:
    """At which sizes pictures are taken.

    :ivar registers: of the register, and of a page for customers' phones
    :ivar displays: of the customer display
    :ivar looked_at: sizes without pictures, of which there is only a look at what is wrong
    :ivar suffix: what the pictures' names end with
    :ivar locale: what the browser asks pages for customers for
    """

    registers: Mapping[str, Size]
    displays: Mapping[str, Size]
    looked_at: Mapping[str, Size]
    suffix: str = ""
    locale: str = "en-US"


class Till:
    """One register; its methods are what a cashier and a customer do."""

    def __init__(self, context: BrowserContext, studio: Studio, devices: Devices) -> None:
        self.page = context.new_page()
        self.studio = studio
        self._devices = devices
        self._config_id = int(studio.config_id)
        self.language = "en_US"
        self._display: Page
        self._visited: Page | None = None
        self._looked_for = OURS
        self._held: list[Route] = []

    # -- opening -------------------------------------------------------------------------------

    def log_in(self) -> None:
        """As the administrator, without opening anything."""
        login = {"login": "admin", "password": PASSWORD, "db": "demo"}
        url = f"{self.studio.odoo}/web/session/authenticate"
        answer = self.page.request.post(url, data={"jsonrpc": "2.0", "params": login}).json()
        if "error" in answer:
            raise Error(f"No login: {answer['error']}")

    def choose_shop(self, name: str) -> None:
        """Go to another Point of Sale, whose register is opened next."""
        [self._config_id] = self.call("pos.config", "search", [[("name", "=", name)]])

    def speak(self, language: str) -> None:
        """Have the administrator and the shop speak a language, on pages that are opened next.

        :param language: its code in Odoo
        """
        users = self.call("res.users", "search_read", [[("login", "=", "admin")], ["company_id"]])
        [company] = {user["company_id"][0] for user in users}
        [shop] = self.call("res.company", "read", [[company], ["partner_id"]])
        self.call("res.partner", "write", [[shop["partner_id"][0]], {"lang": language}])
        self.call("res.users", "write", [[user["id"] for user in users], {"lang": language}])
        self.language = language

    def open(self) -> None:
        """Log in, and open the register with nothing on its screen, and its customer display."""
        self.log_in()
        # More than a shop asks: pictures follow each other quickly.
        self.call("ir.config_parameter", "set_param", ["pos_mixpay.requests_per_minute", "6000"])
        self.knobs(rate_limit=6000, auto_confirm_seconds=None)
        self._open_session()
        self.page.goto(f"{self.studio.odoo}/pos/ui/{self._config_id}")
        self.page.wait_for_function("() => window.posmodel?.mixpay", timeout=FIRST_LOAD_MS)
        self.page.wait_for_function(
            "() => odoo.loader.modules.has('@pos_mixpay/lazy/main')", timeout=FIRST_LOAD_MS
        )
        self.page.add_style_tag(content=NO_NOTICES)
        self._open_display()

    def _open_session(self) -> None:
        """Open the shop, where it is not open yet: counting the cash is no state of ours."""
        domain = [("config_id", "=", self._config_id), ("state", "!=", "closed")]
        if not self.call("pos.session", "search", [domain]):
            self.call("pos.config", "open_ui", [[self._config_id]])
        [session] = self.call("pos.session", "search_read", [domain, ["state"]])
        if session["state"] == "opening_control":
            self.call("pos.session", "set_opening_control", [[session["id"]], 0, ""])

    def _open_display(self) -> None:
        self.page.evaluate("() => localStorage.setItem('device_uuid', 'screenshots')")
        self._display = self.page.context.new_page()
        url = f"{self.studio.odoo}/pos_customer_display/{self._config_id}/screenshots"
        self._display.goto(url)
        self._display.wait_for_selector(".o_customer_display", timeout=FIRST_LOAD_MS)

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

    def start_refund(self) -> None:
        """Take back all products of a sale of which nothing was taken back, on a payment screen."""
        returned = ("lines.refund_orderline_ids.order_id.state", "in", ["paid", "done"])
        domain = [("config_id", "=", self._config_id), ("amount_total", ">", 0)]
        domain += [("state", "in", ["paid", "done"]), "!", returned]
        self.page.evaluate(
            """async (id) => {
                const pos = posmodel;
                const [sold] = await pos.data.loadServerOrders([["id", "=", id]]);
                const order = pos.addNewOrder();
                order.is_refund = true;
                for (const line of sold.lines) {
                    pos.models["pos.order.line"].create({
                        qty: -line.qty,
                        price_unit: line.price_unit,
                        product_id: line.product_id,
                        order_id: order,
                        tax_ids: line.tax_ids.map((tax) => ["link", tax]),
                        refunded_orderline_id: line,
                        price_type: "automatic",
                    });
                }
                pos.setOrder(order);
                pos.navigate("PaymentScreen", { orderUuid: order.uuid });
            }""",
            self.call("pos.order", "search", [domain], limit=1)[0],
        )
        self.page.wait_for_selector(".payment-screen .paymentmethod")

    def end_order(self) -> None:
        """Leave all orders, whatever became of them; nothing of them shows in later pictures."""
        self.page.context.set_offline(False)
        while self._held:
            self._held.pop().abort()
        self.page.unroute_all()
        if self._visited:
            self._visited.close()
            self._visited = None
        self.knobs(http_500_rate=0)
        self.give_time(15)
        self.accept_unconfirmed(0)
        if trace := self.trace():
            # What was accepted ends well: otherwise an alarm lies over the next pictures.
            end = "succeed" if self.payment().get("unconfirmed") else "fail"
            self.control(f"payments/{trace}/{end}", check=False)
        self.page.evaluate(
            """async () => {
                const { browser } = odoo.loader.modules.get("@web/core/browser/browser");
                browser.setTimeout = window.setTimeout.bind(window);
                document.querySelector(".o_mixpay_scene_paid .o_mixpay_lead")?.click();
                posmodel.mixpay.attempts.leave();
                const { cancelRefund } = odoo.loader.modules.get("@pos_mixpay/lazy/refunds");
                const { finalized, payment_ids: lines } = posmodel.getOrder();
                for (const line of finalized ? [] : lines.filter(({ amount }) => amount < 0)) {
                    await cancelRefund(posmodel, line);
                }
                posmodel.dialog.closeAll(true);
                const orders = posmodel.models["pos.order"].getAll();
                posmodel.navigate("ProductScreen", { orderUuid: posmodel.addNewOrder().uuid });
                orders.filter((order) => !order.finalized)
                    .forEach((order) => posmodel.removeOrder(order, false));
            }"""
        )

    def pay_in_cash(self, share: float) -> None:
        """Have a part of the order paid in cash."""
        self.page.evaluate(
            """(share) => {
                const order = posmodel.getOrder();
                const cash = posmodel.config.payment_method_ids.find((one) => one.is_cash_count);
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

    def ask_and_pay(self) -> None:
        """Have the popup say that it is paid, and stay."""
        self.linger()
        self.ask()
        self.act("succeed")
        self.wait_for("success")

    def give_time(self, minutes: int) -> None:
        """How long codes can be paid that are asked for from now on."""
        self._set_methods({"mixpay_expiry_minutes": minutes})

    def accept_unconfirmed(self, limit: float) -> None:
        """Up to which amount, in any coin, a payment counts as paid once it is seen; 0 for none."""
        coins = self.call("mixpay.asset", "search", [[("network", "!=", False)]])
        vals = {"mixpay_unconfirmed_limit": limit, "mixpay_unconfirmed_asset_ids": [(6, 0, coins)]}
        self._set_methods(vals)

    def _set_methods(self, vals: dict[str, Any]) -> None:
        methods = self.call("pos.payment.method", "search", [[("mixpay_payee_id", "!=", False)]])
        self.call("pos.payment.method", "write", [methods, vals])

    def linger(self) -> None:
        """Have what closes by itself stay for as long as pictures are taken."""
        self.page.evaluate(
            """() => {
                const { browser } = odoo.loader.modules.get("@web/core/browser/browser");
                const isShort = (ms) => !(ms > 1000 && ms < 5000);
                browser.setTimeout = (action, ms, ...others) =>
                    setTimeout(action, isShort(ms) ? ms : 60000, ...others);
            }"""
        )

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

    def payment(self) -> dict[str, Any]:
        """The order's latest payment, as the register knows it."""
        found: dict[str, Any] = self.page.evaluate(
            "(trace) => ({ ...posmodel.mixpay.service.payments.get(trace) })", self.trace()
        )
        return found

    def refund(self) -> dict[str, Any]:
        """The refund in coins of the order on the screen, as the register is told of it."""
        found: dict[str, Any] = self.page.evaluate(
            """() => posmodel.mixpay.service.request("refund_find", {
                session_id: posmodel.session.id,
                payment_uuid: posmodel.getOrder().payment_ids.at(-1).uuid,
            })"""
        )
        return found

    def pay_out(self, reference: str, txid: str) -> None:
        """Record in the back office that the coins of a refund were sent."""
        [refund] = self.call("mixpay.refund", "search", [[("reference", "=", reference)]])
        rate_at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        rate = {"rate": "1", "rate_source": "The shop's exchange", "rate_at": rate_at}
        for action, vals in {"action_start": rate, "action_record": {"txid": txid}}.items():
            [wizard] = self.call("mixpay.pay.refund", "create", [[{"refund_id": refund, **vals}]])
            self.call("mixpay.pay.refund", action, [[wizard]])

    def act(self, action: str, **details: Any) -> None:
        """What the payer, the chain or MixPay does with the payment, and have Odoo ask about it."""
        self.control(f"payments/{self.trace()}/{action}", details)

    def see(self) -> None:
        """Have MixPay see the payment, which is not confirmed yet."""
        self.act("see")
        self.wait_for("confirming")

    def open_managers(self) -> None:
        """Open the popup's menu for managers."""
        self.page.click(".o_mixpay_popup .o_mixpay_managers summary")

    def show_recent(self) -> None:
        """Open the list of recent payments."""
        self._call_lazy("showRecent")
        self.page.wait_for_selector(".o_mixpay_recent_dialog .o_mixpay_recent")

    def show_slip(self) -> None:
        """Open the slip of the order's latest payment."""
        self._call_lazy("showSlip", self.payment()["slip"])
        self.page.wait_for_selector(".o_mixpay_slip_code")

    def wait_for(self, state: str) -> None:
        """Until the popup shows a state of the payment."""
        self._until_told(f'.o_mixpay_popup .o_mixpay_status[data-state="{state}"]')

    def wait_for_line(self, status: str) -> None:
        """Until the payment's line shows a status, as Odoo's Point of Sale calls it."""
        self._until_told(f'.o_mixpay_line[data-status="{status}"]')

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

    def _call_lazy(self, name: str, *arguments: Any) -> None:
        """Call what the register loads when it is needed, by its name in `lazy/main.js`."""
        self.page.evaluate(
            """([name, values]) => {
                odoo.loader.modules.get("@pos_mixpay/lazy/main")[name](posmodel, ...values);
            }""",
            [name, list(arguments)],
        )

    def visit(self, url: str, ours: str = "html") -> None:
        """Open another page, which is then what is photographed.

        :param ours: which parts of it are the addon's
        """
        self._visited = self.page.context.new_page()
        self._visited.goto(url, timeout=FIRST_LOAD_MS)
        self._visited.wait_for_selector(ours, timeout=FIRST_LOAD_MS)
        self._looked_for = ours

    # -- pictures, and what stands behind the scenes --------------------------------------------

    def take(self, state: str, step: str | None) -> None:
        """Pictures of this state, on all devices.

        :param step: what the customer display has to show; empty for nothing of ours, None where it
            is left out
        """
        if step is not None:
            self._take_display(state, step)
        page = self._visited or self.page
        ours = self._looked_for if self._visited else OURS
        for device, size in self._devices.registers.items():
            self.studio.take(page, f"{state}.{device}{self._devices.suffix}", size, ours)
        for device, size in self._devices.looked_at.items():
            self.studio.look(page, f"{state}.{device}{self._devices.suffix}", size, ours)

    def crop(self, state: str, part: str) -> None:
        """A picture of a part of the register."""
        self.reset_size()
        self.studio.crop(self.page, f"{state}{self._devices.suffix}", part)

    def crop_visited(self, name: str) -> None:
        """A picture of the other page that was opened."""
        assert self._visited
        self.studio.crop(self._visited, name, "body")

    def _take_display(self, state: str, step: str) -> None:
        """First of all: "paid" stays there for a few seconds only."""
        if not step:
            expect(self._display.locator(STEP)).to_have_count(0)
            return
        expect(self._display.locator(STEP)).to_have_attribute("data-step", step)
        for device, size in self._devices.displays.items():
            name = f"{state}.{device}{self._devices.suffix}"
            self.studio.take(self._display, name, size)

    def reset_size(self) -> None:
        """As at first: the register of a desktop."""
        width, height = next(iter(self._devices.registers.values()))
        self.page.set_viewport_size({"width": width, "height": height})

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
