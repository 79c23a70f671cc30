import { _t } from "@web/core/l10n/translation";
import { openOrder, orderOf } from "@pos_mixpay/lazy/moved";
import { noticesOf } from "@pos_mixpay/lazy/notices";

// What of a payment makes a notice of it true: when one of these changes, it is taken down.
const OF_NOTICE = ["state", "line_status"];
const OF_DONE = ["line_status", "unconfirmed", "is_confirmed_manually"];

const memories = new WeakMap(); // per register, since of `pos` there are several proxies

/** What the cashier was told, and which notices of payments stay until they are read. */
function memoryOf({ mixpay }) {
    if (!memories.has(mixpay)) {
        memories.set(mixpay, { told: new Set(), kept: new Set() });
    }
    return memories.get(mixpay);
}

/** @returns {boolean} whether the cashier was not told this before */
export function isFirst(pos, key) {
    const { told } = memoryOf(pos);
    return !told.has(key) && Boolean(told.add(key));
}

/**
 * Takes down what is not true of a payment any more: few notices have room, and others wait for it.
 * What nobody has read is told again if it still holds in other words, or holds again.
 */
export function withdrawUntrue(pos, payment) {
    const { told, kept } = memoryOf(pos);
    for (const notice of kept) {
        const { payment: then, fields, key } = notice;
        const isOfIt = then.trace_id === payment.trace_id;
        if (isOfIt && fields.some((name) => then[name] !== payment[name])) {
            kept.delete(notice);
            if (notice.close()) {
                told.delete(key);
            }
        }
    }
}

/** Takes down what calls for an order that is on the screen now, finished or gone. */
export function withdrawOpened(pos) {
    const { kept } = memoryOf(pos);
    for (const notice of kept) {
        if (notice.isCall && !isElsewhere(pos, notice.payment)) {
            kept.delete(notice);
            notice.close();
        }
    }
}

/**
 * Tells how a payment ended, once. While it is waited for, the popup says the same.
 *
 * @param {boolean} isInBackground whether a line has it, and no popup is open for that
 */
export function notifyEnd(pos, payment, isInBackground) {
    const { trace_id, notice, line_status } = payment;
    const [ofNotice, ofDone] = [`${trace_id}:${notice}`, `done:${trace_id}`];
    const isNews = line_status !== "done" || isFirst(pos, ofDone);
    if (notice && isFirst(pos, ofNotice)) {
        const kept = { sticky: true, key: ofNotice, fields: OF_NOTICE };
        notify(pos, payment, notice, { type: "warning", ...kept });
    } else if (!notice && line_status === "done" && isNews && isInBackground) {
        const values = { amount: payment.amount_text, order: payment.order_name };
        const sticky = isElsewhere(pos, payment);
        const kept = { sticky, key: ofDone, fields: OF_DONE, isCall: true };
        notify(pos, payment, doneText(payment, values), { type: "success", ...kept });
    }
}

function doneText({ is_confirmed_manually, unconfirmed }, values) {
    if (is_confirmed_manually) {
        return _t("MixPay: %(amount)s of order %(order)s marked as paid.", values);
    }
    return unconfirmed
        ? _t("MixPay: %(amount)s of order %(order)s accepted, not confirmed yet.", values)
        : _t("MixPay: %(amount)s received for order %(order)s.", values);
}

/**
 * Notifies of a payment; if its order is not the one on the screen, a button opens it.
 *
 * @param {object} options what follows `sticky` is for notices that stay
 * @param {string} options.type
 * @param {boolean} options.sticky
 * @param {string} [options.key] that it was told by, for `isFirst`
 * @param {string[]} [options.fields] of the payment: it is true as long as they stay
 * @param {boolean} [options.isCall] whether it is settled when the order is opened
 */
export function notify(pos, payment, text, { type, sticky, key, fields, isCall }) {
    const notice = { payment, key, fields, isCall };
    const open = () => {
        notice.close();
        // Until it is pressed, the order may have been paid, moved or deleted.
        return isOpen(pos, payment) && openOrder(pos, orderOf(pos, payment));
    };
    const buttons = isElsewhere(pos, payment)
        ? [{ name: _t("Open the order"), onClick: open }]
        : [];
    const board = sticky ? noticesOf(pos) : pos.notification;
    notice.close = board.add(text, { type, buttons });
    if (sticky) {
        memoryOf(pos).kept.add(notice);
    }
}

const isOpen = (pos, payment) => orderOf(pos, payment)?.finalized === false;

/** Whether its order is open, and not the one on the screen. */
export const isElsewhere = (pos, payment) =>
    isOpen(pos, payment) && orderOf(pos, payment).uuid !== pos.getOrder()?.uuid;
