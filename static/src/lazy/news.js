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
        noticesOf(pos).add(notice, buttonsFor(pos, payment));
    } else if (!notice && line_status === "done" && isNews && isInBackground) {
        const values = { amount: payment.amount_text, order: payment.order_name };
        const text = payment.is_confirmed_manually
            ? _t("MixPay: %(amount)s of order %(order)s marked as paid.", values)
            : _t("MixPay: %(amount)s received for order %(order)s.", values);
        pos.notification.add(text, { type: "success", ...buttonsFor(pos, payment) });
    }
}

/** Opens the payment's order, if that is open and not on the screen already. */
function buttonsFor(pos, payment) {
    const isOpen = () => orderOf(pos, payment)?.finalized === false;
    const isElsewhere = isOpen() && orderOf(pos, payment).uuid !== pos.getOrder()?.uuid;
    // Until it is pressed, the order may have been paid, moved or deleted.
    const open = () => isOpen() && openOrder(pos, orderOf(pos, payment));
    return { buttons: isElsewhere ? [{ name: _t("Open the order"), onClick: open }] : [] };
}
