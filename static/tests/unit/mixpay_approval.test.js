import { advanceTime, animationFrame, expect, queryAllTexts, queryOne, test } from "@odoo/hoot";
import { contains, makeServerError } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import {
    ABANDONED,
    FAILED,
    makePayment,
    PAID,
    SEEN,
    setupAsked,
    setupScreen,
    SLIP,
    TRACE,
} from "./utils";

definePosModels();

const dialog = ".o_mixpay_approver_dialog";

async function giveReason(reason = "Seen in the wallet") {
    await contains(`${dialog} .o_mixpay_reason`).edit(reason, { confirm: false });
    await contains(`${dialog} .o_mixpay_continue`).click();
}

async function prove(secret) {
    await contains(`${dialog} .o_mixpay_secret`).edit(secret, { confirm: false });
    await contains(`${dialog} .o_mixpay_confirm`).click();
    await animationFrame();
}

/** A popup whose payment the server lets an approver change. */
async function setupSeen(options) {
    const context = await setupAsked(options);
    const { server, store } = context;
    store.printer.print = async (component, props) => expect.step(props.slip.title) || true;
    server.cancel = () => server.payment;
    Object.assign(server.payment, SEEN, { can_override: true });
    await advanceTime(1000);
    await animationFrame();
    return context;
}

test("confirmed by hand: who, why, and the proof go to the server; then the line is done", async () => {
    const { server, line, sending } = await setupSeen();
    await contains(".o_mixpay_popup .o_mixpay_override").click();
    await animationFrame();
    await contains(`${dialog} .o_mixpay_approver`).select("1");
    await giveReason();
    expect(`${dialog} .o_mixpay_warning`).toHaveText(/Confirm only if you have seen the money/);
    await prove("2468");
    expect(server.callsTo("override")).toEqual([
        {
            trace_id: TRACE,
            approver_kind: "employee",
            approver_id: 5,
            secret: "2468",
            reason: "Seen in the wallet",
        },
    ]);
    expect(await sending).toBe(true);
    await animationFrame();
    expect(line.payment_status).toBe("done");
    expect(".modal").toHaveCount(0);
});

test("a wrong secret is told in the dialog, is gone, and can be tried again", async () => {
    const { server, line } = await setupSeen({
        answers: {
            override() {
                throw makeServerError({ description: "That is not the password." });
            },
        },
    });
    await contains(".o_mixpay_popup .o_mixpay_override").click();
    await animationFrame();
    await giveReason();
    expect(`${dialog} .o_mixpay_secret`).toHaveAttribute("type", "password");
    expect(`${dialog} label`).toHaveText("Password of Administrator");
    await prove("wrong");
    expect(`${dialog} .o_mixpay_error`).toHaveText("That is not the password.");
    expect(queryOne(`${dialog} .o_mixpay_secret`).value).toBe("");
    expect(JSON.stringify(server.payment)).not.toInclude("wrong");
    expect(line.payment_status).toBe("waitingCapture");
    server.override = () =>
        Object.assign(server.payment, { line_status: "done", is_overridden: true });
    await prove("right");
    expect(dialog).toHaveCount(0);
    expect(line.payment_status).toBe("done");
});

test("nothing is approved without a reason", async () => {
    const { server } = await setupSeen();
    await contains(".o_mixpay_popup .o_mixpay_override").click();
    await animationFrame();
    expect(`${dialog} .o_mixpay_continue`).not.toBeEnabled();
    await contains(`${dialog} .o_mixpay_reason`).edit("   ", { confirm: false });
    expect(`${dialog} .o_mixpay_continue`).not.toBeEnabled();
    await contains(`${dialog} .modal-footer .btn-secondary`).click();
    expect(dialog).toHaveCount(0);
    expect(server.callsTo("override")).toEqual([]);
});

test("where nobody may approve, the dialog says so", async () => {
    await setupSeen({ answers: { approvers: () => ({ approvers: [] }) } });
    await contains(".o_mixpay_popup .o_mixpay_override").click();
    await animationFrame();
    expect(`${dialog} .o_mixpay_error`).toHaveText(/Nobody here may approve/);
    expect(`${dialog} .o_mixpay_continue`).not.toBeEnabled();
});

test("let go: the line is free and the customer gets a slip", async () => {
    const { server, line, sending } = await setupSeen();
    await contains(".o_mixpay_popup .o_mixpay_let_go").click();
    await animationFrame();
    await giveReason("The customer left");
    await prove("secret");
    expect(server.callsTo("let_go")).toHaveLength(1);
    expect(await sending).toBe(false);
    expect(line.payment_status).toBe("retry");
    expect.verifySteps([SLIP.title]);
});

test("screen: a failed payment confirmed by hand finishes the sale", async () => {
    const { server, store, screen, line } = await setupScreen({ autoValidate: true });
    screen.validateOrder = () => expect.step("validate");
    Object.assign(server.payment, FAILED, { can_override: true });
    await advanceTime(1000);
    await animationFrame();
    await contains(".o_mixpay_line .o_mixpay_override").click();
    await animationFrame();
    await giveReason();
    await prove("secret");
    expect(line.payment_status).toBe("done");
    expect(store.paymentTerminalInProgress).toBe(false);
    expect.verifySteps(["validate"]);
});

test("screen: a line whose money was seen is removed by an approver only", async () => {
    const { server, store, screen, order, line } = await setupScreen();
    store.printer.print = async () => true;
    server.cancel = () => Object.assign(server.payment, SEEN);
    const first = screen.deletePaymentLine(line.uuid);
    await animationFrame();
    expect(queryAllTexts(".modal-body").at(-1)).toInclude("money is on its way");
    await contains(".modal:last .btn-secondary:contains(Keep waiting)").click();
    await first;
    expect(order.payment_ids).toHaveLength(1);
    const second = screen.deletePaymentLine(line.uuid);
    await animationFrame();
    await contains(".modal:last .btn-primary:contains(Let go)").click();
    await animationFrame();
    await giveReason();
    await prove("secret");
    await second;
    expect(order.payment_ids).toHaveLength(0);
});

test("screen: a paid line is not removed without asking the server", async () => {
    const { server, screen, order, line } = await setupScreen();
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    server.cancel = () => server.payment;
    await screen.deletePaymentLine(line.uuid);
    expect(order.payment_ids).toHaveLength(1);
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
});

test("an order is deleted when its payment is free, and not before", async () => {
    const { server, store, order, terminal } = await setupAsked();
    terminal.close();
    server.cancel = () => server.payment;
    expect(await store.deleteOrders([order])).toBe(false);
    expect(store.getOpenOrders()).toInclude(order);
    server.cancel = () => Object.assign(server.payment, ABANDONED);
    expect(await store.deleteOrders([order])).toBe(true);
    expect(store.getOpenOrders()).not.toInclude(order);
});

test("an order is not deleted while another register's payment of it has money on its way", async () => {
    const { server, store, order } = await setupAsked();
    server.check = () => ({
        uncovered: [],
        blocking: [makePayment({ ...SEEN, can_let_go: false })],
    });
    expect(await store.deleteOrders([order])).toBe(false);
    expect(server.callsTo("check")).toEqual([
        { session_id: store.session.id, order_uuid: order.uuid, lines: {} },
    ]);
});

test("cancelling all orders leaves out those that money may still arrive for", async () => {
    const { server, store, order, terminal } = await setupAsked();
    const other = store.addNewOrder();
    terminal.close();
    store.data.call = async (model, method, [ids]) => expect.step(`${method} ${ids}`);
    server.cancel = () => Object.assign(server.payment, SEEN);
    store.mixpay.carried = [77];
    expect(await store.deleteOrders([order, other], [order.id, 77, 78])).toBe(true);
    expect.verifySteps(["action_pos_order_cancel 78"]);
    expect(store.getOpenOrders()).toInclude(order);
    expect(store.getOpenOrders()).not.toInclude(other);
});

test("an order with money on its way is not merged into another", async () => {
    const { server, store, order, terminal } = await setupAsked();
    terminal.close();
    store.mergeOrders = async (source, target) => expect.step(target);
    store.mixpay.guardMerges();
    server.cancel = () => server.payment;
    await store.mergeOrders(order, "the other");
    expect.verifySteps([]);
    server.cancel = () => Object.assign(server.payment, ABANDONED);
    await store.mergeOrders(order, "the other");
    expect.verifySteps(["the other"]);
});
