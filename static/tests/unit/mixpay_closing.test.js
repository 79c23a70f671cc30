import { animationFrame, expect, queryAllTexts, test } from "@odoo/hoot";
import { contains } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { mayClose } from "@pos_mixpay/app/patches/closing_popup";
import { noConnection, setup, TRACE } from "./utils";

definePosModels();

const dialog = ".o_mixpay_closing_dialog";
const OPEN = {
    payments: [
        {
            trace_id: TRACE,
            order_name: "Shop/0001",
            amount_text: "$ 17.85",
            state_text: "Paid",
            issue_text: "Arrived late",
            message: "A manager attaches it or pays it back.",
        },
    ],
    carried: ["Shop/0002"],
    carried_ids: [7],
};

test("nothing open: closing goes on without a word", async () => {
    const { server, store } = await setup();
    expect(await mayClose(store)).toBe(true);
    expect(server.callsTo("closing")).toEqual([{ session_id: store.session.id }]);
    expect(dialog).toHaveCount(0);
});

test("what is open is shown, acknowledged, and not shown again", async () => {
    const { server, store } = await setup({ answers: { closing: () => OPEN } });
    const closing = mayClose(store);
    await animationFrame();
    await animationFrame();
    expect(`${dialog} .o_mixpay_open_payment`).toHaveText(/Shop\/0001\s*\$ 17.85\s*Arrived late/);
    expect(queryAllTexts(`${dialog} .o_mixpay_carried li`)).toEqual(["Shop/0002"]);
    await contains(`${dialog} .o_mixpay_seen`).click();
    expect(await closing).toBe(true);
    expect(server.callsTo("acknowledge")).toEqual([
        { session_id: store.session.id, trace_ids: [TRACE] },
    ]);
    expect(store.mixpay.orders.deferredIds).toEqual([7]);
    expect(await mayClose(store)).toBe(true);
    expect(server.callsTo("acknowledge")).toHaveLength(1);
});

test("more payments than the server takes at once are acknowledged, too", async () => {
    const payments = Array.from({ length: 101 }, (_, index) => ({
        ...OPEN.payments[0],
        trace_id: `trace-${index}`,
    }));
    const { server, store } = await setup({ answers: { closing: () => ({ ...OPEN, payments }) } });
    const closing = mayClose(store);
    await animationFrame();
    await animationFrame();
    await contains(`${dialog} .o_mixpay_seen`).click();
    expect(await closing).toBe(true);
    const acknowledged = server.callsTo("acknowledge").map(({ trace_ids }) => trace_ids.length);
    expect(acknowledged).toEqual([100, 1]);
});

test("who does not want to close yet does not", async () => {
    const { server, store } = await setup({ answers: { closing: () => OPEN } });
    const closing = mayClose(store);
    await animationFrame();
    await animationFrame();
    await contains(`${dialog} .btn-secondary`).click();
    expect(await closing).toBe(false);
    expect(server.callsTo("acknowledge")).toEqual([]);
});

for (const route of ["closing", "acknowledge"]) {
    test(`a server that does not answer ${route} keeps no shop from closing`, async () => {
        const answers = { closing: () => OPEN, [route]: noConnection };
        const { store } = await setup({ answers });
        const closing = mayClose(store);
        await animationFrame();
        await animationFrame();
        if (route === "acknowledge") {
            await contains(`${dialog} .o_mixpay_seen`).click();
        }
        expect(await closing).toBe(true);
        await animationFrame();
        expect(".o_notification").toHaveCount(1);
    });
}

test("a shop without MixPay is not asked", async () => {
    const { server, store, method } = await setup();
    method.delete();
    expect(await mayClose(store)).toBe(true);
    expect(server.callsTo("closing")).toEqual([]);
});
