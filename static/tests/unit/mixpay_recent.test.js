import { advanceTime, animationFrame, expect, queryAll, queryAllTexts, test } from "@odoo/hoot";
import { contains, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { showRecent } from "@pos_mixpay/lazy/recent";
import { FAILED, makePayment, noConnection, PAID, setupLine, TRACE, untilAsked } from "./utils";

definePosModels();

const OTHER = "9d3b8c1e-6c0f-4c1e-9f0a-1d2e3f405162";
const verdicts = () => queryAllTexts(".o_mixpay_verdict");

function makeRecent(values = {}) {
    return makePayment({
        created_at: "2026-01-31T12:00:00Z",
        verdict: "nothing",
        verdict_text: "Nothing received.",
        has_order: false,
        ...values,
    });
}

async function setupRecent(payments) {
    const context = await setupLine();
    context.server.recent = () => ({ payments });
    showRecent(context.store);
    await animationFrame();
    await animationFrame();
    return context;
}

async function type(words) {
    await contains(".o_mixpay_recent_words").edit(words, { confirm: false });
    await advanceTime(500);
    await animationFrame();
}

test("each payment has order, amount and a verdict", async () => {
    await setupRecent([
        makeRecent({ trace_id: OTHER, ...PAID, verdict: "paid", verdict_text: "Paid." }),
        makeRecent(),
    ]);
    expect(verdicts()).toEqual(["Paid.", "Nothing received."]);
    expect(queryAll("[data-verdict=paid] .fa-check-circle")).toHaveCount(1);
    expect(queryAllTexts(".o_mixpay_recent").join()).toInclude("$ 17.85");
});

test("MixPay is asked about one, and its verdict takes the place of the old one", async () => {
    const { server } = await setupRecent([makeRecent(), makeRecent({ trace_id: OTHER })]);
    server.ask = ({ trace_id }) =>
        makeRecent({ trace_id, verdict: "short", verdict_text: "Short by $ 2.00." });
    await contains(".o_mixpay_recent:eq(0) .o_mixpay_check_now").click();
    await animationFrame();
    expect(server.callsTo("ask").map((params) => params.trace_id)).toEqual([TRACE]);
    expect(verdicts()).toEqual(["Short by $ 2.00.", "Nothing received."]);
});

test("words are searched for on the server, once typing has paused", async () => {
    const { server } = await setupRecent([makeRecent()]);
    await type("17.85");
    expect(server.callsTo("recent").map((params) => params.words)).toEqual(["", "17.85"]);
});

test("a trace ID that is not in the list can be asked about", async () => {
    const { server } = await setupRecent([]);
    await type("0012");
    expect(queryAll(".o_mixpay_ask")).toHaveCount(0);
    await type(` \u200e${OTHER}\u200e `);
    server.ask = ({ trace_id }) => ({ trace_id, verdict: "review", verdict_text: "Not ours." });
    await contains(".o_mixpay_ask").click();
    await animationFrame();
    expect(server.callsTo("ask")[0].trace_id).toBe(OTHER);
    expect(verdicts()).toEqual(["Not ours."]);
});

test("without a connection it says so, and what was shown stays", async () => {
    const { server } = await setupRecent([makeRecent()]);
    server.ask = noConnection;
    await contains(".o_mixpay_check_now").click();
    await animationFrame();
    expect(queryAllTexts(".o_mixpay_error").join()).toInclude("No connection");
    expect(verdicts()).toEqual(["Nothing received."]);
});

test("the order that it was made for is opened, if there is one to go on with", async () => {
    const { store, order } = await setupRecent([
        makeRecent({ has_order: true }),
        makeRecent({ trace_id: OTHER, order_uuid: "gone", payment_uuid: "gone" }),
    ]);
    expect(queryAll(".o_mixpay_open")).toHaveCount(1);
    patchWithCleanup(store, {
        navigate: (page) => expect.step(page),
    });
    patchWithCleanup(store.data, { loadServerOrders: async () => {} });
    patchWithCleanup(store.models["pos.order"], { getBy: () => order });
    await contains(".o_mixpay_open").click();
    await animationFrame();
    expect.verifySteps(["PaymentScreen"]);
    expect(queryAll(".o_mixpay_recent_dialog")).toHaveCount(0);
});

test("an order is opened from a payment that failed: its line stays that of the newer one", async () => {
    const { server, store, order, line } = await setupLine();
    line.pay();
    await untilAsked();
    store.mixpay.attempts.leave();
    const of = { payment_uuid: line.uuid, order_uuid: order.uuid, amount: server.payment.amount };
    server.recent = () => ({
        payments: [makeRecent({ ...FAILED, ...of, id: 6, trace_id: OTHER, has_order: true })],
    });
    patchWithCleanup(store, { navigate: (page) => expect.step(page) });
    patchWithCleanup(store.data, { loadServerOrders: async () => {} });
    showRecent(store);
    await animationFrame();
    await animationFrame();
    await contains(".o_mixpay_open").click();
    await animationFrame();
    expect.verifySteps(["PaymentScreen"]);
    expect(line.payment_status).toBe("waitingCard");
    expect(store.mixpay.service.payments.traceOfLine(line.uuid)).toBe(TRACE);
});
