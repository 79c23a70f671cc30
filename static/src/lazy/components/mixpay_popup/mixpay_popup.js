import {
    Component,
    onMounted,
    onPatched,
    onWillUnmount,
    reactive,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useChildRef } from "@web/core/utils/hooks";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";
import { callLazy } from "@pos_mixpay/app/loader";
import { nameOf } from "@pos_mixpay/app/popup";
import { errorText } from "@pos_mixpay/lazy/error_texts";
import { formatAge, formatDuration } from "@pos_mixpay/lazy/duration";
import { hintFor, outlookFor } from "@pos_mixpay/lazy/hint";
import { notCancelled, whyKept } from "@pos_mixpay/lazy/cancel_texts";

const TICK_MS = 1000;
const PAID_MS = 1800; // long enough to be seen, too short to be waited for
const SHORT_TIME = 60; // seconds: from then on the countdown is hard to overlook
const OLD_ANSWER = 30; // seconds: younger ones are nothing to think about

/** Icons that are shown when there is no code to scan: Font Awesome's names. */
const EMBLEMS = {
    preparing: "fa-qrcode",
    cancelling: "fa-ban",
    seen: "fa-hourglass-half",
    paid: "fa-check",
    unpaid: "fa-clock-o",
    failed: "fa-exclamation-triangle",
};

/** ESC and a click beside it lose no payment: what is still open stays. */
class StayingDialog extends Dialog {
    static props = { ...Dialog.props, mayDismiss: Function };

    async dismiss() {
        if (this.props.mayDismiss()) {
            return this.data.close(true);
        }
    }
}

/**
 * Shows a payment to the cashier and its code to the customer. It decides nothing: what it shows
 * comes from the server, and each button calls the file that handles it.
 */
export class MixpayPopup extends Component {
    static template = "pos_mixpay.MixpayPopup";
    static components = { Dialog: StayingDialog };
    static props = {
        // Reactive { traceId, qr, isCancelling, isUp }: first nothing, then the code and the payment.
        shown: Object,
        line: Object,
        close: Function,
    };

    setup() {
        this.pos = usePos();
        this.mixpay = this.pos.mixpay;
        this.payments = this.mixpay.service.payments;
        this.known = useState(this.payments.state);
        this.shown = useState(this.props.shown);
        this.state = useState({ notice: "", isChecking: false });
        this.preparing = {
            amount_text: this.env.utils.formatCurrency(this.props.line.amount),
            order_name: nameOf(this.props.line.pos_order_id),
        };
        this.modal = useChildRef();
        this.code = useRef("code");
        this.drawWhenShown();
        onMounted(() => {
            // A dialog without a header has no name of its own.
            this.modal.el.setAttribute("aria-label", _t("Payment with MixPay"));
            this.modal.el.setAttribute("aria-modal", "true");
            // Where it does not fit, the keyboard scrolls it, also when nothing in it has the focus.
            this.modal.el.querySelector(".o_mixpay_body").tabIndex = 0;
            this.shown.isUp = true;
            this.focusLead();
            this.timer = browser.setInterval(() => this.render(), TICK_MS);
            this.closeWhenPaid();
        });
        onPatched(() => this.closeWhenPaid());
        onPatched(() => this.keepFocus());
        onWillUnmount(() => {
            browser.clearInterval(this.timer);
            browser.clearTimeout(this.closing);
        });
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

    focusLead() {
        this.focused = this.scene;
        this.modal.el.querySelector(".o_mixpay_lead")?.focus();
    }

    /** The button that had the focus may be gone with its state; what lies in front keeps its own. */
    keepFocus() {
        const isInFront = !this.modal.el.classList.contains("o_inactive_modal");
        const isLost = document.activeElement === document.body;
        if (isInFront && isLost && this.scene !== this.focused) {
            this.focusLead();
        }
    }

    /** The sale goes on behind it meanwhile. */
    closeWhenPaid() {
        if (this.scene === "paid" && !this.closing) {
            this.closing = browser.setTimeout(() => this.props.close(true), PAID_MS);
        }
    }

    /** As the server has it; until it has, nothing but what the register itself knows. */
    get payment() {
        return (
            this.known.payments[this.shown.traceId] || {
                state: "draft",
                line_status: "waiting",
                state_text: _t("Preparing"),
                message: _t("The code is shown in a moment."),
                ...this.preparing,
            }
        );
    }

    /** Which state the popup shows: how it looks and what its buttons do follow from that. */
    get scene() {
        const { line_status, is_final, may_ask_again, remaining } = this.payment;
        if (line_status === "done") {
            return "paid";
        }
        if (is_final) {
            return may_ask_again ? "unpaid" : "failed";
        }
        if (this.shown.isCancelling) {
            return "cancelling";
        }
        if (line_status === "waitingCapture") {
            return "seen";
        }
        if (!this.shown.traceId) {
            return "preparing";
        }
        return remaining ? "short" : "waiting";
    }

    /** Money was seen: scanning again would be wrong, except to send what is missing. */
    get hasCode() {
        return ["preparing", "waiting", "short"].includes(this.scene);
    }

    get isOver() {
        return ["paid", "unpaid", "failed"].includes(this.scene);
    }

    get emblem() {
        return EMBLEMS[this.scene];
    }

    get orderText() {
        return _t("Order %s", this.payment.order_name);
    }

    get stateText() {
        return this.scene === "cancelling" ? _t("Cancelling…") : this.payment.state_text;
    }

    get message() {
        return this.scene === "cancelling"
            ? _t("Do not charge the customer otherwise until this is done.")
            : this.payment.message;
    }

    /** What a person should know about the connection; nothing while all is well. */
    get trouble() {
        if (this.isOver) {
            return "";
        }
        if (this.known.isOffline) {
            return _t(
                "No connection to the Odoo server. It is tried again and again: do not charge again, what the customer pays is not lost."
            );
        }
        if (this.known.isFailing) {
            return _t(
                "The Odoo server could not answer. It is asked again and again: do not charge again, what the customer pays is not lost."
            );
        }
        return this.payment.is_unreachable
            ? _t(
                  "MixPay does not answer at the moment. It is asked again and again: do not charge again, what the customer pays is not lost."
              )
            : "";
    }

    /** How old MixPay's last word is, where that matters. */
    get ageText() {
        const { answer_age, received_at } = this.payment;
        if (this.isOver || !received_at || typeof answer_age !== "number") {
            return "";
        }
        const age = answer_age + (browser.performance.now() - received_at) / 1000;
        return this.trouble || age > OLD_ANSWER
            ? _t("MixPay's last answer: %s ago", formatAge(age))
            : "";
    }

    get secondsLeft() {
        return this.payments.secondsLeft(this.shown.traceId);
    }

    get isTimeShort() {
        return this.secondsLeft <= SHORT_TIME;
    }

    get countdownText() {
        return this.secondsLeft
            ? _t("%s left to pay", formatDuration(this.secondsLeft))
            : _t("Time is up – still checking with MixPay");
    }

    get hint() {
        return hintFor(this.pos, this.props.line);
    }

    get outlook() {
        return outlookFor(this.pos, this.props.line);
    }

    /** An address is only made clickable when a browser would open it as a web page. */
    get webLink() {
        return /^https?:\/\//i.test(this.payment.link || "") ? this.payment.link : false;
    }

    /** What managers may do now: the names of what `lazy/main` offers, and their words. */
    get managersActions() {
        const { can_confirm_manually, can_force_cancel } = this.payment;
        return [
            can_confirm_manually && {
                name: "confirmManually",
                className: "o_mixpay_confirm",
                label: _t("Mark as paid (manager)…"),
            },
            can_force_cancel && {
                name: "forceCancel",
                className: "o_mixpay_force_cancel",
                label: _t("Stop waiting (manager)…"),
            },
        ].filter(Boolean);
    }

    /** @param {"confirmManually" | "forceCancel" | "printSlipOf"} name in the lazy part */
    act(name) {
        return callLazy(this.pos, name, this.payment);
    }

    /** Nothing is lost by that: its order stays on the list, and is told of when it is paid. */
    serveNext() {
        this.props.close(true);
        return callLazy(this.pos, "serveNext", this.props.line);
    }

    askAgain() {
        this.props.close(true);
        return this.mixpay.attempts.send(this.props.line);
    }

    async checkNow() {
        await this.whileBusy(this.state, "isChecking", async () => {
            try {
                const traceIds = [this.shown.traceId];
                await this.mixpay.service.readStatus(traceIds, { check_now: true });
            } catch (error) {
                this.payments.noteError(error);
                const silence = _t("No answer from the Odoo server. Still trying.");
                this.state.notice = errorText(error, silence);
            }
        });
    }

    async cancel() {
        await this.whileBusy(this.shown, "isCancelling", async () => {
            const outcome = await this.mixpay.attempts.cancelPayment(this.props.line);
            if (!outcome.isFree) {
                this.state.notice = whyKept(outcome) || notCancelled();
            }
        });
    }

    async whileBusy(state, flag, action) {
        this.state.notice = "";
        state[flag] = true;
        await action();
        state[flag] = false;
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
