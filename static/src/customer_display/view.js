// What the register tells a customer display of a payment stands at its payment line, since core sends
// all lines anew whenever something changes: nothing that is not sent again can stay.
const LONGEST_TEXT = 120;
const LONGEST_PICTURE = 200000; // a code with a long link has some 30,000 characters
const TEXTS = ["amount", "order", "shop", "missing"];
const PICTURE = /^data:image\/(svg\+xml|png);base64,[\w+/=]+$/;

/**
 * @typedef {Object} MixpayView what a customer sees of a payment
 * @property {number} id of the payment: which code belongs to it
 * @property {string} step what is said, see `WORDS`
 * @property {string} amount
 * @property {string} order its name
 * @property {string} shop its name, as MixPay shows it to the payer
 * @property {string} missing what is left to pay, where only a part has arrived
 * @property {number} secondsLeft until the code expires
 * @property {boolean} isTest
 * @property {boolean} isAccepted whether the shop counts it as paid before MixPay says so
 */

/**
 * Reads what a register sent. Any user of the Point of Sale may send anything, so it is bounded here.
 *
 * @param {Object} order as core's service has it
 * @param {string[]} steps that are known
 * @returns {MixpayView | null}
 */
export function readView(order, steps) {
    const lines = Array.isArray(order?.paymentLines) ? order.paymentLines : [];
    const sent = lines.map((line) => line?.mixpay).find((one) => steps.includes(one?.step));
    if (!sent) {
        return null;
    }
    const view = {
        id: Number.isInteger(sent.id) ? sent.id : 0,
        step: sent.step,
        secondsLeft: Number.isFinite(sent.secondsLeft) ? Math.max(0, sent.secondsLeft) : 0,
        isTest: Boolean(sent.isTest),
        isAccepted: Boolean(sent.isAccepted),
    };
    for (const name of TEXTS) {
        view[name] = typeof sent[name] === "string" ? sent[name].slice(0, LONGEST_TEXT) : "";
    }
    return view;
}

/** @returns {string} a picture that shows itself and loads nothing, or an empty text */
export function readPicture(sent) {
    const isPicture =
        typeof sent === "string" && sent.length <= LONGEST_PICTURE && PICTURE.test(sent);
    return isPicture ? sent : "";
}
