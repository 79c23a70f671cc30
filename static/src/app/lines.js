import { callLazy, findLazy } from "@pos_mixpay/app/loader";
import { isFree } from "@pos_mixpay/app/services/payments";

/** Odoo's key of MixPay. It and the field that holds it, as Odoo calls that, stand only here. */
export const PROVIDER = "mixpay";

// A line with one of these waits for an answer: it can be neither edited nor silently removed.
const IN_FLIGHT = ["waiting", "waitingCard", "waitingCapture", "waitingCancel"];

// Steps that the register takes itself, before or between the server's answers.
const OWN_STEPS = ["pending", "waiting", "waitingCancel"];

export function isMixpayMethod(paymentMethod) {
    return paymentMethod?.use_payment_terminal === PROVIDER;
}

export function isMixpayLine(line) {
    return isMixpayMethod(line?.payment_method_id);
}

export function mixpayLines(order) {
    return order?.payment_ids.filter(isMixpayLine) || [];
}

export function isInFlight(line) {
    return IN_FLIGHT.includes(line.getPaymentStatus());
}

/** The amount as text, with the currency's decimals: the server must not have to round. */
export function amountOf(line) {
    return line.amount.toFixed(line.pos_order_id.currency.decimal_places);
}

/** Lines that count as paid, as far as the register knows. */
export function doneLines(order) {
    return mixpayLines(order).filter(
        (line) => line.isDone() && !order.currency.isZero(line.amount)
    );
}

/**
 * Whether a sale finishes by itself: MixPay pays all of it, and nobody has to do anything more. What
 * else is on the order may only have been typed, so then the cashier validates.
 */
export function finishesByItself(order) {
    return (
        order.isPaid() &&
        !order.isRefundInProcess() &&
        doneLines(order).length > 0 &&
        order.payment_ids.every((line) => !line.amount || (isMixpayLine(line) && !isInFlight(line)))
    );
}

/** Whether an order may lack what core asks for when it is finished: see `lazy/customer.js`. */
export const mayLack = ({ isCustomerRequired, shipping_date, preset_id }) =>
    isCustomerRequired || shipping_date || preset_id?.needsPartner || preset_id?.needsSlot;

/** Core may replace a closed session by the open one, and keep the number of the first. */
export const sessionIdOf = (pos) => pos.models["pos.session"].getFirst()?.id;

/** What is left for a line to pay once all other lines are subtracted. */
export function dueFor(line) {
    const order = line.pos_order_id;
    const others = order.payment_ids.filter((one) => one !== line && one.isDone());
    return others.reduce((due, one) => due - one.amount, order.totalDue);
}

/** Notes what is due when a line's payment is requested. It survives a reload, like `traceId`. */
export function noteDue(line) {
    line.uiState = { ...line.uiState, mixpay: { due: dueFor(line) } };
}

/** The payment lines of a register, and what the server's answers make of them. */
export class MixpayLines {
    constructor(pos, payments) {
        this.pos = pos;
        this.payments = payments;
        this.unheard = new Set(); // uuids of lines that wait, while nobody here knows what for
    }

    getLine(uuid) {
        const line = this.pos.models["pos.payment"].getBy("uuid", uuid);
        return isMixpayLine(line) ? line : undefined;
    }

    /** Known from this page's own requests, from before a reload, or from a paid line itself. */
    traceOf(line) {
        return (
            this.payments.traceOfLine(line.uuid) ||
            line.uiState?.mixpay?.traceId ||
            (line.isDone() && line.transaction_id)
        );
    }

    /** What a line shows: the server's status, or what core wants as long as there is none. */
    statusOf(line, wanted) {
        if (OWN_STEPS.includes(wanted) || line.amount < 0) {
            return wanted;
        }
        const payment = this.payments.getOfLine(line.uuid);
        if (payment && this.isPaymentOf(line, payment)) {
            return payment.line_status;
        }
        if (this.unheard.has(line.uuid)) {
            return "waitingCard"; // core takes a failed look-up for a failed payment
        }
        return wanted === "done" ? "retry" : wanted;
    }

    /** Whether a line has nothing to wait for, tried or not: neither money nor a decision. */
    isSpent(line) {
        const payment = this.payments.getOfLine(line.uuid);
        return !isInFlight(line) && !line.isDone() && (!payment || isFree(payment));
    }

    /** Removes lines that failed before. @returns {boolean} whether none blocks another tender */
    makeRoom(order) {
        let busy;
        for (const line of mixpayLines(order)) {
            if (this.isSpent(line)) {
                order.removePaymentline(line);
            } else if (!line.isDone()) {
                busy = line;
            }
        }
        if (busy) {
            callLazy(this.pos, "explainBusy", busy);
        }
        return !busy;
    }

    /** Whether the line may have money: then the server is asked before it is removed. */
    mayHoldMoney(line) {
        return (
            isMixpayLine(line) &&
            (isInFlight(line) ||
                line.isDone() ||
                this.payments.getOfLine(line.uuid)?.can_force_cancel)
        );
    }

    /** What to do if the order changed while its code can be paid. Such a code needs the lazy popup. */
    hintFor(line) {
        return findLazy()?.hintFor(this.pos, line) || "";
    }

    /**
     * Brings a payment's line up to date, also if it is not on the screen.
     *
     * @returns {object | undefined} the line, if this register has it
     */
    update(payment) {
        const line = this.getLine(payment.payment_uuid);
        if (line && !line.pos_order_id?.finalized && this.isPaymentOf(line, payment)) {
            this._fill(line, payment);
            line.setPaymentStatus(payment.line_status);
        }
        return line;
    }

    /** Brings an order's lines up to date after they were read from the server. */
    updateAll(order) {
        for (const line of mixpayLines(order)) {
            const payment = this.payments.getOfLine(line.uuid);
            if (payment) {
                this.update(payment);
            }
        }
    }

    /** A line shows its latest payment, of the amount that it has now, and only within an order. */
    isPaymentOf(line, { amount, trace_id }) {
        return (
            Boolean(line.pos_order_id) &&
            amount === amountOf(line) &&
            this.payments.traceOfLine(line.uuid) === trace_id
        );
    }

    _fill(line, payment) {
        line.uiState = {
            ...line.uiState, // of other modules
            mixpay: { ...line.uiState?.mixpay, traceId: payment.trace_id },
        };
        if (payment.line_status === "done") {
            line.transaction_id = payment.transaction_id || payment.trace_id;
            line.payment_ref_no = payment.payment_ref_no || "";
            line.card_brand = payment.card_brand || "";
            line.mixpay_receipt = payment.receipt; // until the server's order comes
        }
    }
}
