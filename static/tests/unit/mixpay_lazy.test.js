import { advanceTime, animationFrame, beforeEach, expect, queryAllTexts, test } from "@odoo/hoot";
import { manuallyDispatchProgrammaticEvent } from "@odoo/hoot-dom";
import { contains, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { assetCacheByDocument, globalBundleCache } from "@web/core/assets";
import { ConnectionLostError } from "@web/core/network/rpc";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { mayClose } from "@pos_mixpay/app/patches/closing_popup";
import { loadLazy } from "@pos_mixpay/app/loader";
import {
    ABANDONED,
    noConnection,
    PAID,
    DETECTED,
    setup,
    setupAsked,
    setupLine,
    setupScreen,
    SLIP,
    title,
    TRACE,
} from "./utils";

definePosModels();

const MODULE = "@pos_mixpay/lazy/main";
const popup = ".o_mixpay_popup";
const bodies = () => queryAllTexts(".modal-body").join();

const SCRIPTS = [{ type: "script", src: "/lazy.js" }];

/** How the network is, in a test's own words, and what the browser asked it for. */
let network;
let lazy;

// The bundle of unit tests has the lazy files, too. Here the module comes when its script does.
beforeEach(() => {
    const { modules } = odoo.loader;
    lazy = modules.get(MODULE);
    network = { bundle: () => SCRIPTS, script: "load", asked: [] };
    globalBundleCache.clear();
    assetCacheByDocument.delete(document);
    let isThere = false;
    patchWithCleanup(modules, {
        get: (name) =>
            name === MODULE && !isThere ? undefined : Map.prototype.get.call(modules, name),
    });
    onRpc("/web/bundle/pos_mixpay.assets_lazy", () => {
        network.asked.push("bundle");
        return network.bundle();
    });
    patchWithCleanup(document.head, {
        appendChild(script) {
            network.asked.push("script");
            isThere = network.script === "load";
            if (network.script) {
                manuallyDispatchProgrammaticEvent(script, network.script);
            }
        },
    });
});

test("is loaded once", async () => {
    await setup();
    const [first, second] = await Promise.all([loadLazy(), loadLazy()]);
    expect(first).toBe(lazy);
    expect(second).toBe(lazy);
    expect(await loadLazy()).toBe(lazy);
    expect(network.asked).toEqual(["bundle", "script"]);
});

for (const [trouble, change, again] of [
    ["the server is not reached", { bundle: noConnection }, "bundle"],
    ["its script is not reached", { script: "error" }, "script"],
]) {
    test(`${trouble}: no connection, and tried again at the next use`, async () => {
        await setup();
        const working = { ...network };
        Object.assign(network, change);
        await expect(loadLazy()).rejects.toThrow(ConnectionLostError);
        Object.assign(network, working);
        expect(await loadLazy()).toBe(lazy);
        expect(network.asked).toEqual(["bundle", again, "script"]);
    });
}

test("a network that swallows everything keeps nobody waiting", async () => {
    await setup();
    network.script = "";
    const loading = expect(loadLazy()).rejects.toThrow(ConnectionLostError);
    await advanceTime(10000);
    await loading;
    expect(network.asked).toEqual(["bundle", "script"]);
});

test("is there before it is needed, where MixPay is taken", async () => {
    const { store } = await setup();
    store.mixpay.start();
    await advanceTime(4000);
    expect(network.asked).toEqual([]);
    await advanceTime(1000);
    expect(network.asked).toEqual(["bundle", "script"]);
});

test("a shop without MixPay loads nothing of it", async () => {
    const { store, order, method } = await setup();
    method.delete();
    store.mixpay.start();
    await advanceTime(60000);
    expect(await mayClose(store)).toBe(true);
    expect(await store.deleteOrders([order])).toBe(true);
    expect(network.asked).toEqual([]);
});

test("nobody hears of it when it cannot be had beforehand", async () => {
    const { store } = await setup();
    network.bundle = noConnection;
    store.mixpay.start();
    await advanceTime(5000);
    await animationFrame();
    expect(network.asked).toEqual(["bundle"]);
    expect(".modal, .o_notification").toHaveCount(0);
});

for (const [how, isNeeded] of [
    ["by itself", false],
    ["when it was needed meanwhile", true],
]) {
    test(`what could not be had beforehand begins its work later, once, ${how}`, async () => {
        const { store } = await setup();
        patchWithCleanup(odoo.loader.modules, {
            get(name) {
                const found = super.get(name);
                return found === lazy ? { ...lazy, start: () => expect.step("started") } : found;
            },
        });
        const after = async (pause) => {
            await advanceTime(pause);
            await animationFrame();
            await animationFrame();
        };
        network.bundle = noConnection;
        store.mixpay.start();
        await after(5000);
        await after(10000);
        expect(network.asked).toEqual(["bundle", "bundle"]);
        expect.verifySteps([]);
        network.bundle = () => SCRIPTS;
        if (isNeeded) {
            await loadLazy();
        }
        await after(10000);
        expect.verifySteps(["started"]);
        await after(60000);
        expect.verifySteps([]);
        expect(network.asked).toEqual(["bundle", "bundle", "bundle", "script"]);
    });
}

test("a fault in what it begins with is logged", async () => {
    const { store } = await setup();
    patchWithCleanup(console, { error: ({ message }) => expect.step(message) });
    patchWithCleanup(store.data, {
        connectWebSocket(channel) {
            if (channel === "MIXPAY_ASK") {
                throw new Error("a fault");
            }
            return super.connectWebSocket(...arguments);
        },
    });
    store.mixpay.start();
    await advanceTime(5000);
    await animationFrame();
    await animationFrame();
    expect.verifySteps(["a fault"]);
    await advanceTime(60000);
    await animationFrame();
    expect.verifySteps([]);
});

test("the popup comes when it is loaded", async () => {
    const answer = Promise.withResolvers();
    network.bundle = () => answer.promise;
    const { line } = await setupAsked();
    expect(popup).toHaveCount(0);
    answer.resolve(SCRIPTS);
    await advanceTime(100);
    expect(popup).toHaveCount(1);
    expect(line.payment_status).toBe("waitingCard");
    expect(network.asked).toEqual(["bundle", "script"]);
});

test("a popup that came too late stays away", async () => {
    const answer = Promise.withResolvers();
    network.bundle = () => answer.promise;
    const { server, store, sending, line } = await setupAsked();
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    expect(await sending).toBe(true);
    answer.resolve(SCRIPTS);
    await advanceTime(100);
    expect(popup).toHaveCount(0);
    expect(store.mixpay.popup.state.lineUuid).toBe(false);
    expect(line.payment_status).toBe("done");
    expect(network.asked).toEqual(["bundle", "script"]);
});

test("screen: a popup that cannot be loaded is told, and the line goes on without it", async () => {
    network.bundle = noConnection;
    const { server, store, line, method, screen } = await setupScreen();
    await animationFrame();
    expect(title()).toBe("MixPay is not available");
    expect(bodies()).toInclude("No connection to the Odoo server");
    await contains(".modal-footer .btn-primary").click();
    expect(".modal").toHaveCount(0);
    expect(line.payment_status).toBe("waitingCard");
    expect(".electronic_payment").toHaveCount(1); // core's own, for as long
    network.bundle = () => SCRIPTS;
    await screen.addNewPaymentLine(method);
    await advanceTime(100);
    expect(".o_mixpay_line").toHaveCount(1);
    expect(".electronic_payment").toHaveCount(0);
    expect(popup).toHaveCount(1);
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    expect(line.payment_status).toBe("done");
    expect(store.paymentTerminalInProgress).toBe(false);
    expect(network.asked).toEqual(["bundle", "bundle", "script"]);
});

test("screen: a line whose popup cannot be loaded is cancelled all the same", async () => {
    network.bundle = noConnection;
    const { server, store, line } = await setupScreen();
    await animationFrame();
    await contains(".modal-footer .btn-primary").click();
    await contains(".electronic_payment .send_payment_cancel").click();
    await animationFrame();
    expect(server.callsTo("cancel")).toEqual([{ trace_id: TRACE }]);
    expect(line.payment_status).toBe("retry");
    expect(store.paymentTerminalInProgress).toBe(false);
    expect(network.asked).toEqual(["bundle"]);
});

test("screen: a line is not removed while nobody can be asked, and removed when somebody can", async () => {
    network.bundle = noConnection;
    const { screen, order, line } = await setupScreen();
    await screen.deletePaymentLine(line.uuid);
    await animationFrame();
    expect(bodies()).toInclude("No connection to the Odoo server");
    expect(order.payment_ids).toHaveLength(1);
    network.bundle = () => SCRIPTS;
    await screen.deletePaymentLine(line.uuid);
    expect(order.payment_ids).toHaveLength(0);
});

test("screen: an approver can be asked as soon as it is loaded", async () => {
    network.bundle = noConnection;
    const { server, line } = await setupScreen();
    await animationFrame();
    await contains(".modal-footer .btn-primary").click();
    Object.assign(server.payment, DETECTED, { can_confirm_manually: true });
    await advanceTime(1000);
    await animationFrame();
    expect(line.payment_status).toBe("waitingCapture");
    expect(".o_mixpay_confirm").toHaveCount(0);
    network.bundle = () => SCRIPTS;
    await loadLazy();
    await animationFrame();
    await contains(".o_mixpay_line .o_mixpay_confirm").click();
    await animationFrame();
    await animationFrame();
    expect(".o_mixpay_approval_dialog").toHaveCount(1);
});

test("screen: pressed twice, there is one dialog", async () => {
    const { server, store } = await setupScreen();
    store.mixpay.popup.hide();
    Object.assign(server.payment, DETECTED, { can_confirm_manually: true });
    await advanceTime(1000);
    await animationFrame();
    await contains(".o_mixpay_line .o_mixpay_confirm").click();
    await contains(".o_mixpay_line .o_mixpay_force_cancel").click();
    await contains(".o_mixpay_line .o_mixpay_confirm").click();
    await advanceTime(100);
    expect(".o_mixpay_approval_dialog").toHaveCount(1);
    await contains(".o_mixpay_approval_dialog .o_mixpay_close").click();
    await contains(".o_mixpay_line .o_mixpay_force_cancel").click();
    await animationFrame();
    expect(".o_mixpay_approval_dialog").toHaveCount(1);
});

test("an order is not validated without it: the line stays paid, and the next try works", async () => {
    network.bundle = noConnection;
    const { server, store, order, line, sending } = await setupAsked();
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    expect(await sending).toBe(true);
    const validation = new OrderPaymentValidation({ pos: store, orderUuid: order.uuid });
    expect(await validation.askBeforeValidation()).toBe(false);
    expect(line.payment_status).toBe("done");
    network.bundle = () => SCRIPTS;
    expect(await validation.askBeforeValidation()).toBe(true);
    expect(server.callsTo("check")).toHaveLength(1);
});

test("an order is deleted with it only", async () => {
    network.bundle = noConnection;
    const { store, order, terminal } = await setupAsked();
    terminal.close();
    expect(await store.deleteOrders([order])).toBe(false);
    expect(store.getOpenOrders()).toInclude(order);
    network.bundle = () => SCRIPTS;
    expect(await store.deleteOrders([order])).toBe(true);
});

const OPEN = { payments: [], carried: ["Shop/0002"], carried_ids: [7] };

for (const [trouble, change] of [
    ["without a connection", { bundle: noConnection }],
    ["with a network that swallows everything", { script: "" }],
]) {
    test(`closing goes on ${trouble}`, async () => {
        const { store } = await setup({ answers: { closing: () => OPEN } });
        Object.assign(network, change);
        const closing = mayClose(store);
        await advanceTime(10000);
        expect(await closing).toBe(true);
        await animationFrame();
        expect(queryAllTexts(".o_notification_content").join()).toInclude("could not be listed");
    });
}

test("what needs words of the lazy part is refused without it, too", async () => {
    network.bundle = noConnection;
    const { server, line } = await setupLine();
    line.setAmount(0);
    expect(await line.pay()).toBe(false);
    await animationFrame();
    expect(title()).toBe("MixPay is not available");
    expect(line.payment_status).toBe("retry");
    expect(server.calls).toEqual([]);
});

test("closing asks again when the connection is back", async () => {
    const { store } = await setup({ answers: { closing: () => OPEN } });
    network.bundle = noConnection;
    expect(await mayClose(store)).toBe(true);
    network.bundle = () => SCRIPTS;
    const closing = mayClose(store);
    await animationFrame();
    await animationFrame();
    await contains(".o_mixpay_closing_dialog .o_mixpay_seen").click();
    expect(await closing).toBe(true);
});

test("a slip that could not be loaded is one press away", async () => {
    network.bundle = noConnection;
    const { server, order, line, terminal } = await setupAsked();
    server.cancel = () => Object.assign(server.payment, ABANDONED, { slip: SLIP });
    expect(await terminal.sendPaymentCancel(order, line.uuid)).toBe(true);
    await animationFrame();
    await contains(".modal:last .modal-footer .btn-primary").click();
    await contains(".modal:last .modal-footer .btn-primary").click();
    network.bundle = () => SCRIPTS;
    await contains(".o_notification_buttons button").click();
    await animationFrame();
    expect(".modal .o_mixpay_slip").toHaveCount(1);
});
