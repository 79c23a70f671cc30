import { callLazy } from "@pos_mixpay/app/loader";
import { mixpayLines } from "@pos_mixpay/app/lines";

/** What MixPay has to do with orders as a whole: which of them must not be deleted. */
export class MixpayOrders {
    constructor(pos, payments) {
        this.pos = pos;
        this.payments = payments;
        this.acknowledged = new Set(); // what somebody saw in the dialog before closing
        this.deferredIds = []; // of orders that continue in the next session
    }

    /** Whether MixPay may have to do with an order, as far as this register knows. */
    concerns(order) {
        return mixpayLines(order).length > 0 || this.payments.hasPaymentOf(order.uuid);
    }

    /** @returns {Promise<boolean>} whether nothing more can be paid for an order that shall go */
    async cancelPayments(order) {
        return !this.concerns(order) || callLazy(this.pos, "cancelOrder", order);
    }

    /** @returns {Promise<number[]>} ids of orders that stay, when all of these are to be cancelled */
    async findHeld(orders) {
        const ours = orders.filter((order) => order && this.concerns(order));
        const held = ours.length ? await callLazy(this.pos, "findHeld", ours) : [];
        return [...this.deferredIds, ...(held || ours.map((order) => order.id))];
    }

    /**
     * Restaurants merge two orders by moving one's lines to the other and deleting it. Their module
     * may be missing or be loaded later, so it is this register's own method that is changed.
     */
    guardMerges() {
        const { pos } = this;
        const { mergeOrders } = pos;
        if (mergeOrders) {
            pos.mergeOrders = async (source, ...others) =>
                (await this.cancelPayments(source)) && mergeOrders.call(pos, source, ...others);
        }
    }
}
