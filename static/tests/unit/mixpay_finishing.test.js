import { advanceTime, animationFrame, expect, queryAll, queryAllTexts, test } from "@odoo/hoot";
import { contains, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { ConnectionLostError } from "@web/core/network/rpc";
import { watchUnfinished } from "@pos_mixpay/lazy/finishing";
import { makePayment, noConnection, PAID, sendToRegister, setupLine, title } from "./utils";

definePosModels();

const REASON = "It needs a customer.";
const notifications = () => queryAllTexts(".o_notification").join();

/** A register with an order whose payment came while nobody looked. */
async function setupUnfinished(answers = {}) {
    const context = await setupLine({ answers });
    const { server, store, order, line } = context;
    const of = { payment_uuid: line.uuid, order_uuid: order.uuid };
    const unfinished = makePayment({ ...PAID, ...of, finish_reason: REASON });
    server.unfinished = () => ({ payments: [unfinished] });
    patchWithCleanup(store, {
        navigate: (page, { orderUuid }) => expect.step(`${page} ${orderUuid === order.uuid}`),
    });
    patchWithCleanup(store.data, { loadServerOrders: async () => expect.step("read") });
    patchWithCleanup(order, { isDirty: () => false });
    return { ...context, unfinished };
}

test("a paid order that waits for a person is shown, and opened by one tap with its money", async () => {
    const { store, order, line } = await setupUnfinished();
    store.setOrder(undefined);
    await watchUnfinished(store);
    await animationFrame();
    expect(notifications()).toInclude(REASON);
    await contains(".o_notification button:contains('Open the order')").click();
    await animationFrame();
    expect.verifySteps(["read", "PaymentScreen true"]);
    expect(store.getOrder()).toBe(order);
    expect(line.payment_status).toBe("done");
    expect(line.transaction_id).toBe(PAID.transaction_id);
});

test("an order that cannot be read now is not opened, and the cashier is told why", async () => {
    const { store } = await setupUnfinished();
    store.setOrder(undefined);
    patchWithCleanup(store.data, {
        loadServerOrders: async () => {
            throw new ConnectionLostError("/web/dataset/call_kw");
        },
    });
    await watchUnfinished(store);
    await animationFrame();
    await contains(".o_notification button:contains('Open the order')").click();
    await animationFrame();
    expect(title()).toBe("MixPay is not available");
    expect(queryAllTexts(".modal-body").join()).toInclude("No connection to the Odoo server");
    expect(store.getOrder()).toBe(undefined);
    expect.verifySteps([]);
});

test("what is changed here is opened as it is", async () => {
    const { order, store } = await setupUnfinished();
    patchWithCleanup(order, { isDirty: () => true });
    await watchUnfinished(store);
    await animationFrame();
    await contains(".o_notification button:contains('Open the order')").click();
    expect.verifySteps(["PaymentScreen true"]);
});

test("it is shown once, again for another reason, and no more when it is finished", async () => {
    const { server, store, unfinished } = await setupUnfinished();
    const news = async () => {
        await sendToRegister(store, "MIXPAY_UNFINISHED", { id: unfinished.id });
        await advanceTime(500);
        await animationFrame();
        return queryAll(".o_notification").length;
    };
    await watchUnfinished(store);
    expect(await news()).toBe(1);
    unfinished.finish_reason = "Something was not sent to the kitchen yet.";
    expect(await news()).toBe(1);
    expect(notifications()).toInclude("kitchen");
    server.unfinished = () => ({ payments: [] });
    expect(await news()).toBe(0);
});

test("of two answers that overtake each other the one to the later question holds", async () => {
    const { server, store, unfinished } = await setupUnfinished();
    const news = () => sendToRegister(store, "MIXPAY_UNFINISHED", { id: unfinished.id });
    server.unfinished = () => ({ payments: [] });
    await watchUnfinished(store);
    const { promise, resolve } = Promise.withResolvers();
    server.unfinished = () => promise;
    const first = news();
    await advanceTime(10);
    server.unfinished = () => ({ payments: [] });
    await news();
    resolve({ payments: [unfinished] });
    await first;
    await animationFrame();
    expect(notifications()).toBe("");
});

test("after core replaced a closed session, the open one is asked about", async () => {
    const { server, store, order } = await setupUnfinished();
    const { session } = store;
    const id = session.id + 1;
    store.models["pos.session"].create({ ...session.raw, id });
    store.models["pos.session"].deleteMany([session], { silent: true });
    store.setOrder(order);
    await watchUnfinished(store);
    await sendToRegister(store, "MIXPAY_ASK", { id: 7 });
    expect(server.callsTo("unfinished")).toEqual([{ session_id: id }]);
    expect(server.callsTo("mine")[0].session_id).toBe(id);
    expect(store.mixpay.service.payments.state.isFailing).toBe(false);
});

test("a server that is not reached changes nothing", async () => {
    const { server, store } = await setupUnfinished();
    server.unfinished = noConnection;
    await watchUnfinished(store);
    await animationFrame();
    expect(notifications()).toBe("");
    expect(store.mixpay.service.payments.state.isOffline).toBe(true);
});

test("asked who is at work: the order on the screen, and what is changed here", async () => {
    const { server, store, order } = await setupUnfinished();
    const other = store.addNewOrder();
    patchWithCleanup(other, { isDirty: () => true });
    patchWithCleanup(store.mixpay.saving, { save: async () => expect.step("saved") });
    store.setOrder(order);
    await watchUnfinished(store);
    await sendToRegister(store, "MIXPAY_ASK", { id: 7 });
    const [{ payment_id, order_uuids, unsaved_uuids }] = server.callsTo("mine");
    expect(payment_id).toBe(7);
    expect(order_uuids[0]).toBe(order.uuid);
    expect(order_uuids).toInclude(other.uuid);
    expect(unsaved_uuids).toInclude(other.uuid);
    expect(unsaved_uuids).not.toInclude(order.uuid);
    expect.verifySteps([]); // the one that it is about is saved
    server.mine = () => other.uuid;
    await sendToRegister(store, "MIXPAY_ASK", { id: 7 });
    expect.verifySteps(["saved"]);
});

async function isNotAtWork(leave) {
    const { server, store } = await setupUnfinished();
    for (const order of store.getOpenOrders()) {
        patchWithCleanup(order, { isDirty: () => false });
    }
    leave(store);
    await watchUnfinished(store);
    await sendToRegister(store, "MIXPAY_ASK", { id: 7 });
    expect(server.callsTo("mine")).toEqual([]);
}

test("asked who is at work: a register that is not says nothing", () =>
    isNotAtWork((store) => store.setOrder(undefined)));

test("asked who is at work: nor does one that is locked, whatever was on its screen", () =>
    isNotAtWork((store) => store.resetCashier()));
