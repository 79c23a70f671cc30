import { _t } from "@web/core/l10n/translation";
import { MixpaySlip, MixpaySlipDialog } from "@pos_mixpay/lazy/components/mixpay_slip/mixpay_slip";
import { isFirst } from "@pos_mixpay/lazy/news";

const print = (pos, slip) => pos.printer.print(MixpaySlip, { slip }, pos.printOptions);

/** Prints the slip that a customer gets whose money no sale waits for any more, once. */
export function giveSlip(pos, { slip, trace_id, order_name }) {
    if (isFirst(pos, `slip:${trace_id}`)) {
        pos.notification.add(_t("Give the customer the printed slip for order %s.", order_name), {
            type: "warning",
            sticky: true,
            buttons: [{ name: _t("Show the slip"), onClick: () => showSlip(pos, slip) }],
        });
        printSlip(pos, slip);
    }
}

/** Prints the slip of a payment again, if somebody asks for it. */
export const printSlipOf = (pos, { slip }) => printSlip(pos, slip);

/** What cannot be printed is shown. */
function printSlip(pos, slip) {
    const show = () => showSlip(pos, slip);
    return print(pos, slip).then((isPrinted) => isPrinted || show(), show);
}

function showSlip(pos, slip) {
    pos.dialog.add(MixpaySlipDialog, { slip, print: () => print(pos, slip) });
}
