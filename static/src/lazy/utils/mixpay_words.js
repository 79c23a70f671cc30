import { _t } from "@web/core/l10n/translation";
import { errorText } from "@pos_mixpay/app/utils/mixpay_words";

export const notCancelled = () => _t("This payment cannot be cancelled now");

export function cancelErrorText(error) {
    return errorText(
        error,
        _t(
            "No connection to the Odoo server: the customer could still pay. Try again when the connection is back."
        )
    );
}

/** Why a payment was not cancelled: the server's own words say only how it stands. */
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

/** Why a line is not free, after trying to give its payment up. */
export const whyKept = ({ payment, error }) =>
    payment ? keptText(payment) : cancelErrorText(error);

export function notSavedText(error) {
    const reason = errorText(error, _t("No connection to the Odoo server."));
    return _t("The order could not be saved, so its payment was cancelled: %s", String(reason));
}
