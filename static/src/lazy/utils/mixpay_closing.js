import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { MixpayClosingDialog } from "@pos_mixpay/lazy/components/mixpay_closing_dialog/mixpay_closing_dialog";

/**
 * Shows what is open at MixPay before the session is closed, once.
 *
 * @param {(error: Error) => void} goOnAfter tells of what went wrong when it must stop nobody
 * @returns {Promise<boolean>} whether to go on
 */
export async function confirmClosing({ dialog, mixpay, session }, goOnAfter) {
    const { service, shown } = mixpay;
    const about = { session_id: session.id };
    const open = await service.request("closing", about);
    const { payments, carried, carried_ids = [] } = open;
    mixpay.carried = carried_ids;
    const ids = payments.map((payment) => payment.trace_id);
    if (![...ids, ...carried].some((id) => !shown.has(id))) {
        return true;
    }
    const isSeen = await makeAwaitable(dialog, MixpayClosingDialog, {
        payments,
        carried,
        acknowledge: () =>
            service.request("acknowledge", { ...about, trace_ids: ids }).catch(goOnAfter),
    });
    if (isSeen) {
        [...ids, ...carried].forEach((id) => shown.add(id));
    }
    return Boolean(isSeen);
}
