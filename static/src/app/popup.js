import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { callLazy, lazyDialog } from "@pos_mixpay/app/loader";

// What the popup shows: a line's payment, or at first no more than its code.
const CLOSED = { lineUuid: false, traceId: false, qr: false };
const CODE_FIRST_MS = 50; // two or three frames: by then the code is on the screen

/** An order's name for people, before and after it was saved. */
export const nameOf = (order) => order.pos_reference || order.getName();

/** Opens, fills and closes the popup. A register has one. */
export class MixpayPopupController {
    constructor(pos, payments, lines) {
        this.pos = pos;
        this.payments = payments;
        this.lines = lines;
        this.state = reactive({ ...CLOSED });
        this._Popup = lazyDialog(pos, "MixpayPopup");
    }

    /**
     * Opens at once, and shows the code as soon as there is one. What closes it without being asked to
     * (every dialog of a register that seems idle, while the customer pays) opens it again.
     *
     * @param {() => Promise<object>} cancel what its button does
     */
    show(line, cancel, traceId = false) {
        const { pos, state } = this;
        if (state.lineUuid) {
            return;
        }
        Object.assign(state, { lineUuid: line.uuid, traceId });
        const callWithPayment = (name) => callLazy(pos, name, this.payments.get(state.traceId));
        this._close = pos.dialog.add(
            this._Popup,
            {
                shown: state,
                preparing: {
                    amount_text: pos.env.utils.formatCurrency(line.amount),
                    order_name: nameOf(line.pos_order_id),
                },
                hint: () => this.lines.hintFor(line),
                cancel,
                forceCancel: () => callWithPayment("forceCancel"),
                confirmManually: () => callWithPayment("confirmManually"),
            },
            {
                onClose: (isWanted) => {
                    const { traceId: shown } = state;
                    Object.assign(state, CLOSED);
                    if (!isWanted) {
                        this.show(line, cancel, shown);
                    }
                },
            }
        );
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

    hide() {
        if (this.state.lineUuid) {
            this._close(true);
        }
    }
}
