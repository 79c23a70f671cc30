import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { ask, makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { MixpayApproverDialog } from "@pos_mixpay/lazy/components/mixpay_approver_dialog/mixpay_approver_dialog";
import { mayHoldMoney, mixpayLines } from "@pos_mixpay/app/utils/mixpay_line";
import { printSlip } from "@pos_mixpay/app/utils/mixpay_slip";
import { cancelErrorText, keptText, notCancelled } from "@pos_mixpay/app/utils/mixpay_words";

/** Somebody with the right to do so says that the money is there. */
export async function confirmByHand(pos, payment) {
    const changed = await approve(pos, payment, "override", {
        title: _t("Confirm this payment by hand"),
        warning: _t(
            "MixPay has not confirmed %(amount)s for order %(order)s. Confirm only if you have seen the money arrive yourself. This is recorded with your name, and checked again later.",
            { amount: payment.amount_text, order: payment.order_name }
        ),
        confirmLabel: _t("The money has arrived"),
    });
    return Boolean(changed?.is_overridden);
}

/** Somebody with the right to do so gives a payment up whose money was seen. */
export async function letGo(pos, payment) {
    const changed = await approve(pos, payment, "let_go", {
        title: _t("Let this payment go"),
        warning: _t(
            "Money for %(amount)s of order %(order)s is on its way. Nobody will wait for it: when it arrives, a manager has to decide what becomes of it. This is recorded with your name.",
            { amount: payment.amount_text, order: payment.order_name }
        ),
        confirmLabel: _t("Let it go"),
    });
    printSlip(pos, changed);
    return Boolean(changed?.is_abandoned);
}

/** @returns {Promise<object | undefined>} the payment; nothing when nobody approved */
function approve(pos, { trace_id }, action, words) {
    const { dialog, pos_mixpay: mixpay } = pos.env.services;
    return makeAwaitable(dialog, MixpayApproverDialog, {
        ...words,
        findApprovers: () => mixpay.findApprovers(pos.session.id),
        approve: (proof) => mixpay.approve(action, trace_id, proof),
    });
}

/**
 * Gives a line's payment up: at once when no money was seen, else only with an approval.
 *
 * @returns {Promise<boolean>} whether the line is free
 */
export async function releaseLine(pos, line) {
    const { payment_terminal } = line.payment_method_id;
    const { isFree, notice, payment } = await payment_terminal.cancelLine(line.uuid);
    return isFree || offerLetGo(pos, payment, notice);
}

/** The same for all that an order may still be paid with. */
export async function releaseOrder(pos, order) {
    for (const line of mixpayLines(order).filter(mayHoldMoney)) {
        if (!(await releaseLine(pos, line))) {
            return false;
        }
    }
    return releaseBlocking(pos, order, {});
}

/** Payments of the order that are on none of these lines, with money on its way. */
export async function releaseBlocking(pos, order, lines) {
    const { pos_mixpay: mixpay } = pos.env.services;
    try {
        const { blocking = [] } = await mixpay.check(pos.session.id, order.uuid, lines);
        for (const payment of blocking) {
            if (!(await offerLetGo(pos, payment, keptText(payment)))) {
                return false;
            }
        }
        return true;
    } catch (error) {
        tell(pos, notCancelled(), cancelErrorText(error));
        return false;
    }
}

async function offerLetGo(pos, payment, notice) {
    if (!payment?.can_let_go) {
        tell(pos, notCancelled(), notice);
        return false;
    }
    const isWanted = await ask(pos.env.services.dialog, {
        title: _t("Money is on its way"),
        body: notice,
        confirmLabel: _t("Let go (manager)"),
        cancelLabel: _t("Keep waiting"),
    });
    return isWanted && letGo(pos, payment);
}

function tell(pos, title, body) {
    pos.env.services.dialog.add(AlertDialog, { title, body });
}
