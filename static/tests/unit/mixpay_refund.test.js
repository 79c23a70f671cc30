import { advanceTime, animationFrame, expect, queryAllTexts, queryFirst, test } from "@odoo/hoot";
import { contains, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { watchRefunds } from "@pos_mixpay/lazy/refunds";
import { APPROVERS, sendToRegister, setup, SLIP, title } from "./utils";

definePosModels();

const ADDRESS = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t";
const REFERENCE = "5d1b7c1e-6c0f-4c1e-9f0a-1d2e3f405162";

/** A refund as the routes give it, with what a test wants to be different. */
const makeRefund = (values = {}) => ({
    reference: REFERENCE,
    payment_uuid: "line-1",
    state: "asked",
    state_text: "To be approved",
    amount: "$ 17.85",
    is_granted: false,
    approver: "",
    asset: "",
    address: "",
    memo: "",
    assets: [
        { id: 3, name: "USDT (Tron)" },
        { id: 4, name: "BTC (Bitcoin)" },
    ],
    url: "https://shop.example/pos_mixpay/refund/x/y",
    qr: "data:image/svg+xml;base64,",
    receipt: "Given back in coins: $ 17.85",
    slip: SLIP,
    ...values,
});

const WITH_CODES = APPROVERS.filter(({ has_code }) => has_code);
const GRANTED = { state: "approved", is_granted: true, approver: "Administrator" };
const granted = () => makeRefund(GRANTED);

/** A refund of 17.85 at a shop that gives coins back, with its payment screen. */
async function setupRefund(answers = {}) {
    const server = {
        refund: false,
        refund_find: () => server.refund,
        refund_ask: () => (server.refund = makeRefund()),
        refund_approvers: () => ({ approvers: WITH_CODES, can_request: true }),
        refund_approve: () => (server.refund = { ...server.refund, ...GRANTED }),
        refund_address: ({ address }) =>
            (server.refund = { ...server.refund, address, asset: "USDT (Tron)" }),
        refund_cancel: () => (server.refund = { ...server.refund, state: "cancelled" }),
        ...answers,
    };
    const context = await setup({ answers: server });
    Object.assign(server, context.server, { calls: context.server.calls });
    const { order, method } = context;
    method.mixpay_refunds = true;
    order.is_refund = true;
    order.lines.forEach((line) => line.setQuantity(-1, true));
    const screen = await mountWithCleanup(PaymentScreen, { props: { orderUuid: order.uuid } });
    await screen.addNewPaymentLine(method);
    await settle();
    return { ...context, server, screen, line: order.payment_ids[0] };
}

async function settle() {
    for (let times = 0; times < 3; times++) {
        await advanceTime(50);
        await animationFrame();
    }
}

async function click(selector) {
    await contains(selector).click();
    await settle();
}

async function ask() {
    await contains(".o_mixpay_refund_reason").edit("The tea was cold", { confirm: false });
    await click(".o_mixpay_refund_ask");
}

const callsTo = ({ server }, name) =>
    server.calls.filter((call) => call.name === name).map((call) => call.params);

test("refund: asked for, approved by a code, and the order can be finished", async () => {
    const context = await setupRefund();
    const { line, order } = context;
    expect(title()).toBe("Give back in coins");
    expect(line.amount).toBeLessThan(0);
    expect(line.isDone()).toBe(false);
    await ask();
    expect(callsTo(context, "refund_ask")).toEqual([
        {
            session_id: context.store.session.id,
            payment_uuid: line.uuid,
            reason: "The tea was cold",
        },
    ]);
    expect(order.isSynced).toBe(true);
    expect(line.payment_status).toBe("waitingCapture");
    await contains(".o_mixpay_refund_code").edit("295471", { confirm: false });
    await click(".o_mixpay_refund_approve");
    expect(callsTo(context, "refund_approve")).toEqual([
        {
            session_id: context.store.session.id,
            reference: REFERENCE,
            approver_id: 2,
            approver_kind: "user",
            code: "295471",
        },
    ]);
    expect(line.payment_status).toBe("done");
    expect(line.mixpay_receipt).toBe("Given back in coins: $ 17.85");
    expect(".o_mixpay_refund_hint").toHaveCount(1);
});

for (const [what, answer, isTold, isCode] of [
    ["nobody was told", { can_request: false }, 0, 1],
    ["nobody has a code", { approvers: [] }, 1, 0],
    ["nobody may approve", { approvers: [], can_request: false }, 0, 0],
]) {
    test(`refund: ${what}, and that is what is said`, async () => {
        const before = { approvers: WITH_CODES, can_request: true };
        await setupRefund({ refund_approvers: () => ({ ...before, ...answer }) });
        await ask();
        expect(".o_mixpay_refund_told").toHaveCount(isTold);
        expect(".o_mixpay_refund_code").toHaveCount(isCode);
        expect(".o_mixpay_refund_nobody").toHaveCount(isTold || isCode ? 0 : 1);
    });
}

test("refund: an address is kept only once coin and network are confirmed", async () => {
    const context = await setupRefund();
    await ask();
    await contains(".o_mixpay_refund_address").edit(`tron:${ADDRESS}?amount=1`, { confirm: false });
    expect(queryFirst(".o_mixpay_refund_set_address").disabled).toBe(true);
    await contains(".o_mixpay_refund_confirmed").click();
    await click(".o_mixpay_refund_set_address");
    expect(callsTo(context, "refund_address")).toEqual([
        {
            session_id: context.store.session.id,
            reference: REFERENCE,
            asset_id: 3,
            address: ADDRESS,
            memo: "",
            is_confirmed: true,
        },
    ]);
    expect(queryAllTexts(".o_mixpay_refund_to").join()).toInclude(ADDRESS);
});

test("refund: the customer enters it on their phone, and a manager approves elsewhere", async () => {
    const context = await setupRefund();
    await ask();
    await click(".o_mixpay_refund_toggle");
    expect(".o_mixpay_refund_phone img").toHaveCount(1);
    context.store.printer.print = async (_component, { slip }) => expect.step(slip.url) || true;
    await click(".o_mixpay_refund_print");
    expect.verifySteps([SLIP.url]);
    Object.assign(context.server.refund, GRANTED, { address: ADDRESS, asset: "USDT (Tron)" });
    await advanceTime(4500);
    await settle();
    expect(".o_mixpay_refund_phone").toHaveCount(0);
    expect(queryAllTexts(".o_mixpay_refund_approved").join()).toInclude("Administrator");
    expect(context.line.payment_status).toBe("done");
});

test("refund: approved elsewhere, its line shows so with the dialog closed", async () => {
    const { store, server, line } = await setupRefund();
    await ask();
    await click(".o_mixpay_refund_close");
    watchRefunds(store);
    await settle();
    Object.assign(server.refund, GRANTED);
    await advanceTime(4500);
    expect(line.payment_status).toBe("waitingCapture");
    await sendToRegister(store, "MIXPAY_REFUND", {});
    await settle();
    expect(line.payment_status).toBe("done");
});

test("refund: given back another way, nothing more is asked for", async () => {
    const refund = makeRefund({ state: "otherwise", state_text: "Given back another way" });
    const context = await setupRefund({ refund_find: () => refund });
    expect(queryAllTexts(".o_mixpay_refund_state")).toEqual(["Given back another way"]);
    expect(".o_mixpay_refund_ask").toHaveCount(0);
    expect(".o_mixpay_refund_cancel").toHaveCount(0);
    expect(context.line.payment_status).toBe("done");
});

test("refund: a part in coins, and the rest another way", async () => {
    const { order, screen, store, line } = await setupRefund({ refund_ask: granted });
    await ask();
    await click(".o_mixpay_refund_close");
    expect(line.isDone()).toBe(true);
    order.lines[0].setQuantity(-2, true);
    await settle();
    await screen.addNewPaymentLine(
        store.models["pos.payment.method"].find((one) => one.is_cash_count)
    );
    await settle();
    expect(order.isPaid()).toBe(true);
    const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
    expect(await validation.askBeforeValidation()).toBe(true);
});

test("refund: cancelled, its line can be removed", async () => {
    const context = await setupRefund();
    const { order, screen, line } = context;
    await ask();
    await click(".o_mixpay_refund_close");
    screen.deletePaymentLine(line.uuid);
    await settle();
    expect(callsTo(context, "refund_cancel")).toHaveLength(1);
    expect(order.payment_ids).toHaveLength(0);
});

test("refund: what was asked before it was cancelled does not bring it back", async () => {
    const context = await setupRefund();
    const { server, line } = context;
    await ask();
    Object.assign(server.refund, GRANTED);
    await advanceTime(4500);
    await settle();
    expect(line.payment_status).toBe("done");
    const { promise, resolve } = Promise.withResolvers();
    const before = { ...server.refund };
    onRpc("/pos_mixpay/refund_find", () => promise);
    await advanceTime(4500);
    await click(".o_mixpay_refund_cancel");
    expect(line.payment_status).toBe("retry");
    resolve(before);
    await settle();
    expect(line.payment_status).toBe("retry");
});

test("refund: another tender waits for it, and no code is spoken of", async () => {
    const { order, screen, store } = await setupRefund();
    await ask();
    await click(".o_mixpay_refund_close");
    order.lines[0].setQuantity(-2, true);
    await settle();
    expect(".o_mixpay_line").toHaveCount(1);
    expect(".o_mixpay_hint").toHaveCount(0);
    await screen.addNewPaymentLine(
        store.models["pos.payment.method"].find((one) => one.is_cash_count)
    );
    await settle();
    expect(title()).toBe("MixPay comes first");
    expect(queryAllTexts(".modal-body").join()).toInclude("waiting for an approval");
});

test("refund: refused by a manager meanwhile, its order does not stay when all are cancelled", async () => {
    const { order, server, store, line } = await setupRefund();
    await ask();
    await click(".o_mixpay_refund_close");
    server.refund.state = "refused";
    expect(line.payment_status).toBe("waitingCapture");
    expect(await store.mixpay.orders.findHeld([order])).toEqual([]);
});

test("refund: the numpad says why its amount stays", async () => {
    const { screen, line } = await setupRefund();
    await ask();
    await click(".o_mixpay_refund_close");
    const { amount } = line;
    screen.updateSelectedPaymentline(500);
    await settle();
    expect(line.amount).toBe(amount);
    expect(queryAllTexts(".o_notification").join()).toInclude("Cancel it first");
});

test("refund: what the server refuses is shown, and nothing is lost", async () => {
    const context = await setupRefund({
        refund_ask: () => new Response("", { status: 502 }),
    });
    await ask();
    expect(queryAllTexts(".o_mixpay_error").join()).toInclude("connection");
    expect(context.line.isDone()).toBe(false);
    expect(".o_mixpay_refund_ask").toHaveCount(1);
});

test("refund: where no coin can be chosen, that is said", async () => {
    await setupRefund({ refund_ask: () => makeRefund({ ...GRANTED, assets: [] }) });
    await ask();
    expect(".o_mixpay_refund_no_coin").toHaveCount(1);
    expect(".o_mixpay_refund_set_address").toHaveCount(0);
    expect(".o_mixpay_refund_toggle").toHaveCount(0);
    expect(".o_mixpay_refund_hint").toHaveCount(0);
});
