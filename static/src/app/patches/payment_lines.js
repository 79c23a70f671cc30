import { useState } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { PaymentScreenPaymentLines } from "@point_of_sale/app/screens/payment_screen/payment_lines/payment_lines";
import { isMixpayLine } from "@pos_mixpay/app/lines";
import { findLazy, loading } from "@pos_mixpay/app/loader";

patch(PaymentScreenPaymentLines.prototype, {
    setup() {
        super.setup(...arguments);
        this.mixpayLoading = useState(loading);
    },

    isMixpayLine,

    /** The component that shows a line's status. Until it is loaded, core's own texts are shown. */
    mixpayStatusOf(line) {
        return this.mixpayLoading.times >= 0 && isMixpayLine(line) && findLazy()?.MixpayLineStatus;
    },
});
