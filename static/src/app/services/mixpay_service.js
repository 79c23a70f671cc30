import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionAbortedError, ConnectionLostError, rpc, RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";

const call = (route, params) => rpc(`/pos_mixpay/${route}`, params, { silent: true });

// The server's answer names the pause before the next question; these bound it.
const FIRST_POLL_MS = 1000;
const DEFAULT_POLL_MS = 2000;
const SHORTEST_POLL_MS = 300;
const LONGEST_BACKOFF_MS = 15000;

const TRACES_PER_REQUEST = 100; // more are refused by the server

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
 * @property {boolean} is_confirmed_manually somebody with the right to do so confirmed it by hand
 * @property {boolean} can_confirm_manually
 * @property {boolean} can_force_cancel
 * @property {MixpayApproval | false} approval the latest one that was asked for
 * @property {string} notice what the cashier is told once
 * @property {{ title: string, lines: string[][], text: string } | false} slip for the customer
 * @property {number} seconds_left
 * @property {string} [qr] data URI; status answers may leave it out
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

/** Nobody waits for it any more, or it ended without money that could pay for its line. */
export function isFree({ is_abandoned, is_final, line_status, can_force_cancel }) {
    return is_abandoned || (is_final && line_status === "retry" && !can_force_cancel);
}

/**
 * Knows every payment this register has asked for, and keeps those being waited for up to date.
 *
 * It speaks to Odoo's server only, opens no dialog, and never turns a silent network into a
 * failed payment: without an answer, the last known state stays.
 */
export class MixpayService {
    constructor() {
        /**
         * `isOffline`: no connection; `isFailing`: the server answered, but with an error.
         *
         * @type {{ payments: Object<string, MixpayPayment>, isOffline: boolean, isFailing: boolean }}
         */
        this.state = reactive({ payments: {}, isOffline: false, isFailing: false });
        this.traceOfLine = {};
        this.traceOfId = {};
        this.subscribers = new Set();
        this.waiters = new Map();
        this.watched = new Set();
        this.followed = new Set(); // watched, settled or not, as long as somebody looks
        this.pokes = new Map();
        this.questions = 0; // every question gets a number: an older answer never wins
        this.answered = new Map();
        this.failedPolls = 0;
        this.isPolling = false;
        this.timer = null;
    }

    // ------------------------------------------------------------------ questions to the server

    /**
     * Asks for a payment of a line. Asking again for the same line and amount gives the same
     * payment. Errors are the caller's to show.
     *
     * @param {Object} params
     * @param {(payment: MixpayPayment) => Promise<void>} [show] called before anybody else knows,
     *     and waited for: what others do with the news would hold up the code that it draws
     * @returns {Promise<MixpayPayment>}
     */
    async create(params, show) {
        const payment = await call("create", params);
        await show?.(payment);
        this.traceOfLine[payment.payment_uuid] = payment.trace_id;
        return this.hear(payment);
    }

    /** Gives a payment up, if the server agrees: see `is_abandoned` of the answer. */
    cancel(traceId) {
        return this.change("cancel", traceId);
    }

    /** A change counts from its answer on: polls answered meanwhile knew nothing of it. */
    async change(route, traceId, params = {}) {
        return this.hear(await call(route, { trace_id: traceId, ...params }));
    }

    /** Calls any other of the server's routes. Errors are the caller's to show. */
    request(route, params) {
        return call(route, params);
    }

    /**
     * Asks about one payment at once, because something says that it changed. Harmless to repeat.
     */
    poke(traceId) {
        if (!this.pokes.has(traceId)) {
            const poke = this.ask([traceId])
                .catch((error) => this.noteFailure(error))
                .finally(() => this.pokes.delete(traceId));
            this.pokes.set(traceId, poke);
        }
        return this.pokes.get(traceId);
    }

    /** The bus says that a payment changed: of interest only where it is known. */
    async onChanged(id) {
        const traceId = this.traceOfId[id];
        return traceId && this.poke(traceId);
    }

    /** The bus says that money came late, maybe for a payment that nobody here knows. */
    async onLate(id, sessionId) {
        const question = ++this.questions;
        try {
            const { payments } = await call("late", { session_id: sessionId });
            payments
                .filter((payment) => payment.id === id)
                .forEach((payment) => this.store(payment, question));
        } catch (error) {
            this.noteFailure(error);
        }
    }

    /**
     * Asks about payments, as many at once as the server takes. What it refuses about some of them
     * keeps nothing back about the others.
     *
     * @returns {Promise<number>} milliseconds to wait before the next question
     */
    async ask(traceIds, options = {}) {
        let pause = 0;
        let refusal;
        for (let start = 0; start < traceIds.length; start += TRACES_PER_REQUEST) {
            const part = traceIds.slice(start, start + TRACES_PER_REQUEST);
            try {
                pause = Math.max(pause, await this.askPart(part, options));
            } catch (error) {
                if (!(error instanceof RPCError)) {
                    throw error; // without a connection the others would only wait as well
                }
                refusal = error;
            }
        }
        if (refusal) {
            throw refusal;
        }
        return pause;
    }

    async askPart(traceIds, options) {
        const question = ++this.questions;
        const answer = await call("status", { trace_ids: traceIds, ...options });
        Object.assign(this.state, { isOffline: false, isFailing: false });
        for (const payment of answer.payments) {
            this.store(payment, question);
        }
        return answer.poll_after || DEFAULT_POLL_MS;
    }

    // ------------------------------------------------------------------------ what is known now

    /** @returns {MixpayPayment | undefined} */
    get(traceId) {
        return this.state.payments[traceId];
    }

    /** @returns {MixpayPayment | undefined} the last payment asked for with that line */
    getOfLine(paymentUuid) {
        return this.get(this.traceOfLine[paymentUuid]);
    }

    /** Nothing to wait for any more: money's last word is known, or waiting was given up. */
    isSettled(traceId) {
        const payment = this.get(traceId);
        return Boolean(
            payment && (payment.is_final || payment.is_abandoned || payment.is_confirmed_manually)
        );
    }

    /** Whether news is to come: the money's last word, or a decision that was asked for. */
    isAwaited(traceId) {
        return (
            !this.isSettled(traceId) ||
            this.get(traceId).approval?.state === "requested" ||
            this.followed.has(traceId)
        );
    }

    /** Whether there is a payment of this order, for all that is known, that may still count. */
    hasPaymentOf(orderUuid) {
        const { payments } = this.state;
        return Object.values(payments).some((one) => one.order_uuid === orderUuid && !isFree(one));
    }

    /**
     * Seconds that are left of a time that the server named, by a clock that nobody can set.
     *
     * @param {number} [seconds] when the payment's state was received; until its code expires
     */
    secondsLeft(traceId, seconds = this.get(traceId)?.seconds_left) {
        const payment = this.get(traceId);
        if (!payment || !seconds) {
            return 0;
        }
        const elapsed = (browser.performance.now() - payment.received_at) / 1000;
        return Math.max(0, Math.ceil(seconds - elapsed));
    }

    // ---------------------------------------------------------------------------------- waiting

    /** Keeps a payment up to date until no news is to come or nobody watches it any more. */
    watch(traceId) {
        if (traceId && this.isAwaited(traceId)) {
            this.watched.add(traceId);
            this.schedule(FIRST_POLL_MS);
        }
    }

    /**
     * Keeps a payment up to date as long as somebody looks at it, settled or not.
     *
     * @returns {() => void} ends it
     */
    follow(traceId) {
        this.followed.add(traceId);
        this.watch(traceId);
        return () => {
            this.followed.delete(traceId);
            if (!this.isAwaited(traceId)) {
                this.unwatch(traceId);
            }
        };
    }

    unwatch(traceId) {
        this.watched.delete(traceId);
        if (!this.watched.size) {
            browser.clearTimeout(this.timer);
            this.timer = null;
        }
    }

    /** @returns {Promise<MixpayPayment>} resolved, never rejected, when the payment is settled */
    whenSettled(traceId) {
        if (this.isSettled(traceId)) {
            return Promise.resolve(this.get(traceId));
        }
        if (!this.waiters.has(traceId)) {
            this.waiters.set(traceId, Promise.withResolvers());
        }
        return this.waiters.get(traceId).promise;
    }

    /**
     * @param {(payment: MixpayPayment) => void} callback called with every answer about a payment
     * @returns {() => void} ends the subscription
     */
    subscribe(callback) {
        this.subscribers.add(callback);
        return () => this.subscribers.delete(callback);
    }

    // ------------------------------------------------------------------------------ polling loop

    schedule(delay) {
        if (this.timer === null && !this.isPolling && this.watched.size) {
            this.timer = browser.setTimeout(() => this.poll(), delay);
        }
    }

    async poll() {
        this.timer = null;
        this.isPolling = true;
        let delay;
        try {
            delay = Math.max(SHORTEST_POLL_MS, await this.ask([...this.watched]));
            this.failedPolls = 0;
        } catch (error) {
            this.noteFailure(error);
            delay = Math.min(DEFAULT_POLL_MS * 2 ** this.failedPolls++, LONGEST_BACKOFF_MS);
        }
        this.isPolling = false;
        this.schedule(delay);
    }

    /** No answer says nothing about the money: remember that we are blind, and go on asking. */
    noteFailure(error) {
        const isOffline = NETWORK_ERRORS.some((expected) => error instanceof expected);
        Object.assign(this.state, { isOffline, isFailing: !isOffline });
        if (!isOffline && !(error instanceof RPCError)) {
            console.error(error);
        }
    }

    // ------------------------------------------------------------------------------ the one writer

    /** Takes in a payment that another answer of the server has just named. */
    hear(payment) {
        return this.store(payment, ++this.questions);
    }

    store(payment, question) {
        const traceId = payment.trace_id;
        const known = this.get(traceId);
        const isOutdated = question < (this.answered.get(traceId) || 0);
        if (known && (isOutdated || (known.is_final && !payment.is_final))) {
            return known;
        }
        this.answered.set(traceId, question);
        this.traceOfLine[payment.payment_uuid] ??= traceId;
        this.traceOfId[payment.id] = traceId;
        this.state.payments[traceId] = {
            ...payment,
            qr: payment.qr || known?.qr,
            received_at: browser.performance.now(),
        };
        this.announce(traceId);
        return this.get(traceId);
    }

    announce(traceId) {
        const payment = this.get(traceId);
        for (const callback of this.subscribers) {
            try {
                callback(payment);
            } catch (error) {
                console.error(error); // one broken line keeps no news from the others
            }
        }
        if (this.isSettled(traceId)) {
            this.waiters.get(traceId)?.resolve(payment);
            this.waiters.delete(traceId);
        }
        if (!this.isAwaited(traceId)) {
            this.unwatch(traceId);
        }
    }
}

export const mixpayService = {
    start() {
        return new MixpayService();
    },
};

registry.category("services").add("pos_mixpay", mixpayService);
