import { animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import { contains, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";
import { serveNext, watchAside } from "@pos_mixpay/lazy/aside";
import { noticesOf } from "@pos_mixpay/lazy/notices";
import { DETECTED, FAILED, makePayment, PAID, setupLine } from "./utils";

definePosModels();

const SHORT = { state: "paid_less", state_text: "Short", remaining: { currency: "$ 2.00" } };
const notifications = () => queryAllTexts(".o_notification").join();

/** A register that serves the next customer while the payment of an order is waited for. */
async function setupAside() {
    const context = await setupLine();
    const { store, order, line } = context;
    const steps = [];
    patchWithCleanup(store, {
        navigate(page, { orderUuid }) {
            steps.push([page, orderUuid]);
            this.getOrder()?.setScreenData({ name: page, props: { orderUuid } }); // as core does
        },
    });
    store.setOrder(order);
    watchAside(store);
    const { payments } = store.mixpay.service;
    const of = { payment_uuid: line.uuid, order_uuid: order.uuid };
    payments.attach(makePayment(of));
    serveNext(store, line);
    const hear = async (values) => {
        payments.store(makePayment({ ...of, ...values }));
        await animationFrame();
    };
    return { ...context, hear, steps };
}

test("the next customer gets an order of their own, and the first is resumed where it was", async () => {
    const { store, order, steps } = await setupAside();
    expect(steps).toHaveLength(1);
    expect(steps[0][0]).toBe("ProductScreen");
    expect(store.getOrder().uuid).not.toBe(order.uuid);
    expect(store.getOrder().isEmpty()).toBe(true);
    expect(order.getScreenData().name).toBe("PaymentScreen");
    expect(order.payment_ids).toHaveLength(1);
});

test("the next customer's products go into the order on the screen, also one that was there", async () => {
    const { store, order, line, steps } = await setupAside();
    const empty = store.getOrder();
    store.getEmptyOrder = () => empty;
    store.setOrder(order); // it was looked after, and still waits
    serveNext(store, line);
    expect(steps.at(-1)).toEqual(["ProductScreen", empty.uuid]);
    expect(store.getOrder().uuid).toBe(empty.uuid);
    expect(order.getScreenData().name).toBe("PaymentScreen");
});

test("at a restaurant's counter the next customer does not get a table's empty order", async () => {
    const { store, order, line } = await setupAside();
    const ofTable = store.addNewOrder();
    ofTable.table_id = { id: 7 }; // of pos_restaurant, which need not be installed
    store.getEmptyOrder = () => ofTable;
    store.setOrder(order);
    serveNext(store, line);
    const { uuid } = store.getOrder();
    expect([order.uuid, ofTable.uuid]).not.toInclude(uuid);
    expect(store.getOrder().isEmpty()).toBe(true);
});

test("who is at work on another order stays there", async () => {
    const { store, line, steps } = await setupAside();
    const current = store.getOrder();
    serveNext(store, line);
    expect(steps).toHaveLength(1);
    expect(store.getOrder()).toBe(current);
});

test("what was paid meanwhile is told until it is seen, and one click returns to it", async () => {
    const { hear, order, steps } = await setupAside();
    await hear(PAID);
    expect(notifications()).toInclude("received for order");
    await contains(".o_notification button:contains('Open the order')").click();
    expect(steps.at(-1)).toEqual(["PaymentScreen", order.uuid]);
});

test("what was not paid, or short, is told once for each state, as long as it is so", async () => {
    const { hear } = await setupAside();
    const texts = () => queryAllTexts(".o_notification_content");
    await hear(SHORT);
    await hear(SHORT);
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toInclude("Short");
    await hear({ ...FAILED, state_text: "Not paid" });
    expect(texts()).toHaveLength(1);
    expect(texts()[0]).toInclude("Not paid");
});

test("what is missing is told anew when less is, unless the cashier has read it", async () => {
    const { hear } = await setupAside();
    await hear({ ...SHORT, state_text: "$ 2.00 missing" });
    await hear({ ...SHORT, state_text: "$ 1.00 missing" });
    expect(notifications()).toInclude("$ 1.00 missing");
    expect(notifications()).not.toInclude("$ 2.00 missing");
    await contains(".o_notification_close").click();
    await hear({ ...SHORT, state_text: "$ 0.50 missing" });
    expect(notifications()).toBe("");
});

test("what was short and is paid now leaves its room to that", async () => {
    const { hear, store } = await setupAside();
    noticesOf(store).add("Another notice that stays.");
    await hear(SHORT);
    expect(notifications()).toInclude("Short");
    await hear({ ...PAID, remaining: false });
    await animationFrame();
    expect(notifications()).not.toInclude("Short");
    expect(notifications()).toInclude("received for order");
    expect(notifications()).toInclude("Another notice");
});

test("what was accepted and is confirmed now is told so", async () => {
    const { hear } = await setupAside();
    await hear({ ...DETECTED, line_status: "done", unconfirmed: true });
    await animationFrame();
    expect(notifications()).toInclude("not confirmed yet");
    await hear({ ...PAID, unconfirmed: false });
    await animationFrame();
    expect(notifications()).not.toInclude("not confirmed yet");
    expect(notifications()).toInclude("received for order");
});

test("an order's notice is gone when the order is opened, in whichever way", async () => {
    const { hear, store, order } = await setupAside();
    const next = store.getOrder();
    await hear(SHORT);
    await contains(".o_notification button:contains('Open the order')").click();
    await animationFrame();
    expect(notifications()).toBe("");
    store.setOrder(next);
    await hear({ ...FAILED, state_text: "Not paid" });
    expect(notifications()).toInclude("Not paid");
    store.setOrder(order); // from the list of orders
    await animationFrame();
    expect(notifications()).toBe("");
});

test("what is on the screen, or was given up here, is no news", async () => {
    const { hear, store, order } = await setupAside();
    await hear({ ...FAILED, is_abandoned: true });
    store.setOrder(order);
    await hear(FAILED);
    expect(notifications()).toBe("");
});

test("the list of orders says how a payment stands", async () => {
    const { hear, store, order } = await setupAside();
    const list = { pos: store, state: {} };
    const statusOf = (one) => TicketScreen.prototype.getStatus.call(list, one);
    await hear(DETECTED);
    expect(statusOf(order)).toBe("MixPay: Payment seen");
});
