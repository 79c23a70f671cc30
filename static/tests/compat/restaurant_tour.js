import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import * as RestaurantChrome from "@pos_restaurant/../tests/tours/utils/chrome";
import * as FloorScreen from "@pos_restaurant/../tests/tours/utils/floor_screen_util";
import * as RestaurantScreen from "@pos_restaurant/../tests/tours/utils/product_screen_util";
import * as SplitBillScreen from "@pos_restaurant/../tests/tours/utils/split_bill_screen_util";
import { registry } from "@web/core/registry";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

const tours = registry.category("web_tour.tours");

/**
 * Sends the order of table 5, whose printer cannot be reached from here, and comes back to it. What is
 * done to it before core has saved and read it again, core undoes when those answers come.
 */
function sendToKitchen() {
    return [
        RestaurantScreen.clickOrderButton(),
        RestaurantChrome.closePrintingWarning(),
        Chrome.isSynced(),
        FloorScreen.clickTable("5"),
        hearOfOtherDevices(),
        RestaurantScreen.orderlinesHaveNoChange(),
    ].flat();
}

/** Another device saves an order of its own at a table; this one has not heard of it so far. */
function anotherDeviceOrders(tableNumber, name) {
    return {
        content: `another device orders ${name} at table ${tableNumber}`,
        trigger: ".pos",
        async run() {
            const pos = window.posmodel;
            const table = pos.models["restaurant.table"].find(
                ({ table_number }) => table_number === tableNumber
            );
            const product = pos.models["product.product"].find(
                ({ display_name }) => display_name === name
            );
            const price = { price_unit: 2.2, price_subtotal: 2.2, price_subtotal_incl: 2.2 };
            const line = { uuid: crypto.randomUUID(), product_id: product.id, qty: 1, ...price };
            const order = {
                uuid: crypto.randomUUID(),
                access_token: crypto.randomUUID(),
                session_id: pos.session.id,
                table_id: table.id,
                state: "draft",
                date_order: "2026-01-01 10:00:00",
                amount_total: 2.2,
                amount_tax: 0,
                amount_paid: 0,
                amount_return: 0,
                last_order_preparation_change: JSON.stringify({ lines: {}, metadata: {} }),
                lines: [[0, 0, line]],
                payment_ids: [],
            };
            // What opening the table asked for, core has put in its place by then.
            await pos.deviceSync.readDataFromServer();
            // What is said to come from here is told to nobody here.
            await pos.env.services.orm.call("pos.order", "sync_from_ui", [[order]], {
                context: { device_identifier: pos.device.identifier },
            });
        },
    };
}

/** The other device's news come now. */
function hearOfOtherDevices() {
    return {
        content: "this device hears of the other one",
        trigger: "body", // whatever dialog is open
        run: () => window.posmodel.deviceSync.readDataFromServer(),
    };
}

/** Puts an order on a table, and goes to pay it, while another device has done the same. */
function payAtTheTableOfAnother(tableNumber) {
    return [
        FloorScreen.clickTable(String(tableNumber)),
        ProductScreen.clickDisplayedProduct("Coca-Cola"),
        anotherDeviceOrders(tableNumber, "Water"),
        ProductScreen.clickPayButton(),
        PaymentScreen.totalIs("2.20"),
    ].flat();
}

// Core deletes one of the two orders, whatever screen shows it. The first table is at it within the
// seconds before all of MixPay is loaded.
tours.add("MixpayCompatTwoDevicesTour", {
    steps: () =>
        [
            Steps.openRegister(),
            payAtTheTableOfAnother(5),
            hearOfOtherDevices(),
            PaymentScreen.totalIs("4.40"),
            Steps.payByMixpay("4.40"),
            Steps.receiptSays("4.40"),
            Steps.nextOrder(),
            payAtTheTableOfAnother(4),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.stateIs("unpaid"),
            PaymentScreen.totalIs("4.40"), // the server made one order of both
            hearOfOtherDevices(),
            PaymentScreen.totalIs("4.40"),
            Mixpay.payerDoes("pay"),
            Mixpay.popupIsClosed(),
            PaymentScreen.remainingIs("2.20"),
            PaymentScreen.clickPaymentMethod("Cash"),
            PaymentScreen.clickValidate(),
            Steps.receiptSays("4.40"),
            Steps.saved(),
        ].flat(),
});

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
