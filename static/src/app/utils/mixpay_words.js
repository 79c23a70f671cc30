import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";

// Functions, since translations are not there yet when this file is loaded.
export const notAvailable = () => _t("MixPay is not available");

/** Only Odoo's own refusals carry words meant for people. */
export function isRefusal(error) {
    return (
        error instanceof RPCError && Boolean(error.exceptionName?.startsWith("odoo.exceptions."))
    );
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

/**
 * What to do when an order was changed while its code can be paid: the code stays what it was.
 *
 * @param {string} asked what the code asks for
 * @param {number} difference what is due more (or, below zero, less) than that
 */
export function editedText(asked, due, difference) {
    return difference < 0
        ? _t(
              "This code asks for %(asked)s, but only %(due)s is due now. Cancel it and start again.",
              { asked, due }
          )
        : _t(
              "This code asks for %(asked)s, but %(due)s is due now. Let it be paid and take the rest separately, or cancel it and start again.",
              { asked, due }
          );
}
