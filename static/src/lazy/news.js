import { _t } from "@web/core/l10n/translation";
import { openOrder, orderOf } from "@pos_mixpay/lazy/moved";
import { noticesOf } from "@pos_mixpay/lazy/notices";

const told = new WeakMap(); // per register, since of `pos` there are several proxies

/** @returns {boolean} whether the cashier was not told this before */
export function isFirst({ mixpay }, key) {
    const keys = told.get(mixpay) || new Set();
    told.set(mixpay, keys);
    return !keys.has(key) && Boolean(keys.add(key));
}

/**
 * Tells how a payment ended, once. While it is waited for, the popup says the same.
 *
 * @param {boolean} isInBackground whether a line has it, and no popup is open for that
 */
export function notifyEnd(pos, payment, isInBackground) {
    const { trace_id, notice, line_status } = payment;
    const isNews = line_status !== "done" || isFirst(pos, `done:${trace_id}`);
    if (notice && isFirst(pos, `${trace_id}:${notice}`)) {
        notify(pos, payment, notice, { type: "warning", sticky: true });
    } else if (!notice && line_status === "done" && isNews && isInBackground) {
        const values = { amount: payment.amount_text, order: payment.order_name };
        const isAside = isElsewhere(pos, payment);
        notify(pos, payment, doneText(payment, values), { type: "success", sticky: isAside });
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

/** Notifies of a payment; if its order is not the one on the screen, a button opens it. */
export function notify(pos, payment, text, options) {
    // Until it is pressed, the order may have been paid, moved or deleted.
    const open = () => isOpen(pos, payment) && openOrder(pos, orderOf(pos, payment));
    const buttons = isElsewhere(pos, payment)
        ? [{ name: _t("Open the order"), onClick: open }]
        : [];
    const board = options.sticky ? noticesOf(pos) : pos.notification;
    board.add(text, { ...options, buttons });
}

const isOpen = (pos, payment) => orderOf(pos, payment)?.finalized === false;

/** Whether its order is open, and not the one on the screen. */
export const isElsewhere = (pos, payment) =>
    isOpen(pos, payment) && orderOf(pos, payment).uuid !== pos.getOrder()?.uuid;
