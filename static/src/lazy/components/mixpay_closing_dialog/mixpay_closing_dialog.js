import { Component, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

/** What a person must know of before the session is closed. It stops nobody. */
export class MixpayClosingDialog extends Component {
    static template = "pos_mixpay.MixpayClosingDialog";
    static components = { Dialog };
    static props = {
        payments: Array,
        deferred: Array,
        acknowledge: Function,
        getPayload: Function,
        close: Function,
    };

    setup() {
        this.state = useState({ isBusy: false });
    }

    async goOn() {
        this.state.isBusy = true;
        await this.props.acknowledge();
        this.props.getPayload(true);
        this.props.close();
    }
}
