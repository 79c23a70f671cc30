import { advanceTime, animationFrame, expect, test } from "@odoo/hoot";
import { contains, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { ConnectionLostError } from "@web/core/network/rpc";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { setupLine, title, untilAsked } from "./utils";

// What core asks for only when it finishes an order is asked for before the customer pays.

definePosModels();

const WHO = "Who is the customer?";
const WHERE = "Where does the customer live?";
const WHEN = "When does the customer want it?";

/** A register in which somebody is chosen from the list of customers, or nobody. */
async function setupCustomer({
    chosen = true,
    partner: values = {},
    leaveForm = ({ onSave }) => onSave({ config: { resIds: [1] } }),
} = {}) {
    const context = await setupLine();
    const { store, order } = context;
    const partner = store.models["res.partner"].getFirst();
    Object.assign(partner, { street: "", street2: "", city: "", ...values });
    patchWithCleanup(store, {
        selectPartner: async (one) => {
            expect.step("customer");
            return chosen && one.setPartner(partner);
        },
        openPresetTiming: async (one) => {
            expect.step("time");
            one.preset_time = luxon.DateTime.now();
        },
    });
    const form = {};
    patchWithCleanup(store.action, {
        doAction: async (action, { props, onClose } = {}) => {
            if (action.type === "ir.actions.act_window_close") {
                return form.onClose?.();
            }
            expect.step("address");
            Object.assign(form, { onSave: props.onSave, onClose });
            return leaveForm(form);
        },
    });
    patchWithCleanup(store.data, {
        read: async () => Object.assign(partner, { street: "1 Main Street", city: "Springfield" }),
    });
    return { ...context, order, partner };
}

async function answer(question, button = ".btn-primary") {
    await animationFrame();
    expect(title()).toBe(question);
    await contains(`.modal ${button}`).click();
    await untilAsked();
}

const codeIsShown = () => expect(".o_mixpay_popup img.o_mixpay_qr").toHaveCount(1);

test("an order to be invoiced has its customer before the code is shown", async () => {
    const { server, order, line } = await setupCustomer();
    order.setToInvoice(true);
    line.pay();
    await untilAsked();
    expect(server.callsTo("create")).toEqual([]);
    await answer(WHO);
    expect.verifySteps(["customer"]);
    expect(server.callsTo("create")).toHaveLength(1);
    codeIsShown();
});

test("so has one whose method identifies customers", async () => {
    const { method, line } = await setupCustomer();
    method.split_transactions = true;
    line.pay();
    await answer(WHO);
    expect.verifySteps(["customer"]);
    codeIsShown();
});

test("who chooses nobody shows no code, and can try again", async () => {
    const { server, store, order, line } = await setupCustomer({ chosen: false });
    order.setToInvoice(true);
    for (const [button, steps] of [
        [".btn-secondary", []],
        [".btn-primary", ["customer"]],
    ]) {
        const sending = line.pay();
        await answer(WHO, button);
        expect(await sending).toBe(false);
        expect.verifySteps(steps);
        expect(line.payment_status).toBe("retry");
    }
    expect(server.calls).toEqual([]);
    expect(store.mixpay.lines.isSpent(line)).toBe(true);
});

test("what is shipped later has an address", async () => {
    const { store, order, line, partner } = await setupCustomer();
    partner.country_id = store.models["res.country"].getFirst();
    order.setShippingDate("2030-01-01");
    line.pay();
    await answer(WHO);
    expect.verifySteps(["customer"]);
    await answer(WHERE);
    expect.verifySteps(["address"]);
    codeIsShown();
});

for (const [what, leaveForm] of [
    ["is closed", ({ onClose }) => onClose()],
    [
        "cannot be opened",
        () => {
            throw new ConnectionLostError("/web/action/load");
        },
    ],
]) {
    test(`an address whose form ${what} keeps no other payment waiting`, async () => {
        const { server, order, line, partner } = await setupCustomer({ leaveForm });
        order.setPartner(partner);
        order.setShippingDate("2030-01-01");
        const sending = line.pay();
        await answer(WHERE);
        expect.verifySteps(["address"]);
        expect(line.payment_status).toBe("retry");
        expect(await sending).toBe(false);
        expect(server.calls).toEqual([]);
    });
}

test("a preset has what it demands", async () => {
    const { store, order, line } = await setupCustomer();
    const preset = store.models["pos.preset"].getFirst();
    Object.assign(preset, { identification: "address", use_timing: true });
    Object.assign(order, { preset_id: preset, preset_time: false });
    line.pay();
    await answer(WHO);
    await answer(WHERE);
    await answer(WHEN);
    expect.verifySteps(["customer", "address", "time"]);
    codeIsShown();
});

test("a customer may have prices of their own: the code is for what is due then", async () => {
    const { server, store, order, line } = await setupCustomer();
    order.setToInvoice(true);
    patchWithCleanup(store, {
        selectPartner: async (one) => {
            one.lines[0].setQuantity(one.lines[0].qty + 1);
            one.setPartner(store.models["res.partner"].getFirst());
        },
    });
    line.pay();
    await answer(WHO);
    await advanceTime(100);
    const [{ amount }] = server.callsTo("create");
    expect(amount).toBe(order.totalDue.toFixed(2));
    expect(amount).not.toBe("17.85");
});

test("an order that lacks nothing is asked about nothing", async () => {
    const { server, line } = await setupCustomer();
    line.pay();
    await untilAsked();
    expect.verifySteps([]);
    expect(server.callsTo("create")).toHaveLength(1);
    codeIsShown();
});
