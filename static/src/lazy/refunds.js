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
    const send = (route, params) => ask(pos, line, route, params);
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

/** Shows how the refunds of open orders stand, now and when somebody has decided elsewhere. */
export function watchRefunds(pos) {
    const update = () =>
        pos.models["pos.order"]
            .filter((order) => !order.finalized)
            .flatMap((order) => mixpayLines(order).filter(isAskedRefund))
            .forEach((line) => follow(pos, line));
    pos.data.connectWebSocket("MIXPAY_REFUND", update);
    update();
}

const isAskedRefund = (line) => isRefundLine(line) && line.payment_status !== "retry";

/** No cashier waits for it: it fails silently, and the next message brings another one. */
async function follow(pos, line) {
    try {
        await ask(pos, line, "find", { payment_uuid: line.uuid });
    } catch (error) {
        pos.mixpay.service.payments.noteError(error);
    }
}

/** @returns {Promise<boolean>} whether the server agrees to the line's removal */
export async function cancelRefund(pos, line) {
    try {
        const refund = await ask(pos, line, "find", { payment_uuid: line.uuid });
        if (refund && refund.state in STATUSES) {
            await ask(pos, line, "cancel", { reference: refund.reference });
        }
        return true;
    } catch (error) {
        showAlert(pos, notCancelled(), tryAgainText(error));
        return false;
    }
}

const request = (pos, route, params) =>
    pos.mixpay.service.request(`refund_${route}`, { session_id: sessionIdOf(pos), ...params });

/** By line: how much was asked and answered about its refund, and the latest answer. */
const turns = new Map();

/** Has a line show each answer, unless it is older than one that came before it. */
async function ask(pos, line, route, params) {
    const turn = turns.get(line.uuid) || { asked: 0, answered: 0 };
    turns.set(line.uuid, turn);
    const number = ++turn.asked;
    const refund = await request(pos, route, params);
    if (number > turn.answered) {
        turn.answered = number;
        turn.latest = noteRefund(line, refund);
    }
    return turn.latest;
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
