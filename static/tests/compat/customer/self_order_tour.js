import * as CartPage from "@pos_self_order/../tests/tours/utils/cart_page_util";
import * as SelfOrder from "@pos_self_order/../tests/tours/utils/common";
import * as ProductPage from "@pos_self_order/../tests/tours/utils/product_page_util";
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

/** What a customer does, on their own phone or at a kiosk. */
function order(button) {
    return [
        SelfOrder.clickBtn("Order Now"),
        ProductPage.clickProduct("Desk Pad"),
        SelfOrder.clickBtn("Checkout"),
        CartPage.checkProduct("Desk Pad", "1.98", "1"),
        SelfOrder.clickBtn("Order"),
        SelfOrder.clickBtn(button),
        SelfOrder.checkIsNoBtn(button),
    ];
}

tours.add("MixpayCompatOrderOnPhoneTour", { steps: () => order("Ok") });

tours.add("MixpayCompatOrderAtKioskTour", { steps: () => order("Close") });
