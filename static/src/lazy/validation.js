import { _t } from "@web/core/l10n/translation";
import { doneLines, isInFlight, mixpayLines } from "@pos_mixpay/app/lines";
import { showAlert } from "@pos_mixpay/app/messages";
import { cancelBlocking, cancelLine, offerForceCancel } from "@pos_mixpay/lazy/cancelling";
import { uncoveredText } from "@pos_mixpay/lazy/cancel_texts";
import { amountsOf, check, resetLines } from "@pos_mixpay/lazy/check";
import { errorText } from "@pos_mixpay/lazy/error_texts";

/**
 * Asks before an order leaves the screen: if the server refused it afterwards, its line could be
 * neither used nor removed.
 *
 * @param {object} validation core's `OrderPaymentValidation`
 * @returns {Promise<boolean>} whether core may go on with it
 */
export async function mayValidate(pos, validation) {
    const { order } = validation;
    await pos.mixpay.saving.whenSaved(order);
    if (order.finalized) {
        await showFinishedOrder(pos, validation);
        return false;
    }
    return canValidate(pos, order);
}

/** The server has completed the paid order itself, since no register did: the receipt is left. */
async function showFinishedOrder(pos, validation) {
    await validation.afterOrderValidation();
    const { page, params } = validation.nextPage;
    pos.navigate(page, params);
}

/**
 * Whether an order may be validated, as far as MixPay is concerned. Core drops lines that are not
 * done: here only when their payment could be cancelled.
 */
async function canValidate(pos, order) {
    if (!order.isPaid()) {
        return true; // core has its own words for that
    }
    for (const line of mixpayLines(order).filter(isInFlight)) {
        if (!(await cancelLine(pos, line))) {
            return false;
        }
    }
    if (exceedsDue(pos, order)) {
        await offerLess(pos, order);
        return false;
    }
    return areCovered(pos, order);
}

/** The order became cheaper than what was paid for it: somebody has to decide what to do. */
async function offerLess(pos, order) {
    const payment = doneLines(order)
        .map((line) => pos.mixpay.service.payments.getOfLine(line.uuid))
        .find((one) => one?.can_force_cancel);
    const text = _t(
        "The customer pays more with MixPay than this order costs, and no change is given for a payment in coins. Add to the order, or call your manager."
    );
    if (!payment) {
        showAlert(pos, _t("More than what is due"), text);
    } else if (await offerForceCancel(pos, payment, text)) {
        showAlert(
            pos,
            _t("Nobody waits for this payment any more"),
            _t("Remove its line, and take the sale another way.")
        );
    }
}

/** Whether coins pay more than is due. Where they are only given back, the rest may be in cash. */
function exceedsDue(pos, order) {
    const lines = doneLines(order);
    if (!lines.some((line) => pos.currency.isPositive(line.amount))) {
        return false;
    }
    const total = lines.reduce((sum, line) => sum + line.amount, 0);
    return pos.currency.isPositive(total - order.totalDue);
}

/**
 * Asks the server whether it will take an order's lines as paid, and resets those that it won't: a
 * cashier is never left with a line that can be neither used nor removed.
 */
async function areCovered(pos, order) {
    try {
        const amounts = amountsOf(order);
        const { uncovered, reasons, blocking } = await check(pos, order, amounts);
        if (uncovered.length) {
            resetLines(order, uncovered);
            showAlert(
                pos,
                _t("MixPay has not confirmed this payment"),
                Object.values(reasons || {}).join("\n") || uncoveredText()
            );
            return false;
        }
        return !blocking?.length || cancelBlocking(pos, order, amounts);
    } catch (error) {
        showAlert(pos, _t("This order cannot be validated now"), checkErrorText(error));
        return false;
    }
}

function checkErrorText(error) {
    return errorText(
        error,
        _t(
            "No connection to the Odoo server, which has to confirm the MixPay payment first. Nothing is lost: try again when the connection is back."
        )
    );
}
