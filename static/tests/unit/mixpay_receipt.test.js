import { expect, test } from "@odoo/hoot";
import { mountWithCleanup } from "@web/../tests/web_test_helpers";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { OrderReceipt } from "@point_of_sale/app/screens/receipt_screen/receipt/order_receipt";
import { PAID, setupAsked } from "./utils";

definePosModels();

const RECEIPT = "Sent: 17.9 USDT (Tron)\nMixPay reference: 3f2b";

/** An order that MixPay has just paid: its line has what the status answer said. */
async function setupPaid() {
    const context = await setupAsked();
    Object.assign(context.server.payment, PAID, { receipt: RECEIPT });
    context.store.mixpay.service.payments.store({ ...context.server.payment });
    return context;
}

test("the receipt says what was paid, below its line, also without the server", async () => {
    const { order } = await setupPaid();
    await mountWithCleanup(OrderReceipt, { props: { order } });
    expect(".paymentlines .small").toHaveText("Sent: 17.9 USDT (Tron)\nMixPay reference: 3f2b");
    expect(".paymentlines :is(img, svg, canvas)").toHaveCount(0); // no second code on it
});

test("a receipt for a gift says nothing of it", async () => {
    const { order } = await setupPaid();
    await mountWithCleanup(OrderReceipt, { props: { order, basic_receipt: true } });
    expect(".pos-receipt").not.toHaveText(/USDT/);
});

test("core's “Edit Payment” is not offered for what MixPay has paid", async () => {
    const { store, order } = await setupPaid();
    order.nb_print = 0;
    expect(store.canEditPayment(order)).toBe(false);
    order.payment_ids.forEach((line) => order.removePaymentline(line));
    expect(store.canEditPayment(order)).toBe(true);
});
