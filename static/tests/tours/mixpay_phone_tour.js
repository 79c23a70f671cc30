import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import { registry } from "@web/core/registry";
import * as Mixpay from "@pos_mixpay/../tests/tours/utils/mixpay_util";

const popup = ".o_mixpay_popup";
const CODE_MARGIN = 30; // of a phone's 390 pixels; a camera needs some white around the code

/** What a customer has to scan, and what a cashier may do, is on the screen without scrolling. */
function fitsThePhone(selector) {
    return {
        content: `${selector} is on the screen`,
        trigger: `${popup} ${selector}`,
        run() {
            const { left, right, top, bottom } = this.anchor.getBoundingClientRect();
            const { innerWidth, innerHeight } = window;
            if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight) {
                throw new Error(`${selector} is at ${[left, top, right, bottom]}`);
            }
        },
    };
}

registry.category("web_tour.tours").add("MixpayPhoneTour", {
    steps: () =>
        [
            Chrome.startPoS(),
            Dialog.confirm("Open Register"),
            ProductScreen.clickDisplayedProduct("Desk Pad"),
            ProductScreen.clickPayButton(),
            PaymentScreen.clickPaymentMethod(Mixpay.METHOD),
            Mixpay.qrIsShown(),
            ["img.o_mixpay_qr", ".o_mixpay_amount", ".o_mixpay_time"].map(fitsThePhone),
            [".o_mixpay_hide", ".o_mixpay_check_now", ".o_mixpay_cancel"].map(fitsThePhone),
            {
                content: "the code leaves room on both sides",
                trigger: `${popup} img.o_mixpay_qr`,
                run() {
                    const { left, right } = this.anchor.getBoundingClientRect();
                    if (left < CODE_MARGIN || right > window.innerWidth - CODE_MARGIN) {
                        throw new Error(`The code is from ${left} to ${right}`);
                    }
                },
            },
            Mixpay.payerDoes("pay"),
            Mixpay.stateIs("confirming"),
            [".o_mixpay_state", ".o_mixpay_hide", ".o_mixpay_cancel"].map(fitsThePhone),
            { content: "nothing to scan any more", trigger: `${popup}:not(:has(.o_mixpay_qr))` },
            Mixpay.popupIsClosed(),
            Mixpay.receiptIsShown(),
        ].flat(),
});
