import { Component, xml } from "@odoo/owl";
import { advanceTime, animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { registry } from "@web/core/registry";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { start } from "@pos_mixpay/lazy/start";
import {
    ABANDONED,
    mergeAsCore,
    sendToRegister,
    setup,
    setupTable,
    TRACE,
    untilAsked,
} from "./utils";

// A screen whose order is gone (merged with another one, or deleted elsewhere), or that nobody touches.

definePosModels();

const popup = ".o_mixpay_popup";
const notices = () => queryAllTexts(".o_notification_content").join();

/** The screen that the register's address names, as core's frame shows it. */
class Page extends Component {
    static template = xml`<t t-component="pos.router.page.component" t-props="pos.router.page.params"/>`;
    static props = [];
    setup() {
        this.pos = usePos();
    }
}

async function openScreen(store, name, order, isAllLoaded = true) {
    store.mixpay.start(); // once more, with its method there
    if (isAllLoaded) {
        await start(store);
    }
    // The tests' page has another address than a register's.
    store.router.navigate = (current, params) =>
        Object.assign(store.router.state, { current, params });
    store.setOrder(order);
    store.navigate(name, { orderUuid: order.uuid });
    await mountWithCleanup(Page);
    await animationFrame();
}

/** Until the screen is drawn on which the register goes on, and what it asks is answered. */
async function untilDrawn() {
    for (let frame = 0; frame < 4; frame++) {
        await advanceTime(200);
        await animationFrame();
    }
}

const shown = ({ router }) => [router.state.current, router.state.params.orderUuid];

test("gone: of two devices at one table, the payment screen goes on with the one order", async () => {
    const { store, order, other, line } = await setupTable();
    line.delete();
    await openScreen(store, "PaymentScreen", order);
    expect(".payment-screen .total").toHaveCount(1);
    await mergeAsCore(store, order, other);
    await untilDrawn();
    expect(shown(store)).toEqual(["PaymentScreen", other.uuid]);
    expect(".payment-screen .total").toHaveCount(1);
    expect(store.getOrder().totalDue).toBe(17.85);
    expect(notices()).toInclude("both are order");
    expect(store.getOrder().uuid).toBe(other.uuid);
});

test("gone: also within the seconds before all of MixPay is loaded", async () => {
    const { store, order, other, line } = await setupTable();
    line.delete();
    await openScreen(store, "PaymentScreen", order, false);
    await mergeAsCore(store, order, other);
    await untilDrawn();
    expect(shown(store)).toEqual(["PaymentScreen", other.uuid]);
    expect(".payment-screen .total").toHaveCount(1);
});

test("gone: the code that a customer is looking at goes on, too", async () => {
    const { server, store, order, other, line } = await setupTable();
    await openScreen(store, "PaymentScreen", order);
    line.pay();
    await untilAsked();
    expect(`${popup} .o_mixpay_qr`).toHaveCount(1);
    await mergeAsCore(store, order, other);
    await untilDrawn();
    expect(shown(store)).toEqual(["PaymentScreen", other.uuid]);
    expect(".payment-screen .paymentline").toHaveCount(1);
    expect(line.payment_status).toBe("waitingCard");
    expect(server.callsTo("resume")).toHaveLength(1);
    expect(server.callsTo("create")).toHaveLength(1);
    expect(server.callsTo("cancel")).toEqual([]);
});

test("idle: what the timers of the register and of all its modules do leaves a code there", async () => {
    const { server, store, order, line } = await setupTable();
    store.config.module_pos_restaurant = true;
    await openScreen(store, "PaymentScreen", order);
    line.pay();
    await untilAsked();
    expect(store.idleTimeout.length).toBeGreaterThan(1);
    for (const { action } of store.idleTimeout) {
        action();
        await untilDrawn();
        expect(shown(store)).toEqual(["PaymentScreen", order.uuid]);
        expect(`${popup} .o_mixpay_qr`).toHaveCount(1);
    }
    expect(server.callsTo("cancel")).toEqual([]);
});

test("idle: a register that is locked shows no code, and goes on with it afterwards", async () => {
    const { server, store, order, line } = await setupTable();
    await openScreen(store, "PaymentScreen", order);
    line.pay();
    await untilAsked();
    await store.showLoginScreen();
    await untilDrawn();
    expect(popup).toHaveCount(0);
    store.setCashier(store.user);
    store.navigate("PaymentScreen", { orderUuid: order.uuid });
    await untilDrawn();
    expect(`${popup} .o_mixpay_qr`).toHaveCount(1);
    expect(server.callsTo("cancel")).toEqual([]);
});

/** Another register deleted it: core takes its records away. */
function forget(store, order) {
    const lines = [...order.payment_ids];
    store.models["pos.order"].deleteMany([order], { silent: true });
    store.models["pos.payment"].deleteMany(lines, { silent: true });
}

test("gone: deleted on another device under a code, the register sells on", async () => {
    const { server, store, order, line } = await setupTable();
    await openScreen(store, "PaymentScreen", order);
    line.pay();
    await untilAsked();
    forget(store, order);
    Object.assign(server.payment, ABANDONED);
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    await untilDrawn();
    expect(shown(store)).toEqual(["ProductScreen", store.getOrder().uuid]);
    expect(popup).toHaveCount(0);
    expect(".payment-screen").toHaveCount(0);
    expect(notices()).toInclude("was deleted or finished elsewhere");
    expect(store.mixpay.service.payments.isFinal(TRACE)).toBe(true);
});

test("gone: merged on another device, which cancels what is left of it, the register sells on", async () => {
    const { store, order, line } = await setupTable();
    line.delete();
    await openScreen(store, "PaymentScreen", order);
    order.update({ state: "cancel" });
    await untilDrawn();
    expect(shown(store)).toEqual(["ProductScreen", store.getOrder().uuid]);
    expect(notices()).toInclude("was deleted or finished elsewhere");
});

test("gone: a screen of another module leads on, too", async () => {
    const pages = registry.category("pos_pages");
    class OtherScreen extends Component {
        static template = xml`<b class="other" t-esc="currentOrder.totalDue"/>`;
        static props = ["orderUuid"];
        setup() {
            this.pos = usePos();
        }
        get currentOrder() {
            return this.pos.models["pos.order"].getBy("uuid", this.props.orderUuid);
        }
    }
    const route = "/pos/ui/1/other/{string:orderUuid}";
    pages.add("OtherScreen", { name: "OtherScreen", component: OtherScreen, route });
    try {
        const { store, order, other, line } = await setupTable();
        line.delete();
        await openScreen(store, "OtherScreen", order);
        expect(".other").toHaveText("17.85");
        await mergeAsCore(store, order, other);
        await untilDrawn();
        expect(shown(store)[0]).toBe("ProductScreen");
        expect(".other").toHaveCount(0);
    } finally {
        pages.remove("OtherScreen");
    }
});

test("gone: a receipt whose order is taken away makes room", async () => {
    const { store, order } = await setup();
    order.state = "paid";
    await openScreen(store, "ReceiptScreen", order);
    expect(".receipt-screen").toHaveCount(1);
    forget(store, order);
    await untilDrawn();
    expect(shown(store)).toEqual(["ProductScreen", store.getOrder().uuid]);
    expect(".receipt-screen").toHaveCount(0);
});
