import { _t } from "@web/core/l10n/translation";
import { sessionIdOf } from "@pos_mixpay/app/lines";
import { notAvailable, showAlert } from "@pos_mixpay/app/messages";
import { tryAgainText } from "@pos_mixpay/lazy/error_texts";
import { noticesOf } from "@pos_mixpay/lazy/notices";

const MOST_ORDERS = 100; // more are refused by the server

/**
 * Paid orders that no register and not the server has finished: shows them on this register, now and
 * when the bus has news, and says when this register is at work on one.
 */
export function watchUnfinished(pos) {
    const shown = new Map();
    let asked = 0;
    let answered = 0; // the answer to an older question never overwrites that to a newer one
    const update = async () => {
        const number = ++asked;
        const payments = (await request(pos, "unfinished"))?.payments;
        if (payments && number > answered) {
            answered = number;
            showUnfinished(pos, payments, shown);
        }
    };
    pos.data.connectWebSocket("MIXPAY_UNFINISHED", update);
    pos.data.connectWebSocket("MIXPAY_ASK", ({ id }) => answer(pos, id));
    return update();
}

/** Requests that no cashier made fail silently: the next message of the bus brings another one. */
async function request(pos, route, params) {
    const { service } = pos.mixpay;
    try {
        return await service.request(route, { session_id: sessionIdOf(pos), ...params });
    } catch (error) {
        service.payments.noteError(error);
    }
}

/** @param {Map<string, () => void>} shown what closes each notification, by payment and reason */
function showUnfinished(pos, payments, shown) {
    const keyOf = ({ trace_id, finish_reason }) => `${trace_id}:${finish_reason}`;
    const current = new Set(payments.map(keyOf));
    for (const [key, close] of shown) {
        if (!current.has(key)) {
            shown.delete(key);
            close();
        }
    }
    for (const payment of payments) {
        const key = keyOf(payment);
        shown.set(key, shown.get(key) || notify(pos, payment));
    }
}

/** @returns {() => void} closes it */
function notify(pos, payment) {
    const text = _t(
        "MixPay: %(amount)s was paid for order %(order)s, which is not finished. %(reason)s",
        {
            amount: payment.amount_text,
            order: payment.order_name,
            reason: payment.finish_reason,
        }
    );
    const buttons = [{ name: _t("Open the order"), onClick: () => openUnfinished(pos, payment) }];
    return noticesOf(pos).add(text, { buttons });
}

/** Opens a paid order with its money in place, as the server has it unless it was changed here. */
export async function openUnfinished(pos, payment) {
    const find = () => pos.models["pos.order"].getBy("uuid", payment.order_uuid);
    if (!find()?.isDirty()) {
        try {
            await pos.data.loadServerOrders([["uuid", "=", payment.order_uuid]]);
        } catch (error) {
            return showAlert(pos, notAvailable(), tryAgainText(error));
        }
    }
    const order = find();
    if (!order || order.finalized) {
        const text = _t("The order %s was finished or deleted elsewhere.", payment.order_name);
        return pos.notification.add(text);
    }
    const { payments } = pos.mixpay.service;
    if (payment.line_status !== "retry") {
        // Else its line may have a newer one, which the payment screen looks up.
        payments.attach(payment);
        payments.store(payment);
    }
    pos.setOrder(order);
    pos.navigate("PaymentScreen", { orderUuid: order.uuid });
}

/**
 * The server asks who is at work on a paid order before it finishes it: who has it on the screen, or
 * has changed it. The question names a payment only, so the answer names the orders. What was not
 * saved is saved then.
 */
async function answer(pos, id) {
    const selected = pos.cashier ? pos.getOrder() : undefined; // else the register is locked
    const others = pos.getOpenOrders().filter((order) => order !== selected && order.isDirty());
    const orders = [...(selected ? [selected] : []), ...others].slice(0, MOST_ORDERS);
    if (!orders.length) {
        return;
    }
    const uuids = (some) => some.map((order) => order.uuid);
    const uuid = await request(pos, "mine", {
        payment_id: id,
        order_uuids: uuids(orders),
        unsaved_uuids: uuids(orders.filter((order) => order.isDirty())),
    });
    const mine = orders.find((order) => order.uuid === uuid);
    if (mine?.isDirty()) {
        // A refusal keeps it unsaved, which the server knows.
        await pos.mixpay.saving.save(mine).catch(() => {});
    }
}
