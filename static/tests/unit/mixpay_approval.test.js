import { advanceTime, animationFrame, expect, queryAllTexts, queryOne, test } from "@odoo/hoot";
import { contains, getService, makeServerError, onRpc } from "@web/../tests/web_test_helpers";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
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
    setupScreen,
    SLIP,
    title,
    TRACE,
    untilTickIsGone,
} from "./utils";

definePosModels();

const dialog = ".o_mixpay_approval_dialog";
const REFUSED_TITLE = "Money is on its way";
const notices = () => queryAllTexts(".o_notification_content");

async function open(button) {
    queryOne(".o_mixpay_managers").open = true;
    await contains(`.o_mixpay_popup ${button}`).click();
    await animationFrame();
    await animationFrame();
}

async function giveReason(reason = "Seen in the wallet") {
    await contains(`${dialog} .o_mixpay_reason`).edit(reason, { confirm: false });
}

async function askOnPhone(reason) {
    await giveReason(reason);
    await contains(`${dialog} .o_mixpay_ask`).click();
    await animationFrame();
    await animationFrame();
}

async function typeCode(code = "246810") {
    await contains(`${dialog} .o_mixpay_approval_code`).edit(code, { confirm: false });
    await contains(`${dialog} .o_mixpay_confirm`).click();
    await animationFrame();
    await animationFrame();
}

async function approveByCode(reason) {
    await giveReason(reason);
    await contains(`${dialog} .o_mixpay_type_code`).click();
    await typeCode();
}

/** The server's next answer, as the register's own polling brings it. */
async function poll() {
    await advanceTime(2000);
    await animationFrame();
}

const step = () => queryOne(`${dialog} form`).dataset.step;

/** A popup whose payment the server lets an approver change. */
async function setupDetected(options) {
    const context = await setupAsked(options);
    const { server, store } = context;
    store.printer.print = async (component, props) => expect.step(props.slip.title) || true;
    server.cancel = () => server.payment;
    Object.assign(server.payment, DETECTED, { can_confirm_manually: true });
    await advanceTime(1000);
    await animationFrame();
    return context;
}

// ------------------------------------------------------------------------ on the approver's device

test("asked on their phone: waits for the decision, and the sale goes on when it is there", async () => {
    const { server, line, sending } = await setupDetected();
    await open(".o_mixpay_confirm");
    expect(title()).toBe("Mark as paid");
    expect(`${dialog} .o_mixpay_meaning`).toHaveText(/only if you have seen the money arrive/);
    expect(`${dialog} .o_mixpay_subject`).toHaveText(/Shop\/0001.*\$ 17.85/s);
    await askOnPhone("  Seen in the wallet ");
    expect(server.callsTo("request_approval")).toEqual([
        { trace_id: TRACE, action: "confirm", reason: "Seen in the wallet" },
    ]);
    expect(step()).toBe("waiting");
    expect(`${dialog} .o_mixpay_request_countdown`).toHaveText("05:00");
    expect(`${dialog} .o_mixpay_asked_reason`).toHaveText("Seen in the wallet");
    server.decide("confirm");
    server.payment.approval = makeApproval({ ...GRANTED, by: "Jane" });
    await poll();
    expect(await sending).toBe(true);
    await animationFrame();
    expect(line.payment_status).toBe("done");
    await untilTickIsGone();
    expect(".modal").toHaveCount(0);
    expect(notices().join()).toInclude("Approved by Jane.");
});

test("refused: by whom, and what to do next; one may ask again", async () => {
    const { server, line } = await setupDetected();
    await open(".o_mixpay_confirm");
    await askOnPhone();
    server.payment.approval = makeApproval({ state: "refused", by: "Jane" });
    await poll();
    expect(step()).toBe("decided");
    expect(`${dialog} .o_mixpay_decision`).toHaveText(/Jane refused.*Do not hand over/s);
    expect(line.payment_status).toBe("waitingCapture");
    expect(notices()).toEqual([]);
    await contains(`${dialog} .o_mixpay_ask_again`).click();
    expect(step()).toBe("ask");
    expect(queryOne(`${dialog} .o_mixpay_reason`).value).toBe("Seen in the wallet");
    server.request_approval = () => {
        server.payment.approval = makeApproval({ id: 32 });
        return { approval_id: 32, state: "requested" };
    };
    await askOnPhone("Look at the explorer");
    expect(step()).toBe("waiting");
});

test("expired: says so, and what to do next", async () => {
    const { server } = await setupDetected();
    await open(".o_mixpay_confirm");
    await askOnPhone();
    server.payment.approval = makeApproval({ state: "expired" });
    await poll();
    expect(`${dialog} .o_mixpay_decision`).toHaveText(/Nobody decided in time.*ask again/s);
    expect(`${dialog} .o_mixpay_type_code`).toHaveCount(1);
});

test("approved, but the payment had changed: said so, never as granted", async () => {
    const { server, line } = await setupDetected();
    await open(".o_mixpay_confirm");
    await askOnPhone();
    server.payment.approval = makeApproval({ ...GRANTED, by: "Jane", has_effect: false });
    await poll();
    expect(`${dialog} .o_mixpay_decision`).toHaveText(/Jane approved, without effect/);
    expect(line.payment_status).toBe("waitingCapture");
    expect(notices()).toEqual([]);
});

test("closed while it waits: the payment is watched, and the decision is told", async () => {
    const { server, line, sending } = await setupDetected();
    await open(".o_mixpay_force_cancel");
    await askOnPhone("The customer left");
    await contains(`${dialog} .o_mixpay_close`).click();
    expect(dialog).toHaveCount(0);
    expect(".o_mixpay_popup .o_mixpay_asked").toHaveCount(1);
    server.decide("force_cancel");
    server.payment.approval = makeApproval({ ...GRANTED, action: "force_cancel", by: "Jane" });
    await poll();
    expect(await sending).toBe(false);
    await animationFrame();
    expect(line.payment_status).toBe("retry");
    expect(notices().join()).toInclude("Approved by Jane.");
    expect.verifySteps([SLIP.title]);
});

test("closed while it waits, and refused: told as well", async () => {
    const { server } = await setupDetected();
    await open(".o_mixpay_confirm");
    await askOnPhone();
    await contains(`${dialog} .o_mixpay_close`).click();
    server.payment.approval = makeApproval({ state: "refused", by: "Jane" });
    await poll();
    expect(notices().join()).toInclude("Jane refused.");
});

test("opened again while it waits: the same request, not a second one", async () => {
    const { server } = await setupDetected();
    server.payment.approval = makeApproval({ reason: "Asked before" });
    await poll();
    await open(".o_mixpay_confirm");
    expect(step()).toBe("waiting");
    expect(`${dialog} .o_mixpay_asked_reason`).toHaveText("Asked before");
    expect(server.callsTo("request_approval")).toEqual([]);
    server.payment.approval = makeApproval({ state: "refused", by: "Jane" });
    await poll();
    expect(`${dialog} .o_mixpay_decision`).toHaveText(/Jane refused/);
});

test("a request that the server refuses is told in its words", async () => {
    await setupDetected({
        answers: {
            request_approval() {
                throw makeServerError({ description: "Too many requests. Wait 15 minutes." });
            },
        },
    });
    await open(".o_mixpay_confirm");
    await askOnPhone();
    expect(step()).toBe("ask");
    expect(`${dialog} .o_mixpay_error`).toHaveText("Too many requests. Wait 15 minutes.");
});

// --------------------------------------------------------------------------------- codes at the till

test("a code at the till: who, why and the code go to the server; then the line is done", async () => {
    const { server, line, sending } = await setupDetected();
    await open(".o_mixpay_confirm");
    await giveReason();
    await contains(`${dialog} .o_mixpay_type_code`).click();
    expect(queryAllTexts(`${dialog} .o_mixpay_approver option`)).toEqual([
        "Administrator",
        "Head of the shift",
    ]);
    await contains(`${dialog} .o_mixpay_approver`).select("1");
    await typeCode("246810");
    expect(server.callsTo("approve")).toEqual([
        {
            trace_id: TRACE,
            action: "confirm",
            approver_id: 5,
            approver_kind: "approver",
            code: "246810",
            reason: "Seen in the wallet",
        },
    ]);
    expect(await sending).toBe(true);
    await animationFrame();
    expect(line.payment_status).toBe("done");
    await untilTickIsGone();
    expect(".modal").toHaveCount(0);
});

test("the field of a code keeps nothing and is no password of the till", async () => {
    const { server, store } = await setupDetected({
        answers: {
            approve() {
                throw makeServerError({ description: "That is not the code." });
            },
        },
    });
    await open(".o_mixpay_confirm");
    await approveByCode();
    const field = queryOne(`${dialog} .o_mixpay_approval_code`);
    expect(field).toHaveAttribute("type", "password");
    expect(field).toHaveAttribute("inputmode", "numeric");
    expect(field).toHaveAttribute("autocomplete", "off");
    expect(field.value).toBe("");
    expect(`${dialog} .o_mixpay_error`).toHaveText("That is not the code.");
    expect(JSON.stringify(getService("pos_mixpay").payments.state)).not.toInclude("246810");
    expect(document.body.innerHTML).not.toInclude("246810");
    expect(store.mixpay.lines.getLine(server.payment.payment_uuid).payment_status).toBe(
        "waitingCapture"
    );
    await contains(`${dialog} .o_mixpay_confirm`).click();
    expect(`${dialog} .o_mixpay_error`).toHaveText("Type the approval code.");
    expect(server.callsTo("approve")).toHaveLength(1);
});

test("nothing is approved without a reason", async () => {
    const { server } = await setupDetected();
    await open(".o_mixpay_confirm");
    expect(`${dialog} .o_mixpay_ask`).not.toBeEnabled();
    await giveReason("   ");
    expect(`${dialog} .o_mixpay_ask`).not.toBeEnabled();
    await contains(`${dialog} .o_mixpay_type_code`).click();
    expect(`${dialog} .o_mixpay_confirm`).not.toBeEnabled();
    await contains(`${dialog} .o_mixpay_close`).click();
    expect(dialog).toHaveCount(0);
    expect(server.callsTo("approve")).toEqual([]);
    expect(server.callsTo("request_approval")).toEqual([]);
});

for (const [what, answer, isPhone, isCode] of [
    ["codes at tills are off", { codes_allowed: false }, 1, 0],
    ["nobody can be asked", { can_request: false }, 0, 1],
    ["nobody has a code", { approvers: [] }, 1, 0],
    ["nobody may approve", { approvers: [], can_request: false }, 0, 0],
]) {
    test(`${what}: only what can be done is offered`, async () => {
        const { server, store } = await setupDetected();
        const before = server.approvers();
        server.approvers = () => ({ ...before, ...answer });
        await open(".o_mixpay_confirm");
        expect(`${dialog} .o_mixpay_ask`).toHaveCount(isPhone);
        expect(`${dialog} .o_mixpay_type_code`).toHaveCount(isCode);
        expect(`${dialog} .o_mixpay_nobody`).toHaveCount(isPhone || isCode ? 0 : 1);
        expect(server.callsTo("approvers")).toEqual([
            { session_id: store.session.id, trace_id: TRACE, action: "confirm" },
        ]);
    });
}

test("who may approve can be asked for again when the connection is back", async () => {
    const { server } = await setupDetected();
    const { approvers } = server;
    server.approvers = noConnection;
    await open(".o_mixpay_confirm");
    expect(`${dialog} .o_mixpay_error`).toHaveText(/No connection/);
    server.approvers = approvers;
    await contains(`${dialog} .o_mixpay_reload`).click();
    await animationFrame();
    expect(`${dialog} .o_mixpay_ask`).toHaveCount(1);
});

test("the server's warning stands beside what is asked for", async () => {
    const { server } = await setupDetected();
    server.payment.warning = "MixPay reviews this payment.";
    await poll();
    await open(".o_mixpay_confirm");
    expect(`${dialog} .o_mixpay_warning`).toHaveText("MixPay reviews this payment.");
});

// --------------------------------------------------------------------- it follows the payment's end

test("paid while somebody types: the dialog closes, and the sale goes on", async () => {
    const { server, line, sending } = await setupDetected();
    await open(".o_mixpay_confirm");
    await giveReason();
    await contains(`${dialog} .o_mixpay_type_code`).click();
    Object.assign(server.payment, PAID, { can_confirm_manually: false });
    await poll();
    expect(await sending).toBe(true);
    await animationFrame();
    await untilTickIsGone();
    expect(".modal").toHaveCount(0);
    expect(line.payment_status).toBe("done");
    expect(notices().join()).toInclude("No approval is needed any more.");
    expect(server.callsTo("approve")).toEqual([]);
});

test("paid while giving it up is asked for: nothing is given up", async () => {
    const { server, line } = await setupDetected();
    await open(".o_mixpay_force_cancel");
    await askOnPhone();
    Object.assign(server.payment, PAID, { can_confirm_manually: false });
    await poll();
    await animationFrame();
    expect(dialog).toHaveCount(0);
    expect(line.payment_status).toBe("done");
    expect(notices().join()).toInclude("No approval is needed any more.");
});

test("failed while somebody types: the dialog turns into that end, with its words", async () => {
    const { server } = await setupDetected();
    await open(".o_mixpay_confirm");
    await giveReason();
    Object.assign(server.payment, FAILED, { can_confirm_manually: false, can_force_cancel: false });
    await poll();
    expect(step()).toBe("over");
    expect(`${dialog} .o_mixpay_over`).toHaveText(/Failed.*wallet refused/s);
    expect(`${dialog} .modal-footer button`).toHaveCount(1);
    await contains(`${dialog} .o_mixpay_close`).click();
    expect(dialog).toHaveCount(0);
});

test("given up on another register: the dialog says so", async () => {
    const { server, line } = await setupDetected();
    await open(".o_mixpay_confirm");
    Object.assign(server.payment, ABANDONED, {
        can_confirm_manually: false,
        can_force_cancel: false,
    });
    await poll();
    expect(step()).toBe("over");
    expect(`${dialog} .o_mixpay_over`).toHaveText(/Cancelled/);
    expect(line.payment_status).toBe("retry");
});

test("given up on another register while this was asked here: the dialog closes", async () => {
    const { server } = await setupDetected();
    await open(".o_mixpay_force_cancel");
    Object.assign(server.payment, ABANDONED, {
        can_confirm_manually: false,
        can_force_cancel: false,
    });
    await poll();
    await animationFrame();
    expect(dialog).toHaveCount(0);
});

test("approved after the payment had ended: said so in its end", async () => {
    const { server } = await setupDetected();
    await open(".o_mixpay_confirm");
    await askOnPhone();
    Object.assign(server.payment, FAILED, { can_confirm_manually: false, can_force_cancel: false });
    server.payment.approval = makeApproval({ ...GRANTED, by: "Jane", has_effect: false });
    await poll();
    expect(step()).toBe("over");
    expect(`${dialog} .o_mixpay_over`).toHaveText(/Jane approved, but the payment had ended/);
});

test("hostile words of people stay text", async () => {
    const hostile = `<img class="hacked" src=x onerror="window.hacked=1">`;
    const { server } = await setupDetected();
    server.payment.approval = makeApproval({ reason: hostile });
    server.payment.warning = hostile;
    await poll();
    await open(".o_mixpay_confirm");
    server.payment.approval = makeApproval({ state: "refused", by: hostile, reason: hostile });
    await poll();
    expect(".hacked").toHaveCount(0);
    expect(`${dialog} .o_mixpay_decision`).toHaveText(/img class/);
});

// ------------------------------------------------------------------------------ on the payment screen

test("force cancelled: the line can be used again and the customer gets a slip", async () => {
    const { server, line, sending } = await setupDetected();
    await open(".o_mixpay_force_cancel");
    await approveByCode("The customer left");
    expect(server.callsTo("approve")).toHaveLength(1);
    expect(await sending).toBe(false);
    expect(line.payment_status).toBe("retry");
    expect.verifySteps([SLIP.title]);
});

test("screen: a failed payment marked as paid finishes the sale", async () => {
    const { server, store, screen, line } = await setupScreen({ autoValidate: true });
    screen.validateOrder = () => expect.step("validate");
    Object.assign(server.payment, FAILED, { can_confirm_manually: true });
    await advanceTime(1000);
    await animationFrame();
    await contains(".o_mixpay_line .o_mixpay_confirm").click();
    await animationFrame();
    await askOnPhone();
    server.decide("confirm");
    server.payment.approval = makeApproval({ ...GRANTED, by: "Jane" });
    await poll();
    expect(line.payment_status).toBe("done");
    expect(store.paymentTerminalInProgress).toBe(false);
    expect.verifySteps(["validate"]);
});

test("screen: a line whose money was detected is removed by an approver only", async () => {
    const { server, store, screen, order, line } = await setupScreen();
    store.printer.print = async () => true;
    server.cancel = () => Object.assign(server.payment, DETECTED);
    const first = screen.deletePaymentLine(line.uuid);
    await animationFrame();
    expect(queryAllTexts(".modal-body").at(-1)).toInclude("money is on its way");
    await contains(".modal:last .btn-secondary:contains(Keep waiting)").click();
    await first;
    expect(order.payment_ids).toHaveLength(1);
    const second = screen.deletePaymentLine(line.uuid);
    await animationFrame();
    await contains(".modal:last .btn-primary:contains(Stop waiting)").click();
    await animationFrame();
    await approveByCode();
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

test("an order is deleted when its payment is given up, and not before", async () => {
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
        blocking: [makePayment({ ...DETECTED, can_force_cancel: false })],
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
    server.cancel = () => Object.assign(server.payment, DETECTED);
    store.mixpay.orders.deferredIds = [77];
    expect(await store.deleteOrders([order, other], [order.id, 77, 78])).toBe(true);
    expect.verifySteps(["action_pos_order_cancel 78"]);
    expect(store.getOpenOrders()).toInclude(order);
    expect(store.getOpenOrders()).not.toInclude(other);
});

test("cancelling all orders gives up no payment of one that continues in the next session", async () => {
    const { server, store, order, terminal } = await setupAsked();
    terminal.close();
    store.data.call = async (model, method, [ids]) => expect.step(`${method} ${ids}`);
    store.mixpay.orders.deferredIds = [order.id];
    expect(await store.deleteOrders([order], [order.id, 78])).toBe(true);
    expect.verifySteps(["action_pos_order_cancel 78"]);
    expect(server.callsTo("cancel")).toEqual([]);
    expect(store.getOpenOrders()).toInclude(order);
});

test("an order with money on its way is not merged into another", async () => {
    const { server, store, order, terminal } = await setupAsked();
    terminal.close();
    store.mergeOrders = async (source, target) => expect.step(target);
    store.mixpay.orders.guardMerges();
    server.cancel = () => server.payment;
    await store.mergeOrders(order, "the other");
    expect.verifySteps([]);
    server.cancel = () => Object.assign(server.payment, ABANDONED);
    await store.mergeOrders(order, "the other");
    expect.verifySteps(["the other"]);
});

// ----------------------------------------------------------------------- what the server refuses

const REFUSED = "Money is on its way for this order.";
const refuse = () => {
    throw makeServerError({ errorName: "odoo.exceptions.UserError", description: REFUSED });
};

/** An order paid in cash, while another register's payment of it has money on its way. */
async function setupHeld() {
    const context = await setup();
    const { server, store, order } = context;
    const held = makePayment({ ...DETECTED, order_uuid: order.uuid, payment_uuid: "elsewhere" });
    server.payment = held;
    server.check = () => ({
        uncovered: [],
        blocking: server.payment.is_abandoned ? [] : [server.payment],
    });
    store.printer.print = async () => true;
    store.models["pos.payment"].create({
        pos_order_id: order,
        payment_method_id: store.config.payment_method_ids.find((one) => one.is_cash_count),
        amount: 17.85,
    });
    const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
    return { ...context, validation };
}

test("cash for an order that is held: refused, said so, and a manager's way out", async () => {
    const { server, order, validation } = await setupHeld();
    let isRefused = true;
    onRpc("pos.order", "sync_from_ui", ({ parent }) => (isRefused ? refuse() : parent()));
    await validation.validateOrder(false);
    await animationFrame();
    await animationFrame();
    expect(order.state).toBe("draft");
    expect(queryAllTexts(".modal-title").at(-1)).toBe(REFUSED_TITLE);
    expect(queryAllTexts(".modal-body").join()).toInclude("money is on its way");
    await contains(".modal:last .btn-primary:contains(Stop waiting)").click();
    await animationFrame();
    await approveByCode("The customer pays in cash");
    expect(server.callsTo("approve")[0].action).toBe("force_cancel");
    isRefused = false;
    await validation.validateOrder(false);
    expect(order.state).toBe("paid");
});

test("cash for an order that is held is not sent where the register knows of it", async () => {
    const { store, order, validation } = await setupHeld();
    onRpc("pos.order", "sync_from_ui", () => expect.step("sent"));
    await getService("pos_mixpay").refresh(TRACE);
    expect(store.mixpay.orders.concerns(order)).toBe(true);
    validation.askBeforeValidation().then((answer) => expect.step(answer));
    await animationFrame();
    expect(title()).toBe(REFUSED_TITLE);
    await contains(".modal:last .btn-secondary:contains(Keep waiting)").click();
    await animationFrame();
    expect.verifySteps([false]);
});

test("cash needs no connection where the order's payment was given up", async () => {
    const { server, store, order, validation } = await setupHeld();
    Object.assign(server.payment, ABANDONED, { can_force_cancel: false });
    await getService("pos_mixpay").refresh(TRACE);
    server.check = noConnection;
    expect(store.mixpay.orders.concerns(order)).toBe(false);
    expect(await validation.askBeforeValidation()).toBe(true);
    expect(server.callsTo("check")).toEqual([]);
});

test("a save that is refused in the background is told, with the way out", async () => {
    const { store, order } = await setupHeld();
    onRpc("pos.order", "sync_from_ui", refuse);
    order.state = "paid";
    store.addPendingOrder([order.id]);
    await store.syncAllOrders();
    await animationFrame();
    await animationFrame();
    expect(order.state).toBe("draft");
    expect(title()).toBe(REFUSED_TITLE);
});

test("a refusal that MixPay has nothing to do with is core's to tell", async () => {
    const { server, order, validation } = await setupHeld();
    server.check = () => ({ uncovered: [], blocking: [] });
    onRpc("pos.order", "sync_from_ui", refuse);
    await validation.validateOrder(false);
    await animationFrame();
    expect(queryAllTexts(".modal-body")).toEqual([REFUSED]);
    expect(order.state).toBe("draft");
});

test("screen: a line that the server keeps comes back, with the way out", async () => {
    const { server, store, screen, order, line } = await setupScreen();
    await advanceTime(500);
    expect(line.isSynced).toBe(true);
    server.check = () => ({
        uncovered: [],
        blocking: [makePayment({ ...server.payment, ...DETECTED })],
    });
    onRpc("pos.order", "sync_from_ui", refuse);
    const [{ payment_uuid: uuid }] = server.callsTo("create");
    await screen.deletePaymentLine(line.uuid);
    await advanceTime(500);
    await animationFrame();
    expect(title()).toBe(REFUSED_TITLE);
    expect(order.payment_ids.map((one) => one.uuid)).toEqual([uuid]);
    expect(store.mixpay.lines.getLine(uuid).pos_order_id).toBe(order);
});

test("an order that the server does not delete: said so, and deleted when a manager agrees", async () => {
    const { store, order } = await setupHeld();
    await store.syncAllOrders({ orders: [order], throw: true, force: true });
    let isRefused = true;
    onRpc("pos.order", "action_pos_order_cancel", ({ parent }) =>
        isRefused ? refuse() : parent()
    );
    const deleting = store.deleteOrders([order]);
    await animationFrame();
    await animationFrame();
    expect(title()).toBe(REFUSED_TITLE);
    await contains(".modal:last .btn-primary:contains(Stop waiting)").click();
    await animationFrame();
    isRefused = false;
    await approveByCode("The customer left");
    expect(await deleting).toBe(true);
    expect(store.getOpenOrders()).not.toInclude(order);
});

test("an order that stays on the server is no longer sent to be removed, and others are saved", async () => {
    const { server, store, order } = await setupHeld();
    server.closing = () => ({ payments: [], carried: ["Shop/0009"], carried_ids: [99] });
    onRpc("pos.order", "action_pos_order_cancel", refuse);
    store.pendingOrder.delete.add(99);
    store.addPendingOrder([order.id]);
    await store.syncAllOrders();
    expect(store.getOrderIdsToDelete()).toEqual([]);
    expect(order.isSynced).toBe(true);
});

test("an order that costs less than what was paid offers a manager's way out", async () => {
    const { server, order, line, store, terminal, sending } = await setupAsked();
    Object.assign(server.payment, PAID, { can_force_cancel: true });
    await advanceTime(1000);
    await sending;
    order.lines[0].setQuantity(1);
    const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
    validation.askBeforeValidation().then((answer) => expect.step(answer));
    await animationFrame();
    expect(title()).toBe("Paid with MixPay");
    expect(queryAllTexts(".modal-body").join()).toInclude("more with MixPay than this order costs");
    await contains(".modal:last .btn-primary:contains(Stop waiting)").click();
    await animationFrame();
    server.decide = () =>
        Object.assign(server.payment, { is_abandoned: true, can_force_cancel: false });
    await approveByCode("The customer wants less");
    await animationFrame();
    expect.verifySteps([false]);
    expect(queryAllTexts(".modal-body").join()).toInclude("Remove its line");
    server.cancel = () => server.payment;
    expect(await terminal.sendPaymentCancel(order, line.uuid)).toBe(true);
});
