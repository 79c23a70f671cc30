import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";

/** The shop as it opens in the morning. */
export function openRegister() {
    return [Chrome.startPoS(), Dialog.confirm("Open Register")].flat();
}

/** Has the customer pay what is due, or what another method left over, by scanning the code. */
export function payByMixpay(amount) {
    return [
        PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
        Mixpay.stateIs("unpaid"),
        { content: "how much", trigger: `.o_mixpay_popup .o_mixpay_amount:contains(${amount})` },
        Mixpay.payerDoes("pay"),
        Mixpay.popupIsClosed(),
    ].flat();
}

/** The sale that MixPay paid alone finished by itself. */
export function receiptSays(total) {
    return [ReceiptScreen.isShown(), ReceiptScreen.receiptAmountTotalIs(total)].flat();
}

export function nextOrder() {
    return [Chrome.isSynced(), ReceiptScreen.clickNextOrder()].flat();
}

/** The last step: everything is saved on the server. */
export function saved() {
    return [Chrome.isSynced(), Chrome.endTour()].flat();
}
