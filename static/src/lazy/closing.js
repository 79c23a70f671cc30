import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { sessionIdOf } from "@pos_mixpay/app/lines";
import { noticesOf } from "@pos_mixpay/lazy/notices";
import { MixpayClosingDialog } from "@pos_mixpay/lazy/components/mixpay_closing_dialog/mixpay_closing_dialog";

const MOST_TRACES = 100; // more in a request are refused by the server

/**
 * Shows what is open at MixPay before the session is closed, once.
 *
 * @param {(error: Error) => void} goOnAfter notifies of an error that must not prevent closing
 * @returns {Promise<boolean>} whether to go on
 */
export async function confirmClosing(pos, goOnAfter) {
    const { orders, service } = pos.mixpay;
    const { acknowledged } = orders;
    const params = { session_id: sessionIdOf(pos) };
    const open = await service.request("closing", params);
    const { payments, carried: deferred, carried_ids: deferredIds = [] } = open;
    orders.deferredIds = deferredIds;
    const ids = payments.map((payment) => payment.trace_id);
    if (![...ids, ...deferred].some((id) => !acknowledged.has(id))) {
        return true;
    }
    noticesOf(pos).hide(); // all that they say is in the dialog
    const isAcknowledged = await makeAwaitable(pos.dialog, MixpayClosingDialog, {
        payments,
        deferred,
        acknowledge: () => acknowledge(service, params, ids).catch(goOnAfter),
    });
    noticesOf(pos).show();
    if (isAcknowledged) {
        [...ids, ...deferred].forEach((id) => acknowledged.add(id));
    }
    return Boolean(isAcknowledged);
}

async function acknowledge(service, params, ids) {
    for (let start = 0; start < ids.length; start += MOST_TRACES) {
        const trace_ids = ids.slice(start, start + MOST_TRACES);
        await service.request("acknowledge", { ...params, trace_ids });
    }
}
