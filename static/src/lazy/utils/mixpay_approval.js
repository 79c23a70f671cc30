import { _t } from "@web/core/l10n/translation";
import { ask, makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import {
    CONFIRM,
    FORCE_CANCEL,
    MixpayApprovalDialog,
} from "@pos_mixpay/lazy/components/mixpay_approval_dialog/mixpay_approval_dialog";
import { mayHoldMoney, mixpayLines } from "@pos_mixpay/app/utils/mixpay_line";
import { printSlip } from "@pos_mixpay/app/utils/mixpay_slip";
import { check } from "@pos_mixpay/lazy/utils/mixpay_check";
import { keptText, notCancelled, whyKept } from "@pos_mixpay/lazy/utils/mixpay_words";

// Per register: the trace id that a dialog is open for, and the requests that are to be decided.
const dialogs = new WeakMap();
const requests = new WeakMap();

/**
 * Somebody with the right to do so says that the money is there.
 *
 * @returns {Promise<boolean>} whether the payment counts as paid by now
 */
export async function confirmManually(pos, payment) {
    const changed = await approve(pos, payment, CONFIRM, {
        title: _t("Mark as paid"),
        meaning: _t(
            "MixPay has not confirmed this payment. Do this only if you have seen the money arrive. Who asks and who approves is recorded, and MixPay is asked again later."
        ),
        goLabel: _t("Mark as paid"),
    });
    return changed?.line_status === "done";
}

/**
 * Somebody with the right to do so gives a payment up whose money was seen.
 *
 * @returns {Promise<boolean>} whether nobody waits for it by now
 */
export async function forceCancel(pos, payment) {
    const changed = await approve(pos, payment, FORCE_CANCEL, {
        title: _t("Stop waiting"),
        meaning: payment.is_final
            ? _t(
                  "MixPay has received this money. If the order is not to be paid with it, a manager has to decide what becomes of it. Who asks and who approves is recorded."
              )
            : _t(
                  "This money is on its way. If nobody waits for it, a manager has to decide what becomes of it when it arrives. Who asks and who approves is recorded."
              ),
        goLabel: _t("Stop waiting"),
    });
    return Boolean(changed?.is_abandoned);
}

/**
 * Opens the dialog, one at a time: a second press while this was loading opens no second one.
 *
 * @returns {Promise<object | undefined>} how the payment stands when the dialog is closed
 */
async function approve(pos, payment, action, words) {
    if (dialogs.get(pos)) {
        return;
    }
    const { dialog, pos_mixpay: mixpay } = pos.env.services;
    const { trace_id } = mixpay.hear(payment);
    const about = { trace_id, action };
    dialogs.set(pos, trace_id);
    if (payment.approval?.action === action && payment.approval.state === "requested") {
        awaitDecision(pos, trace_id, action, payment.approval.id);
    }
    let isApprovedHere = false;
    try {
        const hasEnded = await makeAwaitable(dialog, MixpayApprovalDialog, {
            traceId: trace_id,
            action,
            words,
            findApprovers: () =>
                mixpay.request("approvers", { session_id: pos.session.id, ...about }),
            request: async (reason) => {
                const { approval_id } = await mixpay.request("request_approval", {
                    ...about,
                    reason,
                });
                awaitDecision(pos, trace_id, action, approval_id);
                await mixpay.poke(trace_id);
                return approval_id;
            },
            approve: async (proof) => {
                const changed = await mixpay.change("approve", trace_id, { action, ...proof });
                isApprovedHere = true;
                return changed;
            },
        });
        const changed = mixpay.get(trace_id);
        if (isApprovedHere) {
            printSlip(pos, changed.is_abandoned && changed);
        } else if (hasEnded !== undefined && changed.approval?.state !== "granted") {
            notify(pos, changed, _t("No approval is needed any more."), "info");
        }
        return changed;
    } finally {
        dialogs.delete(pos);
    }
}

/** Tells what became of a request, also when its dialog was closed. */
function awaitDecision(pos, traceId, action, requestId) {
    const awaited = requests.get(pos) || new Set();
    requests.set(pos, awaited);
    if (awaited.has(requestId)) {
        return;
    }
    awaited.add(requestId);
    const leave = pos.env.services.pos_mixpay.subscribe((payment) => {
        const { approval, trace_id } = payment;
        if (
            trace_id === traceId &&
            approval?.action === action &&
            approval.id >= requestId &&
            approval.state !== "requested"
        ) {
            leave();
            awaited.delete(requestId);
            tellDecision(pos, payment);
        }
    });
}

/** What the dialog does not show itself, because it is closed or closes for it. */
function tellDecision(pos, payment) {
    const { state, by, has_effect } = payment.approval;
    if (state === "granted" && has_effect) {
        printSlip(pos, payment.is_abandoned && payment);
        return notify(pos, payment, _t("Approved by %s.", by), "success");
    }
    if (dialogs.get(pos) === payment.trace_id) {
        return;
    }
    const texts = {
        granted: _t("%s approved, but the payment had changed by then: nothing was done.", by),
        refused: _t("%s refused.", by),
        expired: _t("Nobody decided in time."),
    };
    notify(pos, payment, texts[state], "warning");
}

function notify(pos, payment, what, type) {
    const about = { order: payment.order_name, state: payment.state_text, what };
    pos.notification.add(_t("MixPay, order %(order)s: %(state)s. %(what)s", about), {
        type,
        sticky: type === "warning",
    });
}

/**
 * Gives a line's payment up: at once when no money was seen, else only with an approval.
 *
 * @returns {Promise<boolean>} whether the line is free
 */
export async function releaseLine(pos, line) {
    const { payment_terminal } = line.payment_method_id;
    const outcome = await payment_terminal.cancelLine(line.uuid);
    return outcome.isFree || tellKept(pos, outcome);
}

/** Says why a line's payment was not given up, and offers the way out that there is. */
export const tellKept = (pos, outcome) => offerForceCancel(pos, outcome.payment, whyKept(outcome));

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
    try {
        const { blocking = [] } = await check(pos, order, lines);
        return await releaseAll(pos, blocking);
    } catch (error) {
        pos.mixpay.showAlert(notCancelled(), whyKept({ error }));
        return false;
    }
}

/** @returns {Promise<boolean>} whether nobody waits for any of these payments any more */
export async function releaseAll(pos, payments) {
    for (const payment of payments) {
        if (!(await offerForceCancel(pos, payment, keptText(payment)))) {
            return false;
        }
    }
    return true;
}

/** Says why a payment is in the way, and offers the way out that there is. */
export async function offerForceCancel(pos, payment, notice) {
    if (!payment?.can_force_cancel) {
        pos.mixpay.showAlert(notCancelled(), notice);
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
