import { onWillUnmount } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { callLazy } from "@pos_mixpay/app/loader";
import { isInFlight, isMixpayLine, isMixpayMethod, mixpayLines } from "@pos_mixpay/app/lines";

patch(PaymentScreen.prototype, {
    setup() {
        super.setup(...arguments);
        const { attempts, service } = this.pos.mixpay;
        const unsubscribe = service.payments.subscribe((payment) => this.onMixpayPayment(payment));
        onWillUnmount(() => {
            unsubscribe();
            attempts.leave();
        });
    },

    onMounted() {
        super.onMounted(...arguments);
        this.resumeMixpayPayment();
    },

    /**
     * After a reload, or on coming back to the order: ask for the same payment again. The server
     * answers with the one that exists, so the same code comes back and nothing is charged twice.
     */
    resumeMixpayPayment() {
        const lines = mixpayLines(this.currentOrder);
        const line = lines.find(isInFlight);
        const { attempts } = this.pos.mixpay;
        if (line && !attempts.has(line)) {
            attempts.prepareResume(line);
            this.currentOrder.selectPaymentline(line);
            this.sendPaymentRequest(line);
        } else if (lines.length && !line) {
            this.validateAfterMixpay();
        }
    },

    /** A payment done while no attempt waits for it: core validates only at the end of one. */
    onMixpayPayment({ line_status, order_uuid }) {
        if (line_status === "done" && order_uuid === this.currentOrder?.uuid) {
            Promise.resolve().then(() => this.validateAfterMixpay());
        }
    },

    /** The same conditions as core's at the end of `sendPaymentRequest`. */
    validateAfterMixpay() {
        const { currentOrder: order, pos } = this;
        if (
            !pos.paymentTerminalInProgress &&
            pos.config.auto_validate_terminal_payment &&
            mixpayLines(order).some((line) => line.isDone()) &&
            order.isPaid() &&
            !order.isRefundInProcess()
        ) {
            this.validateOrder(false);
        }
    },

    async addNewPaymentLine(paymentMethod) {
        if (isMixpayMethod(paymentMethod) && this.isRefundOrder) {
            callLazy(this.pos, "explainRefund");
            return false;
        }
        return super.addNewPaymentLine(...arguments);
    },

    updateSelectedPaymentline() {
        const line = this.selectedPaymentLine;
        if (isMixpayLine(line) && (isInFlight(line) || line.getPaymentStatus() === "done")) {
            return;
        }
        return super.updateSelectedPaymentline(...arguments);
    },

    /** Core removes a line whatever its terminal answers; here only if the server agrees. */
    deletePaymentLine(uuid) {
        const line = this.paymentLines.find((line) => line.uuid === uuid);
        if (this.pos.mixpay.lines.mayHoldMoney(line)) {
            return callLazy(this.pos, "cancelAndDeleteLine", this, line);
        }
        return super.deletePaymentLine(...arguments);
    },

    async sendForceDone(line) {
        if (isMixpayLine(line)) {
            return void callLazy(this.pos, "explainForceDone");
        }
        return super.sendForceDone(...arguments);
    },
});
