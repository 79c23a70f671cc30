import { MixpaySlip, MixpaySlipDialog } from "@pos_mixpay/lazy/components/mixpay_slip/mixpay_slip";

const print = (pos, slip) => pos.printer.print(MixpaySlip, { slip }, pos.printOptions);

/** Prints a slip, or shows it if it cannot be printed. */
export function printSlip(pos, slip) {
    const show = () => showSlip(pos, slip);
    return print(pos, slip).then((isPrinted) => isPrinted || show(), show);
}

/** Prints or shows the slip of a payment. */
export const printSlipOf = (pos, payment) => printSlip(pos, payment.slip);

export function showSlip(pos, slip) {
    pos.dialog.add(MixpaySlipDialog, { slip, print: () => print(pos, slip) });
}
