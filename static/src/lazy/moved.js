/** The order that a payment belongs to now: its line may have moved, then its own order may be gone. */
export function orderOf(pos, { payment_uuid, order_uuid }) {
    const line = pos.models["pos.payment"].getBy("uuid", payment_uuid);
    return line?.pos_order_id || pos.models["pos.order"].getBy("uuid", order_uuid);
}

export function openOrder(pos, order) {
    pos.setOrder(order);
    pos.navigate("PaymentScreen", { orderUuid: order.uuid });
}

/**
 * Two devices sold to one table, and the server has put this one's order into the other's: whoever
 * looks at what is left of it goes on with the order where the line is now.
 */
export function followLine(pos, { pos_order_id: order }, left) {
    if (order && !order.finalized && pos.getOrder()?.uuid === left.uuid) {
        openOrder(pos, order);
    }
}
