import { _t } from "@web/core/l10n/translation";
import { MixpaySlip, MixpaySlipDialog } from "@pos_mixpay/app/components/mixpay_slip/mixpay_slip";

/** Prints what the customer keeps of a payment that nobody waits for: once, as receipts are. */
export function printSlip(pos, payment) {
    if (!payment?.slip || !pos.mixpay.isNews(`slip:${payment.trace_id}`)) {
        return;
    }
    const { slip } = payment;
    const print = () => pos.printer.print(MixpaySlip, { slip }, pos.printOptions);
    const show = () => pos.dialog.add(MixpaySlipDialog, { slip, print });
    pos.notification.add(
        _t("Give the customer the printed slip for order %s.", payment.order_name),
        {
            type: "warning",
            sticky: true,
            buttons: [{ name: _t("Show the slip"), onClick: show }],
        }
    );
    print().then((isPrinted) => isPrinted || show(), show);
}
