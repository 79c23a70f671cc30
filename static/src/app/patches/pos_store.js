import { markRaw } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { MixpayRegister } from "@pos_mixpay/app/mixpay_register";
import { doneLines } from "@pos_mixpay/app/lines";
import { callLazy } from "@pos_mixpay/app/loader";
import { isRefusal } from "@pos_mixpay/app/messages";

PosStore.serviceDependencies.push("pos_mixpay");

patch(PosStore.prototype, {
    async processServerData() {
        await super.processServerData(...arguments);
        this.mixpay = markRaw(new MixpayRegister(this));
    },

    async setup() {
        await super.setup(...arguments);
        this.mixpay.start();
    },

    /** The server refuses to change a payment that MixPay has made. */
    canEditPayment(order) {
        return super.canEditPayment(order) && !doneLines(order).length;
    },

    async _onBeforeDeleteOrder(order) {
        return (
            (await super._onBeforeDeleteOrder(...arguments)) &&
            this.mixpay.orders.cancelPayments(order)
        );
    },

    /**
     * Orders that money may still arrive for stay, whatever else is deleted: at the end of a session
     * ("Cancel Orders"), and with those that were removed here and are still to be removed there.
     */
    async deleteOrders(orders, serverIds = [], ...others) {
        const held = new Set(serverIds.length ? await this.mixpay.orders.findHeld(orders) : []);
        try {
            return await super.deleteOrders(
                orders.filter((order) => !held.has(order?.id)),
                serverIds.filter((id) => !held.has(id)),
                ...others
            );
        } catch (error) {
            if (isRefusal(error) && this.mixpay.isUsed) {
                return callLazy(this, "handleRefusedDeletion", error, ...arguments);
            }
            throw error;
        }
    },

    /** Core keeps refusals of background saves to itself, and reads the order as the server has it. */
    async syncAllOrders(options = {}) {
        const sent = options.throw ? [] : toBeSent(this, options);
        const synced = await super.syncAllOrders(...arguments);
        if (sent.length && !this.data.network.offline) {
            const saved = new Set(synced?.map?.((order) => order.uuid));
            for (const order of sent.filter((one) => !saved.has(one.uuid))) {
                callLazy(this, "handleBackgroundRefusal", order);
            }
        }
        return synced;
    },
});

/** The orders that core is about to save, as far as MixPay may be why they are refused. */
function toBeSent(pos, { orders, force }) {
    if (!pos.mixpay?.isUsed) {
        return [];
    }
    const { orderToCreate, orderToUpdate } = pos.getPendingOrder();
    return (orders || [...orderToCreate, ...orderToUpdate]).filter(
        (order) =>
            (order.finalized || pos.mixpay.orders.concerns(order)) &&
            !pos.syncingOrders.has(order.uuid) &&
            (order.isDirty() || force)
    );
}
