import { RPCError } from "@web/core/network/rpc";

/** Saves draft orders on the server, so that they outlive this device. */
export class MixpaySaving {
    constructor(pos) {
        this.pos = pos;
        this._saves = new Map();
    }

    /**
     * The order as core would send it now; what core has to send stays to be sent. What other
     * modules prepare is started, but not awaited: a customer waits, and the order is saved soon.
     */
    serialize(order) {
        this.pos.preSyncAllOrders([order]).catch(console.error);
        return order.serializeForORM({ keepCommands: true });
    }

    /**
     * Saves of one order follow each other: core lets them overlap, and then the second save of a
     * new order is refused for its uuid.
     */
    save(order) {
        const save = this.whenSaved(order).then(() => this._push(order));
        const ended = save
            .catch(() => {})
            .then(() => {
                if (this._saves.get(order.uuid) === ended) {
                    this._saves.delete(order.uuid);
                }
            });
        this._saves.set(order.uuid, ended);
        return save;
    }

    /** The answer to a save under way would undo what validation does to the order. */
    async whenSaved(order) {
        await this._saves.get(order.uuid);
    }

    async _push(order) {
        // Forced: core counts as sent what it tried to send, or has read in the meantime.
        const options = { orders: [order], throw: true, force: true };
        try {
            await this.pos.syncAllOrders(options);
        } catch (error) {
            if (!(error instanceof RPCError)) {
                throw error;
            }
            // Core may have saved it at the same time: now the order is known, and this works.
            await this.pos.syncAllOrders(options);
        }
    }
}
