import { _t } from "@web/core/l10n/translation";
import { dueFor, isInFlight, isMixpayLine } from "@pos_mixpay/app/lines";

/** What to do if the order changed while its code can be paid; empty if it did not. */
export function hintFor(pos, line) {
    if (!isInFlight(line) || !line.pos_order_id || line.amount < 0) {
        return "";
    }
    const due = dueFor(line);
    const before = line.uiState?.mixpay?.due ?? Math.max(due, line.amount);
    if (pos.currency.isZero(due - before)) {
        return "";
    }
    const { formatCurrency } = pos.env.utils;
    return editedText(formatCurrency(line.amount), formatCurrency(due), due - line.amount);
}

/** What follows when the code is paid: the sale finishes by itself, or there is a rest to take. */
export function outlookFor(pos, line) {
    const order = line.pos_order_id;
    if (!order) {
        return "";
    }
    const rest = dueFor(line) - line.amount;
    if (pos.currency.isPositive(rest)) {
        return _t("Then take the rest: %s.", pos.env.utils.formatCurrency(rest));
    }
    const isAll = order.payment_ids.every((one) => !one.amount || isMixpayLine(one));
    return isAll && pos.config.auto_validate_terminal_payment
        ? _t("Then the sale finishes by itself.")
        : _t("Then validate the sale.");
}

/**
 * What to do if more or less is due now than the code asks for.
 *
 * @param {string} asked what the code asks for
 * @param {number} difference what is due beyond that, or below it if negative
 */
function editedText(asked, due, difference) {
    return difference < 0
        ? _t(
              "This code asks for %(asked)s, but only %(due)s is due now. Cancel it and start again.",
              { asked, due }
          )
        : _t(
              "This code asks for %(asked)s, but %(due)s is due now. Let it be paid and take the rest separately, or cancel it and start again.",
              { asked, due }
          );
}
