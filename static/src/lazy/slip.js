import { _t } from "@web/core/l10n/translation";
import { MixpaySlip, MixpaySlipDialog } from "@pos_mixpay/lazy/components/mixpay_slip/mixpay_slip";
import { isFirst, noticesOf } from "@pos_mixpay/lazy/notices";

const print = (pos, slip) => pos.printer.print(MixpaySlip, { slip }, pos.printOptions);

/** Prints a payment's slip, once, and tells the cashier whom it is for. */
export function giveSlip(pos, { slip, trace_id, order_name }) {
    if (!isFirst(pos, `slip:${trace_id}`)) {
        return;
    }
    const buttons = [{ name: _t("Show the slip"), onClick: () => showSlip(pos, slip) }];
    const text = _t("Give the customer the printed slip for order %s.", order_name);
    noticesOf(pos).add(text, { buttons });
    return printSlip(pos, slip);
}

/** What cannot be printed is shown. */
export function printSlip(pos, slip) {
    const show = () => showSlip(pos, slip);
    return print(pos, slip).then((isPrinted) => isPrinted || show(), show);
}

/** The same of a payment. */
export const printSlipOf = (pos, payment) => printSlip(pos, payment.slip);

export function showSlip(pos, slip) {
    pos.dialog.add(MixpaySlipDialog, { slip, print: () => print(pos, slip) });
}
