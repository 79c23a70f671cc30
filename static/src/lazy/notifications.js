import { _t } from "@web/core/l10n/translation";
import { openOrder, orderOf } from "@pos_mixpay/lazy/moved";
import { printSlip, showSlip } from "@pos_mixpay/lazy/slip";

// What the cashier is told, each thing once.

/**
 * Tells how a payment ended. While it is waited for, the popup says the same.
 *
 * @param {boolean} isInBackground whether a line has it, and no popup is open for that
 */
export function notifyEnd(pos, payment, isInBackground) {
    const { trace_id, notice, line_status } = payment;
    const isFirst = line_status !== "done" || isNew(pos, `done:${trace_id}`);
    if (notice && isNew(pos, `${trace_id}:${notice}`)) {
        notify(pos, payment, notice, { type: "warning", sticky: true });
    } else if (!notice && line_status === "done" && isFirst && isInBackground) {
        const values = { amount: payment.amount_text, order: payment.order_name };
        const text = payment.is_confirmed_manually
            ? _t("MixPay: %(amount)s of order %(order)s marked as paid.", values)
            : _t("MixPay: %(amount)s received for order %(order)s.", values);
        notify(pos, payment, text, { type: "success" });
    }
}

/** Prints the slip that a customer gets whose payment was given up, if there is one. */
export function giveSlip(pos, { slip, trace_id, order_name }) {
    if (!slip || !isNew(pos, `slip:${trace_id}`)) {
        return;
    }
    pos.notification.add(_t("Give the customer the printed slip for order %s.", order_name), {
        type: "warning",
        sticky: true,
        buttons: [{ name: _t("Show the slip"), onClick: () => showSlip(pos, slip) }],
    });
    printSlip(pos, slip);
}

/** @returns {boolean} whether the cashier was not told this before */
export function isNew(pos, key) {
    const { notified } = pos.mixpay;
    return !notified.has(key) && Boolean(notified.add(key));
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
