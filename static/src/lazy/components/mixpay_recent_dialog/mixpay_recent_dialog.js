import { Component, onWillStart, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { formatDateTime } from "@web/core/l10n/dates";
import { useAutofocus } from "@web/core/utils/hooks";
import { useDebounced } from "@web/core/utils/timing";
import { tryAgainText } from "@pos_mixpay/lazy/error_texts";

const SEARCH_AFTER_MS = 400;
const TRACE_ID = /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i;
// Spaces, and marks that nobody sees: they come along when an ID is copied from a page.
const UNSEEN = /[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069]/g;

const ICONS = {
    paid: "fa-check-circle text-success",
    seen: "fa-hourglass-half text-info",
    short: "fa-exclamation-circle text-warning",
    review: "fa-exclamation-triangle text-danger",
    unasked: "fa-question-circle text-warning",
};

/** The payments of the last days, for the customer who says that they have paid. */
export class MixpayRecentDialog extends Component {
    static template = "pos_mixpay.MixpayRecentDialog";
    static components = { Dialog };
    static props = {
        find: Function, // words → payments
        ask: Function, // trace id → a verdict
        canOpen: Function, // whether a payment has an order to go on with
        open: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ words: "", payments: [], isBusy: false, asking: "", error: "" });
        this.search = useDebounced(() => this.load(), SEARCH_AFTER_MS);
        useAutofocus({ refName: "words" });
        onWillStart(() => this.load());
    }

    async load() {
        const { words } = this.state;
        await this.whileBusy(async () => {
            const payments = await this.props.find(words);
            if (words === this.state.words) {
                this.state.payments = payments;
            }
        });
    }

    /** Not a payment of this register, but maybe one of this shop: MixPay knows. */
    get unknownTrace() {
        const words = this.state.words.replace(UNSEEN, "");
        const isListed = this.state.payments.length > 0;
        return !isListed && !this.state.isBusy && TRACE_ID.test(words) ? words : "";
    }

    iconOf({ verdict }) {
        return ICONS[verdict] || "fa-circle-o o_mixpay_quiet";
    }

    timeOf({ created_at }) {
        return formatDateTime(luxon.DateTime.fromISO(created_at));
    }

    /** @param {string} traceId of a payment in the list, or of one that is not */
    async ask(traceId) {
        this.state.asking = traceId;
        await this.whileBusy(async () => {
            const answer = await this.props.ask(traceId);
            const { payments } = this.state;
            const isListed = payments.some((one) => one.trace_id === answer.trace_id);
            this.state.payments = isListed
                ? payments.map((one) => (one.trace_id === answer.trace_id ? answer : one))
                : [answer];
        });
        this.state.asking = "";
    }

    async open(payment) {
        this.props.close();
        await this.props.open(payment);
    }

    async whileBusy(action) {
        Object.assign(this.state, { isBusy: true, error: "" });
        try {
            await action();
        } catch (error) {
            this.state.error = tryAgainText(error);
        }
        this.state.isBusy = false;
    }
}
