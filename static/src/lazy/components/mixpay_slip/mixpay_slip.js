import { Component } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";

/** What a customer keeps of a payment that the shop no longer waits for. */
export class MixpaySlip extends Component {
    static template = "pos_mixpay.MixpaySlip";
    static props = { slip: Object };
}

export class MixpaySlipDialog extends Component {
    static template = "pos_mixpay.MixpaySlipDialog";
    static components = { Dialog, MixpaySlip };
    static props = { slip: Object, print: Function, close: Function };
}
