import { amountOf, doneLines, mixpayLines, sessionIdOf } from "@pos_mixpay/app/lines";

/**
 * Asks the server which payment lines it would refuse in a paid order, and for which other payments of
 * that order money is on its way.
 *
 * @param {Object<string, string>} lines uuid of the line → amount with the currency's decimals
 * @returns {Promise<{ uncovered: string[], reasons?: Object, blocking?: object[] }>}
 */
export function check(pos, order, lines) {
    const params = { session_id: sessionIdOf(pos), lines, order_uuid: order.uuid };
    return pos.mixpay.service.request("check", params);
}

/** @returns {Object<string, string>} uuid of each line that counts as paid → its amount */
export function amountsOf(order) {
    return Object.fromEntries(doneLines(order).map((line) => [line.uuid, amountOf(line)]));
}

/**
 * Lets lines be tried again or removed. This bypasses `setPaymentStatus`: the server has spoken about
 * the lines, not about their payments.
 */
export function resetLines(order, uuids) {
    for (const line of mixpayLines(order).filter(({ uuid }) => uuids.includes(uuid))) {
        line.payment_status = "retry";
    }
}
