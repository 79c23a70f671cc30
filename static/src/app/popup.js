import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { findLazy, lazyDialog } from "@pos_mixpay/app/loader";

// What the popup shows: a line's payment, or at first no more than its code; whether that is given up,
// and whether it is on the screen.
const CLOSED = { lineUuid: false, traceId: false, qr: false, isCancelling: false, isUp: false };
const CODE_FIRST_MS = 50; // two or three frames: by then the code is on the screen

/** An order's name for people, before and after it was saved; empty when it is gone. */
export const nameOf = (order) => order?.pos_reference || order?.getName() || "";

/** Opens, fills and closes the popup. A register has one. */
export class MixpayPopupController {
    constructor(pos, payments) {
        this.pos = pos;
        this.payments = payments;
        this.state = reactive({ ...CLOSED });
        this._Popup = lazyDialog(pos, "MixpayPopup");
    }

    /**
     * Opens at once, and shows the code as soon as there is one. It opens again when it is closed
     * by anything but its owner, as core closes every dialog of a register that seems idle; not
     * when it failed before it was on the screen, since it would fail again. An earlier payment's
     * popup is closed first.
     */
    show(line, traceId = false) {
        const { pos, payments, state } = this;
        if (state.lineUuid && !payments.isFinal(state.traceId)) {
            return;
        }
        this._close?.(true);
        Object.assign(state, { lineUuid: line.uuid, traceId });
        const options = {
            onClose: (isWanted) => {
                const { traceId: shown, isUp } = state;
                Object.assign(state, CLOSED);
                this._close = null;
                if (!isWanted && isUp) {
                    this.show(line, shown);
                }
            },
        };
        this._close = pos.dialog.add(this._Popup, { shown: state, line }, options);
    }

    /** Draws the code before everything else, which would delay it by a frame or two. */
    async showCode(line, { qr, is_final }) {
        if (this.state.lineUuid === line.uuid && !is_final) {
            this.state.qr = qr;
            await new Promise((resolve) => browser.setTimeout(resolve, CODE_FIRST_MS));
        }
    }

    showPayment(line, traceId) {
        if (this.state.lineUuid === line.uuid) {
            this.state.traceId = traceId;
        }
    }

    /**
     * Closes it, unless it shows how the payment ended, which the cashier has to read. The tick of
     * a paid one closes by itself, also when the sale has gone on to another screen. If the lazy
     * part is not loaded yet, it closes at once.
     */
    hide(isScreenLeft) {
        const { is_final, is_abandoned, line_status } = this.payments.get(this.state.traceId) || {};
        const isResult = line_status === "done" || (is_final && !is_abandoned && !isScreenLeft);
        if (!isResult || !findLazy()) {
            this._close?.(true);
        }
    }
}
