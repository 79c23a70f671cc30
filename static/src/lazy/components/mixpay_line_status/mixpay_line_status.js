import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";
import { callLazy } from "@pos_mixpay/app/loader";
import { isRefundLine, refundText } from "@pos_mixpay/lazy/refund_texts";

/** What a MixPay line says about itself, and what can be done about it when it is selected. */
export class MixpayLineStatus extends Component {
    static template = "pos_mixpay.MixpayLineStatus";
    static props = {
        line: Object,
        sendPaymentRequest: Function,
        sendPaymentCancel: Function,
    };

    setup() {
        this.pos = usePos();
        this.mixpay = this.pos.mixpay;
        this.payments = this.mixpay.service.payments;
        this.state = useState(this.payments.state);
        this.popup = useState(this.mixpay.popup.state);
    }

    get status() {
        return this.props.line.getPaymentStatus();
    }

    get payment() {
        return this.state.payments[this.payments.traceOfLine(this.props.line.uuid)];
    }

    /** Core's own steps come before the server's first word; then the server's words are shown. */
    get text() {
        if (this.isRefund) {
            return refundText(this.props.line);
        }
        const own = {
            pending: _t("Ready to ask for the payment"),
            waiting: _t("Preparing the QR code…"),
            waitingCancel: _t("Cancelling…"),
        };
        const fallback = {
            done: _t("Payment received"),
            retry: _t("Not paid"),
        };
        return (
            own[this.status] ||
            this.payment?.state_text ||
            fallback[this.status] ||
            _t("Waiting for the payment")
        );
    }

    get isRefund() {
        return isRefundLine(this.props.line);
    }

    openRefund() {
        callLazy(this.pos, "openRefund", this.props.line);
    }

    get needsAttention() {
        return this.status === "retry" && this.payment?.is_final;
    }

    get isWaiting() {
        return !["pending", "retry", "done"].includes(this.status);
    }

    get canSend() {
        return !this.isRefund && ["pending", "retry"].includes(this.status);
    }

    get canShowQr() {
        const isShowable = ["waitingCard", "waitingCapture"].includes(this.status);
        return isShowable && !this.isRefund && !this.popup.lineUuid;
    }

    /** Its payment could not be looked up, and the cashier was told to try again. */
    get isUnheard() {
        return this.mixpay.lines.unheard.has(this.props.line.uuid);
    }

    get canCancel() {
        return this.isWaiting && !this.isRefund && this.status !== "waitingCancel";
    }

    get canForceCancel() {
        return this.status !== "done" && this.payment?.can_force_cancel;
    }

    get canConfirmManually() {
        return this.status !== "done" && this.payment?.can_confirm_manually;
    }

    showQr() {
        this.mixpay.attempts.resume(this.props.line);
    }

    /** @param {"forceCancel" | "confirmManually"} action with a manager's approval */
    approve(action) {
        return callLazy(this.pos, action, this.payment);
    }
}
