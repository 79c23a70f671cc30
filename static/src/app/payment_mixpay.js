import { markRaw, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { register_payment_method } from "@point_of_sale/app/services/pos_store";
import { PaymentInterface } from "@point_of_sale/app/utils/payment/payment_interface";
import {
    confirmManually,
    lazyDialog,
    forceCancel,
    tellKept,
    withdraw,
} from "@pos_mixpay/app/utils/mixpay_lazy";
import { amountOf, dueFor, isInFlight, PROVIDER } from "@pos_mixpay/app/utils/mixpay_line";
import { isFree } from "@pos_mixpay/app/services/mixpay_service";
import { printSlip } from "@pos_mixpay/app/utils/mixpay_slip";
import {
    createOfflineText,
    editedText,
    errorText,
    notAvailable,
} from "@pos_mixpay/app/utils/mixpay_words";

const MixpayPopup = lazyDialog("MixpayPopup");

const nameOf = (order) => order.pos_reference || order.getName();

// What the popup shows: a line's payment, or at first no more than its code.
const CLOSED = { lineUuid: false, traceId: false, qr: false };
const CODE_FIRST_MS = 50; // two or three frames: by then the code is on the screen

// Steps that the register takes itself, before or between the server's answers.
const OWN_STEPS = ["pending", "waiting", "waitingCancel"];

/**
 * Connects core's payment lines to the `pos_mixpay` service and shows the popup.
 *
 * For each line being waited for there is an "attempt". It ends when the payment is settled, or
 * when the payment screen is left: then core is let go, while the service keeps the line up to date.
 */
export class PaymentMixpay extends PaymentInterface {
    setup() {
        super.setup(...arguments);
        this.attempts = markRaw(new Map());
        this.maybeAsked = markRaw(new Set());
        this.resuming = markRaw(new Set());
        this.popup = reactive({ ...CLOSED });
        this.closePopup = null;
    }

    /** @returns {import("@pos_mixpay/app/services/mixpay_service").MixpayService} */
    get mixpay() {
        return this.env.services.pos_mixpay;
    }

    /** @returns {import("@pos_mixpay/app/mixpay_register").MixpayRegister} */
    get register() {
        return this.pos.mixpay;
    }

    // ---------------------------------------------------------------------- called by core's POS

    /** Never rejects: core would leave every payment terminal blocked until the next reload. */
    async sendPaymentRequest(uuid) {
        try {
            const line = this.register.getLine(uuid);
            const isResumed = this.resuming.delete(uuid);
            const refusal = this.refusalFor(line, isResumed);
            if (refusal) {
                this.register.showAlert(...refusal);
                return false;
            }
            if (!isResumed) {
                line.uiState = { ...line.uiState, mixpay: { due: dueFor(line) } };
            }
            return await this.runAttempt(line);
        } catch (error) {
            console.error(error);
            this.register.showAlert(
                notAvailable(),
                _t("Something went wrong in this register. Try again, or take another payment.")
            );
            return false;
        }
    }

    /** @returns {Promise<boolean>} whether the line is free for something else */
    async sendPaymentCancel(order, uuid) {
        const outcome = await this.cancelLine(uuid);
        return outcome.isFree || tellKept(this.pos, outcome);
    }

    /** The payment screen is left. Nothing is cancelled: the service goes on asking. */
    close() {
        for (const attempt of this.attempts.values()) {
            attempt.leave();
        }
    }

    // ------------------------------------------------------------- called by patches and components

    /** What a line shows: the server's word, or core's wish as long as there is none. */
    lineStatusFor(line, wanted) {
        if (OWN_STEPS.includes(wanted)) {
            return wanted;
        }
        const payment = this.register.paymentOf(line);
        if (payment) {
            return payment.line_status;
        }
        return wanted === "done" ? "retry" : wanted;
    }

    hasAttempt(uuid) {
        return this.attempts.has(uuid);
    }

    /** A line that was in flight before this page was loaded: its customer may have paid. */
    prepareResume(line) {
        this.maybeAsked.add(line.uuid);
        this.resuming.add(line.uuid);
    }

    /** Known from this page's own questions, from before a reload, or from a paid line itself. */
    traceOf(line) {
        return (
            this.mixpay.traceOfLine[line.uuid] ||
            line.uiState?.mixpay?.traceId ||
            (line.isDone() && line.transaction_id)
        );
    }

    /** What to do when the order changed while its code can be paid; empty when it did not. */
    hintFor(line) {
        if (!isInFlight(line) || !line.pos_order_id) {
            return "";
        }
        const due = dueFor(line);
        const before = line.uiState?.mixpay?.due ?? Math.max(due, line.amount);
        if (this.pos.currency.isZero(due - before)) {
            return "";
        }
        const { formatCurrency } = this.env.utils;
        return editedText(formatCurrency(line.amount), formatCurrency(due), due - line.amount);
    }

    /** Opens at once, and shows the code as soon as there is one. */
    showPopup(line, traceId = false) {
        if (this.popup.lineUuid) {
            return;
        }
        Object.assign(this.popup, { lineUuid: line.uuid, traceId });
        const shown = () => this.mixpay.get(this.popup.traceId);
        this.closePopup = this.env.services.dialog.add(
            MixpayPopup,
            {
                shown: this.popup,
                preparing: {
                    amount_text: this.env.utils.formatCurrency(line.amount),
                    order_name: nameOf(line.pos_order_id),
                },
                hint: this.hintFor(line),
                cancel: () => this.cancelLine(line.uuid),
                forceCancel: () => forceCancel(this.pos, shown()),
                confirmManually: () => confirmManually(this.pos, shown()),
            },
            { onClose: () => Object.assign(this.popup, CLOSED) }
        );
    }

    /** Has the code drawn before all else, which would hold it up by a frame or two. */
    async showCode(line, { qr, is_final }) {
        if (this.isShown(line.uuid) && !is_final) {
            this.popup.qr = qr;
            await new Promise((resolve) => browser.setTimeout(resolve, CODE_FIRST_MS));
        }
    }

    showPayment(uuid, traceId) {
        if (this.isShown(uuid)) {
            this.popup.traceId = traceId;
        }
    }

    isShown(uuid) {
        return this.popup.lineUuid === uuid && !this.attempts.get(uuid)?.isCancelRequested;
    }

    hidePopup() {
        if (this.popup.lineUuid) {
            this.closePopup();
        }
    }

    /**
     * Gives a line's payment up. A line whose payment is still being created waits for its trace
     * id first, so that no payable code is left behind.
     *
     * @returns {Promise<{ isFree: boolean, payment?: object, error?: Error }>}
     */
    async cancelLine(uuid) {
        const attempt = this.attempts.get(uuid);
        if (attempt) {
            attempt.isCancelRequested = true;
            await attempt.created;
        }
        const traceId = this.traceOf(this.register.getLine(uuid));
        if (!traceId) {
            return { isFree: true };
        }
        try {
            const payment = await this.mixpay.cancel(traceId);
            printSlip(this.pos, payment.is_abandoned && payment);
            return { isFree: isFree(payment), payment };
        } catch (error) {
            return { isFree: false, error };
        } finally {
            if (attempt) {
                attempt.isCancelRequested = false;
            }
            this.showPayment(uuid, traceId); // where it was not given up, it can be paid
        }
    }

    // ----------------------------------------------------------------------------- one attempt

    async runAttempt(line) {
        const attempt = this.startAttempt(line);
        try {
            this.showPopup(line);
            const payment = await Promise.race([attempt.created, attempt.left]);
            if (!payment) {
                return false;
            }
            await Promise.race([this.mixpay.whenSettled(payment.trace_id), attempt.left]);
            return this.mixpay.get(payment.trace_id).line_status === "done";
        } finally {
            this.attempts.delete(line.uuid);
            this.hidePopup();
        }
    }

    startAttempt(line) {
        const left = Promise.withResolvers();
        const attempt = {
            created: this.createPayment(line),
            isCancelRequested: false,
            left: left.promise,
            leave: left.resolve,
        };
        this.attempts.set(line.uuid, attempt);
        return attempt;
    }

    /**
     * Asks for the payment. The order goes along, so that the server can save it should this device
     * be gone in the next moment: a code is shown only for an order that outlives it.
     *
     * @returns {Promise<object | null>} null when there is no payment: the cashier was told why
     */
    async createPayment(line) {
        const order = line.pos_order_id;
        const params = {
            payment_method_id: this.payment_method_id.id,
            session_id: this.pos.session.id,
            order_uuid: order.uuid,
            payment_uuid: line.uuid,
            order_name: nameOf(order),
            amount: amountOf(line),
            order: this.register.dataOf(order),
        };
        let payment;
        try {
            payment = await this.mixpay.create(params, (made) => this.showCode(line, made));
        } catch (error) {
            const text = createOfflineText(this.maybeAsked.has(line.uuid));
            this.register.showAlert(notAvailable(), errorText(error, text));
            return null;
        }
        this.maybeAsked.add(line.uuid);
        this.mixpay.job(payment.trace_id);
        this.showPayment(line.uuid, payment.trace_id);
        this.saveOrder(order, payment.trace_id);
        return payment;
    }

    /** Saves the order, for other registers. One that the server refuses is not asked money for. */
    async saveOrder(order, traceId) {
        try {
            await this.register.save(order);
        } catch (error) {
            if (error instanceof RPCError) {
                await withdraw(this.pos, traceId, error);
            }
            return; // without connection: the server has the order, and saves it when it is missing
        }
        this.register.onPayment(this.mixpay.get(traceId)); // the line's older state came back
    }

    // ----------------------------------------------------------------------- words for the cashier

    /** @returns {[string, string] | null} title and text, when MixPay cannot take this line */
    refusalFor(line, isResumed) {
        const due = line.pos_order_id.remainingDue;
        const { currency } = this.pos;
        if (!currency.isPositive(line.amount)) {
            return [
                _t("MixPay only receives money"),
                _t("To give money back, remove this line and use another payment method."),
            ];
        }
        if (!isResumed && currency.isPositive(line.amount - due)) {
            return [
                _t("More than what is due"),
                _t(
                    "No change is given for a payment in coins. Set this line to %s at most, and try again.",
                    this.env.utils.formatCurrency(due)
                ),
            ];
        }
        if (this.pos.data.network.offline) {
            return [notAvailable(), createOfflineText(this.maybeAsked.has(line.uuid))];
        }
        return null;
    }
}

register_payment_method(PROVIDER, PaymentMixpay);
