import { onWillUnmount } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { handleRefusal, releaseLine } from "@pos_mixpay/app/utils/mixpay_lazy";
import { isRefusal } from "@pos_mixpay/app/utils/mixpay_words";
import {
    isInFlight,
    isMixpayLine,
    isMixpayMethod,
    mayHoldMoney,
    mixpayLines,
} from "@pos_mixpay/app/utils/mixpay_line";

patch(PaymentScreen.prototype, {
    setup() {
        super.setup(...arguments);
        const leave = this.pos.mixpay.service.subscribe((payment) => this.onMixpayPayment(payment));
        onWillUnmount(() => {
            leave();
            for (const method of this.payment_methods_from_config.filter(isMixpayMethod)) {
                method.payment_terminal?.close();
            }
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
        const terminal = line?.payment_method_id.payment_terminal;
        if (terminal && !terminal.hasAttempt(line.uuid)) {
            terminal.prepareResume(line);
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
            this.pos.mixpay.showAlert(
                _t("MixPay only receives money"),
                _t("Refund this order with another payment method.")
            );
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

    /** Core removes a line whatever its terminal answers; here only if the server lets it go. */
    deletePaymentLine(uuid) {
        const line = this.paymentLines.find((line) => line.uuid === uuid);
        if (mayHoldMoney(line)) {
            return this.cancelAndDeleteMixpayLine(line);
        }
        return super.deletePaymentLine(...arguments);
    },

    async cancelAndDeleteMixpayLine(line) {
        const order = this.currentOrder;
        if ((await releaseLine(this.pos, line)) && order.payment_ids.includes(line)) {
            order.removePaymentline(line);
            this.numberBuffer.reset();
            try {
                await this.pos.mixpay.save(order); // no other register shall take it up again
            } catch (error) {
                if (isRefusal(error)) {
                    handleRefusal(this.pos, order);
                } // else it is saved later
            }
        }
    },

    async sendForceDone(line) {
        if (isMixpayLine(line)) {
            this.pos.mixpay.showAlert(
                _t("Only MixPay can confirm this payment"),
                _t("Wait for the confirmation, or cancel and take another payment.")
            );
            return;
        }
        return super.sendForceDone(...arguments);
    },
});
