import { Component, onWillUnmount, useEffect, useState, xml } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";
import {
    MixpayCustomer,
    WORDS,
} from "@pos_mixpay/customer_display/components/mixpay_customer/mixpay_customer";
import { readPicture, readView } from "@pos_mixpay/customer_display/view";

const TICK_MS = 1000;
// The register repeats what is shown three times in this time: if it falls silent, nothing is shown.
const LONGEST_SILENCE_MS = 60000;
const PAID_SHOWN_MS = 10000;
const STEPS = Object.keys(WORDS);
const SECRET = /^#pos_mixpay=([\w-]{36})$/;

// Codes have a channel of their own. Everybody may listen to what core sends to displays on other
// devices; a display there has a secret in its address, and listens to that.
const LOCAL_CHANNEL = "POS_MIXPAY_CODE";
const channelOf = (secret) => `pos_mixpay_display-${secret.toLowerCase()}`;

/** Shows a payment in place of the order as long as the register says so. */
export class MixpayDisplay extends Component {
    static template = xml`
        <MixpayCustomer t-if="isShown" view="state.view" picture="picture"
            secondsLeft="secondsLeft" logo="logo"/>`;
    static components = { MixpayCustomer };
    static props = {};

    setup() {
        this.order = useService("customer_display_data");
        this.state = useState({ view: null, code: {}, receivedAt: 0, shownAt: 0, now: 0 });
        // Some services repeat the same message all the time; the register's own repeats differ.
        useEffect(
            () => this.receive(),
            () => [JSON.stringify(this.order.paymentLines)]
        );
        this.listen();
        const timer = browser.setInterval(() => this.tick(), TICK_MS);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    listen() {
        const onCode = ({ id, qr } = {}) => {
            this.state.code = { id, picture: readPicture(qr) };
        };
        const local = new BroadcastChannel(LOCAL_CHANNEL);
        local.onmessage = ({ data }) => onCode(data);
        local.postMessage({ isNew: true }); // a register in this browser sends again what it shows
        onWillUnmount(() => local.close());
        const [, secret] = browser.location.hash.match(SECRET) || [];
        if (secret) {
            const bus = this.env.services.bus_service;
            bus.addChannel(channelOf(secret));
            bus.subscribe("MIXPAY_CODE", onCode);
        }
    }

    receive() {
        const { state } = this;
        const view = readView(this.order, STEPS);
        const now = browser.performance.now();
        if (view?.id !== state.view?.id || view?.step !== state.view?.step) {
            state.shownAt = now;
        }
        Object.assign(state, { view, receivedAt: now, now });
    }

    tick() {
        if (this.state.view) {
            this.state.now = browser.performance.now();
        }
    }

    get isShown() {
        const { view, now, receivedAt, shownAt } = this.state;
        const isPaid = view?.step === "paid";
        return Boolean(
            view &&
            now - receivedAt < LONGEST_SILENCE_MS &&
            !(isPaid && now - shownAt >= PAID_SHOWN_MS)
        );
    }

    get picture() {
        const { code, view } = this.state;
        return (code.id === view.id && code.picture) || "";
    }

    get secondsLeft() {
        const { view, now, receivedAt } = this.state;
        return Math.max(0, Math.ceil(view.secondsLeft - (now - receivedAt) / 1000));
    }

    /** Core shows a picture of the shop's own instead, if there is one. */
    get logo() {
        return session.company_id ? `/logo?company=${session.company_id}` : undefined;
    }
}
