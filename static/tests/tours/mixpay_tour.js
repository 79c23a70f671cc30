import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import { registry } from "@web/core/registry";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";

const tours = registry.category("web_tour.tours");

tours.add("MixpayPaidTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayMailedTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            ReceiptScreen.isShown(),
            ReceiptScreen.setEmail("customer@example.com"),
            ReceiptScreen.clickSend(),
            ReceiptScreen.emailIsSuccessful(),
            Mixpay.isDrawn("Sent: "),
            Mixpay.isDrawn("MixPay reference: "),
        ].flat(),
});

/** A sale of before, as another register reads it from the server. */
tours.add("MixpayPrintedAgainTour", {
    steps: () =>
        [
            Chrome.startPoS(),
            Mixpay.catchPrints(),
            Chrome.clickOrders(),
            TicketScreen.selectFilter("Paid"),
            TicketScreen.selectOrderByPrice("1.98"),
            {
                content: "print the receipt again",
                trigger: ".ticket-screen button:contains(Print Receipt)",
                run: "click",
            },
            Mixpay.isPrinted("Sent: "),
            Mixpay.isPrinted("MixPay reference: "),
        ].flat(),
});

tours.add("MixpayPaidInPartsTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay_less"),
            Mixpay.stateIs("paid_less"),
            {
                content: "what is missing is shown",
                trigger: ".o_mixpay_popup .o_mixpay_state:contains(still missing)",
            },
            Mixpay.payerDoes("top_up"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayCancelledTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.clickCancel(),
            Mixpay.lineSays("Cancelled"),
            Mixpay.payCashAtOnce(),
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
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("fail"),
            Mixpay.stateIs("failed"),
            Mixpay.closeResult(),
            Mixpay.lineSays("Failed after money was sent"),
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
            Mixpay.showDeskPadsCode(),
            Mixpay.reload(),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayTypedCashTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            PaymentScreen.clickPaymentMethod("Cash"),
            PaymentScreen.enterPaymentLineAmount("Cash", "1"),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown("0.98"),
            Mixpay.reload(),
            Mixpay.qrIsShown("0.98"),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.lineIsPaid(),
            Mixpay.reload(),
            Mixpay.lineIsPaid(),
            {
                content: "the cashier validates",
                trigger: ".payment-screen .validation-button.next",
            },
            PaymentScreen.clickValidate(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

const APPROVER = { name: "A powerful PoS man!", code: "274093", reason: "Seen in the wallet" };

tours.add("MixpayForceCancelTour", {
    steps: () =>
        [
            Mixpay.sellDeskPad(),
            Mixpay.catchPrints(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay"),
            Mixpay.stateIs("confirming"),
            Mixpay.cancelIsRefused(),
            Mixpay.approveByCode(".o_mixpay_force_cancel", APPROVER),
            Mixpay.popupIsClosed(),
            Mixpay.isPrinted("Keep this slip"),
            Mixpay.lineSays("Cancelled"),
            Mixpay.payCashInstead(),
        ].flat(),
});

tours.add("MixpayConfirmedManuallyTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay"),
            Mixpay.stateIs("confirming"),
            Mixpay.approveByCode(".o_mixpay_confirm", APPROVER),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayApprovedElsewhereTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay"),
            Mixpay.stateIs("confirming"),
            Mixpay.askOnPhone(".o_mixpay_confirm", APPROVER.reason),
            Mixpay.decideNow(),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayRefusedElsewhereTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay"),
            Mixpay.stateIs("confirming"),
            Mixpay.askOnPhone(".o_mixpay_confirm", APPROVER.reason),
            Mixpay.decideNow(),
            {
                content: "the cashier is told who refused",
                trigger: `.o_notification:contains("${APPROVER.name} refused")`,
            },
            Mixpay.stateIs("confirming"),
        ].flat(),
});

tours.add("MixpayForgottenTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            {
                content: "all that this browser knows is lost, then reload",
                trigger: ".o_mixpay_popup",
                async run() {
                    const { data } = window.posmodel;
                    data.synchronizeLocalDataInIndexedDB = async () => {};
                    await data.resetIndexedDB();
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

tours.add("MixpayDeviceDiesTour", {
    steps: () => Mixpay.showDeskPadsCode(),
});

tours.add("MixpayTakenOverTour", {
    steps: () =>
        [
            Chrome.startPoS(),
            ProductScreen.clickPayButton(),
            Mixpay.qrIsShown(),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});

tours.add("MixpayClosingTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            Mixpay.payerDoes("pay"),
            Mixpay.stateIs("confirming"),
            {
                content: "serve others",
                trigger: ".o_mixpay_popup .o_mixpay_hide",
                run: "click",
            },
            Mixpay.popupIsClosed(),
            Chrome.clickMenuOption("Close Register"),
            Dialog.confirm("Close Register"),
            {
                content: "the order goes on in the next session",
                trigger: ".o_mixpay_closing_dialog .o_mixpay_carried li",
            },
            {
                content: "seen, and closing goes on",
                trigger: ".o_mixpay_closing_dialog .o_mixpay_seen",
                run: "click",
                expectUnloadPage: true,
            },
        ].flat(),
});

const inRefund = (selector) => `.o_mixpay_refund_dialog ${selector}`;

/** A sale that was paid before is given back: asked for, approved by a code, with an address. */
tours.add("MixpayRefundTour", {
    steps: () =>
        [
            Chrome.startPoS(),
            ProductScreen.clickRefund(),
            TicketScreen.selectOrder("001"),
            ProductScreen.clickNumpad("1"),
            TicketScreen.toRefundTextContains("To Refund: 1"),
            TicketScreen.confirmRefund(),
            PaymentScreen.isShown(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            { trigger: inRefund(".o_mixpay_refund_reason"), run: "edit The tea was cold" },
            { trigger: inRefund(".o_mixpay_refund_ask:enabled"), run: "click" },
            { trigger: inRefund("[data-state=asked]") },
            { trigger: inRefund(".o_mixpay_refund_code"), run: "edit 274093" },
            { trigger: inRefund(".o_mixpay_refund_approve:enabled"), run: "click" },
            { trigger: inRefund("[data-state=approved]") },
            {
                trigger: inRefund(".o_mixpay_refund_address"),
                run: "edit TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            },
            { trigger: inRefund(".o_mixpay_refund_confirmed"), run: "click" },
            { trigger: inRefund(".o_mixpay_refund_set_address:enabled"), run: "click" },
            { trigger: inRefund(".o_mixpay_refund_to:contains(TR7NHqje)") },
            { trigger: inRefund(".o_mixpay_refund_close"), run: "click" },
            PaymentScreen.clickValidate(),
            ReceiptScreen.isShown(),
            {
                content: "the receipt says what is given back, and to where",
                trigger: ".pos-receipt:contains(Given back in coins):contains(TR7NHqje…SzgjLj6t)",
            },
        ].flat(),
});
