import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as PosSale from "@pos_sale/../tests/tours/utils/pos_sale_utils";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

registry.category("web_tour.tours").add("MixpayCompatQuotationTour", {
    steps: () =>
        [
            Steps.openRegister(),
            PosSale.settleNthOrder(1),
            ProductScreen.totalAmountIs("1.98"),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("1.98"),
            Steps.receiptSays("1.98"),
            Steps.saved(),
        ].flat(),
});
