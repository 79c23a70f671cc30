import { toRaw } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";
import { effect } from "@web/core/utils/reactive";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import { QrCodeCustomerDisplay } from "@point_of_sale/app/customer_display/customer_display_qr_code_popup";
import { uuidv4 } from "@point_of_sale/utils";
import { nameOf } from "@pos_mixpay/app/popup";
import { hintFor } from "@pos_mixpay/lazy/hint";

const SEND_AFTER_MS = 100; // what happens together is sent together, and the code is drawn first
const REPEAT_MS = 20000; // the display forgets what it does not hear of for a minute
const LOCAL_CHANNEL = "POS_MIXPAY_CODE"; // as in `customer_display/display.js`
const DEVICE_KEY = "device_uuid"; // core's: a display was opened from this device
const SECRET_KEY = "pos_mixpay_display"; // a display on another device was

const displays = new WeakMap(); // per register, since of `pos` there are several proxies
let later; // timer of what core wanted to send while a code was asked for

/** @returns {string} an address of the display that also tells it where codes are sent to */
export function addSecret(address) {
    const { localStorage } = browser;
    if (!localStorage.getItem(SECRET_KEY)) {
        localStorage.setItem(SECRET_KEY, uuidv4());
    }
    return `${address}#pos_mixpay=${localStorage.getItem(SECRET_KEY)}`;
}

patch(QrCodeCustomerDisplay.prototype, {
    setup() {
        super.setup(...arguments);
        const customerDisplayURL = addSecret(this.props.customerDisplayURL);
        this.props = { ...this.props, customerDisplayURL };
    },
});

patch(CustomerDisplayPosAdapter.prototype, {
    /** Core always sends all lines, so a payment that is not shown any more disappears. */
    getPaymentData(line) {
        const { pos } = line.payment_method_id?.payment_terminal || {};
        const view = displays.get(pos?.mixpay)?.viewOf(line);
        return { ...super.getPaymentData(...arguments), ...(view && { mixpay: view }) };
    },

    /** While a code is asked for, core's news of its line wait: the server draws the code first. */
    dispatch(pos) {
        const { lineUuid, traceId } = toRaw(pos).mixpay?.popup.state || {};
        browser.clearTimeout(later);
        if (!lineUuid || traceId || this.isOurs) {
            return super.dispatch(...arguments);
        }
        later = browser.setTimeout(() => super.dispatch(pos), SEND_AFTER_MS);
    },
});

/** Shows the customer, on a display of their own, the payment that the popup shows the cashier. */
class MixpayCustomerDisplay {
    constructor(pos) {
        this.pos = pos;
        this.service = pos.mixpay.service;
        this.popup = pos.mixpay.popup.state;
        this._ended = false; // trace id of the payment that ended while the customer saw it
        this._sent = "";
        this._repeats = 0;
        this._local = new BroadcastChannel(LOCAL_CHANNEL);
        this._local.onmessage = ({ data }) => data?.isNew && this._repeat();
        this.service.payments.subscribe((payment) => this._note(payment));
        effect(
            // The effect runs again whenever one of the values read here changes.
            ({ lineUuid, traceId, isCancelling }, { state: { current } }) =>
                this._plan(lineUuid, traceId, isCancelling, current),
            [this.popup, pos.router]
        );
        displays.set(pos.mixpay, this);
    }

    /** @returns {import("@pos_mixpay/customer_display/view").MixpayView | null} of a payment line */
    viewOf(line) {
        const isOpen = this.popup.lineUuid === line.uuid;
        if (this.popup.lineUuid && !isOpen) {
            return null; // a display shows the first view that it gets: how an earlier payment ended
        }
        const payment = this.service.payments.get(isOpen ? this.popup.traceId : this._ended);
        if (isOpen && !payment) {
            const amount = this.pos.env.utils.formatCurrency(line.amount);
            const order = nameOf(line.pos_order_id);
            return { step: "prepare", amount, order, repeats: this._repeats };
        }
        const isOurs = payment?.payment_uuid === line.uuid && payment.customer_step;
        return isOurs && this._isShown(line, payment, isOpen) ? this._describe(payment) : null;
    }

    _describe(payment) {
        const { coin, currency } = payment.remaining || {};
        return {
            id: payment.id,
            step: payment.customer_step,
            amount: payment.amount_text,
            order: payment.order_name,
            shop: payment.payee_name || "",
            missing: currency || coin || "",
            secondsLeft: this.service.payments.secondsLeft(payment.trace_id),
            isTest: payment.is_test,
            isAccepted: Boolean(payment.unconfirmed || payment.is_confirmed_manually),
            repeats: this._repeats, // shows that it is no old message
        };
    }

    /** A code that is given up, or asks for another amount than is due, must not be paid. */
    _isShown(line, payment, isOpen) {
        if (!isOpen && payment.line_status !== "done") {
            return this.pos.router.state.current === "PaymentScreen";
        }
        const isPayable = payment.line_status === "waitingCard";
        return !isPayable || !(this.popup.isCancelling || hintFor(this.pos, line));
    }

    _note(payment) {
        const { payments } = this.service;
        if (payment.trace_id === this.popup.traceId && payments.isFinal(payment.trace_id)) {
            this._ended = payment.trace_id;
        }
        this._plan();
    }

    _plan() {
        this._timer ??= browser.setTimeout(() => {
            this._timer = undefined;
            this._sendIfChanged();
        }, SEND_AFTER_MS);
    }

    _sendIfChanged() {
        this._forgetEnded();
        const { id, step, amount, missing, isAccepted, repeats } = this._view() || {};
        const sent = JSON.stringify([id, step, amount, missing, isAccepted, repeats]);
        if (sent !== this._sent) {
            this._sent = sent;
            this._send();
            browser.clearInterval(this._interval);
            if (this.popup.lineUuid) {
                this._interval = browser.setInterval(() => this._repeat(), REPEAT_MS);
            }
        }
    }

    /** Once another payment is shown, the customer has seen how the last one ended. */
    _forgetEnded() {
        const { lineUuid, traceId } = this.popup;
        if (lineUuid && traceId !== this._ended) {
            this._ended = false;
        }
    }

    _repeat() {
        this._repeats++;
        this._sendIfChanged();
    }

    _view() {
        const lines = this._order()?.payment_ids || [];
        return lines.map((line) => this.viewOf(line)).find(Boolean);
    }

    /** Without a selected order core sends nothing, so what it sent last is taken back here. */
    _order() {
        const { models } = this.pos;
        this._orderUuid = this.pos.getOrder()?.uuid || this._orderUuid;
        return models["pos.order"].getBy("uuid", this._orderUuid);
    }

    _send() {
        const order = this._order();
        if (!order || !browser.localStorage.getItem(DEVICE_KEY)) {
            return;
        }
        const adapter = new CustomerDisplayPosAdapter();
        adapter.isOurs = true;
        adapter.formatOrderData(order);
        adapter.data.scaleData = null;
        adapter.dispatch(this.pos);
        adapter.channel.close();
        this._sendCode(this.service.payments.get(this.popup.traceId));
    }

    /** Within this browser at once; to another device by the server, which knows the code itself. */
    _sendCode(payment) {
        if (payment?.line_status !== "waitingCard") {
            return;
        }
        this._local.postMessage({ id: payment.id, qr: payment.qr });
        const secret = browser.localStorage.getItem(SECRET_KEY);
        if (secret) {
            const params = { trace_id: payment.trace_id, display: secret };
            this.service.request("show_code", params).catch(() => {}); // repeated soon
        }
    }
}

export function watchCustomerDisplay(pos) {
    return displays.get(pos.mixpay) || new MixpayCustomerDisplay(pos);
}
