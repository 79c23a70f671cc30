import { _t } from "@web/core/l10n/translation";
import { releaseBlocking, releaseLine } from "@pos_mixpay/lazy/utils/mixpay_approval";
import {
    amountsOf,
    doneLines,
    freeLine,
    isInFlight,
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
        pos.mixpay.showAlert(
            _t("More than what is due"),
            _t(
                "The customer pays more with MixPay than this order costs, and no change is given for a payment in coins. Add to the order, or call your manager."
            )
        );
        return false;
    }
    return areCovered(pos, order);
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

async function check(pos, order, amounts) {
    const answer = await pos.mixpay.service.check(pos.session.id, order.uuid, amounts);
    mixpayLines(order)
        .filter((line) => answer.uncovered.includes(line.uuid))
        .forEach(freeLine);
    return answer;
}

/**
 * The server refused an order all the same. Its lines that are not covered become free, so that they
 * can be tried again or removed, and the order stays usable.
 *
 * @param {Object<string, string>} amounts of its lines when it was refused
 */
export async function freeRefusedLines(pos, order, amounts) {
    try {
        const { uncovered } = await check(pos, order, amounts);
        if (uncovered.length) {
            order.state = "draft";
            pos.addPendingOrder([order.id]);
            pos.mixpay.showAlert(
                _t("The order %s is not paid", order.pos_reference),
                uncoveredText()
            );
        }
    } catch (error) {
        pos.mixpay.service.noteFailure(error); // asked again when the order is validated again
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

function uncoveredText() {
    return _t(
        "The line is not paid, or its amount was changed afterwards. Press “Try again” on it, or remove it and take another payment."
    );
}
