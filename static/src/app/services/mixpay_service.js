import { rpc, RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { MixpayPayments } from "@pos_mixpay/app/services/payments";
import { MixpayPolling } from "@pos_mixpay/app/services/polling";

const DEFAULT_POLL_MS = 2000; // where the server names no time
const TRACES_PER_REQUEST = 100; // more are refused by the server
const LONGEST_READ_MS = 30000; // the server may be asking MixPay for 20 s

/**
 * The register's requests to Odoo's server about payments. It opens no dialog, and knows nothing of
 * the Point of Sale.
 */
export class MixpayService {
    constructor() {
        this.payments = new MixpayPayments();
        this.polling = new MixpayPolling(this.payments, (traceIds) => this.readStatus(traceIds));
        this.getSessionId = () => undefined; // whoever uses this knows more
        this._refreshes = new Map();
    }

    /**
     * Calls one of the server's routes. Errors are the caller's to show.
     *
     * @param {number} [longest] milliseconds until it is aborted, as if the connection was lost: where
     *     a network swallows the answer, a browser waits for ever
     */
    async request(route, params, longest) {
        const call = rpc(`/pos_mixpay/${route}`, params, { silent: true });
        const timer = longest && setTimeout(() => call.abort(), longest);
        try {
            const answer = await call;
            this.payments.noteAnswer();
            return answer;
        } finally {
            clearTimeout(timer);
        }
    }

    /**
     * Creates a payment for a line. The same line and amount give the same payment again. Errors are
     * the caller's to show.
     *
     * @param {Object} params of the route
     * @param {(payment: MixpayPayment) => Promise<void>} [show] called and awaited before subscribers
     *     are notified, who would delay the drawing of the code
     * @returns {Promise<MixpayPayment>}
     */
    async create(params, show) {
        const payment = await this.request("create", params);
        await show?.(payment);
        return this.payments.attach(payment);
    }

    /**
     * Reads the payment that a line waits for, with its code. Nothing is started by that.
     *
     * @param {Object} params of the route
     * @returns {Promise<MixpayPayment | false>}
     */
    async resume(params) {
        const payment = await this.request("resume", params, LONGEST_READ_MS);
        return payment && this.payments.attach(payment);
    }

    /** Gives a payment up, if the server agrees: see `is_abandoned` of the answer. */
    cancel(traceId) {
        return this.change("cancel", traceId);
    }

    /** The answer counts as the newest: polls that were answered meanwhile did not know the change. */
    async change(route, traceId, params = {}) {
        return this.payments.store(await this.request(route, { trace_id: traceId, ...params }));
    }

    /** Reads the status of one payment now. Never rejects; repeated calls share one request. */
    refresh(traceId) {
        if (!this._refreshes.has(traceId)) {
            const refresh = this.readStatus([traceId])
                .catch((error) => this.payments.noteError(error))
                .finally(() => this._refreshes.delete(traceId));
            this._refreshes.set(traceId, refresh);
        }
        return this._refreshes.get(traceId);
    }

    /** The bus says that a payment changed: of interest only where it is known. */
    async refreshById(id) {
        const traceId = this.payments.traceOfId(id);
        return traceId && this.refresh(traceId);
    }

    /** The bus says that money came late, maybe for a payment that is not known here. */
    async readLate(id, sessionId) {
        const request = this.payments.startRequest();
        try {
            const { payments } = await this.request("late", { session_id: sessionId });
            payments
                .filter((payment) => payment.id === id)
                .forEach((payment) => this.payments.store(payment, request));
        } catch (error) {
            this.payments.noteError(error);
        }
    }

    /**
     * Reads the status of payments, as many in a request as the server takes. If it refuses one
     * request, the others are sent all the same.
     *
     * @returns {Promise<number>} milliseconds to wait before the next time
     */
    async readStatus(traceIds, options = {}) {
        let pause = 0;
        let refusal;
        for (let start = 0; start < traceIds.length; start += TRACES_PER_REQUEST) {
            const part = traceIds.slice(start, start + TRACES_PER_REQUEST);
            try {
                pause = Math.max(pause, await this._readPart(part, options));
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

    async _readPart(traceIds, options) {
        const request = this.payments.startRequest();
        const session_id = this.getSessionId();
        const params = { trace_ids: traceIds, session_id, ...options };
        const answer = await this.request("status", params, LONGEST_READ_MS);
        for (const payment of answer.payments) {
            this.payments.store(payment, request);
        }
        return answer.poll_after || DEFAULT_POLL_MS;
    }
}

export const mixpayService = {
    start: () => new MixpayService(),
};

registry.category("services").add("pos_mixpay", mixpayService);
