import { sessionIdOf } from "@pos_mixpay/app/lines";

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
