import { Component, xml } from "@odoo/owl";
import { advanceTime, animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import {
    contains,
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { useIdleTimer } from "@point_of_sale/app/utils/use_idle_timer";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { MixpayPopup } from "@pos_mixpay/lazy/components/mixpay_popup/mixpay_popup";
import {
    ABANDONED,
    DETECTED,
    makePayment,
    mergeAsCore,
    PAID,
    sendToRegister,
    setup,
    setupAsked,
    setupLine,
    setupScreen,
    setupTable,
    TRACE,
    untilAsked,
    untilTickIsGone,
} from "./utils";

// News about records that are gone, have moved, or are half loaded; and what closes every dialog.

definePosModels();

const popup = ".o_mixpay_popup";
const notices = () => queryAllTexts(".o_notification_content");

/** Another register deleted the order: core takes its records away, in whatever order. */
function forget(store, order, { keepsLine }) {
    const lines = [...order.payment_ids];
    store.models["pos.order"].deleteMany([order], { silent: true });
    if (!keepsLine) {
        store.models["pos.payment"].deleteMany(lines, { silent: true });
    }
}

async function isDeletedElsewhere(options) {
    const { server, store, order, line, sending } = await setupAsked();
    store.addNewOrder();
    forget(store, order, options);
    Object.assign(server.payment, ABANDONED);
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    expect(await sending).toBe(false);
    await animationFrame();
    expect(popup).toHaveCount(0);
    expect(line.pos_order_id).toBe(undefined);
    const notice = "$ 17.85 came late. Tell your manager.";
    server.late = () => ({ payments: [{ ...server.payment, ...PAID, notice }] });
    await sendToRegister(store, "MIXPAY_LATE", { id: 7 });
    await animationFrame();
    expect(notices()).toEqual([notice]);
}

test("deleted on another register, its line is left: nothing breaks, and late money is told", () =>
    isDeletedElsewhere({ keepsLine: true }));

test("deleted on another register, with its line: nothing breaks, and late money is told", () =>
    isDeletedElsewhere({ keepsLine: false }));

async function isPaidWhileDeleted(options) {
    const { server, store, order, sending } = await setupAsked();
    store.addNewOrder();
    forget(store, order, options);
    Object.assign(server.payment, PAID);
    await advanceTime(1500);
    expect(await sending).toBe(false);
    await untilTickIsGone();
    expect(popup).toHaveCount(0);
}

test("paid at the moment it is deleted, its line is left: no sale is finished", () =>
    isPaidWhileDeleted({ keepsLine: true }));

test("paid at the moment it is deleted, with its line: no sale is finished", () =>
    isPaidWhileDeleted({ keepsLine: false }));

test("a subscriber's line that cannot be brought up to date keeps no news back", async () => {
    const { server, store, line, sending } = await setupAsked();
    store.mixpay.attempts.leave();
    await sending;
    store.mixpay.lines.isPaymentOf = () => {
        throw new Error("half loaded");
    };
    patchWithCleanup(console, { error: ({ message }) => expect.step(message) });
    const notice = "The customer sent too much.";
    Object.assign(server.payment, PAID, { notice });
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    await animationFrame();
    expect.verifySteps(["half loaded"]);
    expect(line.payment_status).toBe("waitingCard");
    expect(notices()).toEqual([notice]);
});

test("an order is opened from its news only while it is there and open", async () => {
    const { server, store, order, terminal } = await setupAsked();
    terminal.close();
    store.addNewOrder();
    Object.assign(server.payment, PAID);
    await advanceTime(1500);
    await animationFrame();
    store.navigate = (page) => expect.step(page);
    forget(store, order, { keepsLine: false });
    await contains(".o_notification_buttons button").click();
    expect.verifySteps([]);
});

test("news of an order that was never loaded here are told without a button", async () => {
    const { store, server } = await setup();
    const notice = "$ 5.00 came late for Shop/0042. Tell your manager.";
    const late = { id: 42, trace_id: "far", order_uuid: "far", payment_uuid: "far", notice };
    server.late = () => ({ payments: [makePayment({ ...PAID, ...late })] });
    await sendToRegister(store, "MIXPAY_LATE", { id: 42 });
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 99 });
    await animationFrame();
    expect(notices()).toEqual([notice]);
    expect(".o_notification_buttons button").toHaveCount(0);
});

test("a line that core knows no method of is nobody's, and breaks nothing", async () => {
    const { server, store } = await setup();
    const line = store.models["pos.payment"].create({ amount: 17.85 });
    line.payment_status = "waitingCard";
    const notice = "The customer sent too much.";
    Object.assign(server.payment, PAID, { payment_uuid: line.uuid, notice });
    await getService("pos_mixpay").refresh(TRACE);
    await animationFrame();
    expect(line.payment_status).toBe("waitingCard");
    expect(notices()).toEqual([notice]);
});

test("an order without lines, and one that is gone, are no refusal of the server", async () => {
    const { server, store, order, line } = await setupAsked();
    server.check = () => ({ uncovered: [line.uuid], blocking: [] });
    for (const one of [...order.lines]) {
        one.delete();
    }
    line.delete();
    const { handleRefusal } = odoo.loader.modules.get("@pos_mixpay/lazy/main");
    await handleRefusal(store, order);
    store.models["pos.order"].deleteMany([order], { silent: true });
    await handleRefusal(store, order);
    expect(server.callsTo("check")).toEqual([]);
    await animationFrame();
    expect(".modal-title").toHaveCount(0);
});

test("after core replaced a closed session, the open one is named", async () => {
    const { server, store, line } = await setupLine();
    const session = store.session;
    const id = session.id + 1;
    store.models["pos.session"].create({ ...session.raw, id });
    store.models["pos.session"].deleteMany([session], { silent: true });
    await sendToRegister(store, "MIXPAY_LATE", { id: 1 });
    expect(server.callsTo("late")).toEqual([{ session_id: id }]);
    line.pay();
    await untilAsked();
    expect(server.callsTo("create")[0].session_id).toBe(id);
    expect(popup).toHaveCount(1);
});

test("the server puts the line into the other order of the table: the screen goes along", async () => {
    const { store, order, line } = await setupLine();
    const other = store.addNewOrder();
    store.setOrder(order);
    store.syncAllOrders = async () => {
        line.pos_order_id = other; // as core reads it from the server's answer
    };
    store.navigate = (page, { orderUuid }) => expect.step([page, orderUuid]);
    const sending = line.pay();
    await untilAsked();
    await advanceTime(500);
    expect.verifySteps([["PaymentScreen", other.uuid]]);
    expect(store.getOrder().uuid).toBe(other.uuid);
    expect(popup).toHaveCount(1);
    expect(line.payment_status).toBe("waitingCard");
    store.mixpay.attempts.leave();
    expect(await sending).toBe(false);
});

test("on a register that is locked meanwhile no screen goes along", async () => {
    const { store, line } = await setupLine();
    const other = store.addNewOrder();
    store.setOrder(line.pos_order_id);
    store.syncAllOrders = async () => {
        await store.showLoginScreen();
        line.pos_order_id = other;
    };
    store.navigate = (page) => expect.step(page);
    line.pay();
    await untilAsked();
    await advanceTime(500);
    expect.verifySteps(["LoginScreen"]);
});

test("screen: a payment is its line's: paid in another order, it finishes nothing here", async () => {
    const { server, store, screen, order, line } = await setupScreen({ autoValidate: true });
    const other = store.addNewOrder();
    line.pos_order_id = other;
    screen.validateOrder = () => expect.step("validated");
    Object.assign(server.payment, PAID);
    await advanceTime(1500);
    expect(line.payment_status).toBe("done");
    expect.verifySteps([]);
    expect(order.state).toBe("draft");
});

test("its news lead to the order where the line is now", async () => {
    const { server, store, line, terminal } = await setupAsked();
    const other = store.addNewOrder();
    store.addNewOrder();
    line.pos_order_id = other;
    terminal.close();
    Object.assign(server.payment, PAID);
    await advanceTime(1500);
    await animationFrame();
    store.navigate = (page, { orderUuid }) => expect.step(orderUuid);
    await contains(".o_notification_buttons button").click();
    expect.verifySteps([other.uuid]);
});

test("screen: a line of a method that this shop does not have stays, and the cashier is told", async () => {
    const { server, store, order, method, line } = await setupLine();
    line.payment_status = "waitingCard";
    store.config.update({ payment_method_ids: [["unlink", method]] });
    await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await untilAsked();
    expect(order.payment_ids.map(({ uuid }) => uuid)).toEqual([line.uuid]);
    expect(queryAllTexts(".modal-body").join()).toInclude("The line stays");
    expect(server.callsTo("create")).toEqual([]);
    expect(line.payment_status).toBe("waitingCard");
    line.delete();
    expect(order.payment_ids).toHaveLength(0); // whoever removes it later can
});

test("screen: a line of a method that came after the page was loaded goes on here", async () => {
    const { server, store, order, method, line } = await setupLine();
    line.payment_status = "waitingCard";
    method.payment_terminal = undefined; // core makes them when the page is loaded
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await untilAsked();
    expect(`${popup} .o_mixpay_qr`).toHaveCount(1);
    await screen.sendPaymentCancel(line);
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
    await advanceTime(1000);
    expect(line.payment_status).toBe("retry");
    expect(store.paymentTerminalInProgress).toBe(false);
});

test("begun anew on another register, a line that was cancelled here follows it", async () => {
    const { server, store, order, line, terminal } = await setupAsked();
    await terminal.sendPaymentCancel(order, line.uuid);
    await advanceTime(5000);
    expect(line.payment_status).toBe("retry");
    Object.assign(server.payment, { line_status: "waitingCard", is_abandoned: false });
    await sendToRegister(store, "MIXPAY_PAYMENT", { id: 7 });
    expect(line.payment_status).toBe("waitingCard");
    Object.assign(server.payment, DETECTED);
    await advanceTime(3000);
    expect(line.payment_status).toBe("waitingCapture");
});

test("a register that seems idle goes on showing a code that is being paid", async () => {
    const { server, store, line } = await setupAsked();
    getService("dialog").closeAll();
    await animationFrame();
    expect(`${popup} .o_mixpay_qr`).toHaveCount(1);
    await contains(".o_mixpay_hide").click();
    expect(popup).toHaveCount(0);
    store.mixpay.popup.show(line, TRACE);
    await animationFrame();
    Object.assign(server.payment, PAID);
    await advanceTime(1500);
    await animationFrame();
    await untilTickIsGone();
    expect(popup).toHaveCount(0);
});

test("a popup that cannot be drawn is not opened again and again", async () => {
    expect.errors(1);
    const { store, line } = await setupAsked();
    store.mixpay.popup.hide();
    await animationFrame();
    patchWithCleanup(MixpayPopup.prototype, {
        setup() {
            expect.step("opens");
            throw new Error("Its order is gone.");
        },
    });
    store.mixpay.popup.show(line, TRACE);
    await advanceTime(100);
    expect.verifySteps(["opens"]);
    expect.verifyErrors(["Its order is gone."]);
    expect(popup).toHaveCount(0);
});

test("after three minutes without a touch a restaurant's timer closes dialogs: the code stays", async () => {
    await setupAsked();
    const action = () => {
        expect.step("closed");
        getService("dialog").closeAll();
    };
    class Register extends Component {
        static template = xml`<i/>`;
        static props = [];
        setup() {
            useIdleTimer([{ timeout: 180000, action }], () => false); // as pos_restaurant does
        }
    }
    await mountWithCleanup(Register);
    await advanceTime(179500);
    expect.verifySteps([]);
    await advanceTime(1000);
    expect.verifySteps(["closed"]);
    await animationFrame();
    expect(`${popup} .o_mixpay_qr`).toHaveCount(1);
});

test("two devices at one table: a code goes with its products into the other's order", async () => {
    const { server, store, order, other, line } = await setupTable();
    const sent = [];
    onRpc("pos.order", "sync_from_ui", ({ args, parent }) => {
        sent.push(...args[0].map(({ uuid, payment_ids }) => [uuid, payment_ids.length]));
        return parent();
    });
    store.syncingOrders.add(order.uuid); // its own save did not go out so far
    const sending = line.pay();
    await untilAsked();
    expect(await mergeAsCore(store, order, other)).toBe(true);
    await advanceTime(500);
    expect(line.pos_order_id.uuid).toBe(other.uuid);
    expect(sent.at(-1)).toEqual([other.uuid, 1]);
    expect(server.callsTo("cancel")).toEqual([]);
    expect(line.payment_status).toBe("waitingCard");
    Object.assign(server.payment, PAID);
    await advanceTime(3000);
    expect(line.payment_status).toBe("done");
    expect(await sending).toBe(false); // nothing finishes by itself in another order
});

test("an order that is deleted with its products takes its code along", async () => {
    const { server, store, order, line } = await setupTable();
    line.pay();
    await untilAsked();
    await store.deleteOrders([order]);
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
});
