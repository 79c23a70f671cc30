export const PROVIDER = "mixpay";

// A line with one of these waits for an answer: it can be neither edited nor silently dropped.
const IN_FLIGHT = ["waiting", "waitingCard", "waitingCapture", "waitingCancel"];

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

/** Money may stand behind it: it is not removed without asking the server. */
export function mayHoldMoney(line) {
    return (
        isMixpayLine(line) &&
        (isInFlight(line) ||
            line.isDone() ||
            line.payment_method_id.payment_terminal?.mixpay.getOfLine(line.uuid)?.can_force_cancel)
    );
}

/** The server takes amounts as text: no rounding happens on the way. */
export function amountOf(line) {
    return line.amount.toFixed(line.pos_order_id.currency.decimal_places);
}

/** Lines with money behind them, for all that the register knows. */
export function doneLines(order) {
    return mixpayLines(order).filter(
        (line) => line.isDone() && !order.currency.isZero(line.amount)
    );
}

/** @returns {Object<string, string>} uuid of the line → what it counts for */
export function amountsOf(order) {
    return Object.fromEntries(doneLines(order).map((line) => [line.uuid, amountOf(line)]));
}

/** Past the gate in `setPaymentStatus`: the server has spoken about the line, not the payment. */
export function freeLine(line) {
    line.payment_status = "retry";
}

/** What is left for a line to pay when all others are counted, whatever its own status is. */
export function dueFor(line) {
    const order = line.pos_order_id;
    const others = order.payment_ids.filter((one) => one !== line && one.isDone());
    return others.reduce((due, one) => due - one.amount, order.totalDue);
}
