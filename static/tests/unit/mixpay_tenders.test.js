import { animationFrame, expect, queryFirst, test } from "@odoo/hoot";
import { contains, mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { outlookFor } from "@pos_mixpay/lazy/hint";
import {
    DETECTED,
    FAILED,
    makePayment,
    PAID,
    setup,
    setupAsked,
    setupLine,
    setupScreen,
    title,
    untilAsked,
} from "./utils";

// MixPay beside other tenders, beside itself, and where money is given back.

definePosModels();

const SECOND = "9d3b8c1e-6c0f-4c1e-9f0a-1d2e3f405162";
const cashOf = ({ store }) => store.config.payment_method_ids.find((one) => one.is_cash_count);

/** The payment screen of an order that nobody pays so far. */
async function setupEmptyScreen(options) {
    const context = await setup(options);
    const { order } = context;
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    return { ...context, screen };
}

async function pay({ server, store }, values) {
    Object.assign(server.payment, PAID, values);
    await store.mixpay.service.refresh(server.payment.trace_id);
    await untilAsked();
}

test("screen: two codes pay an order in parts, one after the other", async () => {
    const context = await setupEmptyScreen();
    const { server, store, order, screen, method } = context;
    const { data: first } = order.addPaymentline(method);
    first.setAmount(10);
    screen.sendPaymentRequest(first);
    await untilAsked();
    expect(outlookFor(store, first)).toMatch(/Then take the rest: .*7.85/);
    await pay(context);
    expect(first.payment_status).toBe("done");
    server.payment = makePayment({ id: 8, trace_id: SECOND });
    await screen.addNewPaymentLine(method);
    await untilAsked();
    const second = order.payment_ids.at(-1);
    expect(server.callsTo("create").map(({ amount }) => amount)).toEqual(["10.00", "7.85"]);
    await pay(context);
    expect(second.payment_status).toBe("done");
    expect(order.isPaid()).toBe(true);
});

test("screen: a tip after the payment has a code of its own", async () => {
    const context = await setupEmptyScreen();
    const { server, store, order, screen, method } = context;
    await screen.addNewPaymentLine(method);
    await untilAsked();
    await pay(context);
    store.setOrder(order);
    await store.setTip(2);
    const tip = order.remainingDue.toFixed(2);
    expect(Number(tip)).toBeGreaterThan(0);
    server.payment = makePayment({ id: 8, trace_id: SECOND });
    await screen.addNewPaymentLine(method);
    await untilAsked();
    expect(server.callsTo("create").map(({ amount }) => amount)).toEqual(["17.85", tip]);
    await pay(context);
    expect(order.isPaid()).toBe(true);
});

test("screen: a line that nobody was asked to pay is in no other tender's way", async () => {
    const context = await setupEmptyScreen();
    const { order, screen, method } = context;
    const { data: line } = order.addPaymentline(method);
    expect(line.payment_status).toBe("pending");
    expect(await screen.addNewPaymentLine(cashOf(context))).toBe(true);
    expect(order.payment_ids).toHaveLength(1);
});

test("screen: while a code lives, another tender says what to do first", async () => {
    const context = await setupScreen();
    const { order, screen } = context;
    context.store.mixpay.popup.hide(true);
    expect(await screen.addNewPaymentLine(cashOf(context))).toBe(false);
    await animationFrame();
    expect(title()).toBe("MixPay comes first");
    expect(queryFirst(".modal-body").textContent).toInclude("cancel it on its line");
    expect(order.payment_ids).toHaveLength(1);
});

/** One press for cash on the product screen, where core validates at once. */
async function pressFastCash(context) {
    patchWithCleanup(OrderPaymentValidation.prototype, {
        validateOrder: () => expect.step("validated"),
    });
    await context.store.validateOrderFast(cashOf(context));
    await animationFrame();
}

test("one press for cash: a line that nobody was asked to pay is not in its way either", async () => {
    const context = await setupLine();
    await pressFastCash(context);
    expect.verifySteps(["validated"]);
    expect(context.order.payment_ids.map((one) => one.payment_method_id.type)).toEqual(["cash"]);
});

test("one press for cash: while a code lives, it says what to do first", async () => {
    const context = await setupAsked();
    context.store.mixpay.attempts.leave();
    await pressFastCash(context);
    expect(title()).toBe("MixPay comes first");
    expect.verifySteps([]);
    expect(context.order.payment_ids).toHaveLength(1);
});

test("screen: so it does where money came that a manager must decide about", async () => {
    const context = await setupScreen();
    const { server, screen } = context;
    await pay(context, { ...DETECTED, ...FAILED, can_force_cancel: true });
    await contains(".o_mixpay_close").click();
    expect(server.payment.line_status).toBe("retry");
    expect(await screen.addNewPaymentLine(cashOf(context))).toBe(false);
    await animationFrame();
    expect(queryFirst(".modal-body").textContent).toInclude("ask a manager to stop waiting");
});

for (const [what, change] of [
    ["a refund", (order) => (order.is_refund = true)],
    [
        "more given back than sold",
        (order) => order.lines.forEach((one) => one.setQuantity(-1, true)),
    ],
]) {
    test(`screen: ${what} says what to do, and gets no line that MixPay cannot pay`, async () => {
        const { server, order, screen, method } = await setupEmptyScreen();
        change(order);
        expect(await screen.addNewPaymentLine(method)).toBe(false);
        await animationFrame();
        expect(title()).toBe("MixPay only receives money");
        expect(queryFirst(".modal-body").textContent).toInclude("another payment method");
        expect(queryFirst(".modal-body").textContent).toInclude("in the back office");
        expect(order.payment_ids).toHaveLength(0);
        expect(server.calls).toEqual([]);
    });
}
