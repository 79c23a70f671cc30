import { advanceTime, animationFrame, queryFirst } from "@odoo/hoot";
import { MockServer, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { getFilledOrder, setupPosEnv } from "@point_of_sale/../tests/unit/utils";
import { PaymentMixpay } from "@pos_mixpay/app/payment_mixpay";

export const TRACE = "3f2b8c1e-6c0f-4c1e-9f0a-1d2e3f405162";

const ROUTES = ["create", "resume", "status", "cancel", "check", "late"].concat(
    ["approvers", "request_approval", "approve"],
    ["closing", "acknowledge", "unfinished", "mine", "recent", "ask"],
    ["find", "ask", "approvers", "approve", "address", "cancel"].map((name) => `refund_${name}`)
);

const QR =
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><rect width='1' height='1'/></svg>";

/** A payment as the routes give it, with what a test wants to be different. */
export function makePayment(values = {}) {
    return {
        id: 7,
        trace_id: TRACE,
        state: "unpaid",
        line_status: "waitingCard",
        link: "https://mixpay.example/code/abc",
        link_type: "code",
        qr: QR,
        amount: "17.85",
        currency: "USD",
        amount_text: "$ 17.85",
        expires_at: "2030-01-01T00:00:00Z",
        seconds_left: 600,
        order_name: "Shop/0001",
        payment_uuid: "line-1",
        order_uuid: "order-1",
        state_text: "Waiting for the customer",
        message: "Ask the customer to scan the code.",
        is_final: false,
        is_abandoned: false,
        is_confirmed_manually: false,
        can_confirm_manually: false,
        can_force_cancel: false,
        approval: false,
        notice: "",
        slip: false,
        is_test: false,
        remaining: false,
        transaction_id: false,
        payment_ref_no: false,
        card_brand: false,
        ...values,
    };
}

export const PAID = {
    state: "success",
    line_status: "done",
    is_final: true,
    state_text: "Paid",
    message: "",
    transaction_id: TRACE,
    payment_ref_no: "0xabc",
    card_brand: "USDT (Tron)",
};

export const FAILED = {
    state: "failed",
    line_status: "retry",
    is_final: true,
    state_text: "Failed",
    message: "The customer's wallet refused. Try again.",
};

/** Money is on its way: only a manager gives the payment up. */
export const DETECTED = {
    state: "confirming",
    line_status: "waitingCapture",
    state_text: "Payment seen",
    message: "Money is on its way. Please wait.",
    can_force_cancel: true,
};

export const SLIP = {
    title: "Payment not finished",
    lines: [["Transaction", TRACE]],
    text: "The sale did not wait.",
    no_receipt: "This is no receipt. Keep this slip.",
    scan: "Scan the code:",
    url: "https://shop.example/pos_mixpay/claim/x/y",
    is_due: true,
};

export const APPROVERS = [
    { kind: "user", id: 2, name: "Administrator", has_code: true },
    { kind: "user", id: 3, name: "Without a code", has_code: false },
    { kind: "approver", id: 5, name: "Head of the shift", has_code: true },
];

/** An approval as a payment carries it. */
export function makeApproval(values = {}) {
    return {
        id: 31,
        action: "confirm",
        state: "requested",
        by: "",
        reason: "Seen in the wallet",
        seconds_left: 300,
        has_effect: false,
        ...values,
    };
}

export const GRANTED = { state: "granted", has_effect: true, seconds_left: 0 };

export const ABANDONED = {
    line_status: "retry",
    is_abandoned: true,
    state_text: "Cancelled at the register",
};

/** What `rpc` makes of it is a lost connection. */
export function noConnection() {
    return new Response("", { status: 502 });
}

/**
 * Stands in for Odoo's server on the register's routes, and for nothing else. `answers` may be changed
 * while a test runs; each is given the call's parameters.
 */
export function mockMixpayRoutes(answers = {}) {
    const server = {
        payment: makePayment(),
        pollAfter: 2000,
        calls: [],
        create(params) {
            const { payment_uuid, order_uuid, amount } = params;
            Object.assign(this.payment, { payment_uuid, order_uuid, amount });
            return this.payment;
        },
        resume({ payment_uuid }) {
            return Object.assign(this.payment, { payment_uuid });
        },
        status() {
            const payment = { ...this.payment };
            delete payment.qr;
            return { payments: [payment], poll_after: this.pollAfter };
        },
        cancel() {
            return Object.assign(this.payment, ABANDONED);
        },
        check() {
            return { uncovered: [], reasons: {}, blocking: [] };
        },
        approvers() {
            return { approvers: APPROVERS, codes_allowed: true, can_request: true };
        },
        request_approval({ action, reason }) {
            this.payment.approval = makeApproval({ action, reason });
            return { approval_id: this.payment.approval.id, state: "requested" };
        },
        approve({ action, reason }) {
            this.decide(action);
            const approval = { action, reason, by: "Administrator" };
            this.payment.approval = makeApproval({ ...approval, ...GRANTED });
            return this.payment;
        },
        /** What an approval does to the payment, on whichever device it was given. */
        decide(action) {
            Object.assign(
                this.payment,
                { can_confirm_manually: false, can_force_cancel: false },
                action === "confirm"
                    ? {
                          line_status: "done",
                          is_confirmed_manually: true,
                          state_text: "Marked as paid",
                      }
                    : { ...ABANDONED, slip: SLIP }
            );
        },
        late() {
            return { payments: [] };
        },
        closing() {
            return { payments: [], carried: [] };
        },
        unfinished() {
            return { payments: [] };
        },
        mine({ order_uuids }) {
            return order_uuids[0];
        },
        recent() {
            return { payments: [] };
        },
        ask() {
            return this.payment;
        },
        acknowledge() {
            return true;
        },
        callsTo(name) {
            return this.calls.filter((call) => call.name === name).map((call) => call.params);
        },
        ...answers,
    };
    for (const name of ROUTES) {
        onRpc(`/pos_mixpay/${name}`, async (request) => {
            const { params } = await request.json();
            server.calls.push({ name, params });
            return server[name](params);
        });
    }
    return server;
}

/** Adds a MixPay method to the shop of core's test data, as the server's data would. */
function addMixpayMethod(store) {
    const values = {
        name: "MixPay",
        is_cash_count: false,
        use_payment_terminal: "mixpay",
        split_transactions: false,
        type: "bank",
        sequence: 9,
        payment_method_type: "terminal",
        mixpay_sounds: true,
    };
    const id = MockServer.env["pos.payment.method"].create(values);
    const method = store.models["pos.payment.method"].create({ ...values, id });
    store.config.update({ payment_method_ids: [["link", method]] });
    method.payment_terminal = new PaymentMixpay(store, method);
    return method;
}

/** A shop that takes MixPay, with an order of 17.85. */
export async function setup({ answers = {}, autoValidate = false } = {}) {
    const server = mockMixpayRoutes(answers);
    const store = await setupPosEnv();
    const method = addMixpayMethod(store);
    store.config.auto_validate_terminal_payment = autoValidate;
    const order = await getFilledOrder(store);
    await mountWithCleanup(MainComponentsContainer);
    return { server, store, method, order, terminal: method.payment_terminal };
}

/** Until the payment is made, and then until its code is drawn and the subscribers are notified. */
export async function untilAsked() {
    await advanceTime(100);
    await advanceTime(100);
}

/** A popup that says "Paid" closes by itself. */
export async function untilTickIsGone() {
    await advanceTime(2000);
    await animationFrame();
}

/** A line waiting to be sent, without a payment screen. */
export async function setupLine(options) {
    const context = await setup(options);
    const { data: line } = context.order.addPaymentline(context.method);
    return { ...context, line };
}

/** The payment screen with a MixPay line just added, as a cashier does. */
export async function setupScreen(options) {
    const context = await setup(options);
    const screen = await mountWithCleanup(PaymentScreen, {
        props: { orderUuid: context.order.uuid },
    });
    await screen.addNewPaymentLine(context.method);
    await untilAsked();
    return { ...context, screen, line: context.order.payment_ids[0] };
}

/** The same, with its customer asked to pay. */
export async function setupAsked(options) {
    const context = await setupLine(options);
    const sending = context.line.pay();
    await untilAsked();
    return { ...context, sending };
}

/** Two orders at one table: this device's, which is not saved, and one that another has saved. */
export async function setupTable() {
    const context = await setupLine();
    const { store, order } = context;
    const other = store.addNewOrder();
    await store.syncAllOrders({ orders: [other], force: true });
    store.setOrder(order);
    const table = { id: 7 }; // of pos_restaurant, which need not be installed
    order.table_id = table;
    other.table_id = table;
    return { ...context, other };
}

/** What core does with this device's order when it hears of the other one. */
export async function mergeAsCore(store, order, other) {
    for (const line of [...order.lines]) {
        line.update({ order_id: other });
    }
    store.setOrder(other);
    return store.deleteOrders([order]);
}

/** Sends a register a message of the server's bus. */
export function sendToRegister(store, channel, message) {
    const listeners = store.data.channels.filter((one) => one.channel === channel);
    return Promise.all(listeners.map(({ method }) => method(message)));
}

/** The text of the uppermost dialog's title. */
export const title = () => queryFirst(".modal-title, .modal-header")?.textContent.trim();
