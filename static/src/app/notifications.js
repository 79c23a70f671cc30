import { _t } from "@web/core/l10n/translation";
import { callLazy } from "@pos_mixpay/app/loader";

/** What the cashier is told, each thing once. Other news than the slip are lazy, see `lazy/news.js`. */
export class MixpayNotifications {
    constructor(pos) {
        this.pos = pos;
        this._notified = new Set();
    }

    /** @returns {boolean} whether the cashier was not told this before */
    isFirst(key) {
        return !this._notified.has(key) && Boolean(this._notified.add(key));
    }

    /** Prints the slip that a customer gets whose payment was given up, if there is one. */
    giveSlip({ slip, trace_id, order_name }) {
        if (!slip || !this.isFirst(`slip:${trace_id}`)) {
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
}
