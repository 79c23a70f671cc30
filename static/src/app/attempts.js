import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { callLazy } from "@pos_mixpay/app/loader";
import { amountOf, noteDue } from "@pos_mixpay/app/lines";
import { nameOf } from "@pos_mixpay/app/popup";
import { isFree } from "@pos_mixpay/app/services/payments";
import { createOfflineText, errorText, notAvailable, showAlert } from "@pos_mixpay/app/messages";

/**
 * From the tap to the code, and until the payment is final. There is an "attempt" for each line that
 * core waits for. It also ends when the payment screen is left: polling keeps the line up to date.
 */
export class MixpayAttempts {
    /** @param {import("./mixpay_register").MixpayRegister} rooms those below */
    constructor(pos, { service, lines, saving, notifications, popup }) {
        Object.assign(this, { pos, service, lines, saving, notifications, popup });
        this._attempts = new Map();
        this._maybeShown = new Set(); // uuids of lines whose code a customer may have seen
        this._resuming = new Set();
    }

    has(line) {
        return this._attempts.has(line.uuid);
    }

    /** The next attempt continues one from before this page was loaded: it may have been paid. */
    prepareResume(line) {
        this._maybeShown.add(line.uuid);
        this._resuming.add(line.uuid);
    }

    /** Never rejects: core would block every payment terminal until the next reload. */
    async run(line) {
        try {
            const isResumed = this._resuming.delete(line.uuid);
            if (this._refuse(line, isResumed)) {
                return false;
            }
            if (!isResumed) {
                noteDue(line);
            }
            return await this._run(line);
        } catch (error) {
            console.error(error);
            this._alert(
                _t("Something went wrong in this register. Try again, or take another payment.")
            );
            return false;
        }
    }

    /** Ends all attempts, since the payment screen is left. Nothing is cancelled. */
    leave() {
        for (const attempt of this._attempts.values()) {
            attempt.leave();
        }
    }

    showPopup(line, traceId) {
        this.popup.show(line, () => this.cancelPayment(line), traceId);
    }

    /**
     * Gives a line's payment up. If it is still being created, its trace id is awaited first: no code
     * that can be paid is left behind.
     *
     * @returns {Promise<{ isFree: boolean, payment?: object, error?: Error }>}
     */
    async cancelPayment(line) {
        const attempt = this._attempts.get(line.uuid);
        if (attempt) {
            attempt.isCancelRequested = true;
            await attempt.created;
        }
        const traceId = this.lines.traceOf(line);
        if (!traceId) {
            return { isFree: true };
        }
        try {
            const payment = await this.service.cancel(traceId);
            if (payment.is_abandoned) {
                this.notifications.giveSlip(payment);
            }
            return { isFree: isFree(payment), payment };
        } catch (error) {
            return { isFree: false, error };
        } finally {
            if (attempt) {
                attempt.isCancelRequested = false;
            }
            this.popup.showPayment(line, traceId); // if it was not given up, it can be paid
        }
    }

    async _run(line) {
        const { promise: left, resolve: leave } = Promise.withResolvers();
        const attempt = { leave };
        this._attempts.set(line.uuid, attempt);
        attempt.created = this._create(line, attempt);
        try {
            this.showPopup(line);
            const payment = await Promise.race([attempt.created, left]);
            if (!payment) {
                return false;
            }
            const { payments } = this.service;
            await Promise.race([payments.whenFinal(payment.trace_id), left]);
            return payments.get(payment.trace_id).line_status === "done";
        } finally {
            this._attempts.delete(line.uuid);
            this.popup.hide();
        }
    }

    /**
     * Creates the payment. The order goes along, and the server can save it if this device is gone in
     * the next moment: a code is shown only for an order that outlives it.
     *
     * @returns {Promise<object | null>} null if there is no payment: the cashier was told why
     */
    async _create(line, attempt) {
        const order = line.pos_order_id;
        const params = {
            payment_method_id: line.payment_method_id.id,
            session_id: this.pos.session.id,
            order_uuid: order.uuid,
            payment_uuid: line.uuid,
            order_name: nameOf(order),
            amount: amountOf(line),
            order: this.saving.serialize(order),
            known_traces: [this.lines.traceOf(line)].filter(Boolean),
        };
        let payment;
        try {
            payment = await this.service.create(
                params,
                (made) => attempt.isCancelRequested || this.popup.showCode(line, made)
            );
        } catch (error) {
            const text = createOfflineText(this._maybeShown.has(line.uuid));
            this._alert(errorText(error, text));
            return null;
        }
        this._maybeShown.add(line.uuid);
        this.service.polling.watch(payment.trace_id);
        if (!attempt.isCancelRequested) {
            this.popup.showPayment(line, payment.trace_id);
        }
        this._saveOrder(order, payment.trace_id);
        return payment;
    }

    /** Saves the order, for other registers. If the server refuses it, its payment is cancelled. */
    async _saveOrder(order, traceId) {
        try {
            await this.saving.save(order);
        } catch (error) {
            if (error instanceof RPCError) {
                await callLazy(this.pos, "cancelUnsaved", traceId, error);
            }
            return; // without a connection: the server has the order, and saves it if necessary
        }
        this.lines.update(this.service.payments.get(traceId)); // the save's answer has an older state
    }

    /** @returns {boolean} whether MixPay cannot take this line: the cashier is told why */
    _refuse(line, isResumed) {
        const due = line.pos_order_id.remainingDue;
        const { currency, data } = this.pos;
        if (data.network.offline) {
            this._alert(createOfflineText(this._maybeShown.has(line.uuid)));
            return true;
        }
        const isTooMuch = !isResumed && currency.isPositive(line.amount - due);
        if (isTooMuch || !currency.isPositive(line.amount)) {
            callLazy(this.pos, "explainAmount", line);
            return true;
        }
        return false;
    }

    _alert(text) {
        showAlert(this.pos, notAvailable(), text);
    }
}
