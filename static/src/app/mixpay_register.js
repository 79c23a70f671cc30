import { browser } from "@web/core/browser/browser";
import { MixpayAttempts } from "@pos_mixpay/app/attempts";
import {
    isInFlight,
    isMixpayLine,
    isMixpayMethod,
    MixpayLines,
    sessionIdOf,
} from "@pos_mixpay/app/lines";
import { callLazy, prefetchLazy } from "@pos_mixpay/app/loader";
import { MixpayOrders } from "@pos_mixpay/app/orders";
import { MixpayPopupController } from "@pos_mixpay/app/popup";
import { MixpaySaving } from "@pos_mixpay/app/saving";
import { guardScreens } from "@pos_mixpay/app/screens";

const PREFETCH_AFTER_MS = 5000; // the register is loaded and drawn by then

/** MixPay in one register: makes the rooms, and connects them with the server's answers and bus. */
export class MixpayRegister {
    constructor(pos) {
        this.pos = pos;
        /** @type {import("@pos_mixpay/app/services/mixpay_service").MixpayService} */
        this.service = pos.env.services.pos_mixpay;
        const { payments, polling } = this.service;
        this.service.getSessionId = () => sessionIdOf(pos);
        this.lines = new MixpayLines(pos, payments);
        this.saving = new MixpaySaving(pos);
        this.orders = new MixpayOrders(pos, payments);
        this.popup = new MixpayPopupController(pos, payments);
        this.attempts = new MixpayAttempts(pos, this);
        // Two subscriptions: an error with a line must not keep news from the cashier.
        payments.subscribe((payment) => {
            const { notice, line_status, payment_uuid } = payment;
            const line = this.lines.getLine(payment_uuid);
            if (line && isInFlight(line)) {
                this.attempts.giveSlip(payment); // its end is news here
            }
            if (payments.isFinal(payment.trace_id)) {
                if (notice || line_status === "done") {
                    callLazy(pos, "notifyEnd", payment, line && !this.attempts.has(line));
                }
            } else if (line) {
                polling.watch(payment.trace_id); // another register may have begun it anew
            }
        });
        payments.subscribe((payment) => this.lines.update(payment));
    }

    /** Messages may come twice, or before anybody listens: they only make the register ask. */
    start() {
        const { pos, service } = this;
        pos.data.connectWebSocket("MIXPAY_PAYMENT", ({ id }) => service.refreshById(id));
        pos.data.connectWebSocket("MIXPAY_LATE", ({ id }) =>
            service.readLate(id, sessionIdOf(pos))
        );
        // Also those that ended: an approval may be on its way, and their words are gone.
        pos.models["pos.payment"]
            .filter((line) => isMixpayLine(line) && !line.isDone())
            .forEach((line) => service.polling.watch(line.uiState?.mixpay?.traceId));
        this.orders.guardMerges();
        if (this.isUsed) {
            guardScreens();
            browser.setTimeout(() => prefetchLazy(pos), PREFETCH_AFTER_MS);
        }
    }

    showRecent() {
        callLazy(this.pos, "showRecent");
    }

    /** Whether this shop takes MixPay at all. */
    get isUsed() {
        return this.pos.models["pos.payment.method"].some(isMixpayMethod);
    }
}
