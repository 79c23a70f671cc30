import { _t } from "@web/core/l10n/translation";
import {
    offerForceCancel,
    releaseAll,
    releaseBlocking,
    releaseLine,
} from "@pos_mixpay/lazy/utils/mixpay_approval";
import { check } from "@pos_mixpay/lazy/utils/mixpay_check";
import {
    amountsOf,
    doneLines,
    freeLine,
    isInFlight,
    mayHoldMoney,
    mixpayLines,
} from "@pos_mixpay/app/utils/mixpay_line";
import { errorText } from "@pos_mixpay/app/utils/mixpay_words";

/**
 * Whether an order may be validated, as far as MixPay is concerned. Core drops lines that are not
 * done: here only when the server lets their payment go.
 */
export async function canValidate(pos, order) {
    if (!order.isPaid()) {
        return true; // core has its own words for that
    }
    for (const line of mixpayLines(order).filter(isInFlight)) {
        if (!(await releaseLine(pos, line))) {
            return false;
        }
    }
    if (exceedsDue(pos, order)) {
        await offerLess(pos, order);
        return false;
    }
    return areCovered(pos, order);
}

/** The order became cheaper than what was paid for it: somebody has to say what is to be done. */
async function offerLess(pos, order) {
    const payment = doneLines(order)
        .map((line) => pos.mixpay.service.getOfLine(line.uuid))
        .find((one) => one?.can_force_cancel);
    const text = _t(
        "The customer pays more with MixPay than this order costs, and no change is given for a payment in coins. Add to the order, or call your manager."
    );
    if (!payment) {
        pos.mixpay.showAlert(_t("More than what is due"), text);
    } else if (await offerForceCancel(pos, payment, text)) {
        pos.mixpay.showAlert(
            _t("Nobody waits for this payment any more"),
            _t("Remove its line, and take the sale another way.")
        );
    }
}

function exceedsDue(pos, order) {
    const lines = doneLines(order);
    const total = lines.reduce((sum, line) => sum + line.amount, 0);
    return lines.length > 0 && pos.currency.isPositive(total - order.totalDue);
}

/**
 * Asks the server whether it will take an order's lines as paid, and frees those that it won't: a
 * cashier is never left with a line that can be neither used nor removed.
 */
async function areCovered(pos, order) {
    try {
        const amounts = amountsOf(order);
        const { uncovered, reasons, blocking } = await check(pos, order, amounts);
        if (uncovered.length) {
            freeLines(order, uncovered);
            pos.mixpay.showAlert(
                _t("MixPay has not confirmed this payment"),
                Object.values(reasons || {}).join("\n") || uncoveredText()
            );
            return false;
        }
        return !blocking?.length || releaseBlocking(pos, order, amounts);
    } catch (error) {
        pos.mixpay.showAlert(_t("This order cannot be validated now"), checkErrorText(error));
        return false;
    }
}

function freeLines(order, uncovered) {
    mixpayLines(order)
        .filter((line) => uncovered.includes(line.uuid))
        .forEach(freeLine);
}

/**
 * The server refused an order all the same. Its lines that are not covered become free, so that they
 * can be tried again or removed; for money on its way, the manager's way out is offered. Either way
 * the order stays usable.
 *
 * @param {Object<string, string>} [amounts] of its lines when it was refused
 */
export async function handleRefusal(pos, order, amounts = amountsOf(order)) {
    try {
        const { uncovered, blocking = [] } = await check(pos, order, amounts);
        if (!uncovered.length && !blocking.length) {
            return; // refused for another reason, which core told
        }
        order.state = "draft";
        pos.addPendingOrder([order.id]);
        await bringBackLines(pos, order);
        if (uncovered.length) {
            freeLines(order, uncovered);
            pos.mixpay.showAlert(
                _t("The order %s is not paid", order.pos_reference),
                uncoveredText()
            );
        }
        await releaseAll(pos, blocking);
    } catch (error) {
        pos.mixpay.service.noteFailure(error); // asked again when the order is validated again
    }
}

/**
 * A removal that was refused is not sent again: without this, the server would have a line that
 * nobody here sees.
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
    pos.mixpay.refreshLines(order);
}

/** @returns {Promise<number[]>} ids of orders that money may still arrive for; others are freed */
export async function findHeld(pos, orders) {
    const held = [];
    for (const order of orders) {
        for (const line of mixpayLines(order).filter(mayHoldMoney)) {
            const { payment_terminal } = line.payment_method_id;
            const { isFree } = await payment_terminal.cancelLine(line.uuid);
            if (!isFree || (isInFlight(line) && !payment_terminal.traceOf(line))) {
                held.push(order.id);
            }
        }
    }
    return held;
}

/**
 * The server refused to cancel orders, since money for some is on its way. Those stay, and the
 * others go; for an order that a person deletes, the manager's way out is offered.
 *
 * @param {Error} refusal
 * @returns {Promise<boolean>} whether the orders are deleted, as of core's `deleteOrders`
 */
export async function handleRefusedDeletion(pos, refusal, orders, serverIds, ...others) {
    const left = orders.filter((order) => pos.models["pos.order"].getBy("uuid", order.uuid));
    const isFree = serverIds.length
        ? await keepHeld(pos, refusal, [...left.map((order) => order.id), ...serverIds])
        : await releaseRefused(pos, refusal, left);
    return isFree && pos.deleteOrders(left, serverIds, ...others);
}

/** Learns which of these orders stay, and has them shown again. */
async function keepHeld(pos, refusal, ids) {
    const about = { session_id: pos.session.id };
    const { carried_ids = [] } = await pos.mixpay.service.request("closing", about);
    const held = ids.filter((id) => carried_ids.includes(id) && !pos.mixpay.carried.includes(id));
    if (!held.length) {
        throw refusal;
    }
    pos.mixpay.carried = [...pos.mixpay.carried, ...held];
    held.forEach((id) => pos.pendingOrder.delete.delete(id));
    await pos.deviceSync.readDataFromServer();
    return true;
}

async function releaseRefused(pos, refusal, orders) {
    let isOurs = false;
    for (const order of orders) {
        const { blocking = [] } = await check(pos, order, {});
        isOurs ||= blocking.length > 0;
        if (!(await releaseAll(pos, blocking))) {
            return false;
        }
    }
    if (!isOurs) {
        throw refusal;
    }
    return true;
}

function checkErrorText(error) {
    return errorText(
        error,
        _t(
            "No connection to the Odoo server, which has to confirm the MixPay payment first. Nothing is lost: try again when the connection is back."
        )
    );
}

function uncoveredText() {
    return _t(
        "The line is not paid, or its amount was changed afterwards. Press “Try again” on it, or remove it and take another payment."
    );
}
