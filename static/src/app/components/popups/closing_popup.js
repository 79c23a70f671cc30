import { patch } from "@web/core/utils/patch";
import { ClosePosPopup } from "@point_of_sale/app/components/popups/closing_popup/closing_popup";
import { confirmClosing } from "@pos_mixpay/app/utils/mixpay_closing";

patch(ClosePosPopup.prototype, {
    async closeSession() {
        if (await confirmClosing(this.pos)) {
            return super.closeSession(...arguments);
        }
    },
});
