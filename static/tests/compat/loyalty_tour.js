import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as PosLoyalty from "@pos_loyalty/../tests/tours/utils/pos_loyalty_util";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

function sell(quantity) {
    return [
        ProductScreen.clickPartnerButton(),
        ProductScreen.clickCustomer("Loyal customer"),
        ProductScreen.addOrderline("Desk Pad", quantity),
    ].flat();
}

registry.category("web_tour.tours").add("MixpayCompatLoyaltyTour", {
    steps: () =>
        [
            Steps.openRegister(),
            sell("2"),
            PosLoyalty.orderTotalIs("3.96"),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("3.96"),
            Steps.receiptSays("3.96"),
            Steps.nextOrder(),
            sell("3"),
            PosLoyalty.claimReward("Free Product"),
            PosLoyalty.orderTotalIs("3.96"),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("3.96"),
            Steps.receiptSays("3.96"),
            Steps.saved(),
        ].flat(),
});
