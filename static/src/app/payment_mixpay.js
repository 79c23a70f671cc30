import { markRaw, reactive } from "@odoo/owl";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { register_payment_method } from "@point_of_sale/app/services/pos_store";
import { PaymentInterface } from "@point_of_sale/app/utils/payment/payment_interface";
import { MixpayPopup } from "@pos_mixpay/app/components/mixpay_popup/mixpay_popup";
import { PROVIDER } from "@pos_mixpay/app/utils/mixpay_line";

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
        this.popup = reactive({ traceId: false });
        this.closePopup = null;
        this.isSubscribed = false;
    }

    /** @returns {import("@pos_mixpay/app/services/mixpay_service").MixpayService} */
    get mixpay() {
        return this.env.services.pos_mixpay;
    }

    // ---------------------------------------------------------------------- called by core's POS

    /** Never rejects: core would leave every payment terminal blocked until the next reload. */
    async sendPaymentRequest(uuid) {
        try {
            const line = this.getLine(uuid);
            const refusal = this.refusalFor(line);
            if (refusal) {
                this.showAlert(...refusal);
                return false;
            }
            return await this.runAttempt(line);
        } catch (error) {
            console.error(error);
            this.showAlert(
                _t("MixPay is not available"),
                _t("Something went wrong in this register. Try again, or take another payment.")
            );
            return false;
        }
    }

    /** @returns {Promise<boolean>} whether the line is free for something else */
    async sendPaymentCancel(order, uuid) {
        const { isFree, notice } = await this.cancelLine(uuid);
        if (!isFree && notice) {
            this.showAlert(_t("This payment cannot be cancelled now"), notice);
        }
        return isFree;
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
        const payment = this.mixpay.getOfLine(line.uuid);
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
    }

    showPopup(traceId) {
        if (this.popup.traceId || !this.mixpay.get(traceId)) {
            return;
        }
        this.popup.traceId = traceId;
        this.closePopup = this.env.services.dialog.add(
            MixpayPopup,
            {
                traceId,
                cancel: () => this.cancelLine(this.mixpay.get(traceId).payment_uuid),
            },
            { onClose: () => (this.popup.traceId = false) }
        );
    }

    hidePopup() {
        if (this.popup.traceId) {
            this.closePopup();
        }
    }

    /**
     * Gives a line's payment up. A line whose payment is still being created waits for its trace
     * id first, so that no payable code is left behind.
     *
     * @returns {Promise<{ isFree: boolean, notice?: string }>}
     */
    async cancelLine(uuid) {
        const attempt = this.attempts.get(uuid);
        if (attempt) {
            attempt.isCancelRequested = true;
            await attempt.created;
        }
        const payment = this.mixpay.getOfLine(uuid);
        if (!payment) {
            return { isFree: true };
        }
        try {
            const answer = await this.mixpay.cancel(payment.trace_id);
            return { isFree: answer.is_abandoned, notice: answer.message };
        } catch (error) {
            return { isFree: false, notice: this.cancelErrorText(error) };
        } finally {
            if (attempt) {
                attempt.isCancelRequested = false;
            }
        }
    }

    /**
     * Asks the server whether it will take these lines as paid, and frees those that it won't: a
     * cashier is never left with a line that can be neither used nor removed.
     *
     * @returns {Promise<boolean>} whether the order can be validated
     */
    async areCovered(lines) {
        const amounts = Object.fromEntries(lines.map((line) => [line.uuid, this.amountOf(line)]));
        try {
            const uncovered = await this.mixpay.findUncovered(this.pos.session.id, amounts);
            lines.filter((line) => uncovered.includes(line.uuid)).forEach(freeLine);
            if (uncovered.length) {
                this.showAlert(_t("MixPay has not confirmed this payment"), this.uncoveredText());
            }
            return !uncovered.length;
        } catch (error) {
            this.showAlert(_t("This order cannot be validated now"), this.checkErrorText(error));
            return false;
        }
    }

    // ----------------------------------------------------------------------------- one attempt

    async runAttempt(line) {
        this.subscribe();
        const attempt = this.startAttempt(line);
        try {
            const payment = await attempt.created;
            if (!payment) {
                return false;
            }
            this.mixpay.watch(payment.trace_id);
            if (!attempt.isCancelRequested && !attempt.isLeft) {
                this.showPopup(payment.trace_id);
            }
            await Promise.race([this.mixpay.whenSettled(payment.trace_id), attempt.left]);
            const settled = this.mixpay.get(payment.trace_id);
            this.fillLine(line, settled);
            return settled.line_status === "done";
        } finally {
            this.attempts.delete(line.uuid);
            this.hidePopup();
        }
    }

    startAttempt(line) {
        const { promise, resolve } = Promise.withResolvers();
        const attempt = {
            created: this.createPayment(line),
            isCancelRequested: false,
            isLeft: false,
            left: promise,
            leave: () => {
                attempt.isLeft = true;
                resolve();
            },
        };
        this.attempts.set(line.uuid, attempt);
        return attempt;
    }

    /** @returns {Promise<object | null>} null when there is no payment: the cashier was told why */
    async createPayment(line) {
        const order = line.pos_order_id;
        try {
            const payment = await this.mixpay.create({
                payment_method_id: this.payment_method_id.id,
                session_id: this.pos.session.id,
                order_uuid: order.uuid,
                payment_uuid: line.uuid,
                order_name: order.pos_reference || order.getName(),
                amount: this.amountOf(line),
            });
            this.maybeAsked.add(line.uuid);
            return payment;
        } catch (error) {
            this.showAlert(_t("MixPay is not available"), this.createErrorText(error, line));
            return null;
        }
    }

    // ------------------------------------------------------------------------- answers to lines

    subscribe() {
        if (!this.isSubscribed) {
            this.isSubscribed = true;
            this.mixpay.subscribe((payment) => this.onPayment(payment));
        }
    }

    /** Every answer reaches its line, also while nobody looks at it. */
    onPayment(payment) {
        const line = this.findOpenLine(payment);
        if (!line) {
            return;
        }
        const wasDone = line.isDone();
        this.fillLine(line, payment);
        line.setPaymentStatus(payment.line_status);
        if (line.isDone() && !wasDone && !this.hasAttempt(line.uuid)) {
            this.announceLatePayment(payment);
        }
    }

    /** The line that shows this payment: of this method, and not asked for anew since. */
    findOpenLine({ payment_uuid, trace_id }) {
        const line = this.getLine(payment_uuid);
        const isMine = line?.payment_method_id?.id === this.payment_method_id.id;
        const isLatest = this.mixpay.getOfLine(payment_uuid)?.trace_id === trace_id;
        return isMine && isLatest && !line.pos_order_id?.finalized ? line : null;
    }

    announceLatePayment(payment) {
        this.env.services.notification.add(
            _t("MixPay: %(amount)s received for order %(order)s.", {
                amount: payment.amount_text,
                order: payment.order_name,
            }),
            { type: "success" }
        );
    }

    fillLine(line, payment) {
        if (payment.line_status === "done") {
            line.transaction_id = payment.transaction_id || payment.trace_id;
            line.payment_ref_no = payment.payment_ref_no || "";
            line.card_brand = payment.card_brand || "";
        }
    }

    /** The server takes amounts as text: no rounding happens on the way. */
    amountOf(line) {
        return line.amount.toFixed(this.pos.currency.decimal_places);
    }

    getLine(uuid) {
        return this.pos.models["pos.payment"].find((line) => line.uuid === uuid);
    }

    // ----------------------------------------------------------------------- words for the cashier

    /** @returns {[string, string] | null} title and text, when MixPay cannot take this line */
    refusalFor(line) {
        const due = line.pos_order_id.remainingDue;
        if (!this.pos.currency.isPositive(line.amount)) {
            return [
                _t("MixPay only receives money"),
                _t("To give money back, remove this line and use another payment method."),
            ];
        }
        if (this.pos.currency.isPositive(line.amount - due)) {
            return [
                _t("More than what is due"),
                _t(
                    "No change is given for a payment in coins. Set this line to %s at most, and try again.",
                    this.env.utils.formatCurrency(due)
                ),
            ];
        }
        if (this.pos.data.network.offline) {
            return [_t("MixPay is not available"), this.offlineText(line)];
        }
        return null;
    }

    createErrorText(error, line) {
        return error instanceof RPCError ? this.serverText(error) : this.offlineText(line);
    }

    /** Only Odoo's own refusals carry words meant for people. */
    serverText(error) {
        if (error.exceptionName?.startsWith("odoo.exceptions.")) {
            return error.data.message;
        }
        return _t(
            "The Odoo server could not answer. Try again, or take another payment. If it happens again, reload this page: what the customer has paid is not lost."
        );
    }

    offlineText(line) {
        if (this.maybeAsked.has(line.uuid)) {
            return _t(
                "No connection to the Odoo server. What the customer has paid is not lost: press “Try again” when the connection is back, and this payment goes on."
            );
        }
        return _t(
            "No connection to the Odoo server. The customer has not been asked to pay. Try again when the connection is back, or remove this line and take another payment."
        );
    }

    uncoveredText() {
        return _t(
            "The line is not paid, or its amount was changed afterwards. Press “Try again” on it, or remove it and take another payment."
        );
    }

    checkErrorText(error) {
        return error instanceof RPCError
            ? this.serverText(error)
            : _t(
                  "No connection to the Odoo server, which has to confirm the MixPay payment first. Nothing is lost: try again when the connection is back."
              );
    }

    cancelErrorText(error) {
        return error instanceof RPCError
            ? this.serverText(error)
            : _t(
                  "No connection to the Odoo server: the customer could still pay. Try again when the connection is back."
              );
    }

    showAlert(title, body) {
        this.env.services.dialog.add(AlertDialog, { title, body });
    }
}

/** Past the gate in `setPaymentStatus`: the server has spoken about the line, not the payment. */
function freeLine(line) {
    line.payment_status = "retry";
}

register_payment_method(PROVIDER, PaymentMixpay);
