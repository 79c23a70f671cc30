import { advanceTime, animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import { contains, getService, makeServerError, onRpc } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {
    ABANDONED,
    FAILED,
    GRANTED,
    makeApproval,
    makePayment,
    noConnection,
    PAID,
    DETECTED,
    setup,
    setupAsked,
    setupLine,
    SLIP,
    sendToRegister,
    title,
    TRACE,
    untilAsked,
    untilTickIsGone,
} from "./utils";

definePosModels();

const popup = ".o_mixpay_popup";
const notices = () => queryAllTexts(".o_notification_content");

test("the order goes along with the payment, and is saved while the code is shown", async () => {
    const saving = Promise.withResolvers();
    onRpc("pos.order", "sync_from_ui", async ({ parent }) => {
        expect.step("saving");
        await saving.promise;
        return parent();
    });
    const { server, line, order } = await setupAsked();
    const [{ order: data }] = server.callsTo("create");
    expect(data.uuid).toBe(order.uuid);
    expect(data.lines).toHaveLength(order.lines.length);
    expect(data.payment_ids.map(([, , { uuid }]) => uuid)).toEqual([line.uuid]);
    expect.verifySteps(["saving"]);
    expect(popup).toHaveCount(1);
    expect(order.isSynced).toBe(false);
    saving.resolve();
    await advanceTime(100);
    expect(order.isSynced).toBe(true);
    expect(line.payment_status).toBe("waitingCard");
});

test("an order that the server refuses is not asked money for", async () => {
    onRpc("pos.order", "sync_from_ui", () => {
        throw makeServerError({ description: "This session is closed." });
    });
    const { server, line, sending } = await setupAsked();
    await advanceTime(500);
    expect(await sending).toBe(false);
    await animationFrame();
    expect(popup).toHaveCount(0);
    expect(line.payment_status).toBe("retry");
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
    expect(queryAllTexts(".modal-body").join()).toInclude("This session is closed.");
});

test("an order that cannot be sent is waited for: the server has got it already", async () => {
    const { server, store, line } = await setupLine();
    const { create } = server;
    server.create = function (params) {
        store.data.network.offline = true;
        return create.call(this, params);
    };
    line.pay();
    await untilAsked();
    await advanceTime(500);
    expect(popup).toHaveCount(1);
    expect(line.payment_status).toBe("waitingCard");
    expect(server.callsTo("cancel")).toEqual([]);
});

test("an order that cannot be saved is waited for when its money was detected", async () => {
    onRpc("pos.order", "sync_from_ui", () => {
        throw makeServerError({ description: "This session is closed." });
    });
    const answers = {
        cancel() {
            return Object.assign(this.payment, DETECTED);
        },
    };
    const { line } = await setupAsked({ answers });
    await advanceTime(500);
    expect(popup).toHaveCount(1);
    expect(line.payment_status).toBe("waitingCapture");
});

test("a save of core's own that was faster is no reason to refuse", async () => {
    onRpc("pos.order", "sync_from_ui", ({ parent }) => {
        expect.step("save");
        if (line.isRefused) {
            return parent();
        }
        line.isRefused = true;
        throw makeServerError({ description: "An order with this uuid already exists" });
    });
    const { line } = await setupLine();
    line.pay();
    await untilAsked();
    await advanceTime(500);
    expect.verifySteps(["save", "save"]);
    expect(popup).toHaveCount(1);
});

test("the bus makes a register ask about what it knows, and only that", async () => {
    const { server, store, line } = await setupAsked();
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 8 });
    expect(server.callsTo("status")).toEqual([]);
    Object.assign(server.payment, PAID);
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    expect(line.payment_status).toBe("done");
});

test("late money is told once, and stays on the screen", async () => {
    const notice = "$ 17.85 came late for Shop/0001. A manager decides.";
    const { server, store } = await setup();
    const late = { ...PAID, is_abandoned: true };
    server.late = () => ({
        payments: [
            makePayment({ ...late, id: 9, trace_id: "new", notice }),
            makePayment({ ...late, id: 4, trace_id: "old", notice: "That was yesterday." }),
        ],
    });
    await sendToRegister(store, "MIXPAY_LATE", { id: 9 });
    await sendToRegister(store, "MIXPAY_LATE", { id: 9 });
    await animationFrame();
    expect(server.callsTo("late")[0]).toEqual({ session_id: store.session.id });
    expect(notices()).toEqual([notice]);
    await advanceTime(60000);
    expect(notices()).toEqual([notice]);
});

test("late money that nobody can be asked about breaks nothing", async () => {
    const { store } = await setup({ answers: { late: noConnection } });
    await sendToRegister(store, "MIXPAY_LATE", { id: 9 });
    await animationFrame();
    expect(notices()).toEqual([]);
});

test("news about a line whose order is gone, or not loaded yet, breaks nothing", async () => {
    const { server, store, method, order } = await setup();
    const orphan = store.models["pos.payment"].create({ payment_method_id: method, amount: 17.85 });
    orphan.payment_status = "waitingCard";
    server.payment.payment_uuid = orphan.uuid;
    server.payment.order_uuid = "no order here";
    const service = getService("pos_mixpay");
    await service.refresh(TRACE);
    Object.assign(server.payment, PAID, { notice: "The customer sent too much." });
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    await animationFrame();
    expect(service.payments.get(TRACE).state).toBe("success");
    expect(orphan.payment_status).toBe("waitingCard");
    expect(notices()).toEqual(["The customer sent too much."]);
    expect(store.mixpay.lines.hintFor(orphan)).toBe("");
    expect(store.mixpay.orders.concerns(order)).toBe(false);
});

test("a surplus is told after the sale, without holding the popup open", async () => {
    const { server, sending } = await setupAsked();
    Object.assign(server.payment, PAID, { notice: "The customer paid $ 1.00 too much." });
    await advanceTime(1000);
    expect(await sending).toBe(true);
    await animationFrame();
    await untilTickIsGone();
    expect(popup).toHaveCount(0);
    expect(notices()).toEqual(["The customer paid $ 1.00 too much."]);
});

test("a sale that went as it should is no news", async () => {
    const { server, store, sending } = await setupAsked();
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    await sending;
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    await animationFrame();
    expect(notices()).toEqual([]);
});

test("after a reload, lines of orders that nobody looks at are followed too", async () => {
    const { server, store, line } = await setupLine();
    line.payment_status = "waitingCard";
    line.uiState = { mixpay: { traceId: TRACE } };
    Object.assign(server.payment, PAID, { payment_uuid: line.uuid });
    store.mixpay.start();
    await advanceTime(1000);
    await animationFrame();
    expect(server.callsTo("status")).toEqual([
        { trace_ids: [TRACE], session_id: store.session.id },
    ]);
    expect(line.payment_status).toBe("done");
    expect(notices().join()).toInclude("received for order");
});

test("a reload while the payment is being created asks about nothing unknown", async () => {
    const { server, store, line } = await setupLine();
    line.payment_status = "waiting";
    line.uiState = { mixpay: { due: 17.85 } };
    store.mixpay.start();
    await advanceTime(60000);
    expect(server.callsTo("status")).toEqual([]);
});

test("what other modules keep with a line stays", async () => {
    const { line } = await setupLine();
    line.uiState = { other: "kept" };
    line.pay();
    await untilAsked();
    expect(line.uiState.other).toBe("kept");
    expect(line.uiState.mixpay).toEqual({ due: 17.85, traceId: TRACE });
});

test("after a reload, the decision about a failed payment still arrives", async () => {
    const { server, store, line } = await setupLine();
    line.payment_status = "retry";
    line.uiState = { mixpay: { traceId: TRACE } };
    Object.assign(server.payment, FAILED, { payment_uuid: line.uuid, approval: makeApproval() });
    store.mixpay.start();
    await advanceTime(1000);
    expect(line.payment_status).toBe("retry");
    server.decide("confirm");
    server.payment.approval = makeApproval({ ...GRANTED, by: "Jane" });
    await advanceTime(2000);
    await animationFrame();
    expect(line.payment_status).toBe("done");
    expect(notices().join()).toInclude("marked as paid");
});

test("the order of late money is one press away", async () => {
    const { server, store, order, terminal } = await setupAsked();
    terminal.close();
    store.addNewOrder();
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    await animationFrame();
    store.navigate = (page, { orderUuid }) => expect.step([page, orderUuid]);
    await contains(".o_notification_buttons button").click();
    expect(store.getOrder()).toBe(order);
    expect.verifySteps([["PaymentScreen", order.uuid]]);
});

test("money for another amount than the line's now does not make it paid", async () => {
    const { server, line, order, terminal } = await setupAsked();
    await terminal.sendPaymentCancel(order, line.uuid);
    line.setAmount(5);
    Object.assign(server.payment, PAID);
    await getService("pos_mixpay").refresh(TRACE);
    expect(line.payment_status).toBe("retry");
    line.setPaymentStatus("done");
    expect(line.payment_status).toBe("retry");
});

test("giving up a payment with too little money prints what the customer keeps, once", async () => {
    const { server, store, order, line, terminal } = await setupAsked();
    store.printer.print = async (component, props) => expect.step(props.slip.title) || true;
    server.cancel = () => Object.assign(server.payment, ABANDONED, { slip: SLIP });
    expect(await terminal.sendPaymentCancel(order, line.uuid)).toBe(true);
    expect(await terminal.sendPaymentCancel(order, line.uuid)).toBe(true);
    expect.verifySteps([SLIP.title]);
    await contains(".o_notification_buttons button").click();
    expect(".modal .o_mixpay_slip").toHaveCount(1);
    expect(".o_mixpay_slip").toHaveText(/Keep this slip\./);
    expect(".o_mixpay_slip img.o_mixpay_slip_code").toHaveAttribute("src", /^data:image/);
});

test("a slip that cannot be printed is shown", async () => {
    const { server, store, order, line, terminal } = await setupAsked();
    store.printer.print = async () => false;
    server.cancel = () => Object.assign(server.payment, ABANDONED, { slip: SLIP });
    await terminal.sendPaymentCancel(order, line.uuid);
    await animationFrame();
    expect(title()).toBe(SLIP.title);
});

test("an edited order: the code stays what it was, and the register says what to do", async () => {
    const { order, line, store } = await setupAsked();
    expect(store.mixpay.lines.hintFor(line)).toBe("");
    const [first] = order.lines;
    first.setQuantity(first.qty + 1);
    expect(store.mixpay.lines.hintFor(line)).toInclude("take the rest separately");
    first.setQuantity(1);
    expect(store.mixpay.lines.hintFor(line)).toInclude("Cancel it and start again");
    expect(line.amount).toBe(17.85);
});

test("a part of the price is no edited order", async () => {
    const { line, store } = await setupLine();
    line.setAmount(7.8);
    line.pay();
    await advanceTime(100);
    expect(store.mixpay.lines.hintFor(line)).toBe("");
});

test("a payment that fails after money was sent: its slip is printed, once", async () => {
    const { server, store, line } = await setupAsked();
    store.printer.print = async (component, props) => expect.step(props.slip.url) || true;
    Object.assign(server.payment, FAILED, { slip: SLIP });
    for (let answers = 0; answers < 2; answers++) {
        store.mixpay.service.payments.store({ ...server.payment });
    }
    await animationFrame();
    expect.verifySteps([SLIP.url]);
    expect(line.payment_status).toBe("retry");
});

test("a slip that is not due is printed for nobody", async () => {
    const { server, store } = await setupAsked();
    store.printer.print = async () => expect.step("printed") || true;
    Object.assign(server.payment, DETECTED, { slip: { ...SLIP, is_due: false } });
    store.mixpay.service.payments.store({ ...server.payment });
    await animationFrame();
    expect.verifySteps([]);
});
