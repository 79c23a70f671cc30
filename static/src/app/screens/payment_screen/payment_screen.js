import { onWillUnmount } from "@odoo/owl";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { isInFlight, isMixpayLine, isMixpayMethod } from "@pos_mixpay/app/utils/mixpay_line";

patch(PaymentScreen.prototype, {
    setup() {
        super.setup(...arguments);
        onWillUnmount(() => {
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
        const line = this.paymentLines.find((line) => isMixpayLine(line) && isInFlight(line));
        const terminal = line?.payment_method_id.payment_terminal;
        if (terminal && !terminal.hasAttempt(line.uuid)) {
            terminal.prepareResume(line);
            this.currentOrder.selectPaymentline(line);
            this.sendPaymentRequest(line);
        }
    },

    async addNewPaymentLine(paymentMethod) {
        if (isMixpayMethod(paymentMethod) && this.isRefundOrder) {
            this.dialog.add(AlertDialog, {
                title: _t("MixPay only receives money"),
                body: _t("Refund this order with another payment method."),
            });
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
        if (isMixpayLine(line) && isInFlight(line)) {
            return this.cancelAndDeleteMixpayLine(line);
        }
        return super.deletePaymentLine(...arguments);
    },

    async cancelAndDeleteMixpayLine(line) {
        const { payment_terminal } = line.payment_method_id;
        if (await payment_terminal.sendPaymentCancel(this.currentOrder, line.uuid)) {
            this.currentOrder.removePaymentline(line);
            this.numberBuffer.reset();
        }
    },

    async sendForceDone(line) {
        if (isMixpayLine(line)) {
            this.dialog.add(AlertDialog, {
                title: _t("Only MixPay can confirm this payment"),
                body: _t("Wait for the confirmation, or cancel and take another payment."),
            });
            return;
        }
        return super.sendForceDone(...arguments);
    },
});
