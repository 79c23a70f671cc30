import { watchAside } from "@pos_mixpay/lazy/aside";
import { watchUnfinished } from "@pos_mixpay/lazy/finishing";
import { watchReloads } from "@pos_mixpay/lazy/reloading";
import { watchVersion } from "@pos_mixpay/lazy/version";

/** What goes on in a register that takes MixPay, from when this part is loaded. */
export function start(pos) {
    watchReloads(pos);
    watchAside(pos);
    watchVersion(pos);
    watchUnfinished(pos);
}
