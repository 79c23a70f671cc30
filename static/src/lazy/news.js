import { _t } from "@web/core/l10n/translation";
import { openOrder, orderOf } from "@pos_mixpay/lazy/moved";

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
        notify(pos, payment, doneText(payment, values), { type: "success" });
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

function notify(pos, payment, text, options) {
    const isOpen = () => orderOf(pos, payment)?.finalized === false;
    const isElsewhere = isOpen() && orderOf(pos, payment).uuid !== pos.getOrder()?.uuid;
    // Until it is pressed, the order may have been paid, moved or deleted.
    const open = () => isOpen() && openOrder(pos, orderOf(pos, payment));
    pos.notification.add(text, {
        ...options,
        buttons: isElsewhere ? [{ name: _t("Open the order"), onClick: open }] : [],
    });
}
