import { _t } from "@web/core/l10n/translation";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { MixpayClosingDialog } from "@pos_mixpay/app/components/mixpay_closing_dialog/mixpay_closing_dialog";
import { isMixpayMethod } from "@pos_mixpay/app/utils/mixpay_line";

/**
 * Shows what is open at MixPay before the session is closed, once. It never keeps a shop from
 * closing at night: without an answer, closing goes on.
 *
 * @returns {Promise<boolean>} whether to go on
 */
export async function confirmClosing(pos) {
    if (!pos.models["pos.payment.method"].some(isMixpayMethod)) {
        return true;
    }
    const { mixpay, session } = pos;
    try {
        const open = await mixpay.service.findOpenBeforeClosing(session.id);
        const { payments, carried, carried_ids = [] } = open;
        mixpay.carried = carried_ids;
        const ids = payments.map((payment) => payment.trace_id);
        if (![...ids, ...carried].some((id) => !mixpay.shown.has(id))) {
            return true;
        }
        const isSeen = await makeAwaitable(pos.dialog, MixpayClosingDialog, {
            payments,
            carried,
            acknowledge: () => acknowledge(pos, ids),
        });
        if (isSeen) {
            [...ids, ...carried].forEach((id) => mixpay.shown.add(id));
        }
        return Boolean(isSeen);
    } catch (error) {
        return goOnAfter(pos, error);
    }
}

async function acknowledge(pos, ids) {
    try {
        await pos.mixpay.service.acknowledge(pos.session.id, ids);
    } catch (error) {
        goOnAfter(pos, error);
    }
}

function goOnAfter(pos, error) {
    pos.mixpay.service.noteFailure(error);
    pos.notification.add(
        _t("The MixPay payments of this session could not be listed. A manager finds them later."),
        { type: "warning" }
    );
    return true;
}
