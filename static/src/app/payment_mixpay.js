import { register_payment_method } from "@point_of_sale/app/services/pos_store";
import { PaymentInterface } from "@point_of_sale/app/utils/payment/payment_interface";
import { callLazy } from "@pos_mixpay/app/loader";
import { PROVIDER } from "@pos_mixpay/app/lines";

/** What core calls for a payment method: each call goes on to the file that handles it. */
export class PaymentMixpay extends PaymentInterface {
    /** @returns {Promise<boolean>} whether the sale may finish by itself; never rejected */
    sendPaymentRequest(uuid) {
        const { attempts, lines } = this.pos.mixpay;
        return attempts.run(lines.getLine(uuid));
    }

    /** @returns {Promise<boolean>} whether nothing more can be paid for the line */
    async sendPaymentCancel(order, uuid) {
        const { attempts, lines } = this.pos.mixpay;
        const outcome = await attempts.cancelPayment(lines.getLine(uuid));
        return outcome.isFree || callLazy(this.pos, "explainKept", outcome);
    }

    close() {
        this.pos.mixpay.attempts.leave();
    }

    /** @returns {string} the status that a line gets where core wants another */
    mixpayStatusOf(line, wanted) {
        return this.pos.mixpay.lines.statusOf(line, wanted);
    }
}

register_payment_method(PROVIDER, PaymentMixpay);
