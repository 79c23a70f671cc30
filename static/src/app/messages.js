import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";

// What the register says itself before more is loaded. Functions, since translations come after this.
export const notAvailable = () => _t("MixPay is not available");
export const noConnection = () =>
    _t("No connection to the Odoo server. Try again when the connection is back.");

export function showAlert({ dialog }, title, body) {
    dialog.add(AlertDialog, { title, body });
}

/** Only Odoo's own refusals carry words meant for people. */
export function isRefusal(error) {
    return error instanceof RPCError && error.exceptionName?.startsWith("odoo.exceptions.");
}
