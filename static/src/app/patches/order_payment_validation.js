import { RPCError } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";
import { callLazy } from "@pos_mixpay/app/loader";
import { doneLines } from "@pos_mixpay/app/lines";
import { isRefusal } from "@pos_mixpay/app/messages";

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
        return (
            !this.pos.mixpay.orders.concerns(this.order) || callLazy(this.pos, "mayValidate", this)
        );
    },

    /** Also without any MixPay line here: another register's payment may be what is in the way. */
    handleValidationError(error) {
        const result = super.handleValidationError(...arguments);
        const mayBeOurs = isRefusal(error) && this.pos.mixpay.isUsed;
        if (mayBeOurs || (error instanceof RPCError && doneLines(this.order).length)) {
            callLazy(this.pos, "handleRefusal", this.order);
        }
        return result;
    },
});
