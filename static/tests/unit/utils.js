import { onRpc } from "@web/../tests/web_test_helpers";
import { PaymentMixpay } from "@pos_mixpay/app/payment_mixpay";

export const TRACE = "3f2b8c1e-6c0f-4c1e-9f0a-1d2e3f405162";

const QR =
    "data:image/svg+xml;utf8,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'><rect width='1' height='1'/></svg>";

/** A payment as the routes give it, with what a test wants to be different. */
export function makePayment(values = {}) {
    return {
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

export const ABANDONED = { line_status: "retry", is_abandoned: true, state_text: "Cancelled" };

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
        status() {
            const payment = { ...this.payment };
            delete payment.qr;
            return { payments: [payment], poll_after: this.pollAfter };
        },
        cancel() {
            return Object.assign(this.payment, ABANDONED);
        },
        check() {
            return { uncovered: [] };
        },
        callsTo(name) {
            return this.calls.filter((call) => call.name === name).map((call) => call.params);
        },
        ...answers,
    };
    for (const name of ["create", "status", "cancel", "check"]) {
        onRpc(`/pos_mixpay/${name}`, async (request) => {
            const { params } = await request.json();
            server.calls.push({ name, params });
            return server[name](params);
        });
    }
    return server;
}

/** Adds a MixPay method to the shop of core's test data, as the server's data would. */
export function addMixpayMethod(store) {
    const method = store.models["pos.payment.method"].create({
        id: 90,
        name: "MixPay",
        is_cash_count: false,
        use_payment_terminal: "mixpay",
        split_transactions: false,
        type: "bank",
        sequence: 9,
        payment_method_type: "terminal",
    });
    store.config.update({ payment_method_ids: [["link", method]] });
    method.payment_terminal = new PaymentMixpay(store, method);
    return method;
}
