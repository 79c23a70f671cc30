import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

registry.category("web_tour.tours").add("MixpayCompatBesideOnlineTour", {
    steps: () =>
        [
            Chrome.startPoS(),
            Chrome.clickOrders(),
            TicketScreen.selectOrderByPrice("4.80"),
            TicketScreen.loadSelectedOrder(),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("4.80"),
            Steps.receiptSays("4.80"),
            Steps.saved(),
        ].flat(),
});
