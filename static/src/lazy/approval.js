import { _t } from "@web/core/l10n/translation";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { sessionIdOf } from "@pos_mixpay/app/lines";
import { noticesOf } from "@pos_mixpay/lazy/notices";
import {
    CONFIRM,
    FORCE_CANCEL,
    MixpayApprovalDialog,
} from "@pos_mixpay/lazy/components/mixpay_approval_dialog/mixpay_approval_dialog";

// Per register (of `pos` there are several proxies): the trace id of the payment in the open dialog, and
// the ids of undecided requests.
const dialogs = new WeakMap();
const requests = new WeakMap();

/**
 * Marks a payment as paid, with the approval of somebody who has the right to do so.
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
 * Gives a payment up though its money was detected, with the approval of somebody who has the right
 * to do so.
 *
 * @returns {Promise<boolean>} whether it is given up by now
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
    const { mixpay } = pos;
    if (dialogs.has(mixpay)) {
        return;
    }
    const { payments } = mixpay.service;
    const { trace_id, approval } = payments.store(payment);
    dialogs.set(mixpay, trace_id);
    if (approval?.action === action && approval.state === "requested") {
        awaitDecision(pos, trace_id, action, approval.id);
    }
    let isApprovedHere = false;
    const calls = callsOf(pos, trace_id, action, () => (isApprovedHere = true));
    try {
        const dialogProps = { traceId: trace_id, action, words, ...calls };
        const { dialog } = pos.env.services;
        const hasEnded = await makeAwaitable(dialog, MixpayApprovalDialog, dialogProps);
        const changed = payments.get(trace_id);
        if (isApprovedHere) {
            pos.mixpay.attempts.giveSlip(changed);
        } else if (hasEnded !== undefined && changed.approval?.state !== "granted") {
            notifyState(pos, changed, _t("No approval is needed any more."), "info");
        }
        return changed;
    } finally {
        dialogs.delete(mixpay);
    }
}

/** What the dialog calls, see its props. */
function callsOf(pos, traceId, action, onApproved) {
    const { service } = pos.mixpay;
    const params = { trace_id: traceId, action };
    return {
        findApprovers: () =>
            service.request("approvers", { session_id: sessionIdOf(pos), ...params }),
        request: async (reason) => {
            const answer = await service.request("request_approval", { ...params, reason });
            awaitDecision(pos, traceId, action, answer.approval_id);
            await service.refresh(traceId);
            return answer.approval_id;
        },
        approve: async (proof) => {
            const changed = await service.change("approve", traceId, { action, ...proof });
            onApproved();
            return changed;
        },
    };
}

/** Notifies the cashier of the decision about a request, also when its dialog was closed. */
function awaitDecision(pos, traceId, action, requestId) {
    const { mixpay } = pos;
    const awaited = requests.get(mixpay) || new Set();
    requests.set(mixpay, awaited);
    if (awaited.has(requestId)) {
        return;
    }
    awaited.add(requestId);
    const unsubscribe = mixpay.service.payments.subscribe((payment) => {
        const { approval, trace_id } = payment;
        if (
            trace_id === traceId &&
            approval?.action === action &&
            approval.id >= requestId &&
            approval.state !== "requested"
        ) {
            unsubscribe();
            awaited.delete(requestId);
            notifyDecision(pos, payment);
        }
    });
}

/** Says what the dialog does not show, because it is closed or closes with the decision. */
function notifyDecision(pos, payment) {
    const { state, by, has_effect } = payment.approval;
    if (state === "granted" && has_effect) {
        pos.mixpay.attempts.giveSlip(payment);
        return notifyState(pos, payment, _t("Approved by %s.", by), "success");
    }
    if (dialogs.get(pos.mixpay) === payment.trace_id) {
        return;
    }
    const texts = {
        granted: _t("%s approved, but the payment had changed by then: nothing was done.", by),
        refused: _t("%s refused.", by),
        expired: _t("Nobody decided in time."),
    };
    notifyState(pos, payment, texts[state], "warning");
}

function notifyState(pos, payment, what, type) {
    const values = { order: payment.order_name, state: payment.state_text, what };
    const text = _t("MixPay, order %(order)s: %(state)s. %(what)s", values);
    if (type === "warning") {
        noticesOf(pos).add(text);
    } else {
        pos.notification.add(text, { type });
    }
}
