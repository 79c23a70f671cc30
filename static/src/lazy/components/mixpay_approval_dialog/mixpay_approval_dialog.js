import { Component, onMounted, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { tryAgainText } from "@pos_mixpay/lazy/error_texts";
import { formatDuration } from "@pos_mixpay/lazy/duration";

export const CONFIRM = "confirm";
export const FORCE_CANCEL = "force_cancel";

const TICK_MS = 1000;

/**
 * Has somebody with the right to do so approve something about a payment: on their own device, or
 * by typing their code here. It follows the payment, and closes or turns into the payment's end,
 * wherever that was decided.
 *
 * The code goes from its field to the server: it is in no state, no log, and no second try.
 */
export class MixpayApprovalDialog extends Component {
    static template = "pos_mixpay.MixpayApprovalDialog";
    static components = { Dialog };
    static props = {
        traceId: String,
        action: String,
        words: Object, // { title, meaning, goLabel }
        findApprovers: Function, // resolves to the server's answer
        request: Function, // given the reason; resolves to the id of the request
        approve: Function, // given code, approver and reason
        getPayload: Function, // true when what was asked for has come to be
        close: Function,
    };

    setup() {
        const { payments, polling } = useService("pos_mixpay");
        this.payments = payments;
        this.polling = polling;
        this.known = useState(payments.state);
        this.code = useRef("code");
        useAutofocus({ refName: "reason" });
        useAutofocus({ refName: "code", mobile: true });
        this.wasPaid = this.payment.line_status === "done";
        this.state = useState({
            isCodeStep: false,
            reason: "",
            approvers: [], // those who have a code
            canRequest: false,
            isLoaded: false,
            index: 0,
            requestId: this.openRequestId,
            isBusy: false,
            error: "",
        });
        this.followPayment();
        onMounted(() => this.load());
    }

    followPayment() {
        const unfollow = this.polling.follow(this.props.traceId);
        onMounted(() => (this.timer = browser.setInterval(() => this.render(), TICK_MS)));
        onWillUnmount(() => {
            unfollow();
            browser.clearInterval(this.timer);
        });
        useEffect(
            (hasComeToBe, isNotNeeded) => {
                if (hasComeToBe || isNotNeeded) {
                    this.props.getPayload(hasComeToBe);
                    this.props.close();
                }
            },
            () => [this.hasComeToBe, this.isPaidMeanwhile]
        );
    }

    // --------------------------------------------------------------------------- how it stands

    get payment() {
        return this.known.payments[this.props.traceId];
    }

    get isConfirmation() {
        return this.props.action === CONFIRM;
    }

    get openRequestId() {
        const { approval } = this.payment;
        const isOpen = approval?.action === this.props.action && approval.state === "requested";
        return isOpen && approval.id;
    }

    /** What became of the request; another register may have asked anew meanwhile. */
    get approval() {
        const { approval } = this.payment;
        const { requestId } = this.state;
        const isFollowed = requestId && approval?.action === this.props.action;
        return isFollowed && approval.id >= requestId ? approval : undefined;
    }

    /** As long as the server has not shown a request, it is open: it was just made. */
    get requestState() {
        return this.state.requestId && (this.approval?.state || "requested");
    }

    get hasComeToBe() {
        const { line_status, is_abandoned } = this.payment;
        return this.isConfirmation ? line_status === "done" : is_abandoned;
    }

    /** Money that came by itself while somebody was to give it up. */
    get isPaidMeanwhile() {
        return !this.isConfirmation && !this.wasPaid && this.payment.line_status === "done";
    }

    get isOver() {
        const { can_confirm_manually, can_force_cancel } = this.payment;
        const isOffered = this.isConfirmation ? can_confirm_manually : can_force_cancel;
        const isPending = this.requestState === "requested";
        return !isOffered && (!isPending || this.payments.isFinal(this.props.traceId));
    }

    /** @returns {"ask" | "code" | "waiting" | "decided" | "over"} */
    get step() {
        if (this.isOver) {
            return "over";
        }
        if (this.state.isCodeStep) {
            return "code";
        }
        if (this.requestState) {
            return this.requestState === "requested" ? "waiting" : "decided";
        }
        return "ask";
    }

    // ---------------------------------------------------------------------------------- words

    get countdownText() {
        const { approval } = this;
        const seconds = this.payments.secondsLeft(this.props.traceId, approval?.seconds_left);
        return approval ? formatDuration(seconds) : "";
    }

    get reasonText() {
        return this.approval?.reason || this.state.reason;
    }

    /** @returns {{ icon: string, title: string, text: string }} what became of the request */
    get decision() {
        const { state, by } = this.approval;
        return {
            refused: {
                icon: "fa-times-circle text-danger",
                title: _t("%s refused", by),
                text: this.isConfirmation
                    ? _t(
                          "Do not hand over the goods. Wait for the payment, or cancel it and take another one. You can ask again with a better reason."
                      )
                    : _t(
                          "The payment is still waited for. You can ask again with a better reason."
                      ),
            },
            expired: {
                icon: "fa-clock-o text-warning",
                title: _t("Nobody decided in time"),
                text: _t(
                    "Nothing has changed. Call a manager and ask again, or have a code typed here."
                ),
            },
            granted: {
                icon: "fa-info-circle text-info",
                title: _t("%s approved, without effect", by),
                text: _t(
                    "The payment had changed by then, so nothing was done. Look at how it stands now, and ask again if it is still needed."
                ),
            },
        }[state];
    }

    get vainText() {
        return _t("The payment had changed by then, so nothing was done.");
    }

    get overText() {
        const { approval } = this;
        const isInVain = approval?.state === "granted" && !approval.has_effect;
        return isInVain
            ? _t("%s approved, but the payment had ended by then.", approval.by)
            : _t("No approval is needed any more.");
    }

    // ------------------------------------------------------------------------------- what is done

    get isReady() {
        return Boolean(this.state.reason.trim()) && !this.state.isBusy;
    }

    get isNobodyThere() {
        const { isLoaded, canRequest, approvers } = this.state;
        return isLoaded && !canRequest && !approvers.length;
    }

    async load() {
        await this.attempt(async () => {
            const answer = await this.props.findApprovers();
            Object.assign(this.state, {
                approvers: answer.approvers.filter((one) => answer.codes_allowed && one.has_code),
                canRequest: answer.can_request,
                isLoaded: true,
            });
        });
    }

    async request() {
        await this.attempt(async () => {
            this.state.requestId = await this.props.request(this.state.reason.trim());
        });
    }

    askAgain() {
        Object.assign(this.state, { requestId: false, error: "" });
    }

    showCode(isCodeStep) {
        this.state.reason ||= this.reasonText;
        Object.assign(this.state, { isCodeStep, error: "" });
    }

    async approve() {
        const { value: code } = this.code.el;
        this.code.el.value = "";
        if (!code) {
            this.state.error = _t("Type the approval code.");
            return;
        }
        await this.attempt(async () => {
            const { id, kind } = this.state.approvers[this.state.index];
            const payment = await this.props.approve({
                approver_id: id,
                approver_kind: kind,
                code,
                reason: this.state.reason.trim(),
            });
            if (!this.hasComeToBe) {
                this.state.error = payment.notice || this.vainText;
            }
        });
        this.code.el?.focus();
    }

    async submit() {
        if (this.isReady && this.step === "code") {
            await this.approve();
        }
    }

    async attempt(action) {
        Object.assign(this.state, { isBusy: true, error: "" });
        try {
            await action();
        } catch (error) {
            this.state.error = tryAgainText(error);
        }
        this.state.isBusy = false;
    }
}
