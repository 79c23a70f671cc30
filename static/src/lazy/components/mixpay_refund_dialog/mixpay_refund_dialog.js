import { Component, onMounted, onWillUnmount, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { scanBarcode } from "@web/core/barcode/barcode_dialog";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { tryAgainText } from "@pos_mixpay/lazy/error_texts";

const FOLLOW_MS = 4000;
const OPEN = ["asked", "approved"];
const GIVEN_BACK = ["paid", "otherwise"];

/**
 * Gives money back in coins: asks for it, has it approved, and takes the customer's address. The
 * server decides all of it; what others do about it meanwhile is followed.
 */
export class MixpayRefundDialog extends Component {
    static template = "pos_mixpay.MixpayRefundDialog";
    static components = { Dialog };
    static props = {
        amount: String,
        find: Function, // resolves to the refund, or false
        ask: Function, // given the reason
        findApprovers: Function, // given the reference
        approve: Function, // given the reference, and approver and code
        setAddress: Function, // given the reference, and the address with its coin
        print: Function, // given the slip
        cancel: Function, // given the reference
        close: Function,
    };

    setup() {
        this.code = useRef("code");
        this.canScan = isBarcodeScannerSupported();
        this.state = useState({
            refund: false,
            isLoaded: false,
            isBusy: false,
            error: "",
            reason: "",
            approvers: [],
            canRequest: undefined, // whether anybody was told, as soon as that is known
            index: 0,
            asset: 0,
            address: "",
            memo: "",
            isConfirmed: false,
            isPhoneShown: false,
        });
        onMounted(() => {
            this.load();
            this.timer = browser.setInterval(() => this.follow(), FOLLOW_MS);
        });
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    get refund() {
        return this.state.refund;
    }

    get isOpen() {
        return OPEN.includes(this.refund?.state);
    }

    get approvedText() {
        return _t("Approved by %s.", this.refund.approver);
    }

    get isNobodyThere() {
        return this.state.canRequest === false && !this.state.approvers.length;
    }

    get needsAddress() {
        return this.isOpen && !this.refund.address;
    }

    get mayAsk() {
        return this.state.isLoaded && !this.isOpen && !GIVEN_BACK.includes(this.refund?.state);
    }

    get canSetAddress() {
        const { address, isConfirmed, isBusy } = this.state;
        return Boolean(address.trim()) && isConfirmed && !isBusy;
    }

    async load() {
        await this.whileBusy(this.props.find);
        this.state.isLoaded = !this.state.error;
        await this.loadApprovers();
    }

    async loadApprovers() {
        if (this.refund?.state === "asked") {
            await this.whileBusy(async () => {
                const answer = await this.props.findApprovers(this.refund.reference);
                const { approvers, can_request: canRequest } = answer;
                Object.assign(this.state, { approvers, canRequest });
                return this.refund;
            });
        }
    }

    /** Somebody approves elsewhere, or the customer enters an address on their phone. */
    async follow() {
        if (
            this.isOpen &&
            !this.state.isBusy &&
            (this.refund.state === "asked" || this.needsAddress)
        ) {
            this.state.refund = await this.props.find().catch(() => this.refund);
        }
    }

    async ask() {
        await this.whileBusy(() => this.props.ask(this.state.reason));
        await this.loadApprovers();
    }

    /** The code goes from its field to the server: it is in no state, and no second try. */
    async approve() {
        const { id, kind } = this.state.approvers[this.state.index];
        const code = this.code.el.value;
        this.code.el.value = "";
        const proof = { approver_id: id, approver_kind: kind, code };
        await this.whileBusy(() => this.props.approve(this.refund.reference, proof));
    }

    async scan() {
        await this.whileBusy(async () => {
            const found = await scanBarcode(this.env).catch(() => "");
            this.state.address = addressIn(found) || this.state.address;
            return this.refund;
        });
    }

    async setAddress() {
        const { asset, address, memo, isConfirmed } = this.state;
        const asset_id = this.refund.assets[asset]?.id;
        await this.whileBusy(() =>
            this.props.setAddress(this.refund.reference, {
                asset_id,
                address: addressIn(address),
                memo,
                is_confirmed: isConfirmed,
            })
        );
    }

    async cancel() {
        await this.whileBusy(() => this.props.cancel(this.refund.reference));
        if (!this.state.error) {
            this.props.close();
        }
    }

    async whileBusy(action) {
        Object.assign(this.state, { isBusy: true, error: "" });
        try {
            this.state.refund = await action();
        } catch (error) {
            this.state.error = tryAgainText(error);
        }
        this.state.isBusy = false;
    }
}

/** Wallets write an address into their code as in "bitcoin:bc1…?amount=1", with amount and chain. */
function addressIn(text) {
    return text
        .trim()
        .replace(/^[a-z]+:(?:pay-)?/i, "")
        .replace(/[?@].*$/, "");
}
