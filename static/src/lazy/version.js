import { browser } from "@web/core/browser/browser";

/** What this page understands. The server's answers name theirs, see `_to_register`. */
export const VERSION = 2;

const STORAGE_KEY = "pos_mixpay.reloaded_for";

/**
 * An upgrade of the server leaves old pages open in the registers. The server understands the version
 * before its own; a page that hears of another version than its own reloads when a customer has been
 * served.
 */
export function watchVersion(pos) {
    let heard = VERSION;
    pos.mixpay.service.payments.subscribe(({ version }) => {
        heard = version || VERSION;
    });
    const { orderDone } = pos;
    pos.orderDone = (...args) => {
        orderDone.apply(pos, args);
        return heard !== VERSION && reloadOnce(pos, String(heard));
    };
}

/** Once per version: if a reload brings the same page again, so would the next reload. */
async function reloadOnce(pos, version) {
    const { sessionStorage, location } = browser;
    if (pos.data.network.offline || sessionStorage.getItem(STORAGE_KEY) === version) {
        return;
    }
    sessionStorage.setItem(STORAGE_KEY, version);
    await pos.data.synchronizeLocalDataInIndexedDB();
    location.reload();
}
