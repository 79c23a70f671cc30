import { advanceTime, animationFrame, expect, test } from "@odoo/hoot";
import { reactive } from "@odoo/owl";
import { mockService, mountWithCleanup, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { setupPosEnv } from "@point_of_sale/../tests/unit/utils";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import {
    MixpayCustomer,
    WORDS,
} from "@pos_mixpay/customer_display/components/mixpay_customer/mixpay_customer";
import { MixpayDisplay } from "@pos_mixpay/customer_display/display";
import { readPicture, readView } from "@pos_mixpay/customer_display/view";
import { addSecret, watchCustomerDisplay } from "@pos_mixpay/lazy/customer_display";
import {
    ABANDONED,
    DETECTED,
    FAILED,
    makePayment,
    PAID,
    setupAsked,
    TRACE,
    untilAsked,
    untilTickIsGone,
} from "./utils";

definePosModels();

const QR = "data:image/svg+xml;base64,PHN2Zy8+";
const STEPS = Object.keys(WORDS);
const ours = ".o_mixpay_customer";
const code = `${ours} img.o_mixpay_customer_qr`;

function makeView(values = {}) {
    return {
        id: 7,
        step: "pay",
        amount: "$ 17.85",
        order: "Order 0001",
        shop: "The shop",
        missing: "",
        secondsLeft: 600,
        isTest: false,
        isAccepted: false,
        ...values,
    };
}

// ------------------------------------------------------------------------------- the customer's half

async function mountCustomer(view = {}, props = {}) {
    await setupPosEnv();
    return mountWithCleanup(MixpayCustomer, {
        props: { view: makeView(view), picture: QR, secondsLeft: 600, ...props },
    });
}

for (const step of STEPS) {
    test(`the customer's half: ${step}`, async () => {
        await mountCustomer({ step });
        expect(ours).toHaveAttribute("data-step", step);
        expect(`${ours} .o_mixpay_customer_amount`).toHaveText("$ 17.85");
        expect(`${ours} [role=status] h1`).toHaveText(WORDS[step]().title);
        expect(code).toHaveCount(["pay", "pay_rest"].includes(step) ? 1 : 0);
        expect(`${ours} [role=timer]`).toHaveCount(["pay", "pay_rest"].includes(step) ? 1 : 0);
        expect(`${ours} button, ${ours} a`).toHaveCount(0, { message: "nothing of the cashier's" });
    });
}

test("what the shop accepts before its money is there has not arrived", async () => {
    await mountCustomer({ step: "paid", isAccepted: true });
    expect(`${ours} h1`).toHaveText("Accepted");
    expect(`${ours} .o_mixpay_customer_text`).toHaveText(
        "Thank you! The shop accepts your payment."
    );
});

test("what is missing, and whom the phone should name, are said", async () => {
    await mountCustomer({ step: "pay_rest", missing: "$ 1.72" });
    expect(`${ours} .o_mixpay_customer_missing`).toHaveText("Still missing: $ 1.72");
    expect(`${ours} .o_mixpay_customer_shop`).toHaveText("Your phone should show “The shop”.");
});

test("a code whose time is up is not shown, nor called a failure", async () => {
    await mountCustomer({}, { secondsLeft: 0 });
    expect(code).toHaveCount(0);
    expect(`${ours} h1`).toHaveText("Time is up");
});

test("nor is the rest asked for when its time is up", async () => {
    await mountCustomer({ step: "pay_rest", missing: "$ 1.72" }, { secondsLeft: 0 });
    expect(code).toHaveCount(0);
    expect(`${ours} h1`).toHaveText("Time is up");
    expect(`${ours} .o_mixpay_customer_missing`).toHaveCount(0);
});

test("the last minute is prominent", async () => {
    await mountCustomer({}, { secondsLeft: 59 });
    expect(`${ours} .o_mixpay_customer_urgent [role=timer]`).toHaveText("00:59");
});

test("without the code it says where that is; test mode is named", async () => {
    await mountCustomer({ isTest: true }, { picture: "" });
    expect(code).toHaveCount(0);
    expect(`${ours} .o_mixpay_customer_elsewhere`).toHaveCount(1);
    expect(`${ours} .o_mixpay_customer_test`).toHaveCount(1);
});

// --------------------------------------------------------------------------------------- the display

const lines = (view) => [
    { name: "Cash", amount: "1" },
    { name: "MixPay", mixpay: view },
];

async function mountDisplay() {
    const order = reactive({});
    mockService("customer_display_data", () => order);
    patchWithCleanup(browser, { performance: { now: () => Date.now() } });
    await setupPosEnv();
    await mountWithCleanup(MixpayDisplay);
    const send = async (data) => {
        Object.assign(order, data);
        await animationFrame();
        await animationFrame();
    };
    const channel = new BroadcastChannel("POS_MIXPAY_CODE");
    return { send, sendCode: (message) => channel.postMessage(message) };
}

test("nothing is shown before the register says so", async () => {
    await mountDisplay();
    expect(ours).toHaveCount(0);
});

test("a payment is shown until the lines come without it", async () => {
    const { send } = await mountDisplay();
    await send({ paymentLines: lines(makeView()) });
    expect(ours).toHaveCount(1);
    await send({ paymentLines: [{ name: "MixPay", amount: "1" }] });
    expect(ours).toHaveCount(0);
});

test("only the code of the payment that is shown is shown", async () => {
    const { send, sendCode } = await mountDisplay();
    await send({ paymentLines: lines(makeView()) });
    sendCode({ id: 8, qr: QR });
    await advanceTime(100);
    expect(code).toHaveCount(0);
    sendCode({ id: 7, qr: QR });
    await advanceTime(100);
    await animationFrame();
    expect(code).toHaveCount(1); // hoot puts another picture in the place of all
});

test("a register that is not heard of any more is forgotten, whatever repeats its last word", async () => {
    const { send } = await mountDisplay();
    await send({ paymentLines: lines(makeView({ repeats: 0 })) });
    await advanceTime(50000);
    await send({ paymentLines: lines(makeView({ repeats: 1 })) });
    await advanceTime(50000);
    expect(ours).toHaveCount(1);
    await send({ paymentLines: lines(makeView({ repeats: 1 })) });
    await advanceTime(11000);
    await animationFrame();
    expect(ours).toHaveCount(0);
});

test("paid is shown for a moment, and not again", async () => {
    const { send } = await mountDisplay();
    await send({ paymentLines: lines(makeView({ step: "paid" })) });
    expect(ours).toHaveAttribute("data-step", "paid");
    await advanceTime(11000);
    await animationFrame();
    expect(ours).toHaveCount(0);
    await send({ paymentLines: lines(makeView({ step: "paid", repeats: 1 })) });
    expect(ours).toHaveCount(0);
});

test("time runs by the display's own clock", async () => {
    const { send } = await mountDisplay();
    await send({ paymentLines: lines(makeView({ secondsLeft: 5 })) });
    await advanceTime(6000);
    await animationFrame();
    expect(`${ours} h1`).toHaveText("Time is up");
});

test("whatever is sent, nothing breaks and nothing foreign is loaded", () => {
    for (const order of [
        null,
        {},
        { paymentLines: 7 },
        {
            paymentLines: [
                null,
                { mixpay: null },
                { mixpay: "x" },
                { mixpay: { step: "toString" } },
            ],
        },
    ]) {
        expect(readView(order, STEPS)).toBe(null);
    }
    const odd = { step: "pay", id: "7", amount: {}, order: "x".repeat(999), secondsLeft: -1 };
    const view = readView({ paymentLines: [{ mixpay: { ...odd, more: 1 } }] }, STEPS);
    expect(view).toEqual(
        makeView({ id: 0, amount: "", order: "x".repeat(120), shop: "", secondsLeft: 0 })
    );
    for (const picture of [
        "https://example.com/a.png",
        "javascript:alert(1)",
        "data:text/html;base64,QQ==",
        "data:image/svg+xml;utf8,<svg/>",
        `data:image/png;base64,${"A".repeat(300000)}`,
        ["data:image/png;base64,AA"],
        undefined,
    ]) {
        expect(readPicture(picture)).toBe("");
    }
    expect(readPicture(QR)).toBe(QR);
});

// -------------------------------------------------------------------------------------- the register

/** A register that asks for a payment, and what reaches its displays. */
async function setupRegister({ isSecret = false } = {}) {
    browser.localStorage.setItem("device_uuid", "device");
    if (isSecret) {
        addSecret("");
    }
    const context = await setupAsked({
        answers: { pollAfter: 1000 },
    });
    const { store, server, order } = context;
    Object.assign(server.payment, { customer_step: "pay", qr: QR });
    const sent = [];
    store.data.call = async (model, method, args) => {
        if (method === "update_customer_display") {
            sent.push(args[1]);
        }
    };
    store.router.state.current = "PaymentScreen";
    watchCustomerDisplay(store);
    const becomes = async (values) => {
        Object.assign(server.payment, values);
        await store.mixpay.service.refresh(TRACE);
        await advanceTime(300);
    };
    await becomes({});
    const shown = (one = order) => {
        const adapter = new CustomerDisplayPosAdapter();
        adapter.formatOrderData(one);
        return adapter.data.paymentLines.find((line) => line.mixpay)?.mixpay;
    };
    return { ...context, becomes, sent, shown };
}

const lastOf = (sent) => sent.at(-1)?.paymentLines.find((line) => line.mixpay)?.mixpay;

test("what the popup shows is sent, without link, trace or code", async () => {
    const { sent, shown } = await setupRegister();
    expect(lastOf(sent)).toEqual({
        id: 7,
        step: "pay",
        amount: "$ 17.85",
        order: "Shop/0001",
        shop: "",
        missing: "",
        secondsLeft: 600,
        isTest: false,
        isAccepted: false,
        repeats: 0,
    });
    expect(shown().step).toBe("pay");
    const text = JSON.stringify(sent);
    expect(text).not.toInclude(TRACE);
    expect(text).not.toInclude("mixpay.example");
    expect(text).not.toInclude("data:image");
    expect(sent.at(-1).qrPaymentData).toBe(undefined, { message: "core's dialog stays away" });
});

test("while a code is asked for, core's news wait for it, and the latest are sent", async () => {
    const { order, sent, store } = await setupRegister();
    browser.localStorage.removeItem("device_uuid"); // there are no news of ours, which would be later
    const { state } = store.mixpay.popup;
    const asCore = (name) => {
        const adapter = new CustomerDisplayPosAdapter();
        adapter.formatOrderData(order);
        adapter.data.name = name;
        adapter.dispatch(store);
    };
    const names = () => sent.map((data) => data.name).filter(Boolean);
    const { traceId } = state;
    state.traceId = false;
    asCore("first");
    asCore("second");
    expect(names()).toEqual([]);
    await advanceTime(100);
    expect(names()).toEqual(["second"]);
    asCore("third");
    state.traceId = traceId;
    asCore("fourth");
    expect(names()).toEqual(["second", "fourth"]);
    await advanceTime(300);
    expect(names()).toEqual(["second", "fourth"], { message: "nothing older comes after it" });
});

test("it is repeated as long as it is shown, and no longer", async () => {
    const { sent, store } = await setupRegister();
    const before = sent.length;
    await advanceTime(41000);
    expect(sent.length).toBe(before + 2);
    store.mixpay.popup.hide();
    await advanceTime(300);
    expect(lastOf(sent)).toBe(undefined);
    const after = sent.length;
    await advanceTime(41000);
    expect(sent.length).toBe(after);
});

test("how it goes on is sent", async () => {
    const { becomes, sent } = await setupRegister();
    await becomes({ ...DETECTED, customer_step: "seen" });
    expect(lastOf(sent).step).toBe("seen");
    await becomes({ ...PAID, customer_step: "paid" });
    expect(lastOf(sent)).toMatchObject({ step: "paid", isAccepted: false });
});

test("who marked it as paid, or that it is not confirmed, is not the customer's affair", async () => {
    const { becomes, sent } = await setupRegister();
    const accepted = { ...DETECTED, line_status: "done", customer_step: "paid" };
    for (const why of ["unconfirmed", "is_confirmed_manually"]) {
        await becomes({ ...accepted, [why]: true });
        expect(lastOf(sent)).toMatchObject({ step: "paid", isAccepted: true });
        expect(lastOf(sent)).not.toInclude(why);
        await becomes({ [why]: false });
        expect(lastOf(sent)).toMatchObject({ step: "paid", isAccepted: false });
    }
});

test("an order's second payment is shown, not how the first one ended", async () => {
    const { becomes, method, order, sent, server, shown, store } = await setupRegister();
    await becomes({ ...PAID, customer_step: "paid" });
    await untilTickIsGone();
    expect(store.mixpay.popup.state.lineUuid).toBe(false);
    expect(shown()).toMatchObject({ id: 7, step: "paid" });
    order.lines[0].setQuantity(9);
    const { data: second } = order.addPaymentline(method);
    const values = { id: 8, trace_id: "second", customer_step: "pay", qr: QR };
    server.payment = makePayment(values);
    second.pay();
    await untilAsked();
    await advanceTime(300);
    expect(shown()).toMatchObject({ id: 8, step: "pay" });
    expect(lastOf(sent)).toMatchObject({ id: 8, step: "pay" });
    store.mixpay.popup.hide();
    await advanceTime(300);
    expect(lastOf(sent)).toBe(undefined, { message: "the first one was not paid just now" });
});

test("a line's second payment that is hidden is not called a failure for the first one's", async () => {
    const { becomes, line, sent, server, store } = await setupRegister();
    await becomes({ ...FAILED, customer_step: "not_paid" });
    const values = { id: 8, trace_id: "second", customer_step: "pay", qr: QR };
    server.payment = makePayment(values);
    line.pay();
    await untilAsked();
    await advanceTime(300);
    expect(lastOf(sent)).toMatchObject({ id: 8, step: "pay" });
    store.mixpay.popup.hide();
    await advanceTime(300);
    expect(lastOf(sent)).toBe(undefined);
});

test("how a payment ended is shown on when the popup opens again, as after core closed it", async () => {
    const { becomes, line, shown, store } = await setupRegister();
    await becomes({ ...FAILED, customer_step: "not_paid" });
    const { popup } = store.mixpay;
    popup.show(line, TRACE);
    await advanceTime(300);
    popup.hide(true);
    await advanceTime(300);
    expect(popup.state.lineUuid).toBe(false);
    expect(shown()).toMatchObject({ id: 7, step: "not_paid" });
});

test("an end without money is shown until the cashier leaves the payment", async () => {
    const { becomes, sent, store } = await setupRegister();
    await becomes({ ...FAILED, customer_step: "not_paid" });
    expect(lastOf(sent).step).toBe("not_paid");
    store.router.state.current = "ProductScreen";
    store.mixpay.attempts.leave(); // as the payment screen does when it closes
    await advanceTime(300);
    expect(lastOf(sent)).toBe(undefined);
});

test("what was cancelled is gone", async () => {
    const { becomes, sent } = await setupRegister();
    await becomes({ ...ABANDONED, customer_step: "" });
    expect(sent.length).toBeGreaterThan(1);
    expect(lastOf(sent)).toBe(undefined);
});

test("a code is gone while it is given up; what was seen meanwhile is said", async () => {
    const { becomes, sent, store } = await setupRegister();
    store.mixpay.popup.state.isCancelling = true;
    await advanceTime(300);
    expect(lastOf(sent)).toBe(undefined);
    store.mixpay.popup.state.isCancelling = false;
    await advanceTime(300);
    expect(lastOf(sent).step).toBe("pay");
    store.mixpay.popup.state.isCancelling = true;
    await becomes({ ...DETECTED, customer_step: "seen" });
    expect(lastOf(sent).step).toBe("seen");
});

test("a code that asks for another amount than is due is gone", async () => {
    const { line, sent, shown, store } = await setupRegister();
    expect(shown().step).toBe("pay");
    line.pos_order_id.lines[0].setQuantity(9);
    expect(shown()).toBe(undefined);
    store.mixpay.popup.hide();
    await advanceTime(300);
    expect(lastOf(sent)).toBe(undefined);
});

test("another order that is selected shows no payment", async () => {
    const { sent, shown, store } = await setupRegister();
    const other = store.addNewOrder();
    store.setOrder(other);
    expect(shown(other)).toBe(undefined);
    await advanceTime(21000);
    expect(lastOf(sent)).toBe(undefined);
});

test("codes go to another device by its secret, through the server", async () => {
    const calls = [];
    const { store } = await setupRegister({ isSecret: true });
    store.mixpay.service.request = async (route, params) => calls.push({ route, params });
    await advanceTime(21000);
    expect(calls.filter(({ route }) => route === "show_code")).toEqual([
        {
            route: "show_code",
            params: {
                trace_id: TRACE,
                display: browser.localStorage.getItem("pos_mixpay_display"),
            },
        },
    ]);
    expect(addSecret("/x")).toBe(
        `/x#pos_mixpay=${browser.localStorage.getItem("pos_mixpay_display")}`
    );
});

test("a register without a customer display sends nothing of its own", async () => {
    const { sent, store } = await setupRegister();
    browser.localStorage.removeItem("device_uuid");
    const before = sent.length;
    await advanceTime(41000);
    store.mixpay.popup.hide();
    await advanceTime(300);
    expect(sent.length).toBe(before);
});
