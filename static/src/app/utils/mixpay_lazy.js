import { Component, status, xml } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { ConnectionLostError } from "@web/core/network/rpc";
import { useService } from "@web/core/utils/hooks";
import { notAvailable, tryAgainText } from "@pos_mixpay/app/utils/mixpay_words";

// Every register gets larger by what is eager. What asks the server anyway is loaded when it is needed:
// without a connection it could do nothing. Only this file knows how.
const BUNDLE = "pos_mixpay.assets_lazy";
const MODULE = "@pos_mixpay/lazy/main";

const LONGEST_LOAD_MS = 10000; // a network that swallows everything must keep nobody waiting

/** @returns {typeof import("@pos_mixpay/lazy/main") | undefined} */
const find = () => odoo.loader.modules.get(MODULE);

/**
 * Loads the lazy part once. Whatever goes wrong is a lost connection, and tried again at the next use.
 *
 * @returns {Promise<typeof import("@pos_mixpay/lazy/main")>}
 */
export async function loadLazy() {
    if (!find()) {
        const tooLong = new Promise((resolve) => browser.setTimeout(resolve, LONGEST_LOAD_MS));
        await Promise.race([loadBundle(BUNDLE), tooLong]).catch(() => {});
    }
    const lazy = find();
    if (!lazy) {
        throw new ConnectionLostError(BUNDLE);
    }
    return lazy;
}

/** So that it is there when it is needed, also if the network is not. */
export const prefetchLazy = () => loadLazy().catch(() => {});

/**
 * @param {{ dialog: object }} pos the Point of Sale, or whoever else has that service
 * @returns {Promise<object | undefined>} nothing, when it cannot be loaded: the cashier was told
 */
export async function loadOrTell({ dialog }) {
    try {
        return await loadLazy();
    } catch (error) {
        dialog.add(AlertDialog, { title: notAvailable(), body: tryAgainText(error) });
    }
}

// Functions of the lazy part, by their names. Not loaded is false, which the cashier was told of.
const lazily =
    (name) =>
    async (pos, ...about) => {
        const lazy = await loadOrTell(pos);
        return lazy ? lazy[name](pos, ...about) : false;
    };
export const canValidate = lazily("canValidate");
export const confirmManually = lazily("confirmManually");
export const findHeld = lazily("findHeld");
export const handleRefusal = lazily("handleRefusal");
export const handleRefusedDeletion = lazily("handleRefusedDeletion");
export const forceCancel = lazily("forceCancel");
export const releaseLine = lazily("releaseLine");
export const releaseOrder = lazily("releaseOrder");
export const tellKept = lazily("tellKept");
export const withdraw = lazily("withdraw");

/** A dialog of the lazy part, for whoever cannot wait. When it cannot be loaded, it closes itself. */
export function lazyDialog(name) {
    return class extends Component {
        static template = xml`<t t-if="Dialog" t-component="Dialog" t-props="props"/>`;
        static props = ["*"];

        setup() {
            this.Dialog = find()?.[name];
            if (!this.Dialog) {
                this.load({ dialog: useService("dialog") });
            }
        }

        async load(services) {
            this.Dialog = (await loadOrTell(services))?.[name];
            if (this.Dialog) {
                this.render();
            } else if (status(this) !== "destroyed") {
                this.props.close();
            }
        }
    };
}
