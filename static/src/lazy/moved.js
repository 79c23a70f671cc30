import { _t } from "@web/core/l10n/translation";
import { mixpayLines } from "@pos_mixpay/app/lines";
import { nameOf } from "@pos_mixpay/app/popup";

/** The order that a payment belongs to now: its line may have moved, then its own order may be gone. */
export function orderOf(pos, { payment_uuid, order_uuid }) {
    const line = pos.models["pos.payment"].getBy("uuid", payment_uuid);
    return line?.pos_order_id || pos.models["pos.order"].getBy("uuid", order_uuid);
}

export function openOrder(pos, order) {
    pos.setOrder(order);
    pos.navigate("PaymentScreen", { orderUuid: order.uuid });
}

/** Goes on with the payment of an order that another one has become part of, and says so. */
export function follow(pos, order) {
    openOrder(pos, order);
    const values = {
        order: nameOf(order),
        total: pos.env.utils.formatCurrency(order.totalDue),
    };
    const text = _t(
        "Another device sold at this table, too: both are order %(order)s now, of %(total)s together.",
        values
    );
    pos.notification.add(text, { type: "warning" });
}

/**
 * Two devices sold to one table, and the server has put this one's order into the other's: whoever
 * looks at what is left of it goes on with the order where the line is now. Who has not logged in
 * (`pos_hr`) looks at nothing.
 */
export function followLine(pos, { pos_order_id: order }, left) {
    if (pos.cashier && order?.finalized === false && pos.getOrder()?.uuid === left.uuid) {
        follow(pos, order);
    }
}

/**
 * A device that hears of another's order at a table puts its own products there, and deletes its own
 * order. Its payments go there, too: a customer may be paying one.
 *
 * @returns {boolean} whether the order's payments went with its products
 */
export function followProducts(pos, order) {
    const other = !order.lines.length && atSameTable(pos, order);
    if (!other) {
        return false;
    }
    for (const line of mixpayLines(order)) {
        line.pos_order_id = other;
    }
    if (pos.getOrder()?.uuid === other.uuid && pos.router.state.current === "PaymentScreen") {
        follow(pos, other);
    }
    const { saving, service } = pos.mixpay;
    saving.save(other).catch((error) => service.payments.noteError(error));
    return true;
}

/** The open order at the same table, if any: of orders without a table there are many. */
function atSameTable(pos, { table_id, uuid }) {
    const isThere = (one) => one.uuid !== uuid && one.isSynced && one.table_id?.id === table_id?.id;
    return table_id && pos.getOpenOrders().find(isThere);
}
