import { _t } from "@web/core/l10n/translation";
import { showAlert } from "@pos_mixpay/app/messages";

export const isRefundLine = (line) => line.amount < 0;

/** To an order that gives money back, no line is added where the method gives no coins back. */
export function explainRefund(pos) {
    showAlert(pos, _t("MixPay only receives money"), howToGiveBack());
}

/** Such a line may have come from elsewhere. */
export function explainRefundLine(pos) {
    const text = _t("Remove this line. %s", howToGiveBack());
    showAlert(pos, _t("MixPay only receives money"), text);
}

const howToGiveBack = () =>
    _t(
        "Give the money back with another payment method. If the customer shall have coins back, ask a manager: they send them from the shop's own wallet, and write that down at this order in the back office."
    );

/** What a line that gives money back says about itself. */
export const refundText = ({ uiState }) =>
    ({
        asked: _t("Refund in coins: waiting for an approval"),
        approved: _t("Refund in coins: approved, to be paid out"),
        paid: _t("Refund in coins: paid out"),
        otherwise: _t("Given back another way"),
        refused: _t("Refund in coins: refused"),
    })[uiState?.mixpay?.refund] || _t("Refund in coins: not asked for yet");
