import { advanceTime, expect, test } from "@odoo/hoot";
import {
    makeServerError,
    MockServer,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { watchReloads } from "@pos_mixpay/lazy/reloading";
import { makePayment, noConnection, PAID, sendToRegister, setup, TRACE, untilAsked } from "./utils";

// Core puts what it reads from the server in the place of what is known here. The answer may be older
// than what happened in the meantime, and core takes for sent what it never sent.

definePosModels();

/** The server's answers to a call: they are what was true at once, and come when they are let go. */
function delay(model, method) {
    const { promise, resolve } = Promise.withResolvers();
    onRpc(model, method, async ({ parent }) => {
        const answer = JSON.parse(JSON.stringify(await parent()));
        await promise;
        return answer;
    });
    return resolve;
}

/** On news of another register, and for a list of orders. */
const NEWS = {
    call: ["pos.config", "read_config_open_orders"],
    read: (store) => store.deviceSync.readDataFromServer(),
};
const LIST = {
    call: ["pos.order", "read_pos_orders"],
    read: (store, order) => store.data.loadServerOrders([["id", "=", order.id]]),
};

/** A saved order that core reads again: `letGo` ends that. */
async function setupReading({ call, read }) {
    const context = await setup();
    const { store, order, method } = context;
    await store.syncAllOrders({ orders: [order] });
    store.deviceSync.constructOrdersDomain = () => ({ domain: {}, recordIds: {} });
    watchReloads(store);
    const tap = () => {
        const { data: line } = order.addPaymentline(method);
        line.pay();
        return line;
    };
    const begin = () => {
        const resolve = delay(...call);
        const reading = read(store, order);
        return async () => {
            resolve();
            await reading;
        };
    };
    return { ...context, tap, begin };
}

async function payFor({ server, store }) {
    Object.assign(server.payment, PAID);
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
}

function expectPaid(order, line) {
    expect(line.pos_order_id?.uuid).toBe(order.uuid);
    expect(order.payment_ids.map(({ uuid }) => uuid)).toEqual([line.uuid]);
    expect(line.payment_status).toBe("done");
    expect(line.transaction_id).toBe(TRACE);
    expect(order.isPaid()).toBe(true);
}

async function isTappedMeanwhile(reading) {
    const context = await setupReading(reading);
    const letGo = context.begin();
    const line = context.tap();
    await letGo();
    await untilAsked();
    await advanceTime(500);
    expect(line.isSynced).toBe(true);
    await payFor(context);
    expectPaid(context.order, line);
}

test("tapped while core reads the order on another's news: the line is saved, and paid", () =>
    isTappedMeanwhile(NEWS));

test("tapped while core reads the order for a list: the line is saved, and paid", () =>
    isTappedMeanwhile(LIST));

async function isSavedMeanwhile(reading) {
    const context = await setupReading(reading);
    const letGo = context.begin();
    const line = context.tap();
    await untilAsked();
    await advanceTime(500);
    expect(line.isSynced).toBe(true);
    await letGo();
    await payFor(context);
    expectPaid(context.order, line);
}

test("read on another's news before the line was saved: it stays in its order", () =>
    isSavedMeanwhile(NEWS));

test("read for a list before the line was saved: it stays in its order", () =>
    isSavedMeanwhile(LIST));

async function isPaidMeanwhile(reading) {
    const context = await setupReading(reading);
    const { order, store } = context;
    const line = context.tap();
    await untilAsked();
    await advanceTime(500);
    const letGo = context.begin();
    await payFor(context);
    const sent = [];
    onRpc("pos.order", "sync_from_ui", ({ args, parent }) => {
        sent.push(...args[0].flatMap(({ payment_ids }) => payment_ids));
        return parent();
    });
    await letGo();
    expectPaid(order, line);
    expect(order.isDirty()).toBe(true);
    await store.syncAllOrders({ orders: [order] });
    expect(sent.some(([, , values]) => values?.payment_status === "done")).toBe(true);
    expectPaid(order, line);
}

test("read on another's news before the money came: the line stays paid, and is sent so", () =>
    isPaidMeanwhile(NEWS));

test("read for a list before the money came: the line stays paid, and is sent so", () =>
    isPaidMeanwhile(LIST));

test("saved by core when the network is back, before the money came: the line stays paid", async () => {
    const context = await setupReading(NEWS);
    const { order, store, tap } = context;
    const line = tap();
    await untilAsked();
    await advanceTime(500);
    order.general_customer_note = "A gift";
    store.addPendingOrder([order.id]);
    const letGo = delay("pos.order", "sync_from_ui");
    window.dispatchEvent(new CustomEvent("pos-network-online"));
    await advanceTime(200);
    await payFor(context);
    expectPaid(order, line);
    letGo();
    await advanceTime(200);
    expectPaid(order, line);
});

/** A new order that core is saving when MixPay is tapped. */
async function setupSaving() {
    const context = await setup();
    const { store, order, method } = context;
    watchReloads(store);
    const letGo = delay("pos.order", "sync_from_ui");
    const saving = store.syncAllOrders({ orders: [order] });
    await advanceTime(10);
    const { data: line } = order.addPaymentline(method);
    line.pay();
    await untilAsked();
    return { ...context, line, letGo, saving };
}

test("tapped while core saves a new order: the line is saved, too, and paid", async () => {
    const { letGo, saving, ...context } = await setupSaving();
    const { order, line } = context;
    letGo();
    await saving;
    await advanceTime(500);
    expect(line.isSynced).toBe(true);
    await payFor(context);
    expectPaid(order, line);
});

test("what the server refuses to save is not sent again and again", async () => {
    const { letGo, saving, order } = await setupSaving();
    letGo();
    onRpc("pos.order", "sync_from_ui", () => {
        expect.step("refused");
        throw makeServerError({ description: "This session is closed." });
    });
    await saving;
    await advanceTime(5000);
    expect.verifySteps(["refused", "refused"]); // once more, as after every refusal
    expect(order.isSynced).toBe(true);
});

test("screen: paid while core puts its answer in place: the sale finishes by itself", async () => {
    const context = await setup({ autoValidate: true });
    const { store, order, method } = context;
    watchReloads(store);
    const letGo = delay("pos.order", "sync_from_ui");
    const saving = store.syncAllOrders({ orders: [order] });
    await advanceTime(10);
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    screen.validateOrder = () => expect.step("validated");
    await screen.addNewPaymentLine(method);
    await untilAsked();
    const [line] = order.payment_ids;
    const placed = Promise.withResolvers();
    store.postSyncAllOrders = () => placed.promise; // as other modules do something there
    letGo();
    await advanceTime(100);
    expect(order.isSynced).toBe(true);
    expect(line.pos_order_id).toBe(undefined); // the order has another id by now
    await payFor(context);
    await advanceTime(100);
    expect.verifySteps([]);
    placed.resolve();
    await saving;
    await advanceTime(100);
    expect.verifySteps(["validated"]);
    expectPaid(order, line);
});

const OTHER_TRACE = "5a1b8c1e-6c0f-4c1e-9f0a-1d2e3f405163";

/** A line that was cancelled here, and that core reads as another register has saved it. */
async function readsSavedLine(saved, resume) {
    const context = await setupReading(NEWS);
    const { begin, server, store, tap } = context;
    const line = tap();
    await untilAsked();
    await advanceTime(500);
    await store.mixpay.attempts.cancelPayment(line);
    await store.syncAllOrders({ orders: [context.order] });
    expect(line.payment_status).toBe("retry");
    MockServer.env["pos.payment"].write([line.id], saved);
    server.resume = () => resume(server.payment);
    await begin()();
    await advanceTime(100);
    return { ...context, line };
}

const readsWaitingLine = (resumed) =>
    readsSavedLine({ payment_status: "waitingCard" }, (payment) =>
        makePayment({ ...payment, ...resumed })
    );

/** The same, where that other register's payment was paid. */
const readsPaidLine = (resume) =>
    readsSavedLine({ payment_status: "done", transaction_id: OTHER_TRACE }, resume);

test("a code that another register asked for anew lives: its line is not called cancelled", async () => {
    const anew = { id: 8, trace_id: OTHER_TRACE, line_status: "waitingCard", is_abandoned: false };
    const { server, store, line } = await readsWaitingLine({ ...anew, state_text: "Waiting" });
    expect(server.callsTo("resume")).toEqual([
        { session_id: store.session.id, payment_uuid: line.uuid },
    ]);
    expect(line.payment_status).toBe("waitingCard");
    expect(store.mixpay.service.payments.getOfLine(line.uuid).state_text).toBe("Waiting");
});

test("nor does it wait where the server knows no newer payment", async () => {
    const { line } = await readsWaitingLine({});
    expect(line.payment_status).toBe("retry");
});

test("a line that another register's payment has paid is not called cancelled", async () => {
    const paid = { ...PAID, id: 8, trace_id: OTHER_TRACE, transaction_id: OTHER_TRACE };
    const { order, store, line } = await readsPaidLine((payment) =>
        makePayment({ ...payment, ...paid, is_abandoned: false })
    );
    expect(line.payment_status).toBe("done");
    expect(line.transaction_id).toBe(OTHER_TRACE);
    expect(order.isPaid()).toBe(true);
    expect(store.mixpay.service.payments.traceOfLine(line.uuid)).toBe(OTHER_TRACE);
});

test("nor where that payment cannot be looked up now", async () => {
    const { line } = await readsPaidLine(noConnection);
    expect(line.payment_status).toBe("done");
});
