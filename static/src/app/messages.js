import { AlertDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";

// What the register says itself. Functions, since translations come after this file is loaded.
export const notAvailable = () => _t("MixPay is not available");

export function showAlert({ dialog }, title, body) {
    dialog.add(AlertDialog, { title, body });
}

/** Only Odoo's own refusals carry words meant for people. */
export function isRefusal(error) {
    return error instanceof RPCError && error.exceptionName?.startsWith("odoo.exceptions.");
}

function serverText(error) {
    if (isRefusal(error)) {
        return error.data.message;
    }
    return _t(
        "The Odoo server could not answer. Try again, or take another payment. If it happens again, reload this page: what the customer has paid is not lost."
    );
}

/**
 * @param {Error} error the server's refusal, or no connection to it
 * @param {string} offlineText
 */
export function errorText(error, offlineText) {
    return error instanceof RPCError ? serverText(error) : offlineText;
}

/** @param {boolean} maybeAsked whether the customer may have seen a code of this line */
export function createOfflineText(maybeAsked) {
    return maybeAsked
        ? _t(
              "No connection to the Odoo server. What the customer has paid is not lost: press “Try again” when the connection is back, and this payment goes on."
          )
        : _t(
              "No connection to the Odoo server. The customer has not been asked to pay. Try again when the connection is back, or remove this line and take another payment."
          );
}

export function tryAgainText(error) {
    return errorText(
        error,
        _t("No connection to the Odoo server. Try again when the connection is back.")
    );
}
