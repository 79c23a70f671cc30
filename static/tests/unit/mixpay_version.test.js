import { advanceTime, expect, test } from "@odoo/hoot";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { VERSION } from "@pos_mixpay/lazy/version";
import { setupAsked } from "./utils";

definePosModels();

const NEXT = VERSION + 1;

/** A register whose customer was asked to pay, with what the server says its version is. */
async function setupVersion(version) {
    patchWithCleanup(browser.location, { reload: () => expect.step("reload") });
    const context = await setupAsked();
    const { server, store } = context;
    store.data.synchronizeLocalDataInIndexedDB = async () => expect.step("store");
    store.mixpay.start();
    await advanceTime(5000);
    Object.assign(server.payment, { version });
    await store.mixpay.service.refresh(server.payment.trace_id);
    return context;
}

async function serve({ store, order }) {
    store.orderDone(order);
    await advanceTime(100);
}

for (const version of [undefined, VERSION]) {
    test(`a server of version ${version} leaves the page alone`, async () => {
        const context = await setupVersion(version);
        await serve(context);
        expect.verifySteps([]);
    });
}

test("after an upgrade, the page reloads between customers, once", async () => {
    const context = await setupVersion(NEXT);
    await advanceTime(60000);
    expect.verifySteps([]);
    await serve(context);
    expect.verifySteps(["store", "reload"]);
    await serve(context);
    expect.verifySteps([]);
});

test("without a connection the page stays, and reloads later", async () => {
    const context = await setupVersion(NEXT);
    const { network } = context.store.data;
    network.offline = true;
    await serve(context);
    expect.verifySteps([]);
    network.offline = false;
    await serve(context);
    expect.verifySteps(["store", "reload"]);
});

test("no name is exported by two rooms", () => {
    const found = new Map();
    for (const [path, room] of odoo.loader.modules) {
        if (/^@pos_mixpay\/(app|lazy)\/(?!main$)/.test(path)) {
            for (const name of Object.keys(room)) {
                found.set(name, [...(found.get(name) || []), path]);
            }
        }
    }
    expect(found.size).toBeGreaterThan(40);
    expect([...found].filter(([, paths]) => paths.length > 1)).toEqual([]);
});
