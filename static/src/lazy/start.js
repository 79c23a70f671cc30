import { browser } from "@web/core/browser/browser";
import { user } from "@web/core/user";
import { watchAside } from "@pos_mixpay/lazy/aside";
import { watchCustomerDisplay } from "@pos_mixpay/lazy/customer_display";
import { watchUnfinished } from "@pos_mixpay/lazy/finishing";
import { watchRefunds } from "@pos_mixpay/lazy/refunds";
import { watchReloads } from "@pos_mixpay/lazy/reloading";
import { watchSounds } from "@pos_mixpay/lazy/sounds";
import { watchVersion } from "@pos_mixpay/lazy/version";

/** What goes on in a register that takes MixPay, from when this part is loaded. */
export function start(pos) {
    // Screen readers and line breaks go by the page's language, which core does not name.
    document.documentElement.lang ||= user.lang;
    watchReloads(pos);
    watchAside(pos);
    watchVersion(pos);
    watchSounds(pos);
    watchCustomerDisplay(pos);
    watchUnfinished(pos);
    watchRefunds(pos);
    for (const [target, event] of [
        [browser, "online"],
        [browser, "pos-network-online"], // core has reached the server again
        [pos.data.bus, "BUS:RECONNECT"], // so has the bus
    ]) {
        target.addEventListener(event, () => refreshOpen(pos));
    }
}

/** The server can be reached again: nobody waits for the next poll. */
function refreshOpen({ mixpay: { service } }) {
    const { payments } = service;
    if (!payments.state.isOffline) {
        return; // another of these events was first
    }
    const open = Object.keys(payments.state.payments).filter((id) => !payments.isFinal(id));
    open.forEach((traceId) => service.refresh(traceId));
}
