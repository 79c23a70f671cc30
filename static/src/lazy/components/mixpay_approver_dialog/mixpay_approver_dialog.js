import { Component, onWillStart, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus } from "@web/core/utils/hooks";
import { tryAgainText } from "@pos_mixpay/app/utils/mixpay_words";

/**
 * Asks who approves and why, and then, as a second confirmation, for the proof of who that is.
 *
 * The secret goes from its field to the server: it is in no state, no log, and no second try.
 */
export class MixpayApproverDialog extends Component {
    static template = "pos_mixpay.MixpayApproverDialog";
    static components = { Dialog };
    static props = {
        title: String,
        warning: String,
        confirmLabel: String,
        findApprovers: Function,
        approve: Function,
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.secret = useRef("secret");
        useAutofocus({ refName: "secret", mobile: true });
        this.state = useState({
            approvers: [],
            index: 0,
            reason: "",
            isSecondStep: false,
            isBusy: false,
            error: "",
        });
        onWillStart(() => this.load());
    }

    async load() {
        await this.attempt(async () => {
            this.state.approvers = await this.props.findApprovers();
            if (!this.state.approvers.length) {
                this.state.error = _t("Nobody here may approve this. Call your manager.");
            }
        });
    }

    get approver() {
        return this.state.approvers[this.state.index];
    }

    get secretLabel() {
        const { kind, name } = this.approver;
        return kind === "employee" ? _t("PIN of %s", name) : _t("Password of %s", name);
    }

    get isReady() {
        return this.approver && this.state.reason.trim() && !this.state.isBusy;
    }

    async submit() {
        if (!this.isReady) {
            return;
        }
        if (this.state.isSecondStep) {
            return this.confirm();
        }
        this.state.isSecondStep = true;
    }

    goBack() {
        this.state.isSecondStep = false;
        this.state.error = "";
    }

    async confirm() {
        const { value } = this.secret.el;
        this.secret.el.value = "";
        await this.attempt(async () => {
            const payment = await this.props.approve({
                approver_kind: this.approver.kind,
                approver_id: this.approver.id,
                secret: value,
                reason: this.state.reason.trim(),
            });
            this.props.getPayload(payment);
            this.props.close();
        });
    }

    async attempt(action) {
        Object.assign(this.state, { isBusy: true, error: "" });
        try {
            await action();
        } catch (error) {
            this.state.error = tryAgainText(error);
        }
        this.state.isBusy = false;
    }
}
