import { patch } from "@web/core/utils/patch";
import { PaymentScreenPaymentLines } from "@point_of_sale/app/screens/payment_screen/payment_lines/payment_lines";
import { isMixpayLine } from "@pos_mixpay/app/lines";
import { lazyComponent } from "@pos_mixpay/app/loader";

const MixpayLineStatus = lazyComponent("MixpayLineStatus");

patch(PaymentScreenPaymentLines, {
    components: { ...PaymentScreenPaymentLines.components, MixpayLineStatus },
});

patch(PaymentScreenPaymentLines.prototype, { isMixpayLine });
