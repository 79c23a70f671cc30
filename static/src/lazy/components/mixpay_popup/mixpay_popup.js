import { Component, onMounted, onWillUnmount, reactive, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useChildRef, useService } from "@web/core/utils/hooks";
import { errorText } from "@pos_mixpay/lazy/error_texts";
import { formatDuration } from "@pos_mixpay/lazy/duration";
import { notCancelled, whyKept } from "@pos_mixpay/lazy/cancel_texts";

const TICK_MS = 1000;

/** Cannot be dismissed by accident: it shows a code that can be paid. Its button “Hide” hides it. */
class StayingDialog extends Dialog {
    async dismiss() {}
}

/**
 * Shows a payment to the cashier and its code to the customer. It decides nothing: what it shows
 * comes from the `pos_mixpay` service, and who opened it closes it.
 */
export class MixpayPopup extends Component {
    static template = "pos_mixpay.MixpayPopup";
    static components = { Dialog: StayingDialog };
    static props = {
        shown: Object, // reactive { traceId, qr }: first nothing, then the code, then the payment
        preparing: Object, // what is known of it by then
        hint: Function, // what to do if the order changed, or nothing
        cancel: Function, // resolves to { isFree, payment, error }
        forceCancel: Function,
        confirmManually: Function,
        close: Function,
    };

    setup() {
        this.mixpay = useService("pos_mixpay");
        this.payments = this.mixpay.payments;
        this.known = useState(this.payments.state);
        this.shown = useState(this.props.shown);
        this.state = useState({ notice: "", isChecking: false, isCancelling: false });
        this.modal = useChildRef();
        this.code = useRef("code");
        this.drawWhenShown();
        onMounted(() => {
            // A dialog without a header has no name of its own.
            this.modal.el.setAttribute("aria-label", _t("Payment with MixPay"));
            this.timer = browser.setInterval(() => this.render(), TICK_MS);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    /** Draws the code in the very task that brings it; a rendering would wait for the next frame. */
    drawWhenShown() {
        const shown = reactive(this.props.shown, () => {
            const { qr } = this.props.shown;
            if (qr && this.code.el) {
                this.code.el.src = qr;
                this.code.el.classList.add("o_mixpay_qr");
            }
        });
        return shown.qr; // reading it is what subscribes, for one change
    }

    /** As the server has it; until it has, nothing but what the register itself knows. */
    get payment() {
        return (
            this.known.payments[this.shown.traceId] || {
                state: "draft",
                line_status: "waiting",
                state_text: _t("Preparing"),
                message: _t("The code is shown in a moment."),
                ...this.props.preparing,
            }
        );
    }

    get orderText() {
        return _t("Order %s", this.payment.order_name);
    }

    get isPreparing() {
        return !this.shown.traceId;
    }

    /** Money was seen: scanning again would be wrong, except to send what is missing. */
    get isScannable() {
        return ["waiting", "waitingCard"].includes(this.payment.line_status);
    }

    get isApprovalRequested() {
        return this.payment.approval?.state === "requested";
    }

    get isWaiting() {
        return !this.payment.is_final;
    }

    get secondsLeft() {
        return this.payments.secondsLeft(this.shown.traceId);
    }

    get isTimeUp() {
        return this.secondsLeft === 0;
    }

    get countdownText() {
        return this.isTimeUp
            ? _t("Time is up – still checking with MixPay")
            : formatDuration(this.secondsLeft);
    }

    get statusClass() {
        if (this.payment.line_status === "waitingCapture") {
            return "alert-info";
        }
        return this.payment.remaining ? "alert-warning" : "alert-secondary";
    }

    get missingAmount() {
        const { coin, currency } = this.payment.remaining || {};
        return coin && currency ? `${coin} (${currency})` : coin || currency;
    }

    /** An address is only made clickable when a browser would open it as a web page. */
    get webLink() {
        return /^https?:\/\//i.test(this.payment.link || "") ? this.payment.link : false;
    }

    async checkNow() {
        await this.whileBusy("isChecking", async () => {
            try {
                await this.mixpay.readStatus([this.shown.traceId], { check_now: true });
            } catch (error) {
                this.payments.noteError(error);
                const silence = _t("No answer from the Odoo server. Still trying.");
                this.state.notice = errorText(error, silence);
            }
        });
    }

    async cancel() {
        await this.whileBusy("isCancelling", async () => {
            const outcome = await this.props.cancel();
            if (!outcome.isFree) {
                this.state.notice = whyKept(outcome) || notCancelled();
            }
        });
    }

    async whileBusy(flag, action) {
        this.state.notice = "";
        this.state[flag] = true;
        await action();
        this.state[flag] = false;
    }

    async copyLink() {
        try {
            await browser.navigator.clipboard.writeText(this.webLink);
            this.state.notice = _t("Link copied.");
        } catch {
            this.state.notice = _t("This browser does not let the link be copied.");
        }
    }
}
