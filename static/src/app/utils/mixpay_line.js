export const PROVIDER = "mixpay";

// A line with one of these waits for an answer: it can be neither edited nor silently dropped.
const IN_FLIGHT = ["waiting", "waitingCard", "waitingCapture", "waitingCancel"];

export function isMixpayMethod(paymentMethod) {
    return paymentMethod?.use_payment_terminal === PROVIDER;
}

export function isMixpayLine(line) {
    return isMixpayMethod(line?.payment_method_id);
}

export function isInFlight(line) {
    return IN_FLIGHT.includes(line.getPaymentStatus());
}
