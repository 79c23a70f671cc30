import { _t } from "@web/core/l10n/translation";
import { ask } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { mixpayLines } from "@pos_mixpay/app/lines";
import { notAvailable, showAlert } from "@pos_mixpay/app/messages";
import { forceCancel } from "@pos_mixpay/lazy/approval";
import { keptText, notCancelled, notSavedText, whyKept } from "@pos_mixpay/lazy/cancel_texts";
import { check } from "@pos_mixpay/lazy/check";
import { followProducts } from "@pos_mixpay/lazy/moved";
import { isRefundLine } from "@pos_mixpay/lazy/refund_texts";
import { cancelRefund } from "@pos_mixpay/lazy/refunds";

/**
 * Cancels a line's payment: at once if no money was detected, else only with an approval.
 *
 * @returns {Promise<boolean>} whether nothing more can be paid for the line
 */
export async function cancelLine(pos, line) {
    if (isRefundLine(line)) {
        return cancelRefund(pos, line);
    }
    const outcome = await pos.mixpay.attempts.cancelPayment(line);
    return outcome.isFree || explainKept(pos, outcome);
}

/** Says why a line's payment was not cancelled, and offers what can be done about it. */
export const explainKept = (pos, outcome) =>
    offerForceCancel(pos, outcome.payment, whyKept(outcome));

/** Cancels everything that an order may still be paid with, unless that goes on in another order. */
export async function cancelOrder(pos, order) {
    const { lines } = pos.mixpay;
    if (followProducts(pos, order)) {
        return true;
    }
    for (const line of mixpayLines(order).filter((one) => lines.mayHoldMoney(one))) {
        if (!(await cancelLine(pos, line))) {
            return false;
        }
    }
    return cancelBlocking(pos, order, {});
}

/** Cancels payments of the order that are on none of these lines, with money on its way. */
export async function cancelBlocking(pos, order, lines) {
    try {
        const { blocking = [] } = await check(pos, order, lines);
        return await offerForceCancelAll(pos, blocking);
    } catch (error) {
        showAlert(pos, notCancelled(), whyKept({ error }));
        return false;
    }
}

/** @returns {Promise<boolean>} whether all of these payments are given up */
export async function offerForceCancelAll(pos, payments) {
    for (const payment of payments) {
        if (!(await offerForceCancel(pos, payment, keptText(payment)))) {
            return false;
        }
    }
    return true;
}

/**
 * Says why a payment is in the way, and offers to have a manager give it up, if that can be done.
 *
 * @returns {Promise<boolean>} whether it is given up
 */
export async function offerForceCancel(pos, payment, notice) {
    if (!payment?.can_force_cancel) {
        showAlert(pos, notCancelled(), notice);
        return false;
    }
    const isWanted = await ask(pos.env.services.dialog, {
        title: payment.is_final ? _t("Paid with MixPay") : _t("Money is on its way"),
        body: notice,
        confirmLabel: _t("Stop waiting (manager)…"),
        cancelLabel: payment.is_final ? _t("Keep it") : _t("Keep waiting"),
    });
    return isWanted && forceCancel(pos, payment);
}

/** The server refused to save the order, so its payment is cancelled, too. */
export async function cancelUnsaved(pos, traceId, refusal) {
    const { service } = pos.mixpay;
    try {
        if (!(await service.cancel(traceId)).is_abandoned) {
            return; // there is money already: the customer is served first
        }
    } catch (error) {
        service.payments.noteError(error);
    }
    showAlert(pos, notAvailable(), notSavedText(refusal));
}
