import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as PosLoyalty from "@pos_loyalty/../tests/tours/utils/pos_loyalty_util";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

function sell() {
    return [
        ProductScreen.clickPartnerButton(),
        ProductScreen.clickCustomer("Loyal customer"),
        ProductScreen.clickDisplayedProduct("Desk Pad"),
        ProductScreen.totalAmountIs("1.98"),
    ].flat();
}

registry.category("web_tour.tours").add("MixpayCompatLoyaltyTour", {
    steps: () =>
        [
            Steps.openRegister(),
            sell(),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("1.98"),
            Steps.receiptSays("1.98"),
            Steps.nextOrder(),
            sell(),
            PosLoyalty.claimReward("98 cents less"),
            PosLoyalty.orderTotalIs("1.00"),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("1.00"),
            Steps.receiptSays("1.00"),
            Steps.saved(),
        ].flat(),
});
