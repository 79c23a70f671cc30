import { advanceTime, animationFrame, expect, test } from "@odoo/hoot";
import { makeServerError, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {
    ABANDONED,
    makePayment,
    PAID,
    DETECTED,
    setupAsked,
    setupLine,
    title,
    untilAsked,
} from "./utils";

definePosModels();

function validationOf({ store, order }) {
    return new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
}

async function setupPaid(options) {
    const context = await setupAsked(options);
    Object.assign(context.server.payment, PAID);
    await advanceTime(1000);
    await context.sending;
    return context;
}

/** A MixPay line in flight in an order that another line pays in full. */
async function setupPaidOtherwise(options) {
    const context = await setupAsked(options);
    const { store, order } = context;
    const cash = store.models["pos.payment"].create({
        pos_order_id: order,
        payment_method_id: store.config.payment_method_ids.find((one) => one.is_cash_count),
        amount: 17.85,
    });
    return { ...context, cash };
}

test("a line that core would drop silently is given up on the server first", async () => {
    const context = await setupPaidOtherwise();
    expect(await validationOf(context).askBeforeValidation()).toBe(true);
    expect(context.server.callsTo("cancel")).toHaveLength(1);
});

test("money detected on a line that core would drop stops the validation", async () => {
    const context = await setupPaidOtherwise();
    context.server.cancel = () =>
        Object.assign(context.server.payment, DETECTED, { can_force_cancel: false });
    expect(await validationOf(context).askBeforeValidation()).toBe(false);
    await animationFrame();
    expect(title()).toBe("This payment cannot be cancelled now");
});

test("money on its way on another line of the order stops the validation", async () => {
    const context = await setupPaid();
    context.server.check = () => ({
        uncovered: [],
        blocking: [makePayment({ ...DETECTED, can_force_cancel: false })],
    });
    expect(await validationOf(context).askBeforeValidation()).toBe(false);
    await animationFrame();
    expect(title()).toBe("This payment cannot be cancelled now");
});

test("an order that costs less than its MixPay lines is not validated", async () => {
    const context = await setupPaid();
    context.order.lines[0].setQuantity(1);
    expect(await validationOf(context).askBeforeValidation()).toBe(false);
    await animationFrame();
    expect(title()).toBe("More than what is due");
    expect(context.server.callsTo("check")).toEqual([]);
});

test("the server's reason why a line is not covered is shown", async () => {
    const check = ({ lines }) => {
        const [uuid] = Object.keys(lines);
        return { uncovered: [uuid], reasons: { [uuid]: "Another order used this payment." } };
    };
    const context = await setupPaid({ answers: { check } });
    expect(await validationOf(context).askBeforeValidation()).toBe(false);
    await animationFrame();
    expect(".modal-body:last").toHaveText("Another order used this payment.");
});

test("an order that the server completed meanwhile ends with its receipt", async () => {
    const context = await setupPaid();
    const { server, store, order } = context;
    order.state = "paid";
    store.navigate = (page) => expect.step(page);
    await validationOf(context).validateOrder(false);
    expect(server.callsTo("check")).toEqual([]);
    expect.verifySteps(["ReceiptScreen"]);
});

test("a refusal of the server resets the line, and the order stays usable", async () => {
    const context = await setupPaid();
    const { server, order, line } = context;
    onRpc("pos.order", "sync_from_ui", () => {
        server.check = ({ lines }) => ({ uncovered: Object.keys(lines) });
        throw makeServerError({ description: "No MixPay payment of $ 17.85 has arrived" });
    });
    await validationOf(context).validateOrder(false);
    await advanceTime(100);
    expect(order.state).toBe("draft");
    expect(line.payment_status).toBe("retry");
});

test("a refusal in the background resets the line, and the cashier is told", async () => {
    const context = await setupPaid();
    const { server, store, order, line } = context;
    server.check = ({ lines }) => ({ uncovered: Object.keys(lines) });
    onRpc("pos.order", "sync_from_ui", () => {
        throw makeServerError({ description: "No MixPay payment of $ 17.85 has arrived" });
    });
    order.state = "paid";
    store.addPendingOrder([order.id]);
    await store.syncAllOrders();
    await animationFrame();
    expect(order.state).toBe("draft");
    expect(line.payment_status).toBe("retry");
    expect(title()).toInclude("is not paid");
});

test("validation waits for a save under way: its answer would undo it", async () => {
    const context = await setupPaid();
    const { store, order } = context;
    const saving = Promise.withResolvers();
    store.syncAllOrders = () => saving.promise;
    store.mixpay.saving.save(order);
    validationOf(context)
        .askBeforeValidation()
        .then((answer) => expect.step(answer));
    await advanceTime(100);
    expect.verifySteps([]);
    saving.resolve();
    await advanceTime(100);
    expect.verifySteps([true]);
});

test("screen: a payment that is done when its order is opened again finishes the sale", async () => {
    const { server, store, order, line } = await setupLine({ autoValidate: true });
    line.payment_status = "waitingCard";
    Object.assign(server.payment, PAID);
    await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await advanceTime(100);
    expect(server.callsTo("create")).toEqual([]);
    expect(store.paymentTerminalInProgress).toBe(false);
    expect(order.state).toBe("paid");
});

test("screen: a line that was paid in the background finishes the sale when opened", async () => {
    const { order, server, store } = await setupPaid();
    store.config.auto_validate_terminal_payment = true;
    await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await advanceTime(100);
    expect(server.callsTo("create")).toHaveLength(1);
    expect(order.state).toBe("paid");
});

test("screen: leaving while the payment is being created blocks no other terminal", async () => {
    const creation = Promise.withResolvers();
    const create = () => creation.promise;
    const { store, order, line, terminal, server } = await setupLine({
        answers: { create },
    });
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    screen.sendPaymentRequest(line);
    await advanceTime(100);
    expect(store.paymentTerminalInProgress).toBe(true);
    terminal.close();
    await advanceTime(100);
    expect(store.paymentTerminalInProgress).toBe(false);
    creation.resolve(Object.assign(server.payment, { payment_uuid: line.uuid }));
    await untilAsked();
    expect(line.payment_status).toBe("waitingCard");
    expect(store.mixpay.popup.state.lineUuid).toBe(false);
});

test("an abandoned line leaves an order that other tenders pay alone", async () => {
    const context = await setupPaidOtherwise();
    const { server, line } = context;
    server.cancel = () => Object.assign(server.payment, ABANDONED);
    await validationOf(context).askBeforeValidation();
    expect(line.payment_status).toBe("retry");
    expect(await validationOf(context).askBeforeValidation()).toBe(true);
    expect(server.callsTo("cancel")).toHaveLength(1);
});
