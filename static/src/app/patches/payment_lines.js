import { patch } from "@web/core/utils/patch";
import { PaymentScreenPaymentLines } from "@point_of_sale/app/screens/payment_screen/payment_lines/payment_lines";
import { MixpayLineStatus } from "@pos_mixpay/app/components/mixpay_line_status/mixpay_line_status";
import { isMixpayLine } from "@pos_mixpay/app/lines";

patch(PaymentScreenPaymentLines, {
    components: { ...PaymentScreenPaymentLines.components, MixpayLineStatus },
});

patch(PaymentScreenPaymentLines.prototype, { isMixpayLine });
