import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionAbortedError, ConnectionLostError, RPCError } from "@web/core/network/rpc";

const NETWORK_ERRORS = [ConnectionLostError, ConnectionAbortedError];

/**
 * What the server says about a payment. `line_status`, `state_text` and `message` are decided
 * there: nothing in the register translates `state`.
 *
 * @typedef {Object} MixpayPayment
 * @property {number} id what the server's bus names it by
 * @property {string} trace_id
 * @property {string} payment_uuid uuid of the payment line
 * @property {string} state
 * @property {string} line_status
 * @property {boolean} is_final
 * @property {boolean} is_abandoned
 * @property {boolean} is_confirmed_manually a manager marked it as paid
 * @property {boolean} unconfirmed it counts as paid before it is confirmed
 * @property {boolean} can_confirm_manually
 * @property {boolean} can_force_cancel
 * @property {MixpayApproval | false} approval the latest one that was requested
 * @property {string} notice what the cashier is told once
 * @property {MixpaySlip | false} slip for the customer, whose money no order has
 * @property {number} seconds_left
 * @property {number} [version] of the server's answers, see `lazy/version.js`
 * @property {string} [qr] data URI; status answers may leave it out
 */

/**
 * @typedef {Object} MixpaySlip
 * @property {string} title
 * @property {string[][]} lines a label and a value each
 * @property {string} text
 * @property {string} no_receipt what it is not
 * @property {string} scan what the code is for
 * @property {string} url of the page about the payment
 * @property {boolean} is_due whether it is printed unasked
 */

/**
 * @typedef {Object} MixpayApproval
 * @property {number} id
 * @property {"confirm" | "force_cancel"} action
 * @property {"requested" | "granted" | "refused" | "expired"} state
 * @property {string} by who decided
 * @property {string} reason
 * @property {number} seconds_left until a request expires
 * @property {boolean} has_effect
 */

/** Whether the payment was given up, or ended without money that could pay for its line. */
export function isFree({ is_abandoned, is_final, line_status, can_force_cancel }) {
    return is_abandoned || (is_final && line_status === "retry" && !can_force_cancel);
}

/**
 * The state of all payments that this register knows. Answers of the server are its only source:
 * without one, the last known state stays, so a silent network never makes a payment fail.
 */
export class MixpayPayments {
    constructor() {
        /**
         * `isOffline`: no connection; `isFailing`: the server answered, but with an error.
         *
         * @type {{ payments: Object<string, MixpayPayment>, isOffline: boolean, isFailing: boolean }}
         */
        this.state = reactive({ payments: {}, isOffline: false, isFailing: false });
        this._traceOfLine = {};
        this._traceOfId = {};
        this._subscribers = new Set();
        this._waiters = new Map();
        this._requests = 0; // the answer to an older request never overwrites that to a newer one
        this._answered = new Map();
    }

    // ------------------------------------------------------------------------------------ reading

    /** @returns {MixpayPayment | undefined} */
    get(traceId) {
        return this.state.payments[traceId];
    }

    /** @returns {MixpayPayment | undefined} the latest payment of a payment line */
    getOfLine(paymentUuid) {
        return this.get(this.traceOfLine(paymentUuid));
    }

    traceOfLine(paymentUuid) {
        return this._traceOfLine[paymentUuid];
    }

    /** @param {number} id the id that the server's bus names the payment by */
    traceOfId(id) {
        return this._traceOfId[id];
    }

    /** Whether there is nothing to wait for any more: the payment ended, or it was given up. */
    isFinal(traceId) {
        const payment = this.get(traceId);
        return Boolean(
            payment &&
            (payment.is_final ||
                payment.is_abandoned ||
                payment.is_confirmed_manually ||
                payment.unconfirmed)
        );
    }

    /** Whether a known payment of this order may still be paid, or was. */
    hasPaymentOf(orderUuid) {
        const { payments } = this.state;
        return Object.values(payments).some((one) => one.order_uuid === orderUuid && !isFree(one));
    }

    /**
     * Seconds that are left of a time that the server named. The device's clock plays no part.
     *
     * @param {number} [seconds] left when the answer came; by default until the code expires
     */
    secondsLeft(traceId, seconds = this.get(traceId)?.seconds_left) {
        const payment = this.get(traceId);
        if (!payment || !seconds) {
            return 0;
        }
        const elapsed = (browser.performance.now() - payment.received_at) / 1000;
        return Math.max(0, Math.ceil(seconds - elapsed));
    }

    /**
     * @param {(payment: MixpayPayment) => void} callback called with every answer about a payment
     * @returns {() => void} ends the subscription
     */
    subscribe(callback) {
        this._subscribers.add(callback);
        return () => this._subscribers.delete(callback);
    }

    /** @returns {Promise<MixpayPayment>} resolved, never rejected, when the payment is final */
    whenFinal(traceId) {
        if (this.isFinal(traceId)) {
            return Promise.resolve(this.get(traceId));
        }
        if (!this._waiters.has(traceId)) {
            this._waiters.set(traceId, Promise.withResolvers());
        }
        return this._waiters.get(traceId).promise;
    }

    // ------------------------------------------------------------------------------------ writing

    /** @returns {number} of a request that is about to be sent, for `store` */
    startRequest() {
        return ++this._requests;
    }

    /** Stores a payment as the latest one of its line. */
    attach(payment) {
        this._traceOfLine[payment.payment_uuid] = payment.trace_id;
        return this.store(payment);
    }

    /**
     * Stores what the server says about a payment, unless a newer answer is known.
     *
     * @param {number} [request] that was answered; by default the newest
     * @returns {MixpayPayment} as it is known now
     */
    store(payment, request = this.startRequest()) {
        const traceId = payment.trace_id;
        const known = this.get(traceId);
        const isOutdated = request < (this._answered.get(traceId) || 0);
        if (known && (isOutdated || (known.is_final && !payment.is_final))) {
            return known;
        }
        this._answered.set(traceId, request);
        this._traceOfLine[payment.payment_uuid] ??= traceId;
        this._traceOfId[payment.id] = traceId;
        this.state.payments[traceId] = {
            ...payment,
            qr: payment.qr || known?.qr,
            received_at: browser.performance.now(),
        };
        this._notify(traceId);
        return this.get(traceId);
    }

    noteAnswer() {
        Object.assign(this.state, { isOffline: false, isFailing: false });
    }

    /** An error says nothing about the money, only that the state may be old. */
    noteError(error) {
        const isOffline = NETWORK_ERRORS.some((expected) => error instanceof expected);
        Object.assign(this.state, { isOffline, isFailing: !isOffline });
        if (!isOffline && !(error instanceof RPCError)) {
            console.error(error);
        }
    }

    _notify(traceId) {
        const payment = this.get(traceId);
        for (const callback of this._subscribers) {
            try {
                callback(payment);
            } catch (error) {
                console.error(error); // the other subscribers are notified all the same
            }
        }
        if (this.isFinal(traceId)) {
            this._waiters.get(traceId)?.resolve(payment);
            this._waiters.delete(traceId);
        }
    }
}
