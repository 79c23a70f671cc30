import { advanceTime, animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import { manuallyDispatchProgrammaticEvent } from "@odoo/hoot-dom";
import { contains, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { mayClose } from "@pos_mixpay/app/patches/closing_popup";
import { prefetchLazy } from "@pos_mixpay/app/loader";
import { noticesOf } from "@pos_mixpay/lazy/notices";
import {
    ABANDONED,
    FAILED,
    noConnection,
    PAID,
    setup,
    setupAsked,
    setupScreen,
    SLIP,
    TRACE,
} from "./utils";

// What the cashier is told without having asked: notices, sounds, and words on lines.

definePosModels();

const notices = () => queryAllTexts(".o_notification_content");

test("notices that stay: two at a time, and the next when one was read", async () => {
    const { store } = await setup();
    const [takeDown] = ["one", "two", "three"].map((text) => noticesOf(store).add(text));
    await animationFrame();
    expect(notices()).toEqual(["one", "two"]);
    expect(takeDown()).toBe(true);
    await animationFrame();
    expect(notices()).toEqual(["two", "three"]);
    expect(takeDown()).toBe(false, { message: "nobody has to read it any more" });
    noticesOf(store).add("four");
    await contains(".o_notification_close").click();
    await animationFrame();
    expect(notices()).toHaveLength(2);
    expect(notices()).toInclude("four");
});

test("notices make room for the dialog of closing, and come back when it does not go on", async () => {
    const payment = { trace_id: TRACE, order_name: "", amount_text: "" };
    const texts = { state_text: "", issue_text: "", message: "" };
    const { store } = await setup({
        answers: { closing: () => ({ payments: [{ ...payment, ...texts }], carried: [] }) },
    });
    noticesOf(store).add("Tell your manager.");
    await animationFrame();
    const closing = mayClose(store);
    await animationFrame();
    await animationFrame();
    expect(notices()).toEqual([]);
    await contains(".o_mixpay_closing_dialog .btn-secondary").click();
    expect(await closing).toBe(false);
    await animationFrame();
    expect(notices()).toEqual(["Tell your manager."]);
});

test("a register that is locked shows none, and all once somebody has logged in", async () => {
    const { store } = await setup();
    noticesOf(store).add("one");
    store.resetCashier();
    noticesOf(store).add("two");
    await animationFrame();
    expect(notices()).toEqual([]);
    store.setCashier(store.user);
    await animationFrame();
    expect(notices()).toEqual(["one", "two"]);
});

async function setupSounds(isOn) {
    const context = await setupAsked();
    context.method.mixpay_sounds = isOn;
    patchWithCleanup(context.store.sound, { play: (name) => expect.step(name) });
    await prefetchLazy(context.store);
    const end = async (values) => {
        Object.assign(context.server.payment, values);
        await context.store.mixpay.service.refresh(TRACE);
    };
    return { ...context, end };
}

for (const event of ["online", "pos-network-online", "BUS:RECONNECT"]) {
    test(`on ${event} nobody waits for the next poll to hear that all is well`, async () => {
        const { server, store } = await setupAsked();
        const bus = new EventTarget();
        const addEventListener = (...args) => bus.addEventListener(...args);
        patchWithCleanup(store.data.bus, { addEventListener });
        await prefetchLazy(store);
        const { length } = server.callsTo("status");
        const known = server.status.bind(server);
        server.status = noConnection;
        await store.mixpay.service.refresh(TRACE);
        expect(store.mixpay.service.payments.state.isOffline).toBe(true);
        server.status = known;
        if (event.startsWith("BUS:")) {
            bus.dispatchEvent(new CustomEvent(event));
        } else {
            await manuallyDispatchProgrammaticEvent(window, event);
        }
        await advanceTime(10);
        expect(server.callsTo("status")).toHaveLength(length + 2);
        expect(store.mixpay.service.payments.state.isOffline).toBe(false);
    });
}

test("any answer of the server says that the connection is back", async () => {
    const { server, store } = await setupAsked();
    const { service } = store.mixpay;
    const known = server.status.bind(server);
    server.status = noConnection;
    await service.refresh(TRACE);
    expect(service.payments.state.isOffline).toBe(true);
    await service.cancel(TRACE);
    expect(service.payments.state.isOffline).toBe(false);
    server.status = known;
});

test("slips wait their turn among the notices", async () => {
    const { store } = await setup();
    store.printer.print = async () => true;
    for (const trace_id of ["one", "two", "three", "three"]) {
        store.mixpay.attempts.giveSlip({ trace_id, slip: SLIP, order_name: trace_id });
    }
    await animationFrame();
    await animationFrame();
    expect(notices()).toHaveLength(2);
    await contains(".o_notification_close").click();
    await animationFrame();
    expect(notices()).toHaveLength(2);
    await contains(".o_notification_close").click();
    await animationFrame();
    expect(notices()).toHaveLength(1);
});

test("a sound when it is paid, once", async () => {
    const { end } = await setupSounds(true);
    await end({});
    expect.verifySteps([]);
    await end(PAID);
    await end(PAID);
    expect.verifySteps(["notification"]);
});

test("another sound when it failed", async () => {
    const { end } = await setupSounds(true);
    await end(FAILED);
    expect.verifySteps(["error"]);
});

test("a sound when a part has arrived, and another when the rest has", async () => {
    const { end } = await setupSounds(true);
    const short = { state: "paid_less", remaining: { currency: "$ 7.85", coin: "7.85 USDT" } };
    await end(short);
    await end(short);
    expect.verifySteps(["error"]);
    await end({ ...PAID, remaining: false });
    expect.verifySteps(["notification"]);
});

test("no sound for what the cashier did, or where they are turned off", async () => {
    const { end, method } = await setupSounds(true);
    await end(ABANDONED);
    method.mixpay_sounds = false;
    await end({ ...PAID, is_abandoned: false });
    expect.verifySteps([]);
});

test("screen: the numpad says why the amount stays", async () => {
    const { screen } = await setupScreen();
    await screen.updateSelectedPaymentline(5);
    await screen.updateSelectedPaymentline(50);
    await animationFrame();
    expect(notices()).toEqual([
        "The code asks for $ 17.85. Cancel the payment first to ask for another amount.",
    ]);
});

test("screen: a line that is not selected says how it stands, too", async () => {
    const { server, store, order } = await setupScreen();
    await contains(".o_mixpay_hide").click();
    Object.assign(server.payment, PAID);
    await store.mixpay.service.refresh(TRACE);
    order.payment_ids[0].amount = 10;
    const cash = store.config.payment_method_ids.find((one) => one.is_cash_count);
    order.selectPaymentline(order.addPaymentline(cash).data);
    await animationFrame();
    expect(".o_mixpay_line").toHaveAttribute("data-status", "done");
    expect(".o_mixpay_line .fa-check-circle").toHaveCount(1);
    expect(".o_mixpay_line_text").toHaveText("Paid");
    expect(".o_mixpay_line button").toHaveCount(0);
});
