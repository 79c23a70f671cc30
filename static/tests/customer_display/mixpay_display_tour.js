import * as CustomerDisplay from "@point_of_sale/../tests/customer_display/customer_display_utils";
import { registry } from "@web/core/registry";

const ours = ".o_mixpay_customer";
const QR = "data:image/svg+xml;base64,PHN2Zy8+";

/** What the register sends: its order as core sends it, with a payment at one of the lines. */
function send(mixpay, description) {
    const message = { ...CustomerDisplay.PAY_WITH_CARD, qrPaymentData: undefined };
    message.paymentLines = [{ name: "MixPay", amount: "$ 2,972.75", ...(mixpay && { mixpay }) }];
    return CustomerDisplay.postMessage(message, description);
}

const view = (step, values = {}) => ({
    id: 7,
    step,
    amount: "$ 2,972.75",
    order: "Order 0001",
    shop: "The shop",
    missing: "",
    secondsLeft: 600,
    isTest: false,
    repeats: 0,
    ...values,
});

const shows = (step) => ({
    content: `the customer sees ${step}, how much, and no dialog of core's`,
    trigger: `body:not(:has(.modal)) ${ours}[data-step="${step}"] .o_mixpay_customer_amount:contains(2,972.75)`,
});

/** Sends a step and looks for it: nothing is to be scanned but where money is still wanted. */
const goesOn = (step, values) => [
    send(view(step, values), step),
    shows(step),
    { content: "nothing to scan", trigger: `${ours}:not(:has(.o_mixpay_customer_qr))` },
];

const isGone = { content: "the order is shown again", trigger: `body:not(:has(${ours}))` };

registry.category("web_tour.tours").add("MixpayCustomerDisplayTour", {
    steps: () => [
        CustomerDisplay.addProduct(CustomerDisplay.ADD_PRODUCT, "a product"),
        send(view("prepare", { id: undefined }), "a code is being prepared"),
        shows("prepare"),
        send(view("pay"), "it can be paid"),
        { content: "somewhere else, as yet", trigger: `${ours} .o_mixpay_customer_elsewhere` },
        {
            content: "the code comes on its own channel",
            trigger: ours,
            run: () => new BroadcastChannel("POS_MIXPAY_CODE").postMessage({ id: 7, qr: QR }),
        },
        { content: "and is shown", trigger: `${ours} img.o_mixpay_customer_qr[src="${QR}"]` },
        send(view("pay_rest", { missing: "$ 1.72" }), "a part has arrived"),
        {
            content: "what is missing",
            trigger: `${ours} .o_mixpay_customer_missing:contains(1.72)`,
        },
        { content: "the same code", trigger: `${ours} img.o_mixpay_customer_qr` },
        ...goesOn("seen"),
        ...goesOn("nearly"),
        ...goesOn("check"),
        ...goesOn("paid"),
        CustomerDisplay.postMessage(CustomerDisplay.NEW_ORDER, "the next order"),
        isGone,
        send(view("pay"), "another payment"),
        shows("pay"),
        ...goesOn("not_paid"),
        send(undefined, "the cashier goes on"),
        isGone,
        ...goesOn("ask"),
        send(undefined, "and once more"),
        isGone,
        send(view("pay", { secondsLeft: 59 }), "the last minute"),
        { content: "is hard to overlook", trigger: `${ours} .o_mixpay_customer_urgent` },
        send(undefined, "it was cancelled, or another customer is served"),
        isGone,
    ],
});
