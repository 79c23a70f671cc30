import { animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import { contains, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";
import { serveNext, watchAside } from "@pos_mixpay/lazy/aside";
import { DETECTED, FAILED, makePayment, PAID, setupLine } from "./utils";

definePosModels();

const notifications = () => queryAllTexts(".o_notification").join();

/** A register that serves the next customer while the payment of an order is waited for. */
async function setupAside() {
    const context = await setupLine();
    const { store, order, line } = context;
    const steps = [];
    patchWithCleanup(store, {
        navigate(page, { orderUuid }) {
            steps.push([page, orderUuid]);
            this.setOrder(this.models["pos.order"].getBy("uuid", orderUuid));
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

test("what was not paid, or short, is told once for each state", async () => {
    const { hear } = await setupAside();
    const short = { state: "paid_less", state_text: "Short", remaining: { currency: "$ 2.00" } };
    await hear(short);
    await hear(short);
    await hear({ ...FAILED, state_text: "Not paid" });
    const texts = queryAllTexts(".o_notification_content");
    expect(texts.filter((text) => text.includes("Short"))).toHaveLength(1);
    expect(texts.filter((text) => text.includes("Not paid"))).toHaveLength(1);
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
