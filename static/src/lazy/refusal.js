import { _t } from "@web/core/l10n/translation";
import { isRefusal, showAlert } from "@pos_mixpay/app/messages";
import { cancelLine, offerForceCancelAll } from "@pos_mixpay/lazy/cancelling";
import { uncoveredText } from "@pos_mixpay/lazy/cancel_texts";
import { amountsOf, check, resetLines } from "@pos_mixpay/lazy/check";

/**
 * The server refused to save an order. Its lines that are not covered are reset, so that they can be
 * tried again or removed; for money on its way, a manager's approval is offered. Either way the order
 * stays usable.
 *
 * @param {Object<string, string>} [amounts] of its lines when it was refused
 */
export async function handleRefusal(pos, order, amounts = amountsOf(order)) {
    if (!isStillHere(pos, order)) {
        return;
    }
    try {
        const { uncovered, blocking = [] } = await check(pos, order, amounts);
        if (!uncovered.length && !blocking.length) {
            return; // refused for another reason, which core told
        }
        order.state = "draft";
        pos.addPendingOrder([order.id]);
        await bringBackLines(pos, order);
        if (uncovered.length) {
            resetLines(order, uncovered);
            showAlert(pos, _t("The order %s is not paid", order.pos_reference), uncoveredText());
        }
        await offerForceCancelAll(pos, blocking);
    } catch (error) {
        pos.mixpay.service.payments.noteError(error); // asked again when the order is validated again
    }
}

/** Another register may have deleted it, or the server put what was in it into another order. */
function isStillHere(pos, { uuid }) {
    const order = pos.models["pos.order"].getBy("uuid", uuid);
    return Boolean(order?.lines.length || order?.payment_ids.length);
}

/** Core saved in the background without success, and keeps the error to itself. */
export async function handleBackgroundRefusal(pos, order) {
    const amounts = amountsOf(order);
    try {
        await pos.deviceSync.readDataFromServer();
    } catch (error) {
        return pos.mixpay.service.payments.noteError(error);
    }
    return handleRefusal(pos, order, amounts);
}

/** Cancels a line's payment; if nothing more can be paid for it, removes it from its order. */
export async function cancelAndDeleteLine(pos, { currentOrder: order, numberBuffer }, line) {
    if (!(await cancelLine(pos, line)) || !order.payment_ids.includes(line)) {
        return;
    }
    order.removePaymentline(line);
    numberBuffer.reset();
    try {
        await pos.mixpay.saving.save(order); // so that no other register continues the payment
    } catch (error) {
        if (isRefusal(error)) {
            handleRefusal(pos, order); // nobody waits for what a person answers there
        } // else it is saved later
    }
}

/**
 * Core sends a removal only once. If it was refused, the server still has a line that nobody here
 * sees: it is read back.
 */
async function bringBackLines(pos, order) {
    if (!order.isSynced) {
        return;
    }
    const known = order.payment_ids.filter((line) => line.isSynced).map((line) => line.id);
    await pos.data.searchRead("pos.payment", [
        ["pos_order_id", "=", order.id],
        ["id", "not in", known],
    ]);
    pos.mixpay.lines.updateAll(order);
}
