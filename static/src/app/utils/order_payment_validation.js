import { patch } from "@web/core/utils/patch";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { isMixpayLine } from "@pos_mixpay/app/utils/mixpay_line";

patch(OrderPaymentValidation.prototype, {
    /**
     * The server refuses a paid order with a MixPay line that is not covered. Ask before the order
     * leaves the screen: afterwards the line could be neither used nor removed.
     */
    async askBeforeValidation() {
        if ((await super.askBeforeValidation()) === false) {
            return false;
        }
        const lines = this.paymentLines.filter(
            (line) => isMixpayLine(line) && line.isDone() && !this.pos.currency.isZero(line.amount)
        );
        return !lines.length || lines[0].payment_method_id.payment_terminal.areCovered(lines);
    },
});
