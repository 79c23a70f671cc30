import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { ClosePosPopup } from "@point_of_sale/app/components/popups/closing_popup/closing_popup";
import { loadLazy } from "@pos_mixpay/app/loader";

/**
 * Shows what is open at MixPay before the session is closed, once. It never prevents closing: without
 * an answer, closing goes on.
 *
 * @returns {Promise<boolean>} whether to go on
 */
export async function mayClose(pos) {
    const goOnAfter = (error) => {
        pos.mixpay.service.payments.noteError(error);
        pos.notification.add(
            _t(
                "The MixPay payments of this session could not be listed. A manager finds them later."
            ),
            { type: "warning" }
        );
        return true;
    };
    try {
        return !pos.mixpay.isUsed || (await (await loadLazy()).confirmClosing(pos, goOnAfter));
    } catch (error) {
        return goOnAfter(error);
    }
}

patch(ClosePosPopup.prototype, {
    async closeSession() {
        if (await mayClose(this.pos)) {
            return super.closeSession(...arguments);
        }
    },
});
