import { patch } from "@web/core/utils/patch";
import { PosPayment } from "@point_of_sale/app/models/pos_payment";
import { isMixpayLine } from "@pos_mixpay/app/utils/mixpay_line";

patch(PosPayment.prototype, {
    /**
     * The one gate through which core sets a line's status, from several places that each guess
     * the outcome. For MixPay the outcome is what the server said, whatever core guessed.
     */
    setPaymentStatus(value) {
        const terminal = isMixpayLine(this) && this.payment_method_id.payment_terminal;
        return super.setPaymentStatus(terminal ? terminal.lineStatusFor(this, value) : value);
    },
});
