import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as Event from "@pos_event/../tests/tours/utils/event_tour_utils";
import { registry } from "@web/core/registry";
import * as Steps from "@pos_mixpay/../tests/compat/steps";

registry.category("web_tour.tours").add("MixpayCompatEventTour", {
    steps: () =>
        [
            Steps.openRegister(),
            ProductScreen.clickDisplayedProduct("My Awesome Event"),
            Event.increaseQuantityOfTicket("Ticket VIP"),
            Dialog.confirm(),
            Event.answerTicketSelectQuestion("1", "Question1", "Q1-Answer1"),
            Event.answerGlobalSelectQuestion("Question2", "Q2-Answer1"),
            Dialog.confirm(),
            ProductScreen.totalAmountIs("200.00"),
            ProductScreen.clickPayButton(),
            Steps.payByMixpay("200.00"),
            Steps.receiptSays("200.00"),
            Steps.saved(),
        ].flat(),
});
