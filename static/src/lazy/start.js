import { watchUnfinished } from "@pos_mixpay/lazy/finishing";
import { watchSounds } from "@pos_mixpay/lazy/sounds";
import { watchVersion } from "@pos_mixpay/lazy/version";

/** What goes on in a register that takes MixPay, from when this part is loaded. */
export function start(pos) {
    watchVersion(pos);
    watchSounds(pos);
    watchUnfinished(pos);
}
