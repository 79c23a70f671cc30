import { isInFlight, mixpayLines, sessionIdOf } from "@pos_mixpay/app/lines";
import { offerForceCancelAll } from "@pos_mixpay/lazy/cancelling";
import { check } from "@pos_mixpay/lazy/check";
import { isRefundLine } from "@pos_mixpay/lazy/refund_texts";

/**
 * Cancels the payments of orders that are to be deleted. Those that continue in the next session stay,
 * and so do their payments.
 *
 * @returns {Promise<number[]>} ids of orders that may still be paid: they must stay
 */
export async function findHeld(pos, orders) {
    const { attempts, lines } = pos.mixpay;
    const { deferredIds } = pos.mixpay.orders;
    const held = [];
    for (const order of orders.filter((one) => !deferredIds.includes(one.id))) {
        const waiting = mixpayLines(order).filter((one) => lines.mayHoldMoney(one));
        // What a refund in coins keeps, the server keeps.
        for (const line of waiting.filter((one) => !isRefundLine(one))) {
            const { isFree } = await attempts.cancelPayment(line);
            if (!isFree || (isInFlight(line) && !lines.traceOf(line))) {
                held.push(order.id);
            }
        }
    }
    return held;
}

/**
 * The server refused to cancel orders, since money for some is on its way. Those stay, and the
 * others go; for an order that a person deletes, a manager's approval is offered.
 *
 * @param {Error} refusal
 * @returns {Promise<boolean>} whether the orders are deleted, as of core's `deleteOrders`
 */
export async function handleRefusedDeletion(pos, refusal, orders, serverIds = [], ...others) {
    const left = orders.filter((order) => pos.models["pos.order"].getBy("uuid", order?.uuid));
    const isFree = serverIds.length
        ? await keepDeferred(pos, refusal, [...left.map((order) => order.id), ...serverIds])
        : await cancelRefused(pos, refusal, left);
    return isFree && pos.deleteOrders(left, serverIds, ...others);
}

/** Reads from the server which of these orders continue in the next session, and shows them again. */
async function keepDeferred(pos, refusal, ids) {
    const { orders, service } = pos.mixpay;
    const params = { session_id: sessionIdOf(pos) };
    const { carried_ids = [] } = await service.request("closing", params);
    const held = ids.filter((id) => carried_ids.includes(id) && !orders.deferredIds.includes(id));
    if (!held.length) {
        throw refusal;
    }
    orders.deferredIds = [...orders.deferredIds, ...held];
    held.forEach((id) => pos.pendingOrder.delete.delete(id));
    await pos.deviceSync.readDataFromServer();
    return true;
}

async function cancelRefused(pos, refusal, orders) {
    let isOurs = false;
    for (const order of orders) {
        const { blocking = [] } = await check(pos, order, {});
        isOurs ||= blocking.length > 0;
        if (!(await offerForceCancelAll(pos, blocking))) {
            return false;
        }
    }
    if (!isOurs) {
        throw refusal;
    }
    return true;
}
