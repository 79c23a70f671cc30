import { Component } from "@odoo/owl";
import { localization } from "@web/core/l10n/localization";
import { _t } from "@web/core/l10n/translation";
import { formatDuration } from "@pos_mixpay/lazy/duration";

/**
 * What is said at each step of a payment, to who pays. The server names the step; the words are the
 * display's, which may speak another language than the cashier.
 *
 * @type {Object<string, () => { icon: string, title: string, text: string }>}
 */
export const WORDS = {
    prepare: () => ({
        icon: "fa-qrcode",
        title: _t("One moment"),
        text: _t("Your code is being prepared."),
    }),
    pay: () => ({
        icon: "fa-qrcode",
        title: _t("Scan to pay"),
        text: "",
    }),
    pay_rest: () => ({
        icon: "fa-qrcode",
        title: _t("A part has arrived"),
        text: _t("Scan the same code again and send the rest."),
    }),
    seen: () => ({
        icon: "fa-eye",
        title: _t("Payment seen"),
        text: _t("It is being confirmed. There is nothing more to do: please wait here."),
    }),
    nearly: () => ({
        icon: "fa-hourglass-half",
        title: _t("Almost done"),
        text: _t("Your payment is confirmed and is being completed. Please wait here."),
    }),
    check: () => ({
        icon: "fa-search",
        title: _t("Being checked"),
        text: _t("This takes a little longer. Your money is not lost: please wait here."),
    }),
    paid: () => ({
        icon: "fa-check",
        title: _t("Paid"),
        text: _t("Thank you! Your payment has arrived."),
    }),
    not_paid: () => ({
        icon: "fa-clock-o",
        title: _t("Not paid"),
        text: _t("No payment has arrived. Please ask at the counter how to go on."),
    }),
    ask: () => ({
        icon: "fa-comments-o",
        title: _t("Please ask at the counter"),
        text: _t(
            "The payment could not be completed. Do not pay again: ask for a slip with its reference, which shows where your money is."
        ),
    }),
};

const TIME_IS_UP = () => ({
    icon: "fa-clock-o",
    title: _t("Time is up"),
    text: _t(
        "Please do not use this code any more. If you have paid already, nothing is lost: wait a moment, your payment is being looked for."
    ),
});

// Its money may not have arrived so far, and that is the shop's own affair.
const ACCEPTED = () => ({
    ...WORDS.paid(),
    title: _t("Accepted"),
    text: _t("Thank you! The shop accepts your payment."),
});

const isUrgent = (seconds) => seconds < 60;

/** The customer's half of a payment: the code, the amount, what to do, and how it stands. */
export class MixpayCustomer extends Component {
    static template = "pos_mixpay.MixpayCustomer";
    static props = {
        view: Object, // see `MixpayView`
        picture: String, // of the code; empty where it must be scanned somewhere else
        secondsLeft: Number,
        logo: { type: String, optional: true }, // address of the shop's picture
    };

    get direction() {
        return localization.direction || "ltr";
    }

    get language() {
        return localization.code?.replace("_", "-");
    }

    get isAsked() {
        return ["pay", "pay_rest"].includes(this.props.view.step);
    }

    get isPayable() {
        return this.isAsked && this.props.secondsLeft > 0;
    }

    get isTimeUp() {
        return this.isAsked && !this.props.secondsLeft;
    }

    get words() {
        const { step, isAccepted } = this.props.view;
        if (this.isTimeUp) {
            return TIME_IS_UP();
        }
        return step === "paid" && isAccepted ? ACCEPTED() : WORDS[step]();
    }

    get missingText() {
        return _t("Still missing: %s", this.props.view.missing);
    }

    get shopText() {
        return _t("Your phone should show “%s”.", this.props.view.shop);
    }

    get orderText() {
        return _t("Order %s", this.props.view.order);
    }

    get timeText() {
        return formatDuration(this.props.secondsLeft);
    }

    get timeClass() {
        return isUrgent(this.props.secondsLeft) ? "o_mixpay_customer_urgent" : "";
    }
}
