import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { isRefusal, noConnection, notAvailable, showAlert } from "@pos_mixpay/app/messages";

// Why something could not be done, and what to do now.

/**
 * @param {Error} [error] the server's refusal, or no connection to it
 * @param {string} offlineText
 */
export function errorText(error, offlineText) {
    return error instanceof RPCError ? serverText(error) : offlineText;
}

export const tryAgainText = (error) => errorText(error, noConnection());

/**
 * Says why a payment could not be asked for.
 *
 * @param {boolean} maybeAsked whether the customer may have seen a code of this line
 * @param {Error} [error] none where there is no connection at all
 */
export function explainError(pos, maybeAsked, error) {
    showAlert(pos, notAvailable(), errorText(error, offlineText(maybeAsked)));
}

/** Says that this page has a fault. */
export function explainFault(pos) {
    const text = _t("Something went wrong in this register. Try again, or take another payment.");
    showAlert(pos, notAvailable(), text);
}

function serverText(error) {
    if (isRefusal(error)) {
        return error.data.message;
    }
    return _t(
        "The Odoo server could not answer. Try again, or take another payment. If it happens again, reload this page: what the customer has paid is not lost."
    );
}

function offlineText(maybeAsked) {
    return maybeAsked
        ? _t(
              "No connection to the Odoo server. What the customer has paid is not lost: press “Try again” when the connection is back, and this payment goes on."
          )
        : _t(
              "No connection to the Odoo server. The customer has not been asked to pay. Try again when the connection is back, or remove this line and take another payment."
          );
}
