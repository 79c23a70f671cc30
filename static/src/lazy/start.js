import { watchCustomerDisplay } from "@pos_mixpay/lazy/customer_display";
import { watchUnfinished } from "@pos_mixpay/lazy/finishing";
import { watchVersion } from "@pos_mixpay/lazy/version";

/** What goes on in a register that takes MixPay, from when this part is loaded. */
export function start(pos) {
    watchVersion(pos);
    watchCustomerDisplay(pos);
    watchUnfinished(pos);
}
