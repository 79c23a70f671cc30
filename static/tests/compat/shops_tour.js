import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import { registry } from "@web/core/registry";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

const tours = registry.category("web_tour.tours");

tours.add("MixpayCompatBegunTour", {
    steps: () =>
        [
            Mixpay.showDeskPadsCode(),
            {
                content: "the order is saved, with its line",
                trigger: "body", // whatever dialog is open
                async run() {
                    const order = window.posmodel.getOrder();
                    while (!order.payment_ids.every((line) => line.isSynced)) {
                        await new Promise((resolve) => setTimeout(resolve, 100));
                    }
                },
            },
        ].flat(),
});

tours.add("MixpayCompatElsewhereTour", {
    steps: () =>
        [
            Steps.openRegister(),
            Chrome.clickOrders(),
            TicketScreen.selectOrderByPrice("1.98"),
            TicketScreen.loadSelectedOrder(),
            PaymentScreen.isShown(),
            {
                content: "reads that the line is from elsewhere, above its code or below it",
                trigger: `body .modal:contains("A payment from elsewhere") .btn-primary`,
                run: "click",
            },
            Mixpay.stateIs("unpaid"),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            Steps.receiptSays("1.98"),
            Steps.saved(),
        ].flat(),
});
