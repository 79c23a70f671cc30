import { browser } from "@web/core/browser/browser";
import { RPCError } from "@web/core/network/rpc";

// The server's answer names the time until the next request; these bound it.
const FIRST_POLL_MS = 1000;
const SHORTEST_POLL_MS = 300;
const FIRST_BACKOFF_MS = 2000;
const LONGEST_BACKOFF_MS = 15000;
const LONGEST_OFFLINE_MS = 3000; // somebody looks at the register, and waits for it to be back

/** Requests the status of payments again and again, as long as something may still change. */
export class MixpayPolling {
    /**
     * @param {import("./payments").MixpayPayments} payments
     * @param {(traceIds: string[]) => Promise<number>} readStatus resolves to the milliseconds to wait
     */
    constructor(payments, readStatus) {
        this._payments = payments;
        this._readStatus = readStatus;
        this._watched = new Set();
        this._followed = new Set(); // those that are shown: watched, final or not
        this._failedPolls = 0;
        this._isPolling = false;
        this._timer = null;
        payments.subscribe(({ trace_id }) => this._unwatchIfOver(trace_id));
    }

    /** Keeps a payment up to date until nothing can change any more, or until `unwatch`. */
    watch(traceId) {
        if (traceId && this._mayChange(traceId)) {
            this._watched.add(traceId);
            this._schedule(FIRST_POLL_MS);
        }
    }

    unwatch(traceId) {
        this._watched.delete(traceId);
        if (!this._watched.size) {
            browser.clearTimeout(this._timer);
            this._timer = null;
        }
    }

    /**
     * Keeps a payment up to date as long as it is shown, final or not.
     *
     * @returns {() => void} ends it
     */
    follow(traceId) {
        this._followed.add(traceId);
        this.watch(traceId);
        return () => {
            this._followed.delete(traceId);
            this._unwatchIfOver(traceId);
        };
    }

    /** Whether the payment is not final, a manager has to decide about it, or it is shown. */
    _mayChange(traceId) {
        return (
            !this._payments.isFinal(traceId) ||
            this._payments.get(traceId).approval?.state === "requested" ||
            this._followed.has(traceId)
        );
    }

    _unwatchIfOver(traceId) {
        if (!this._mayChange(traceId)) {
            this.unwatch(traceId);
        }
    }

    _schedule(delay) {
        if (this._timer === null && !this._isPolling && this._watched.size) {
            this._timer = browser.setTimeout(() => this._poll(), delay);
        }
    }

    async _poll() {
        this._timer = null;
        this._isPolling = true;
        let delay;
        try {
            delay = Math.max(SHORTEST_POLL_MS, await this._readStatus([...this._watched]));
            this._failedPolls = 0;
        } catch (error) {
            this._payments.noteError(error);
            const longest = error instanceof RPCError ? LONGEST_BACKOFF_MS : LONGEST_OFFLINE_MS;
            delay = Math.min(FIRST_BACKOFF_MS * 2 ** this._failedPolls++, longest);
        }
        this._isPolling = false;
        this._schedule(delay);
    }
}
