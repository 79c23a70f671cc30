import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as TicketScreen from "@point_of_sale/../tests/pos/tours/utils/ticket_screen_util";
import * as CartPage from "@pos_self_order/../tests/tours/utils/cart_page_util";
import * as SelfOrder from "@pos_self_order/../tests/tours/utils/common";
import * as ProductPage from "@pos_self_order/../tests/tours/utils/product_page_util";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

const tours = registry.category("web_tour.tours");

/** What a customer does, on their own phone or at a kiosk. */
function order(button) {
    return [
        SelfOrder.clickBtn("Order Now"),
        ProductPage.clickProduct("Coca-Cola"),
        SelfOrder.clickBtn("Checkout"),
        CartPage.checkProduct("Coca-Cola", "2.20", "1"),
        SelfOrder.clickBtn("Order"),
        SelfOrder.clickBtn(button),
        SelfOrder.checkIsNoBtn(button),
    ];
}

tours.add("MixpayCompatOrderOnPhoneTour", { steps: () => order("Ok") });

tours.add("MixpayCompatOrderAtKioskTour", { steps: () => order("Close") });

tours.add("MixpayCompatPayAtCounterTour", {
    steps: () =>
        [
            Chrome.startPoS(),
            Chrome.clickOrders(),
            TicketScreen.selectOrderByPrice("2.20"),
            TicketScreen.loadSelectedOrder(),
            ProductScreen.isShown(),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("2.20"),
            Steps.receiptSays("2.20"),
            Steps.saved(),
        ].flat(),
});
