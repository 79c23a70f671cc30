import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { RPCError } from "@web/core/network/rpc";
import { findHeld, prefetchLazy, releaseOrder } from "@pos_mixpay/app/utils/mixpay_lazy";
import {
    amountOf,
    isMixpayLine,
    isMixpayMethod,
    mixpayLines,
} from "@pos_mixpay/app/utils/mixpay_line";

const PREFETCH_AFTER_MS = 5000; // the register is loaded and drawn by then

/**
 * What a register does about MixPay as a whole, whichever payment method and screen: it listens to
 * the server, keeps the lines of all open orders up to date, and tells the cashier news once.
 */
export class MixpayRegister {
    constructor(pos) {
        this.pos = pos;
        this.told = new Set();
        this.saves = new Map();
        this.shown = new Set(); // what was acknowledged when closing the session
        this.carried = []; // ids of orders that go on in the next session
        this.service.subscribe((payment) => this.onPayment(payment));
    }

    /** @returns {import("@pos_mixpay/app/services/mixpay_service").MixpayService} */
    get service() {
        return this.pos.env.services.pos_mixpay;
    }

    /** Messages may come twice, or before anybody listens: they only say that it is time to ask. */
    start() {
        const { data } = this.pos;
        data.connectWebSocket("MIXPAY_PAYMENT", ({ id }) => this.service.onChanged(id));
        data.connectWebSocket("MIXPAY_LATE", ({ id }) =>
            this.service.onLate(id, this.pos.session.id)
        );
        // Also those that ended: an approval may be on its way, and their words are gone.
        this.pos.models["pos.payment"]
            .filter((line) => isMixpayLine(line) && !line.isDone())
            .forEach((line) => this.service.watch(line.uiState?.mixpay?.traceId));
        this.guardMerges();
        if (this.isUsed) {
            browser.setTimeout(prefetchLazy, PREFETCH_AFTER_MS);
        }
    }

    /** Whether this shop takes MixPay at all. */
    get isUsed() {
        return this.pos.models["pos.payment.method"].some(isMixpayMethod);
    }

    /**
     * Restaurants merge orders by emptying one into the other, and delete it when its lines are gone.
     * Their module may not be there, or be loaded later: hence this register's own method.
     */
    guardMerges() {
        const { pos } = this;
        const { mergeOrders } = pos;
        if (mergeOrders) {
            pos.mergeOrders = async (source, ...others) =>
                (await this.release(source)) && mergeOrders.call(pos, source, ...others);
        }
    }

    /** @returns {Promise<boolean>} whether nothing is on its way to an order that is about to go */
    async release(order) {
        return !this.concerns(order) || releaseOrder(this.pos, order);
    }

    /** @returns {Promise<number[]>} ids of orders that stay, when all of these are to be cancelled */
    async findHeld(orders) {
        const ours = orders.filter((order) => this.concerns(order));
        const held = ours.length ? await findHeld(this.pos, ours) : [];
        return [...this.carried, ...(held || ours.map((order) => order.id))];
    }

    /** Whether MixPay may have to do with an order, for all that this register knows. */
    concerns(order) {
        return mixpayLines(order).length > 0 || this.service.hasPaymentOf(order.uuid);
    }

    // ------------------------------------------------------------------------- answers to lines

    /** Every answer reaches its line, also while nobody looks at it. */
    onPayment(payment) {
        const line = this.getLine(payment.payment_uuid);
        const isAwaited = line?.payment_method_id.payment_terminal?.hasAttempt(line.uuid);
        if (line && !line.pos_order_id?.finalized && this.isPaymentOf(line, payment)) {
            this.fillLine(line, payment);
            line.setPaymentStatus(payment.line_status);
        }
        this.tell(payment, line && !isAwaited);
    }

    /** The payment that a line shows: the last one asked for, and of the amount that it has now. */
    paymentOf(line) {
        const payment = this.service.getOfLine(line.uuid);
        return payment && this.isPaymentOf(line, payment) ? payment : undefined;
    }

    /** A line whose order is gone, or not loaded yet, is nobody's. */
    isPaymentOf(line, { amount, trace_id }) {
        return (
            Boolean(line.pos_order_id) &&
            amount === amountOf(line) &&
            this.service.traceOfLine[line.uuid] === trace_id
        );
    }

    /** Lines as the server has them say nothing of their payments' latest words. */
    refreshLines(order) {
        for (const line of mixpayLines(order)) {
            const payment = this.service.getOfLine(line.uuid);
            if (payment) {
                this.onPayment(payment);
            }
        }
    }

    fillLine(line, payment) {
        line.uiState = {
            ...line.uiState,
            mixpay: { ...line.uiState?.mixpay, traceId: payment.trace_id },
        };
        if (payment.line_status === "done") {
            line.transaction_id = payment.transaction_id || payment.trace_id;
            line.payment_ref_no = payment.payment_ref_no || "";
            line.card_brand = payment.card_brand || "";
        }
    }

    getLine(uuid) {
        const line = this.pos.models["pos.payment"].getBy("uuid", uuid);
        return isMixpayLine(line) ? line : undefined;
    }

    // -------------------------------------------------------------------------- news, told once

    /** While a payment is waited for, the popup shows its notice; afterwards nobody looks there. */
    tell(payment, isUnwatched) {
        const { trace_id, notice, line_status } = payment;
        if (!this.service.isSettled(trace_id)) {
            return;
        }
        const isFirst = line_status !== "done" || this.isNews(`done:${trace_id}`);
        if (notice && this.isNews(`${trace_id}:${notice}`)) {
            this.notify(payment, notice, { type: "warning", sticky: true });
        } else if (!notice && line_status === "done" && isFirst && isUnwatched) {
            const words = { amount: payment.amount_text, order: payment.order_name };
            const text = payment.is_confirmed_manually
                ? _t("MixPay: %(amount)s of order %(order)s marked as paid.", words)
                : _t("MixPay: %(amount)s received for order %(order)s.", words);
            this.notify(payment, text, { type: "success" });
        }
    }

    isNews(key) {
        return !this.told.has(key) && Boolean(this.told.add(key));
    }

    notify(payment, text, options) {
        const order = this.pos.models["pos.order"].getBy("uuid", payment.order_uuid);
        const isElsewhere = order && !order.finalized && order !== this.pos.getOrder();
        const open = () => {
            this.pos.setOrder(order);
            this.pos.navigate("PaymentScreen", { orderUuid: order.uuid });
        };
        this.pos.notification.add(text, {
            ...options,
            buttons: isElsewhere ? [{ name: _t("Open the order"), onClick: open }] : [],
        });
    }

    showAlert(title, body) {
        this.pos.dialog.add(AlertDialog, { title, body });
    }

    // --------------------------------------------------------------------- orders on the server

    /**
     * The order as core would send it now; what core has to send stays to be sent. Other modules'
     * preparations are begun, not waited for: a customer waits, and the order is saved properly soon.
     */
    dataOf(order) {
        this.pos.preSyncAllOrders([order]).catch(console.error);
        return order.serializeForORM({ keepCommands: true });
    }

    /**
     * Saves a draft order, so that it outlives this device. Saves of one order take turns: core lets
     * them overlap, and the second one of a new order is then refused for its uuid.
     */
    save(order) {
        const save = (this.saves.get(order.uuid) || Promise.resolve()).then(() => this.push(order));
        const settled = save
            .catch(() => {})
            .then(() => {
                if (this.saves.get(order.uuid) === settled) {
                    this.saves.delete(order.uuid);
                }
            });
        this.saves.set(order.uuid, settled);
        return save;
    }

    async push(order) {
        const options = { orders: [order], throw: true };
        try {
            await this.pos.syncAllOrders(options);
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            // A save of core's own may have been faster: now the order is known. It may not look as
            // if there were something to send, since sending it notes that it was sent.
            await this.pos.syncAllOrders({ ...options, force: true });
        }
    }

    /** An answer to an older save must not undo what validation does to the order. */
    async whenSaved(order) {
        await this.saves.get(order.uuid);
    }
}
