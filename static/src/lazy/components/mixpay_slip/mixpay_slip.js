import { Component } from "@odoo/owl";
import { generateQRCodeDataUrl } from "@point_of_sale/utils";
import { Dialog } from "@web/core/dialog/dialog";

/** What a customer keeps of a payment that the shop no longer waits for. */
export class MixpaySlip extends Component {
    static template = "pos_mixpay.MixpaySlip";
    static props = { slip: Object };

    /** Leads to the page that says how the payment stands by now. */
    get code() {
        return generateQRCodeDataUrl(this.props.slip.url);
    }
}

export class MixpaySlipDialog extends Component {
    static template = "pos_mixpay.MixpaySlipDialog";
    static components = { Dialog, MixpaySlip };
    static props = { slip: Object, print: Function, close: Function };
}
