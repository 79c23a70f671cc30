import { patch } from "@web/core/utils/patch";
import { PosPayment } from "@point_of_sale/app/models/pos_payment";

patch(PosPayment.prototype, {
    /**
     * Core sets a line's status only here, from several places that each guess the outcome. For
     * MixPay the outcome is what the server said, not what core guesses.
     */
    setPaymentStatus(value) {
        const { payment_terminal } = this.payment_method_id || {};
        return super.setPaymentStatus(payment_terminal?.mixpayStatusOf?.(this, value) ?? value);
    },
});
