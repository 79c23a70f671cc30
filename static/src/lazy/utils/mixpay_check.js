/**
 * Asks which payment lines the server would refuse in a paid order, and which other payments of that
 * order have money on its way.
 *
 * @param {Object<string, string>} lines uuid of the line → amount with the currency's decimals
 * @returns {Promise<{ uncovered: string[], reasons?: Object, blocking?: object[] }>}
 */
export function check(pos, order, lines) {
    const about = { session_id: pos.session.id, lines, order_uuid: order.uuid };
    return pos.mixpay.service.request("check", about);
}
