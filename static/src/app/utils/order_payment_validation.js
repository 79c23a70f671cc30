import { RPCError } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { canValidate, freeRefusedLines } from "@pos_mixpay/app/utils/mixpay_lazy";
import { amountsOf, doneLines, mixpayLines } from "@pos_mixpay/app/utils/mixpay_line";

patch(OrderPaymentValidation.prototype, {
    /**
     * The server refuses a paid order with a MixPay line that is not covered. Ask before the order
     * leaves the screen: afterwards the line could be neither used nor removed.
     */
    async askBeforeValidation() {
        if ((await super.askBeforeValidation()) === false) {
            return false;
        }
        if (!mixpayLines(this.order).length) {
            return true;
        }
        await this.pos.mixpay.whenSaved(this.order);
        if (this.order.finalized) {
            await this.showFinishedOrder();
            return false;
        }
        return canValidate(this.pos, this.order);
    },

    /** With nobody there, the server completes a paid order itself: what is left is the receipt. */
    async showFinishedOrder() {
        await this.afterOrderValidation();
        const { page, params } = this.nextPage;
        this.pos.navigate(page, params);
    },

    handleValidationError(error) {
        const result = super.handleValidationError(...arguments);
        if (error instanceof RPCError && doneLines(this.order).length) {
            freeRefusedLines(this.pos, this.order, amountsOf(this.order));
        }
        return result;
    },
});
