import { _t } from "@web/core/l10n/translation";
import { callLazy } from "@pos_mixpay/app/loader";

/** What the cashier is told, each thing once. */
export class MixpayNotifications {
    constructor(pos, payments) {
        this.pos = pos;
        this.payments = payments;
        this._notified = new Set();
    }

    /**
     * Tells how a payment ended. While it is waited for, the popup says the same.
     *
     * @param {boolean} isInBackground whether a line has it, and no popup is open for that
     */
    notifyEnd(payment, isInBackground) {
        const { trace_id, notice, line_status } = payment;
        if (!this.payments.isFinal(trace_id)) {
            return;
        }
        const isFirst = line_status !== "done" || this._isFirst(`done:${trace_id}`);
        if (notice && this._isFirst(`${trace_id}:${notice}`)) {
            this._notify(payment, notice, { type: "warning", sticky: true });
        } else if (!notice && line_status === "done" && isFirst && isInBackground) {
            const values = { amount: payment.amount_text, order: payment.order_name };
            const text = payment.is_confirmed_manually
                ? _t("MixPay: %(amount)s of order %(order)s marked as paid.", values)
                : _t("MixPay: %(amount)s received for order %(order)s.", values);
            this._notify(payment, text, { type: "success" });
        }
    }

    /** Prints the slip that a customer gets whose payment was given up, if there is one. */
    giveSlip({ slip, trace_id, order_name }) {
        if (!slip || !this._isFirst(`slip:${trace_id}`)) {
            return;
        }
        const { pos } = this;
        pos.notification.add(_t("Give the customer the printed slip for order %s.", order_name), {
            type: "warning",
            sticky: true,
            buttons: [
                { name: _t("Show the slip"), onClick: () => callLazy(pos, "showSlip", slip) },
            ],
        });
        callLazy(pos, "printSlip", slip);
    }

    _isFirst(key) {
        return !this._notified.has(key) && Boolean(this._notified.add(key));
    }

    _notify(payment, text, options) {
        const { pos } = this;
        const order = pos.models["pos.order"].getBy("uuid", payment.order_uuid);
        const isElsewhere = order && !order.finalized && order !== pos.getOrder();
        const open = () => {
            pos.setOrder(order);
            pos.navigate("PaymentScreen", { orderUuid: order.uuid });
        };
        pos.notification.add(text, {
            ...options,
            buttons: isElsewhere ? [{ name: _t("Open the order"), onClick: open }] : [],
        });
    }
}
