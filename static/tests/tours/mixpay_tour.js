import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import { registry } from "@web/core/registry";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";

const tours = registry.category("web_tour.tours");

tours.add("MixpayPaidTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayPaidInPartsTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay_less"),
            Mixpay.stateIs("paid_less"),
            {
                content: "what is missing is shown",
                trigger: ".o_mixpay_popup .o_mixpay_remaining:contains(Still to pay)",
            },
            Mixpay.payerDoes("top_up"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayCancelledTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown(),
            Mixpay.clickCancel(),
            Mixpay.lineSays("Cancelled"),
            Mixpay.payCashInstead(),
        ].flat(),
});

tours.add("MixpayDownTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Dialog.is({ title: "MixPay is not available" }),
            {
                content: "the cashier reads what to do",
                trigger: ".modal-body:contains(another)",
            },
            Dialog.confirm(),
            Mixpay.lineSays("Not paid"),
            Mixpay.payCashInstead(),
        ].flat(),
});

tours.add("MixpayFailedThenPaidTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("fail"),
            Mixpay.popupIsClosed(),
            Mixpay.lineSays("Payment failed"),
            Mixpay.clickRetry(),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayReloadedTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown(),
            {
                content: "wait until the browser has stored the line, then reload",
                trigger: ".o_mixpay_popup",
                async run() {
                    await window.posmodel.data.synchronizeLocalDataInIndexedDB();
                    window.location.reload();
                },
                expectUnloadPage: true,
            },
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});
