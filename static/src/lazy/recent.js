import { sessionIdOf } from "@pos_mixpay/app/lines";
import { MixpayRecentDialog } from "@pos_mixpay/lazy/components/mixpay_recent_dialog/mixpay_recent_dialog";
import { openUnfinished } from "@pos_mixpay/lazy/finishing";
import { orderOf } from "@pos_mixpay/lazy/moved";

/** Shows what this Point of Sale took lately; MixPay can be asked about each, and about any other. */
export function showRecent(pos) {
    const { service } = pos.mixpay;
    const request = (route, params) =>
        service.request(route, { session_id: sessionIdOf(pos), ...params });
    pos.dialog.add(MixpayRecentDialog, {
        find: async (words) => (await request("recent", { words })).payments,
        ask: async (traceId) => {
            const answer = await request("ask", { trace_id: traceId });
            const isKnown = service.payments.get(answer.trace_id);
            return isKnown ? { ...answer, ...service.payments.store(answer) } : answer;
        },
        canOpen: (payment) => payment.has_order || orderOf(pos, payment)?.finalized === false,
        open: (payment) => openUnfinished(pos, payment),
    });
}
