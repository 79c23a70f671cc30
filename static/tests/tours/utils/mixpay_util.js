import * as Dialog from "@point_of_sale/../tests/generic_helpers/dialog_util";
import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import { negate } from "@point_of_sale/../tests/generic_helpers/utils";

export const METHOD = "MixPay";

/** A newly opened shop with one Desk Pad (1.98) in the cart, ready to be paid. */
export function sellDeskPad() {
    return [
        Chrome.startPoS(),
        Dialog.confirm("Open Register"),
        ProductScreen.clickDisplayedProduct("Desk Pad"),
        ProductScreen.clickPayButton(),
    ].flat();
}

export function qrIsShown(amount = "1.98") {
    return [
        {
            content: "the popup shows a QR code that is large enough to scan",
            trigger: `.o_mixpay_popup .o_mixpay_status[data-state="unpaid"]`,
            run() {
                const qr = document.querySelector(".o_mixpay_popup img.o_mixpay_qr");
                if (!qr.src.startsWith("data:image/") || qr.getBoundingClientRect().width < 200) {
                    throw new Error(`No scannable QR code: ${qr.outerHTML.slice(0, 200)}`);
                }
            },
        },
        {
            content: "it says how much",
            trigger: `.o_mixpay_popup .o_mixpay_amount:contains("${amount}")`,
        },
        {
            content: "time runs",
            trigger: ".o_mixpay_popup .o_mixpay_countdown:contains(/\\d\\d:\\d\\d/)",
        },
        {
            content: "it says that no real money moves",
            trigger: ".o_mixpay_popup .o_mixpay_test",
        },
    ];
}

/** One Desk Pad is sold, and the popup shows its code. */
export function showDeskPadsCode() {
    return [sellDeskPad(), PaymentScreen.clickPaymentMethod(METHOD), qrIsShown()].flat();
}

/**
 * Plays the customer: presses a button of the page behind the QR code, as a phone would. The page
 * is another site, so its answer cannot be read; what it did shows on the register.
 */
export function payerDoes(action) {
    return [
        {
            content: `the customer's phone: ${action}`,
            trigger: ".o_mixpay_popup .o_mixpay_link a",
            async run() {
                const url = `${this.anchor.href.replace(/\/$/, "")}/${action}`;
                await fetch(url, { method: "POST", mode: "no-cors", credentials: "omit" });
            },
        },
    ];
}

export function stateIs(state) {
    return [
        {
            content: `the popup's state is ${state}`,
            trigger: `.o_mixpay_popup .o_mixpay_status[data-state="${state}"]`,
        },
    ];
}

/** What it says and does offline is loaded some seconds after the register itself. */
export function isReadyForOffline() {
    const load = () => odoo.loader.modules.get("@pos_mixpay/app/loader").loadLazy();
    return [{ content: "everything is loaded", trigger: "body", run: load }];
}

const NO_CONNECTION = ".o_mixpay_popup .o_mixpay_trouble:contains(No connection)";

export function isOffline() {
    return [{ content: "the popup says that there is no connection", trigger: NO_CONNECTION }];
}

/** The register asks every three seconds while it is offline; the answer may take two more. */
export function isBackSoon() {
    const trigger = negate(NO_CONNECTION, "body:has(.o_mixpay_popup)");
    return [{ content: "soon it says that no more", trigger, timeout: 5000 }];
}

export function clickCancel() {
    return [
        {
            content: "cancel in the popup",
            trigger: ".o_mixpay_popup .o_mixpay_cancel:enabled",
            run: "click",
        },
        ...popupIsClosed(),
    ];
}

/** A payment that failed: the popup says why until somebody has read it. */
export function closeResult() {
    return [
        {
            content: "close what was read",
            trigger: ".o_mixpay_popup .o_mixpay_close",
            run: "click",
        },
        ...popupIsClosed(),
    ];
}

/** Money was detected: cancelling says why not, and the popup stays. */
export function cancelIsRefused() {
    return [
        {
            content: "cancel in the popup",
            trigger: ".o_mixpay_popup .o_mixpay_cancel:enabled",
            run: "click",
        },
        { content: "the popup says why not", trigger: ".o_mixpay_popup .o_mixpay_notice" },
    ];
}

const APPROVAL = ".o_mixpay_approval_dialog";

/** Opens the dialog of approvals with a button of the popup, and says why. */
function openApproval(button, reason) {
    return [
        {
            content: "what managers may do",
            trigger: ".o_mixpay_popup .o_mixpay_managers summary",
            run: "click",
        },
        {
            content: `ask for an approval with ${button}`,
            trigger: `.o_mixpay_popup ${button}`,
            run: "click",
        },
        {
            content: "says why",
            trigger: `${APPROVAL} [data-step="ask"] .o_mixpay_reason`,
            run: `edit ${reason}`,
        },
    ];
}

/** Has a code typed at the till: first a wrong one, then the right one. */
export function approveByCode(button, { name, code, reason }) {
    return [
        ...openApproval(button, reason),
        { content: "a code", trigger: `${APPROVAL} .o_mixpay_type_code:enabled`, run: "click" },
        {
            content: `${name} approves`,
            trigger: `${APPROVAL} .o_mixpay_approver`,
            async run({ select }) {
                const options = [...this.anchor.options];
                const option = options.find((one) => one.text === name);
                if (!option) {
                    throw new Error(`${name} is none of ${options.map((one) => one.text)}`);
                }
                await select(option.value);
            },
        },
        { content: "is told what it means", trigger: `${APPROVAL} .o_mixpay_meaning` },
        {
            content: "tries a code",
            trigger: `${APPROVAL} .o_mixpay_approval_code`,
            run: "edit 999999",
        },
        { content: "confirms", trigger: `${APPROVAL} .o_mixpay_confirm:enabled`, run: "click" },
        { content: "is refused in the dialog", trigger: `${APPROVAL} .o_mixpay_error` },
        {
            content: "the code is gone",
            trigger: `${APPROVAL} .o_mixpay_approval_code`,
            run() {
                if (this.anchor.value) {
                    throw new Error("The code of the last try is still there.");
                }
            },
        },
        {
            content: "proves it",
            trigger: `${APPROVAL} .o_mixpay_approval_code`,
            run: `edit ${code}`,
        },
        {
            content: "confirms again",
            trigger: `${APPROVAL} .o_mixpay_confirm:enabled`,
            run: "click",
        },
        { content: "the dialog is closed", trigger: negate(APPROVAL) },
    ];
}

/** Asks managers on their own devices, and goes on with the sale meanwhile. */
export function askOnPhone(button, reason) {
    return [
        ...openApproval(button, reason),
        { content: "asks", trigger: `${APPROVAL} .o_mixpay_ask:enabled`, run: "click" },
        {
            content: "waits, with the time that is left",
            trigger: `${APPROVAL} [data-step="waiting"] .o_mixpay_request_countdown:contains(/0\\d:\\d\\d/)`,
        },
        { content: "goes on", trigger: `${APPROVAL} .o_mixpay_close`, run: "click" },
        { content: "the popup says so", trigger: ".o_mixpay_popup .o_mixpay_asked" },
    ];
}

/** The test has the manager decide when a person asks how the payment stands. */
export function decideNow() {
    return [
        {
            content: "ask how it stands",
            trigger: ".o_mixpay_popup .o_mixpay_check_now:enabled",
            run: "click",
        },
    ];
}

/** Keeps what would be printed: there is no printer, and a browser's own dialog would block. */
export function catchPrints() {
    return [
        {
            content: "catch what is printed",
            trigger: "body",
            run() {
                window.print = () => {
                    const page = document.querySelector(".render-container");
                    document.body.dataset.printed = page.textContent;
                };
            },
        },
    ];
}

export function isPrinted(text) {
    return [{ content: `printed: ${text}`, trigger: `body[data-printed*="${text}"]` }];
}

/** What core has drawn last, to mail it as a picture. */
export function isDrawn(text) {
    return [{ content: `drawn: ${text}`, trigger: `.render-container:contains("${text}")` }];
}

/**
 * By itself where the money has come: once that is seen and its tick was shown. As long as the sale is
 * saved then, core covers the screen, through which a tour does not look. On a busy machine all that
 * takes longer than a step usually may.
 */
export function popupIsClosed() {
    const trigger = negate(".o_mixpay_popup");
    return [{ content: "the popup is closed", trigger, timeout: 30000 }];
}

export function lineSays(text) {
    return [
        {
            content: `the payment line says: ${text}`,
            trigger: `.o_mixpay_line .o_mixpay_line_text:contains("${text}")`,
        },
    ];
}

export function lineIsPaid() {
    return [{ content: "the line is paid", trigger: '.o_mixpay_line[data-status="done"]' }];
}

export function clickRetry() {
    return [{ content: "try again", trigger: ".paymentlines .o_mixpay_retry", run: "click" }];
}

/** Takes the sale in cash: the line that was cancelled or has failed is in nobody's way. */
export function payCashAtOnce() {
    return [
        PaymentScreen.clickPaymentMethod("Cash"),
        { content: "the tried line is gone", trigger: negate(".o_mixpay_line") },
        PaymentScreen.clickValidate(),
        receiptIsShown(),
    ].flat();
}

export function reload() {
    return [
        {
            content: "wait until the browser has stored the line, then reload",
            trigger: "body",
            async run() {
                await window.posmodel.data.synchronizeLocalDataInIndexedDB();
                window.location.reload();
            },
            expectUnloadPage: true,
        },
    ];
}

/** Takes the MixPay line away and takes the sale in cash. */
export function payCashInstead() {
    return [
        PaymentScreen.clickPaymentlineDelButton(METHOD, "1.98"),
        PaymentScreen.emptyPaymentlines("1.98"),
        PaymentScreen.clickPaymentMethod("Cash"),
        PaymentScreen.clickValidate(),
        receiptIsShown(),
    ].flat();
}

export function receiptIsShown() {
    return [
        ReceiptScreen.isShown(),
        ReceiptScreen.receiptIsThere(),
        ReceiptScreen.receiptAmountTotalIs("1.98"),
        Chrome.endTour(),
    ].flat();
}

/** Notes the address behind the code: later the popup is closed, but the customer's phone is not. */
export function keepAddress() {
    return [
        {
            content: "the customer has scanned the code",
            trigger: ".o_mixpay_popup .o_mixpay_link a",
            run() {
                document.body.dataset.mixpayAddress = this.anchor.href.replace(/\/$/, "");
            },
        },
    ];
}

/** Plays the customer whose code is not on the screen any more. */
export function payerDoesMeanwhile(action) {
    return [
        {
            content: `the customer's phone, meanwhile: ${action}`,
            trigger: "body[data-mixpay-address]",
            async run() {
                const url = `${this.anchor.dataset.mixpayAddress}/${action}`;
                await fetch(url, { method: "POST", mode: "no-cors", credentials: "omit" });
            },
        },
    ];
}

export function serveNext() {
    return [
        {
            content: "serve the next customer",
            trigger: ".o_mixpay_popup .o_mixpay_hide",
            run: "click",
        },
        ...popupIsClosed(),
    ];
}

/** Everything that people press or scan is on the screen, and nothing reaches over its edge. */
export function fitsOnTheScreen() {
    return [
        {
            content: "code and buttons are on the screen",
            trigger: ".o_mixpay_popup img.o_mixpay_qr",
            run() {
                const shown = document.querySelectorAll(
                    ".o_mixpay_popup :is(img.o_mixpay_qr, .o_mixpay_amount, .modal-footer button)"
                );
                for (const element of shown) {
                    const { left, right } = element.getBoundingClientRect();
                    if (left < 0 || right > window.innerWidth) {
                        throw new Error(`Over the edge: ${element.outerHTML.slice(0, 200)}`);
                    }
                }
            },
        },
    ];
}

/**
 * The same register in a second tab of this browser: one storage, one server, another page. Core then
 * leaves the first one, which this tour is in; here it stays, as in the moment before.
 */
export function openSecondTab() {
    return [
        {
            content: "open a second tab",
            trigger: "body",
            async run() {
                const { posmodel } = window;
                posmodel.closePos = () => (document.body.dataset.left = "true");
                await posmodel.data.synchronizeLocalDataInIndexedDB();
                const tab = document.createElement("iframe");
                tab.style.cssText = "position:fixed;left:0;top:0;width:100%;height:100%;z-index:-1";
                tab.src = window.location.href;
                document.body.append(tab);
            },
        },
        { content: "core would leave the first tab", trigger: "body[data-left]" },
    ];
}
