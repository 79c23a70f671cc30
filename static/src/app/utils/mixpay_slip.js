import { _t } from "@web/core/l10n/translation";
import { loadOrTell } from "@pos_mixpay/app/utils/mixpay_lazy";

/** Prints what the customer keeps of a payment that nobody waits for: once, as receipts are. */
export function printSlip(pos, payment) {
    if (!payment?.slip || !pos.mixpay.isNews(`slip:${payment.trace_id}`)) {
        return;
    }
    const withSlip = async (name) => (await loadOrTell(pos))?.[name](pos, payment.slip);
    pos.notification.add(
        _t("Give the customer the printed slip for order %s.", payment.order_name),
        {
            type: "warning",
            sticky: true,
            buttons: [{ name: _t("Show the slip"), onClick: () => withSlip("showSlip") }],
        }
    );
    withSlip("printSlip");
}
