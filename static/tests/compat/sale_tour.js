import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as NumberPopup from "@point_of_sale/../tests/generic_helpers/number_popup_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import { registry } from "@web/core/registry";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

const tours = registry.category("web_tour.tours");

tours.add("MixpayCompatSplitTenderTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod("Cash"),
            PaymentScreen.clickNumpad("1"),
            PaymentScreen.remainingIs("0.98"),
            Steps.payByMixpay("0.98"),
            PaymentScreen.clickValidate(),
            Steps.receiptSays("1.98"),
            Steps.saved(),
        ].flat(),
});

tours.add("MixpayCompatRefundTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            Steps.payByMixpay("1.98"),
            Steps.receiptSays("1.98"),
            Steps.nextOrder(),
            ProductScreen.clickRefund(),
            TicketScreen.selectOrder("001"),
            ProductScreen.clickNumpad("1"),
            TicketScreen.toRefundTextContains("To Refund: 1"),
            TicketScreen.confirmRefund(),
            PaymentScreen.isShown(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Dialog.is({ title: "MixPay only receives money" }),
            {
                content: "the cashier reads what to do",
                trigger: ".modal-body:contains(another payment method)",
            },
            Dialog.confirm(),
            PaymentScreen.clickPaymentMethod("Cash"),
            PaymentScreen.clickValidate(),
            Steps.receiptSays("-1.98"),
            Steps.saved(),
        ].flat(),
});

tours.add("MixpayCompatDiscountTour", {
    steps: () =>
        [
            Steps.openRegister(),
            ProductScreen.clickDisplayedProduct("Desk Pad"),
            ProductScreen.clickControlButton("Discount"),
            NumberPopup.enterValue("50"),
            Dialog.confirm(),
            ProductScreen.totalAmountIs("0.99"),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("0.99"),
            Steps.receiptSays("0.99"),
            Steps.saved(),
        ].flat(),
});

tours.add("MixpayCompatClosingTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            Steps.payByMixpay("1.98"),
            Steps.receiptSays("1.98"),
            Steps.nextOrder(),
            Chrome.clickMenuOption("Close Register"),
            {
                content: "what MixPay received is counted",
                trigger: ".close-pos-popup :contains(MixPay)",
            },
            { ...Dialog.confirm("Close Register"), expectUnloadPage: true },
        ].flat(),
});
