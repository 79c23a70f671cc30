import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as FloorScreen from "@pos_restaurant/../tests/tours/utils/floor_screen_util";
import * as RestaurantScreen from "@pos_restaurant/../tests/tours/utils/product_screen_util";
import * as SplitBillScreen from "@pos_restaurant/../tests/tours/utils/split_bill_screen_util";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

const tours = registry.category("web_tour.tours");

tours.add("MixpayCompatTableTour", {
    steps: () =>
        [
            Steps.openRegister(),
            FloorScreen.clickTable("5"),
            ProductScreen.clickDisplayedProduct("Coca-Cola"),
            RestaurantScreen.clickCourseButton(),
            ProductScreen.clickDisplayedProduct("Water"),
            RestaurantScreen.clickOrderButton(),
            RestaurantScreen.orderlinesHaveNoChange(),
            Chrome.isSyncStatusConnected(),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("4.40"),
            Steps.receiptSays("4.40"),
            Chrome.isSyncStatusConnected(),
            ReceiptScreen.clickNextOrder(),
            FloorScreen.isShown(),
            FloorScreen.orderCountSyncedInTableIs("5", "0"),
            Chrome.endTour(),
        ].flat(),
});

tours.add("MixpayCompatSplitBillTour", {
    steps: () =>
        [
            Steps.openRegister(),
            FloorScreen.clickTable("5"),
            ProductScreen.clickDisplayedProduct("Coca-Cola"),
            ProductScreen.clickDisplayedProduct("Water"),
            RestaurantScreen.clickOrderButton(),
            ProductScreen.clickControlButton("Split"),
            SplitBillScreen.clickOrderline("Water"),
            SplitBillScreen.subtotalIs("2.2"),
            SplitBillScreen.clickButton("Pay"),
            Steps.payByMixpay("2.20"),
            Steps.receiptSays("2.20"),
            Chrome.isSyncStatusConnected(),
            ReceiptScreen.clickContinueOrder(),
            ProductScreen.totalAmountIs("2.20"),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("2.20"),
            Steps.receiptSays("2.20"),
            Steps.saved(),
        ].flat(),
});
