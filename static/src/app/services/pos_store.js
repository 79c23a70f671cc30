import { markRaw } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";
import { MixpayRegister } from "@pos_mixpay/app/mixpay_register";
import { freeRefusedLines } from "@pos_mixpay/app/utils/mixpay_lazy";
import {
    amountsOf,
    doneLines,
    isInFlight,
    mayHoldMoney,
    mixpayLines,
} from "@pos_mixpay/app/utils/mixpay_line";

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

    async _onBeforeDeleteOrder(order) {
        return (await super._onBeforeDeleteOrder(...arguments)) && this.mixpay.release(order);
    },

    /** "Cancel Orders" at the end of a session: orders that money may still arrive for stay. */
    async deleteOrders(orders, serverIds = [], ...others) {
        if (!serverIds.length) {
            return super.deleteOrders(...arguments);
        }
        const held = new Set([...this.mixpay.carried, ...(await findHeld(orders))]);
        return super.deleteOrders(
            orders.filter((order) => !held.has(order.id)),
            serverIds.filter((id) => !held.has(id)),
            ...others
        );
    },

    /** Core keeps refusals of background saves to itself, and reads the order as the server has it. */
    async syncAllOrders(options = {}) {
        const synced = await super.syncAllOrders(...arguments);
        if (!options.throw && !this.data.network.offline) {
            const { orderToCreate, orderToUpdate } = this.getPendingOrder();
            [...orderToCreate, ...orderToUpdate]
                .filter((order) => order.finalized && doneLines(order).length)
                .forEach((order) => {
                    const amounts = amountsOf(order);
                    this.deviceSync.readDataFromServer().then(
                        () => freeRefusedLines(this, order, amounts),
                        (error) => this.mixpay.service.noteFailure(error)
                    );
                });
        }
        return synced;
    },
});

/** @returns {Promise<Set>} ids of orders that money may still arrive for; the others are freed */
async function findHeld(orders) {
    const held = new Set();
    for (const order of orders) {
        for (const line of mixpayLines(order).filter(mayHoldMoney)) {
            const { payment_terminal } = line.payment_method_id;
            const { isFree } = await payment_terminal.cancelLine(line.uuid);
            if (!isFree || (isInFlight(line) && !payment_terminal.traceOf(line))) {
                held.add(order.id);
            }
        }
    }
    return held;
}
