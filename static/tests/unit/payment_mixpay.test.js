import { advanceTime, animationFrame, expect, queryAllTexts, queryFirst, test } from "@odoo/hoot";
import {
    contains,
    getService,
    makeServerError,
    mountWithCleanup,
} from "@web/../tests/web_test_helpers";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {
    FAILED,
    makePayment,
    noConnection,
    PAID,
    setup,
    setupLine,
    setupScreen,
    title,
    TRACE,
    untilAsked,
    untilTickIsGone,
} from "./utils";

definePosModels();

const popup = ".o_mixpay_popup";

test("asks for exactly what the line says", async () => {
    const { server, store, order, line, method, terminal } = await setupLine();
    const reference = order.pos_reference;
    terminal.sendPaymentRequest(line.uuid);
    await advanceTime(100);
    const [{ order: sentAlong, ...asked }, ...others] = server.callsTo("create");
    expect(others).toEqual([]);
    expect(sentAlong.uuid).toBe(order.uuid);
    expect(asked).toEqual({
        payment_method_id: method.id,
        session_id: store.session.id,
        order_uuid: order.uuid,
        payment_uuid: line.uuid,
        order_name: reference,
        amount: "17.85",
        known_traces: [],
    });
    expect(popup).toHaveCount(1);
});

test("what the register knows of a line goes along: a restored server may not know it", async () => {
    const { server, line, terminal } = await setupLine();
    line.uiState = { mixpay: { traceId: TRACE } };
    terminal.sendPaymentRequest(line.uuid);
    await advanceTime(100);
    expect(server.callsTo("create")[0].known_traces).toEqual([TRACE]);
});

test("paid: the line is done with its references, and the popup closes by itself", async () => {
    const { server, line } = await setupLine();
    const sending = line.pay();
    await untilAsked();
    expect(line.payment_status).toBe("waitingCard");
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    expect(await sending).toBe(true);
    await animationFrame();
    await untilTickIsGone();
    expect(popup).toHaveCount(0);
    expect(line.payment_status).toBe("done");
    expect(line.transaction_id).toBe(TRACE);
    expect(line.payment_ref_no).toBe("0xabc");
    expect(line.card_brand).toBe("USDT (Tron)");
});

test("the line follows the server's word, whatever core makes of it", async () => {
    const { server, line } = await setupLine();
    const sending = line.pay();
    await untilAsked();
    Object.assign(server.payment, { state: "auditing", line_status: "waitingCapture" });
    await advanceTime(1000);
    expect(line.payment_status).toBe("waitingCapture");
    line.handlePaymentResponse(false);
    expect(line.payment_status).toBe("waitingCapture");
    line.setPaymentStatus("done");
    expect(line.payment_status).toBe("waitingCapture");
    Object.assign(server.payment, FAILED);
    await advanceTime(2000);
    expect(await sending).toBe(false);
    expect(line.payment_status).toBe("retry");
    expect(line.transaction_id).toBeEmpty();
});

test("a line that the server knows nothing of is never done", async () => {
    const { line } = await setupLine();
    line.setPaymentStatus("done");
    expect(line.payment_status).toBe("retry");
});

test("the server's refusal is shown in its own words, and the line can be retried", async () => {
    const { server, line, store } = await setupLine({
        answers: {
            create: () => {
                throw makeServerError({
                    description: "MixPay refuses this payee. Call your manager.",
                });
            },
        },
    });
    expect(await line.pay()).toBe(false);
    await animationFrame();
    expect(queryAllTexts(".modal-body")).toEqual(["MixPay refuses this payee. Call your manager."]);
    expect(line.payment_status).toBe("retry");
    expect(store.paymentTerminalInProgress).not.toBe(true);
    await contains(".modal-footer .btn-primary").click();
    server.create = (params) =>
        Object.assign(server.payment, { payment_uuid: params.payment_uuid });
    line.pay();
    await advanceTime(100);
    expect(popup).toHaveCount(1);
    const [first, second] = server.callsTo("create");
    expect(second.payment_uuid).toBe(first.payment_uuid);
    expect(second.amount).toBe(first.amount);
});

test("a broken server speaks no traceback to the cashier", async () => {
    const { line } = await setupLine({
        answers: {
            create: () => {
                throw makeServerError({ errorName: "psycopg2.Error", description: "column x" });
            },
        },
    });
    expect(await line.pay()).toBe(false);
    await animationFrame();
    expect(queryFirst(".modal-body").textContent).toInclude("The Odoo server could not answer");
    expect(queryFirst(".modal-body").textContent).not.toInclude("column x");
});

test("no connection: the customer was not asked to pay", async () => {
    const { line } = await setupLine({ answers: { create: noConnection } });
    expect(await line.pay()).toBe(false);
    await animationFrame();
    expect(queryFirst(".modal-body").textContent).toInclude("has not been asked to pay");
    expect(line.payment_status).toBe("retry");
});

test("known to be offline: refused without a question", async () => {
    const { server, store, line } = await setupLine();
    store.data.network.offline = true;
    expect(await line.pay()).toBe(false);
    expect(server.calls).toEqual([]);
    await animationFrame();
    expect(title()).toBe("MixPay is not available");
    store.data.network.offline = false;
});

for (const [amount, expected] of [
    [0, "Nothing to pay on this line"],
    [-5, "MixPay only receives money"],
    [17.86, "More than what is due"],
]) {
    test(`refuses an amount of ${amount} for 17.85 due`, async () => {
        const { server, line } = await setupLine();
        line.setAmount(amount);
        expect(await line.pay()).toBe(false);
        await animationFrame();
        expect(title()).toBe(expected);
        expect(server.calls).toEqual([]);
        expect(line.payment_status).toBe("retry");
    });
}

test("takes a part of what is due", async () => {
    const { server, line } = await setupLine();
    line.setAmount(7.8);
    line.pay();
    await advanceTime(100);
    expect(server.callsTo("create")[0].amount).toBe("7.80");
});

test("never rejects, not even over an unexpected answer", async () => {
    expect.errors(0);
    const { line } = await setupLine({ answers: { create: () => null } });
    expect(await line.pay()).toBe(false);
    expect(line.payment_status).toBe("retry");
});

test("the popup opens at once, and its code comes when it is made", async () => {
    const creating = Promise.withResolvers();
    const { server, line } = await setupLine();
    const { create } = server;
    server.create = async function (params) {
        await creating.promise;
        return create.call(this, params);
    };
    line.pay();
    await advanceTime(100);
    expect(popup).toHaveCount(1);
    expect("img.o_mixpay_qr").toHaveCount(0);
    expect(".o_mixpay_amount").toHaveText("$ 17.85");
    creating.resolve();
    await advanceTime(100);
    expect("img.o_mixpay_qr").toBeVisible();
});

test("cancel in the popup resets the line", async () => {
    const { server, line } = await setupLine();
    const sending = line.pay();
    await advanceTime(100);
    await contains(".o_mixpay_cancel").click();
    expect(await sending).toBe(false);
    await animationFrame();
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
    expect(line.payment_status).toBe("retry");
    expect(popup).toHaveCount(0);
});

test("cancel while the payment is still being created gives it up as soon as it is known", async () => {
    const creation = Promise.withResolvers();
    const { server, order, line, terminal } = await setupLine({
        answers: {
            create: async (params) => {
                await creation.promise;
                return Object.assign(server.payment, { payment_uuid: params.payment_uuid });
            },
        },
    });
    const sending = line.pay();
    await advanceTime(100);
    const cancelling = terminal.sendPaymentCancel(order, line.uuid);
    await advanceTime(100);
    expect(server.callsTo("cancel")).toEqual([]);
    creation.resolve();
    expect(await cancelling).toBe(true);
    expect(await sending).toBe(false);
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
    await animationFrame();
    expect(popup).toHaveCount(0);
    expect(line.payment_status).toBe("retry");
});

test("a cancel that the server refuses keeps popup and line, and says why", async () => {
    const { server, line } = await setupLine({
        answers: { cancel: () => ({ ...server.payment, ...detected }) },
    });
    const detected = {
        state: "confirming",
        line_status: "waitingCapture",
        message: "Money is on its way. Please wait.",
    };
    line.pay();
    await untilAsked();
    await contains(".o_mixpay_cancel").click();
    await animationFrame();
    expect(".o_mixpay_notice").toHaveText("Money is on its way. Please wait.");
    expect(popup).toHaveCount(1);
    expect(line.payment_status).toBe("waitingCapture");
});

test("a cancel that nobody answers keeps the line", async () => {
    const { line, terminal, order } = await setupLine({ answers: { cancel: noConnection } });
    line.pay();
    await untilAsked();
    expect(await terminal.sendPaymentCancel(order, line.uuid)).toBe(false);
    await animationFrame();
    expect(queryAllTexts(".modal-title").join()).toInclude("cannot be cancelled now");
    expect(line.payment_status).toBe("waitingCard");
});

test("leaving the screen lets core go, and the line is updated all the same", async () => {
    const { server, line, terminal } = await setupLine();
    const sending = line.pay();
    await untilAsked();
    terminal.close();
    expect(await sending).toBe(false);
    await animationFrame();
    expect(popup).toHaveCount(0);
    expect(line.payment_status).toBe("waitingCard");
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    expect(line.payment_status).toBe("done");
    expect(line.transaction_id).toBe(TRACE);
    await animationFrame();
    expect(queryFirst(".o_notification").textContent).toInclude("received for order");
});

test("a given up payment that is paid late still reaches its line", async () => {
    const { server, line, terminal, order } = await setupLine();
    line.pay();
    await advanceTime(100);
    await terminal.sendPaymentCancel(order, line.uuid);
    expect(line.payment_status).toBe("retry");
    Object.assign(server.payment, PAID);
    await getService("pos_mixpay").refresh(TRACE);
    expect(line.payment_status).toBe("done");
});

test("screen: chosen, shown, paid", async () => {
    const { server, store, line } = await setupScreen();
    expect(popup).toHaveCount(1);
    expect(store.paymentTerminalInProgress).toBe(true);
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    await animationFrame();
    expect(popup).toHaveClass("o_mixpay_scene_paid");
    expect(store.paymentTerminalInProgress).toBe(false); // core goes on behind it
    await advanceTime(2000);
    await animationFrame();
    expect(popup).toHaveCount(0);
    expect(line.isDone()).toBe(true);
    expect(".o_mixpay_line_text").toHaveText("Paid");
});

test("screen: failed tells why, and can be tried again", async () => {
    const { server, line } = await setupScreen();
    Object.assign(server.payment, FAILED);
    await advanceTime(1000);
    await animationFrame();
    expect(".o_mixpay_line_text").toHaveText("Failed");
    expect(".o_mixpay_line_message").toHaveText(FAILED.message);
    expect(".electronic_payment").toHaveCount(0);
    server.payment = makePayment({ trace_id: "second" });
    await contains(".o_mixpay_retry").click();
    await advanceTime(100);
    expect(popup).toHaveCount(1);
    expect(line.payment_status).toBe("waitingCard");
    Object.assign(server.payment, PAID, { transaction_id: "second" });
    await advanceTime(1000);
    expect(line.payment_status).toBe("done");
    expect(line.transaction_id).toBe("second");
});

test("screen: the code of who was left waiting comes back with Show QR", async () => {
    await setupScreen();
    expect(".o_mixpay_show_qr").toHaveCount(0);
    await contains(".o_mixpay_hide").click();
    expect(popup).toHaveCount(0);
    await contains(".o_mixpay_show_qr").click();
    await untilAsked();
    expect(popup).toHaveCount(1);
});

test("screen: cancel on the line", async () => {
    const { store, line } = await setupScreen();
    await contains(".o_mixpay_hide").click();
    await contains(".o_mixpay_line_cancel").click();
    await animationFrame();
    expect(line.payment_status).toBe("retry");
    expect(store.paymentTerminalInProgress).toBe(false);
    expect(".o_mixpay_retry").toHaveCount(1);
});

test("screen: removing a line in flight asks the server first", async () => {
    const { server, screen, order, line } = await setupScreen();
    server.cancel = () => server.payment;
    await screen.deletePaymentLine(line.uuid);
    expect(order.payment_ids).toHaveLength(1);
    server.cancel = () =>
        Object.assign(server.payment, { line_status: "retry", is_abandoned: true });
    await screen.deletePaymentLine(line.uuid);
    expect(order.payment_ids).toHaveLength(0);
    await animationFrame();
    expect(popup).toHaveCount(0);
});

test("screen: no way to force a payment", async () => {
    const { screen, line } = await setupScreen();
    expect(".send_force_done").toHaveCount(0);
    await screen.sendForceDone(line);
    expect(line.payment_status).toBe("waitingCard");
    await animationFrame();
    expect(queryAllTexts(".modal-title").join()).toInclude("Only MixPay can confirm");
});

test("screen: the numpad does not touch a payment in flight", async () => {
    const { screen, line } = await setupScreen();
    screen.updateSelectedPaymentline(500);
    expect(line.amount).toBe(17.85);
    screen.updateSelectedPaymentline(null);
    expect(line.amount).toBe(17.85);
});

test("screen: not offered for refunds", async () => {
    const { server, screen, order, method } = await setupScreen();
    await contains(".o_mixpay_cancel").click();
    screen.deletePaymentLine(order.payment_ids[0].uuid);
    order.is_refund = true;
    expect(await screen.addNewPaymentLine(method)).toBe(false);
    expect(order.payment_ids).toHaveLength(0);
    expect(server.callsTo("create")).toHaveLength(1);
});

for (const status of ["waiting", "waitingCard", "waitingCapture", "waitingCancel"]) {
    test(`screen: resumes a line that was ${status} before a reload`, async () => {
        const { server, store, order, line } = await setupLine();
        line.payment_status = status;
        await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
        await untilAsked();
        expect(server.callsTo("create")).toEqual([]);
        expect(server.callsTo("resume")).toEqual([
            { session_id: store.session.id, payment_uuid: line.uuid },
        ]);
        expect(popup).toHaveCount(1);
        Object.assign(server.payment, PAID);
        await advanceTime(1000);
        expect(line.payment_status).toBe("done");
    });
}

test("screen: after a reload without connection, paid money is not called lost", async () => {
    const { order, line } = await setupLine({ answers: { resume: noConnection } });
    line.payment_status = "waitingCard";
    await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await advanceTime(100);
    expect(queryFirst(".modal-body").textContent).toInclude("is not lost");
});

test("screen: does not resume what is not in flight", async () => {
    const { server, order, line } = await setupLine();
    line.payment_status = "retry";
    await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await advanceTime(100);
    expect(server.calls).toEqual([]);
});

/** A paid MixPay line, and what validating its order would ask the server. */
async function setupPaidLine(options) {
    const context = await setupLine(options);
    const { server, store, order, line } = context;
    const sending = line.pay();
    await advanceTime(100);
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    await sending;
    const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
    return { ...context, validation };
}

test("the server is asked before an order with a MixPay line leaves the screen", async () => {
    const { server, store, line, validation } = await setupPaidLine();
    expect(await validation.askBeforeValidation()).toBe(true);
    expect(server.callsTo("check")).toEqual([
        {
            session_id: store.session.id,
            order_uuid: line.pos_order_id.uuid,
            lines: { [line.uuid]: "17.85" },
        },
    ]);
    expect(line.payment_status).toBe("done");
});

test("a line that the server would refuse is reset, and the cashier is told", async () => {
    const check = ({ lines }) => ({ uncovered: Object.keys(lines) });
    const { line, validation } = await setupPaidLine({ answers: { check } });
    expect(await validation.askBeforeValidation()).toBe(false);
    await animationFrame();
    expect(line.payment_status).toBe("retry");
    expect(title()).toBe("MixPay has not confirmed this payment");
});

test("without a connection the order waits, and the line stays paid", async () => {
    const { line, validation } = await setupPaidLine({ answers: { check: noConnection } });
    expect(await validation.askBeforeValidation()).toBe(false);
    await animationFrame();
    expect(line.payment_status).toBe("done");
    expect(title()).toBe("This order cannot be validated now");
});

test("an order without a MixPay line is validated without asking", async () => {
    const { server, store, order } = await setup();
    order.addPaymentline(store.config.payment_method_ids[0]);
    const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
    expect(await validation.askBeforeValidation()).toBe(true);
    expect(server.callsTo("check")).toEqual([]);
});
