import { mixpayLines, sessionIdOf } from "@pos_mixpay/app/lines";
import { showAlert } from "@pos_mixpay/app/messages";
import { tryAgainText } from "@pos_mixpay/lazy/error_texts";
import { notCancelled } from "@pos_mixpay/lazy/cancel_texts";
import { MixpayRefundDialog } from "@pos_mixpay/lazy/components/mixpay_refund_dialog/mixpay_refund_dialog";
import { explainRefund, explainRefundLine, isRefundLine } from "@pos_mixpay/lazy/refund_texts";
import { printSlip } from "@pos_mixpay/lazy/slip";

// Money given back in coins: what a line is, the server says; see `controllers/refund.py`.

const STATUSES = { asked: "waitingCapture", approved: "done", paid: "done", otherwise: "done" };

/** Begins to give money back with MixPay, or goes on with that; an order has one such line. */
export function startRefund(pos, order, method) {
    if (!method.mixpay_refunds) {
        return explainRefund(pos);
    }
    let line = mixpayLines(order).find(isRefundLine);
    if (!line) {
        const { status, data } = order.addPaymentline(method);
        if (!status) {
            return showAlert(pos, method.name, data);
        }
        line = data;
        line.setPaymentStatus("retry");
    }
    return openRefund(pos, line);
}

/** Opens the dialog about a line's refund. */
export function openRefund(pos, line) {
    if (!line.payment_method_id.mixpay_refunds) {
        return explainRefundLine(pos);
    }
    const order = line.pos_order_id;
    const send = inOrder((route, params) => request(pos, route, params), line);
    pos.dialog.add(MixpayRefundDialog, {
        amount: pos.env.utils.formatCurrency(-line.amount),
        find: () => send("find", { payment_uuid: line.uuid }),
        ask: async (reason) => {
            await pos.mixpay.saving.save(order); // the server looks at what it has saved
            return send("ask", { payment_uuid: line.uuid, reason });
        },
        findApprovers: (reference) => request(pos, "approvers", { reference }),
        approve: (reference, proof) => send("approve", { reference, ...proof }),
        setAddress: (reference, address) => send("address", { reference, ...address }),
        print: (slip) => printSlip(pos, slip),
        cancel: (reference) => send("cancel", { reference }),
    });
}

/** @returns {Promise<boolean>} whether the server agrees to the line's removal */
export async function cancelRefund(pos, line) {
    try {
        const refund = await request(pos, "find", { payment_uuid: line.uuid });
        if (refund && refund.state in STATUSES) {
            noteRefund(line, await request(pos, "cancel", { reference: refund.reference }));
        }
        return true;
    } catch (error) {
        showAlert(pos, notCancelled(), tryAgainText(error));
        return false;
    }
}

const request = (pos, route, params) =>
    pos.mixpay.service.request(`refund_${route}`, { session_id: sessionIdOf(pos), ...params });

/** Has a line show each answer, unless it is older than one that came before it. */
function inOrder(ask, line) {
    let asked = 0;
    let answered = 0;
    let latest;
    return async (...params) => {
        const number = ++asked;
        const refund = await ask(...params);
        if (number > answered) {
            answered = number;
            latest = noteRefund(line, refund);
        }
        return latest;
    };
}

/** Has a line show how its refund stands. */
function noteRefund(line, refund) {
    if (refund && line.pos_order_id) {
        line.uiState = {
            ...line.uiState,
            mixpay: { ...line.uiState?.mixpay, refund: refund.state },
        };
        line.mixpay_receipt = refund.receipt;
        line.setPaymentStatus(STATUSES[refund.state] || "retry");
    }
    return refund;
}
