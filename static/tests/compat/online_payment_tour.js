import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

registry.category("web_tour.tours").add("MixpayCompatPartlyOnlineTour", {
    steps: () =>
        [
            Chrome.startPoS(),
            Chrome.clickOrders(),
            TicketScreen.selectOrderByPrice("4.80"),
            TicketScreen.loadSelectedOrder(),
            // Where something is paid already, the payment screen opens.
            PaymentScreen.remainingIs("2.40"),
            Steps.payByMixpay("2.40"),
            PaymentScreen.clickValidate(),
            Steps.receiptSays("4.80"),
            Steps.saved(),
        ].flat(),
});
