import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as RestaurantChrome from "@pos_restaurant/../tests/tours/utils/chrome";
import * as FloorScreen from "@pos_restaurant/../tests/tours/utils/floor_screen_util";
import * as RestaurantScreen from "@pos_restaurant/../tests/tours/utils/product_screen_util";
import * as SplitBillScreen from "@pos_restaurant/../tests/tours/utils/split_bill_screen_util";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

const tours = registry.category("web_tour.tours");

/** Sends the order of table 5, whose printer cannot be reached from here, and comes back to it. */
function sendToKitchen() {
    return [
        RestaurantScreen.clickOrderButton(),
        RestaurantChrome.closePrintingWarning(),
        FloorScreen.clickTable("5"),
        RestaurantScreen.orderlinesHaveNoChange(),
    ].flat();
}

tours.add("MixpayCompatTableTour", {
    steps: () =>
        [
            Steps.openRegister(),
            FloorScreen.clickTable("5"),
            RestaurantScreen.clickCourseButton(),
            ProductScreen.clickDisplayedProduct("Coca-Cola"),
            RestaurantScreen.clickCourseButton(),
            ProductScreen.clickDisplayedProduct("Water"),
            sendToKitchen(),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("4.40"),
            Steps.receiptSays("4.40"),
            Steps.nextOrder(),
            FloorScreen.isShown(),
            Steps.saved(),
        ].flat(),
});

tours.add("MixpayCompatSplitBillTour", {
    steps: () =>
        [
            Steps.openRegister(),
            FloorScreen.clickTable("5"),
            ProductScreen.clickDisplayedProduct("Coca-Cola"),
            ProductScreen.clickDisplayedProduct("Water"),
            sendToKitchen(),
            ProductScreen.clickControlButton("Split"),
            SplitBillScreen.clickOrderline("Water"),
            SplitBillScreen.subtotalIs("2.2"),
            SplitBillScreen.clickButton("Pay"),
            Steps.payByMixpay("2.20"),
            Steps.receiptSays("2.20"),
            Chrome.isSynced(),
            ReceiptScreen.clickContinueOrder(),
            SplitBillScreen.orderlineHas("Coca-Cola", "1", "0"),
            SplitBillScreen.clickButton("Pay"),
            Steps.payByMixpay("2.20"),
            Steps.receiptSays("2.20"),
            Steps.saved(),
        ].flat(),
});
