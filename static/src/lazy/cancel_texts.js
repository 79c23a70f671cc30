import { _t } from "@web/core/l10n/translation";
import { errorText } from "@pos_mixpay/lazy/error_texts";

export const notCancelled = () => _t("This payment cannot be cancelled now");

function cancelErrorText(error) {
    return errorText(
        error,
        _t(
            "No connection to the Odoo server: the customer could still pay. Try again when the connection is back."
        )
    );
}

/** Why a payment was not cancelled: the server's own words only describe its state. */
export function keptText({ can_force_cancel, is_final, message }) {
    if (!can_force_cancel) {
        return message;
    }
    return is_final
        ? _t(
              "The customer has paid this with MixPay. Use it for this order, or ask a manager to stop waiting for it: then a manager decides what becomes of the money."
          )
        : _t(
              "The customer's money is on its way, so this payment cannot be cancelled. Wait for it, or ask a manager to stop waiting for it."
          );
}

/** Why a line's payment was not cancelled, after trying to. */
export const whyKept = ({ payment, error }) =>
    payment ? keptText(payment) : cancelErrorText(error);

export function notSavedText(error) {
    const reason = errorText(error, _t("No connection to the Odoo server."));
    return _t("The order could not be saved, so its payment was cancelled: %s", String(reason));
}

/** What to do about a line that the server does not count as paid. */
export function uncoveredText() {
    return _t(
        "The line is not paid, or its amount was changed afterwards. Press “Try again” on it, or remove it and take another payment."
    );
}
