import { Component, useState, xml } from "@odoo/owl";
import { advanceTime, animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import { contains, getService, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { finishesByItself } from "@pos_mixpay/app/lines";
import {
    ABANDONED,
    DETECTED,
    FAILED,
    noConnection,
    PAID,
    sendToRegister,
    setup,
    setupLine,
    setupScreen,
    TRACE,
    untilAsked,
} from "./utils";

// What starts and what finishes without anybody asking for it.

definePosModels();

const popup = ".o_mixpay_popup";

const open = ({ order }) => mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });

function addCash({ store, order }, amount) {
    return store.models["pos.payment"].create({
        pos_order_id: order,
        payment_method_id: store.config.payment_method_ids.find((one) => one.is_cash_count),
        amount,
    });
}

/** A MixPay line of 13.97 that waits for its customer; 3.88 in cash were only typed. */
async function setupParts(options) {
    const context = await setupLine({ autoValidate: true, ...options });
    context.line.setAmount(13.97);
    Object.assign(context.server.payment, { amount: "13.97" });
    addCash(context, 3.88);
    return context;
}

test("screen: reopened or reloaded, what was only typed in cash validates nothing", async () => {
    const context = await setupParts();
    const { server, order, line } = context;
    line.payment_status = "waitingCard";
    Object.assign(server.payment, PAID);
    await open(context);
    await advanceTime(500);
    expect(line.payment_status).toBe("done");
    expect(order.isPaid()).toBe(true);
    expect(order.state).toBe("draft");
});

test("screen: nor when the line was paid before it was opened", async () => {
    const context = await setupParts();
    const { server, order, line } = context;
    line.pay();
    await untilAsked();
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    await open(context);
    await advanceTime(500);
    expect(line.payment_status).toBe("done");
    expect(order.state).toBe("draft");
});

test("screen: nor when the customer pays the rest while it is open", async () => {
    const { server, store, order, screen } = await setupScreen({ autoValidate: true });
    await contains(".o_mixpay_cancel").click();
    screen.deletePaymentLine(order.payment_ids[0].uuid);
    addCash({ store, order }, 3.88);
    Object.assign(server.payment, { line_status: "waitingCard", is_abandoned: false });
    await screen.addNewPaymentLine(order.payment_ids[0] && store.config.payment_method_ids.at(-1));
    await untilAsked();
    expect(popup).toHaveCount(1);
    Object.assign(server.payment, PAID);
    await advanceTime(1500);
    expect(order.isPaid()).toBe(true);
    expect(order.state).toBe("draft");
    await advanceTime(2000);
    expect(popup).toHaveCount(0);
});

test("screen: nor when another register, or the bus, says that it is paid", async () => {
    const context = await setupParts();
    const { server, store, order, line } = context;
    line.payment_status = "retry";
    await open(context);
    server.payment.payment_uuid = line.uuid;
    await getService("pos_mixpay").refresh(server.payment.trace_id);
    Object.assign(server.payment, PAID);
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    await advanceTime(500);
    expect(line.payment_status).toBe("done");
    expect(order.state).toBe("draft");
});

test("screen: another MixPay code that still lives is not cancelled by finishing", async () => {
    const { order, line, store, method } = await setupLine();
    line.payment_status = "done";
    expect(finishesByItself(order)).toBe(true);
    const other = store.models["pos.payment"].create({
        pos_order_id: order,
        payment_method_id: method,
        amount: 5,
    });
    other.payment_status = "waitingCard";
    expect(finishesByItself(order)).toBe(false);
    other.payment_status = "retry";
    expect(finishesByItself(order)).toBe(true);
    addCash({ store, order }, 0);
    expect(finishesByItself(order)).toBe(true);
    addCash({ store, order }, 0.01);
    expect(finishesByItself(order)).toBe(false);
});

test("screen: a line with no payment behind it starts no code when it is opened", async () => {
    const context = await setupLine({ answers: { resume: () => false } });
    const { server, store, line } = context;
    line.payment_status = "waitingCard";
    await open(context);
    await untilAsked();
    expect(server.callsTo("create")).toEqual([]);
    expect(popup).toHaveCount(0);
    expect(line.payment_status).toBe("retry");
    expect(store.paymentTerminalInProgress).toBe(false);
});

const cashOf = ({ config }) => config.payment_method_ids.find((one) => one.is_cash_count);

for (const [trouble, isOffline, calls] of [
    ["fails", false, 1],
    ["cannot even be sent", true, 0],
]) {
    test(`screen: a line whose look-up ${trouble} waits on, and no other tender removes it`, async () => {
        const context = await setupLine({ answers: { resume: noConnection } });
        const { server, store, order, line } = context;
        line.payment_status = "waitingCard";
        store.data.network.offline = isOffline;
        const screen = await open(context);
        await untilAsked();
        expect(server.callsTo("resume")).toHaveLength(calls);
        expect(store.paymentTerminalInProgress).toBe(false);
        expect(line.payment_status).toBe("waitingCard");
        expect(await screen.addNewPaymentLine(cashOf(store))).toBe(false);
        expect(order.payment_ids.map(({ uuid }) => uuid)).toEqual([line.uuid]);
        expect(server.callsTo("create")).toEqual([]);
    });
}

/** A line that waits, and nobody here knows for what: its alert is read. */
async function setupUnheard() {
    const context = await setupLine();
    const { server, line } = context;
    const resume = server.resume;
    server.resume = noConnection;
    line.payment_status = "waitingCard";
    const screen = await open(context);
    await untilAsked();
    await contains(".modal-footer .btn-primary").click();
    return { ...context, screen, resume };
}

test("screen: looked up again, such a line goes on with what the server knows", async () => {
    const { server, line, resume } = await setupUnheard();
    expect(".o_mixpay_show_qr").toHaveText("Try again", { message: "as the cashier was told" });
    server.resume = resume;
    await contains(".o_mixpay_show_qr").click();
    await untilAsked();
    expect(popup).toHaveCount(1);
    expect(server.callsTo("create")).toEqual([]);
    Object.assign(server.payment, PAID);
    await advanceTime(1500);
    expect(line.payment_status).toBe("done");
});

test("screen: looked up again, such a line is free when there is no payment", async () => {
    const { server, store, order, line, screen } = await setupUnheard();
    server.resume = () => false;
    await contains(".o_mixpay_show_qr").click();
    await untilAsked();
    expect(line.payment_status).toBe("retry");
    expect(await screen.addNewPaymentLine(cashOf(store))).toBe(true);
    expect(order.payment_ids).toHaveLength(1);
    expect(order.isPaid()).toBe(true);
});

test("screen: such a line is cancelled when its payment could be found, not before", async () => {
    const { server, order, line, terminal, resume } = await setupUnheard();
    expect(await terminal.sendPaymentCancel(order, line.uuid)).toBe(false);
    await animationFrame();
    expect(queryAllTexts(".modal-body").join()).toInclude("the customer could still pay");
    expect(server.callsTo("cancel")).toEqual([]);
    server.resume = resume;
    expect(await terminal.sendPaymentCancel(order, line.uuid)).toBe(true);
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
    expect(line.payment_status).toBe("retry");
});

test("screen: a code that was given up elsewhere is not begun anew", async () => {
    const context = await setupLine();
    const { server, line } = context;
    line.payment_status = "waitingCard";
    Object.assign(server.payment, ABANDONED);
    await open(context);
    await untilAsked();
    await animationFrame();
    expect(server.callsTo("create")).toEqual([]);
    expect(popup).toHaveCount(0);
    expect(".o_mixpay_line_text").toHaveText("Cancelled at the register");
});

test("screen: a live code for what is due no more is not shown, but what to do", async () => {
    const context = await setupLine();
    const { line, store, server } = context;
    line.payment_status = "waitingCard";
    addCash(context, 10);
    await open(context);
    await untilAsked();
    await advanceTime(3000);
    expect(popup).toHaveCount(0);
    expect(line.payment_status).toBe("waitingCard");
    expect(queryAllTexts(".o_mixpay_hint").join()).toInclude("only $ 7.85 is due now");
    expect(store.mixpay.attempts.has(line)).toBe(true);
    Object.assign(server.payment, DETECTED);
    await advanceTime(3000);
    expect(line.payment_status).toBe("waitingCapture");
});

test("screen: left before the server answered, no code comes up elsewhere", async () => {
    const answer = Promise.withResolvers();
    const context = await setupLine({ answers: { resume: () => answer.promise } });
    const { server, store, line } = context;
    line.payment_status = "waitingCard";
    await open(context);
    expect(store.paymentTerminalInProgress).toBe(true);
    store.mixpay.attempts.leave();
    answer.resolve(Object.assign(server.payment, { payment_uuid: line.uuid }));
    await untilAsked();
    await animationFrame();
    expect(popup).toHaveCount(0);
    expect(store.paymentTerminalInProgress).toBe(false);
    expect(line.payment_status).toBe("waitingCard");
});

test("screen: where MixPay is the only method, entering adds a line and asks nobody to pay", async () => {
    const { server, store, method, order } = await setup();
    store.config.update({ payment_method_ids: [["clear"], ["link", method]] });
    await open({ order });
    await untilAsked();
    expect(order.payment_ids).toHaveLength(1);
    expect(order.payment_ids[0].payment_status).toBe("pending");
    expect(server.callsTo("create")).toEqual([]);
    await contains(".o_mixpay_retry").click();
    await untilAsked();
    expect(server.callsTo("create")).toHaveLength(1);
    expect(popup).toHaveCount(1);
});

test("screen: another order opened on the same screen goes on, and the first one waits", async () => {
    const { server, store, order, line } = await setupLine();
    line.payment_status = "waitingCard";
    const other = store.addNewOrder();
    class Page extends Component {
        static components = { PaymentScreen };
        static template = xml`<PaymentScreen orderUuid="state.orderUuid"/>`;
        static props = [];
        setup() {
            this.state = useState({ orderUuid: other.uuid });
        }
    }
    const { state } = await mountWithCleanup(Page);
    await untilAsked();
    expect(popup).toHaveCount(0);
    for (let times = 1; times < 3; times++) {
        state.orderUuid = order.uuid;
        await untilAsked();
        await animationFrame();
        expect(popup).toHaveCount(1);
        expect(server.callsTo("resume")).toHaveLength(times);
        state.orderUuid = other.uuid;
        await untilAsked();
        await animationFrame();
        expect(popup).toHaveCount(0);
    }
    expect(store.paymentTerminalInProgress).toBe(false);
    expect(line.payment_status).toBe("waitingCard");
    expect(server.callsTo("cancel")).toEqual([]);
});

async function takesCashAfter(end) {
    const { server, store, screen, order } = await setupScreen();
    Object.assign(server.payment, end);
    await advanceTime(1500);
    const cash = store.config.payment_method_ids.find((one) => one.is_cash_count);
    expect(await screen.addNewPaymentLine(cash)).toBe(true);
    expect(order.payment_ids.map((line) => line.payment_method_id.id)).toEqual([cash.id]);
    expect(order.isPaid()).toBe(true);
}

test("screen: after a cancelled code, another tender is taken at once", () =>
    takesCashAfter(ABANDONED));

test("screen: after a failed code, another tender is taken at once", () => takesCashAfter(FAILED));

test("screen: money that a manager must decide about keeps its line", async () => {
    const { server, store, screen, order } = await setupScreen();
    Object.assign(server.payment, FAILED, { can_force_cancel: true });
    await advanceTime(1500);
    const cash = store.config.payment_method_ids.find((one) => one.is_cash_count);
    expect(await screen.addNewPaymentLine(cash)).toBe(false);
    expect(order.payment_ids).toHaveLength(1);
});

test("screen: a second tap shows the same code, and no error", async () => {
    const { server, screen, method, order } = await setupScreen();
    expect(await screen.addNewPaymentLine(method)).toBe(false);
    await animationFrame();
    expect(".modal").toHaveCount(1);
    await contains(".o_mixpay_hide").click();
    expect(popup).toHaveCount(0);
    await screen.addNewPaymentLine(method);
    await untilAsked();
    expect(popup).toHaveCount(1);
    expect(".modal").toHaveCount(1);
    expect(order.payment_ids).toHaveLength(1);
    expect(server.callsTo("create")).toHaveLength(1);
});

test("screen: a payment survives the connection dropping and coming back", async () => {
    const { server, store, line } = await setupScreen();
    const known = server.status;
    server.status = noConnection;
    await store.mixpay.service.refresh(TRACE);
    await animationFrame();
    expect(".o_mixpay_trouble").toHaveCount(1);
    expect("img.o_mixpay_qr").toHaveCount(1);
    expect(line.payment_status).toBe("waitingCard");
    server.status = known;
    Object.assign(server.payment, PAID);
    await advanceTime(5000);
    await animationFrame();
    expect(".o_mixpay_trouble").toHaveCount(0);
    expect(line.isDone()).toBe(true);
});
