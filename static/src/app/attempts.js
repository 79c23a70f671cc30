import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { callLazy, findLazy } from "@pos_mixpay/app/loader";
import {
    amountOf,
    dueFor,
    finishesByItself,
    mayLack,
    noteDue,
    sessionIdOf,
} from "@pos_mixpay/app/lines";
import { nameOf } from "@pos_mixpay/app/popup";
import { isFree } from "@pos_mixpay/app/services/payments";

/**
 * From the tap to the code, and until the payment is final. There is an "attempt" for each line that
 * core waits for. It also ends when the payment screen is left: polling keeps the line up to date.
 */
export class MixpayAttempts {
    /** @param {import("./mixpay_register").MixpayRegister} rooms those below */
    constructor(pos, { service, lines, saving, popup }) {
        Object.assign(this, { pos, service, lines, saving, popup });
        this._attempts = new Map();
        this._maybeShown = new Set(); // uuids of lines whose code a customer may have seen
        this._resuming = new Set();
        this._slips = new Set(); // trace ids of payments whose slip was given
    }

    has(line) {
        return this._attempts.has(line.uuid);
    }

    /**
     * Goes on with a line that waits for its payment. If nobody here does, it is from before this page
     * was loaded, or from another register: it may have been paid.
     */
    resume(line) {
        if (this.has(line)) {
            this.popup.show(line, this.lines.traceOf(line));
        } else {
            this._maybeShown.add(line.uuid);
            this._resuming.add(line.uuid);
            this.lines.unheard.add(line.uuid);
            this.send(line); // the screen's
        }
    }

    /**
     * Never rejects: core would block every payment terminal until the next reload.
     *
     * @returns {Promise<boolean>} whether the sale may finish by itself, since the line is paid
     */
    async run(line) {
        try {
            const isResumed = this._resuming.delete(line.uuid);
            if (this._refuse(line, isResumed)) {
                return false;
            }
            const known = this.lines.traceOf(line);
            if (!isResumed) {
                if (
                    mayLack(line.pos_order_id) &&
                    !(await callLazy(this.pos, "askCustomer", line))
                ) {
                    return false;
                }
                noteDue(line);
            }
            return await this._run(line, isResumed, known);
        } catch (error) {
            console.error(error);
            callLazy(this.pos, "explainFault");
            return false;
        }
    }

    /** Ends all attempts, since the payment screen is left. Nothing is cancelled. */
    leave() {
        for (const attempt of this._attempts.values()) {
            attempt.leave();
        }
        this._attempts.clear();
        this.popup.hide(true);
    }

    /**
     * Gives a line's payment up. If it is still being created, its trace id is awaited first: no code
     * that can be paid is left behind. What nobody here has heard of yet is looked up first.
     *
     * @returns {Promise<{ isFree: boolean, payment?: object, error?: Error }>}
     */
    async cancelPayment(line) {
        const attempt = this._attempts.get(line.uuid);
        if (attempt) {
            attempt.isCancelRequested = true;
            await attempt.created;
        }
        const { unheard } = this.lines;
        const error = unheard.has(line.uuid) && (await this._lookUp(line).catch((e) => e));
        const traceId = this.lines.traceOf(line);
        if (!traceId) {
            return { isFree: !unheard.has(line.uuid), error };
        }
        try {
            const payment = await this.service.cancel(traceId);
            this.giveSlip(payment);
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

    /** Prints the slip that a customer gets whose money no sale waits for any more, once. */
    giveSlip({ slip, trace_id, order_name }) {
        if (!slip?.is_due || this._slips.has(trace_id)) {
            return;
        }
        this._slips.add(trace_id);
        const { pos } = this;
        const board = findLazy()?.noticesOf(pos) || pos.notification;
        board.add(_t("Give the customer the printed slip for order %s.", order_name), {
            type: "warning",
            sticky: true,
            buttons: [
                { name: _t("Show the slip"), onClick: () => callLazy(pos, "showSlip", slip) },
            ],
        });
        callLazy(pos, "printSlip", slip);
    }

    async _run(line, isResumed, known) {
        const { promise: left, resolve: leave } = Promise.withResolvers();
        const attempt = { leave, known };
        const order = line.pos_order_id;
        this._attempts.set(line.uuid, attempt);
        attempt.created = isResumed ? this._find(line, attempt) : this._create(line, attempt);
        try {
            if (!isResumed) {
                this.popup.show(line);
            }
            const payment = await Promise.race([attempt.created, left]);
            if (!payment) {
                return false;
            }
            const { payments } = this.service;
            await Promise.race([payments.whenFinal(payment.trace_id), left]);
            // Core validates what is on its screen: the line may be in another order by now.
            return (
                payments.get(payment.trace_id).line_status === "done" &&
                line.pos_order_id?.uuid === order.uuid &&
                finishesByItself(order)
            );
        } finally {
            if (this._attempts.get(line.uuid) === attempt) {
                this._attempts.delete(line.uuid);
                this.popup.hide();
            }
        }
    }

    /**
     * Finds the payment that a line waits for. Its code is shown again if it is due.
     *
     * @returns {Promise<object | null>} null if there is none, or if nobody can say: then the cashier
     *     was told
     */
    async _find(line, attempt) {
        const payment = await this._orAlert(line, this._lookUp(line));
        if (!payment || !this.lines.isPaymentOf(line, payment)) {
            return null;
        }
        this.service.polling.watch(payment.trace_id);
        const isDue = !this.pos.currency.isPositive(line.amount - dueFor(line));
        const isLeft = this._attempts.get(line.uuid) !== attempt;
        if (isDue && !isLeft && !this.service.payments.isFinal(payment.trace_id)) {
            this.popup.show(line, payment.trace_id);
        }
        return payment;
    }

    /** Until the server answers, the customer may pay, or have paid, what nobody here has heard of. */
    async _lookUp({ uuid }) {
        const params = { payment_uuid: uuid, session_id: sessionIdOf(this.pos) };
        const payment = await this.service.resume(params);
        this.lines.unheard.delete(uuid);
        return payment;
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
            session_id: sessionIdOf(this.pos),
            order_uuid: order.uuid,
            payment_uuid: line.uuid,
            order_name: nameOf(order),
            amount: amountOf(line),
            order: this.saving.serialize(order),
            known_traces: [attempt.known].filter(Boolean),
        };
        const show = (made) => attempt.isCancelRequested || this.popup.showCode(line, made);
        const payment = await this._orAlert(line, this.service.create(params, show));
        if (!payment) {
            return null;
        }
        this._maybeShown.add(line.uuid);
        this.service.polling.watch(payment.trace_id);
        if (!attempt.isCancelRequested) {
            this.popup.showPayment(line, payment.trace_id);
        }
        this._saveOrder(line, order, payment.trace_id);
        return payment;
    }

    /** @returns {Promise<object | null>} null if the request failed: the cashier was told why */
    async _orAlert(line, request) {
        try {
            return await request;
        } catch (error) {
            this._explainError(line, error);
            return null;
        }
    }

    /** Saves the order, for other registers. If the server refuses it, its payment is cancelled. */
    async _saveOrder(line, order, traceId) {
        try {
            await this.saving.save(line.pos_order_id || order); // it may have moved
        } catch (error) {
            if (error instanceof RPCError) {
                await callLazy(this.pos, "cancelUnsaved", traceId, error);
            }
            return; // without a connection: the server has the order, and saves it if necessary
        }
        this.lines.update(this.service.payments.get(traceId)); // the save's answer has an older state
        if (line.pos_order_id?.uuid !== order.uuid) {
            callLazy(this.pos, "followLine", line, order);
        }
    }

    /** @returns {boolean} whether MixPay cannot take this line: the cashier is told why */
    _refuse(line, isResumed) {
        const due = line.pos_order_id.remainingDue;
        const { currency, data } = this.pos;
        if (data.network.offline) {
            this._explainError(line);
            return true;
        }
        const isTooMuch = !isResumed && currency.isPositive(line.amount - due);
        if (isTooMuch || !currency.isPositive(line.amount)) {
            callLazy(this.pos, "explainAmount", line);
            return true;
        }
        return false;
    }

    _explainError(line, error) {
        callLazy(this.pos, "explainError", this._maybeShown.has(line.uuid), error);
    }
}
