import { RPCError } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { canValidate, handleRefusal } from "@pos_mixpay/app/utils/mixpay_lazy";
import { doneLines } from "@pos_mixpay/app/utils/mixpay_line";
import { isRefusal } from "@pos_mixpay/app/utils/mixpay_words";

patch(OrderPaymentValidation.prototype, {
    /**
     * The server refuses a paid order with a MixPay line that is not covered, and one that is paid
     * otherwise while money for it is on its way. Ask before the order leaves the screen: afterwards
     * the line could be neither used nor removed.
     */
    async askBeforeValidation() {
        if ((await super.askBeforeValidation()) === false) {
            return false;
        }
        if (!this.pos.mixpay.concerns(this.order)) {
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

    /** Also without any MixPay line here: another register's payment may be what is in the way. */
    handleValidationError(error) {
        const result = super.handleValidationError(...arguments);
        const mayBeOurs = isRefusal(error) && this.pos.mixpay.isUsed;
        if (mayBeOurs || (error instanceof RPCError && doneLines(this.order).length)) {
            handleRefusal(this.pos, this.order);
        }
        return result;
    },
});
