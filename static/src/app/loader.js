import { Component, reactive, status, xml } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { noConnection, notAvailable, showAlert } from "@pos_mixpay/app/messages";

// Everything in `app` makes every register larger. What needs the server anyway is in `lazy`, and is
// loaded when it is needed. This file is the only way there.
const BUNDLE = "pos_mixpay.assets_lazy";
const MODULE = "@pos_mixpay/lazy/main";

const LONGEST_LOAD_MS = 10000; // a network that answers nothing must not block the register

/** What draws with the lazy part reads this, to be drawn again when it comes. */
export const loading = reactive({ times: 0 });

/** @returns {typeof import("@pos_mixpay/lazy/main") | undefined} the lazy part, if it is loaded */
export const findLazy = () => odoo.loader.modules.get(MODULE);

/**
 * Loads the lazy part once. Any failure counts as a lost connection; the next use tries again.
 *
 * @returns {Promise<typeof import("@pos_mixpay/lazy/main")>}
 */
export async function loadLazy() {
    if (!findLazy()) {
        const tooLong = new Promise((resolve) => browser.setTimeout(resolve, LONGEST_LOAD_MS));
        await Promise.race([loadBundle(BUNDLE), tooLong]).catch(() => {});
        loading.times++;
    }
    const lazy = findLazy();
    if (!lazy) {
        throw new ConnectionLostError(BUNDLE);
    }
    return lazy;
}

/**
 * Loads it before it is needed, since later there may be no network, and has it start its work, once.
 * Tries until it can be had: without that work, a register misses what the server and others tell it.
 */
export const prefetchLazy = (pos) =>
    loadLazy()
        .then(
            (lazy) => lazy.start(pos),
            () => browser.setTimeout(prefetchLazy, LONGEST_LOAD_MS, pos)
        )
        .catch(console.error);

/** @returns {Promise<object | undefined>} nothing if it cannot be loaded: the cashier was told */
async function loadOrNotify(pos) {
    try {
        return await loadLazy();
    } catch {
        showAlert(pos, notAvailable(), noConnection());
    }
}

/**
 * Calls a function of the lazy part.
 *
 * @param {string} name as exported by `lazy/main`
 * @returns {Promise<any>} false if it cannot be loaded: the cashier was told
 */
export async function callLazy(pos, name, ...args) {
    const lazy = await loadOrNotify(pos);
    return lazy ? lazy[name](pos, ...args) : false;
}

/** Makes a dialog of the lazy part that can be opened at once. It closes if it cannot be loaded. */
export function lazyDialog(pos, name) {
    return class extends Component {
        static template = xml`<t t-if="Dialog" t-component="Dialog" t-props="props"/>`;
        static props = ["*"];

        setup() {
            this.Dialog = findLazy()?.[name];
            if (!this.Dialog) {
                this.load();
            }
        }

        async load() {
            this.Dialog = (await loadOrNotify(pos))?.[name];
            if (this.Dialog) {
                this.render();
            } else if (status(this) !== "destroyed") {
                this.props.close(true);
            }
        }
    };
}
