import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as OfflineUtil from "@point_of_sale/../tests/generic_helpers/offline_util";
import { negate } from "@point_of_sale/../tests/generic_helpers/utils";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import { registry } from "@web/core/registry";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";

// What only a browser shows: pages that are loaded again, a second tab, a phone, a parked order, a
// connection that is lost.

const tours = registry.category("web_tour.tours");

tours.add("MixpayParkedTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.keepAddress(),
            Mixpay.serveNext(),
            ProductScreen.clickDisplayedProduct("Letter Tray"),
            ProductScreen.clickPayButton(),
            PaymentScreen.clickPaymentMethod("Cash"),
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            ReceiptScreen.clickNextOrder(),
            Chrome.clickOrders(),
            {
                content: "the list of orders says how the parked one stands",
                trigger: ".ticket-screen .badge:contains(MixPay: Waiting for the customer)",
            },
            Mixpay.payerDoesMeanwhile("pay"),
            {
                content: "one press returns to it",
                trigger: ".o_notification:contains(received for order) button:contains(Open)",
                run: "click",
            },
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayOfflineTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            Mixpay.isReadyForOffline(),
            OfflineUtil.setOfflineMode(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Dialog.is({ title: "MixPay is not available" }),
            Dialog.bodyIs("The customer has not been asked to pay"),
            Dialog.confirm(),
            Mixpay.lineSays("Not paid"),
            OfflineUtil.setOnlineMode(),
            Mixpay.clickRetry(),
            Mixpay.qrIsShown(),
            OfflineUtil.setOfflineMode(),
            Mixpay.isOffline(),
            Mixpay.qrIsShown(), // who scans it now can pay
            OfflineUtil.setOnlineMode(),
            Mixpay.isBackSoon(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayReloadedSeenTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay"),
            Mixpay.stateIs("confirming"),
            Mixpay.reload(),
            Mixpay.stateIs("confirming"),
            {
                content: "what was paid is not asked for again",
                trigger: negate("img.o_mixpay_qr", ".o_mixpay_popup"),
            },
            {
                content: "the amount, the order and what was sent are there",
                trigger: ".o_mixpay_popup:has(.o_mixpay_amount:contains(1.98)) .o_mixpay_facts",
            },
        ].flat(),
});

tours.add("MixpayTwoTabsTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.openSecondTab(),
            {
                content: "the second tab shows the same code",
                trigger: ":iframe .o_mixpay_popup img.o_mixpay_qr",
            },
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            {
                content: "in the second tab, too, the sale is over",
                trigger: ":iframe body:not(:has(.o_mixpay_popup)) .pos",
            },
            {
                content: "and it shows no error",
                trigger: ":iframe body:not(:has(.modal)) .pos",
            },
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpaySmallPhoneTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.fitsOnTheScreen(),
            Mixpay.reload(),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});
