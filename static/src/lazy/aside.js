import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { effect } from "@web/core/utils/reactive";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";
import { isInFlight, mixpayLines } from "@pos_mixpay/app/lines";
import {
    isElsewhere,
    isFirst,
    notify,
    withdrawOpened,
    withdrawUntrue,
} from "@pos_mixpay/lazy/news";

// What of a payment makes a notice of it true: see `notify`.
const FIELDS = ["state", "state_text", "message", "line_status", "is_abandoned"];

/**
 * Serves the next customer while a payment is waited for: its order stays as it is, on the list of
 * orders, and this register goes on asking about it.
 */
export function serveNext(pos, line) {
    const order = line.pos_order_id;
    order.setScreenData({ name: "PaymentScreen", props: { orderUuid: order.uuid } });
    pos.mixpay.attempts.leave();
    if (pos.getOrder()?.uuid !== order.uuid) {
        return; // somebody is at work on another one already
    }
    const { page, params } = pos.defaultPage;
    if (page !== "ProductScreen") {
        pos.navigate(page, params); // a restaurant's tables
        return;
    }
    // Selected first: the products go into the selected order, whatever order the screen is named by.
    // A restaurant's empty order may be a table's.
    const empty = pos.getEmptyOrder();
    const next = empty.table_id ? pos.addNewOrder() : empty;
    pos.setOrder(next);
    pos.navigate(page, { orderUuid: next.uuid });
}

/**
 * Tells, once for each state and as long as it lasts, when an order that is not on the screen needs
 * somebody: its payment has ended without money, or is short.
 */
export function watchAside(pos) {
    pos.mixpay.service.payments.subscribe((payment) => {
        withdrawUntrue(pos, payment);
        withdrawOpened(pos);
        if (needsSomebody(payment) && isElsewhere(pos, payment)) {
            tell(pos, payment);
        }
    });
    // The effect runs again whenever the value read here changes, however an order was opened.
    effect((tracked) => tracked.selectedOrderUuid && withdrawOpened(pos), [pos]);
}

function tell(pos, payment) {
    const { trace_id, state, state_text, message, order_name: order } = payment;
    const key = `aside:${trace_id}:${state}`;
    if (isFirst(pos, key)) {
        const values = { order, state: state_text, message };
        const text = _t("MixPay, order %(order)s: %(state)s. %(message)s", values);
        const kept = { sticky: true, key, fields: FIELDS, isCall: true };
        notify(pos, payment, text, { type: "warning", ...kept });
    }
}

/** A notice is shown anyway, and what was given up on this register is no news. */
function needsSomebody({ is_abandoned, is_final, line_status, notice, remaining }) {
    const hasEnded = is_final && line_status === "retry";
    return !is_abandoned && !notice && (hasEnded || Boolean(remaining));
}

const isOfInterest = (line) => isInFlight(line) || line.isDone();

patch(TicketScreen.prototype, {
    /** The list of orders says how the payment of each stands. */
    getStatus(order) {
        const { payments } = this.pos.mixpay.service;
        const line = order.finalized ? undefined : mixpayLines(order).findLast(isOfInterest);
        const state = line && payments.getOfLine(line.uuid)?.state_text;
        return state ? _t("MixPay: %s", state) : super.getStatus(...arguments);
    },
});
