import { onWillUnmount, useEffect } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { callLazy } from "@pos_mixpay/app/loader";
import {
    finishesByItself,
    isInFlight,
    isMixpayLine,
    isMixpayMethod,
    mixpayLines,
} from "@pos_mixpay/app/lines";
import { PaymentMixpay } from "@pos_mixpay/app/payment_mixpay";

patch(PaymentScreen.prototype, {
    setup() {
        super.setup(...arguments);
        const { attempts, service } = this.pos.mixpay;
        attempts.send = (line) => this.sendPaymentRequest(line);
        const unsubscribe = service.payments.subscribe((payment) => this.onMixpayPayment(payment));
        onWillUnmount(unsubscribe);
        // The screen stays when another order is opened on it.
        useEffect(
            () => {
                this.resumeMixpayPayment();
                return () => attempts.leave();
            },
            () => [this.props.orderUuid]
        );
    },

    /** Core adds a line of the only method there is, and removes those of methods that are not here. */
    onMounted() {
        const known = this.payment_methods_from_config.map(({ id }) => id);
        const foreign = mixpayLines(this.currentOrder).filter(
            (line) => !known.includes(line.payment_method_id.id)
        );
        this.isEntering = true; // nobody has asked for a code by that
        foreign.forEach((line) => (line.delete = () => {}));
        super.onMounted(...arguments);
        foreign.forEach((line) => delete line.delete);
        this.isEntering = false;
        if (foreign.length) {
            callLazy(this.pos, "explainForeign", foreign);
        }
    },

    async sendPaymentRequest(line) {
        if (!this.isEntering || !isMixpayLine(line)) {
            return super.sendPaymentRequest(...arguments);
        }
    },

    /** After a reload, or on coming back to the order: what the customer sees or has paid goes on. */
    resumeMixpayPayment() {
        const { currentOrder: order, pos } = this;
        const lines = mixpayLines(order);
        // Core makes terminals of the methods that there were when the page was loaded.
        for (const { payment_method_id: method } of lines) {
            method.payment_terminal ||= new PaymentMixpay(pos, method);
        }
        const line = lines.find(isInFlight);
        if (line) {
            order.selectPaymentline(line);
            pos.mixpay.attempts.resume(line);
        } else {
            this.validateAfterMixpay();
        }
    },

    /** A payment done while no attempt waits for it: core validates only at the end of one. */
    onMixpayPayment({ line_status, payment_uuid }) {
        const lines = mixpayLines(this.currentOrder);
        if (line_status === "done" && lines.some(({ uuid }) => uuid === payment_uuid)) {
            Promise.resolve().then(() => this.validateAfterMixpay());
        }
    },

    validateAfterMixpay() {
        const { currentOrder: order, pos } = this;
        if (
            order &&
            !pos.paymentTerminalInProgress &&
            pos.config.auto_validate_terminal_payment &&
            finishesByItself(order)
        ) {
            this.validateOrder(false);
        }
    },

    /** A second tap shows the code that there is. */
    async addNewPaymentLine(paymentMethod) {
        const { currentOrder: order, pos } = this;
        if (isMixpayMethod(paymentMethod)) {
            if (this.isRefundOrder || order.totalDue < 0) {
                callLazy(pos, "startRefund", order, paymentMethod);
                return false;
            }
            if (mixpayLines(order).some(isInFlight)) {
                this.resumeMixpayPayment();
                return false;
            }
        }
        return pos.mixpay.lines.makeRoom(order) && super.addNewPaymentLine(...arguments);
    },

    updateSelectedPaymentline() {
        const line = this.selectedPaymentLine;
        if (isMixpayLine(line) && (isInFlight(line) || line.getPaymentStatus() === "done")) {
            return void callLazy(this.pos, "explainLocked", line);
        }
        return super.updateSelectedPaymentline(...arguments);
    },

    /** Core removes a line even if its terminal refuses; here it goes only if the server agrees. */
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
