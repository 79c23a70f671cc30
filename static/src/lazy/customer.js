import { _t } from "@web/core/l10n/translation";
import { ask } from "@point_of_sale/app/utils/make_awaitable_dialog";
import { dueFor } from "@pos_mixpay/app/lines";
import { notAvailable, showAlert } from "@pos_mixpay/app/messages";
import { tryAgainText } from "@pos_mixpay/lazy/error_texts";

// What core asks for only when it finishes an order. By then the customer has paid, and may be gone.

const hasStreet = ({ street, street2 }) => street || street2;
const hasAddress = ({ name, street, city, country_id }) => name && street && city && country_id;

/** What an order may lack, in the order in which it is asked for, and how it is given. */
const DEMANDS = [
    {
        isMissing: (order) =>
            order.isCustomerRequired || (order.getShippingDate() && !order.getPartner()),
        words: () => ({
            title: _t("Who is the customer?"),
            body: _t(
                "This sale cannot be finished without a customer. Choose one before they pay: the code is shown after that."
            ),
            confirmLabel: _t("Choose the customer"),
        }),
        give: (pos, order) => pos.selectPartner(order),
    },
    {
        isMissing: (order) => {
            const partner = order.getPartner();
            const isForShipping = order.getShippingDate() && !hasAddress(partner);
            return isForShipping || (order.preset_id?.needsPartner && !hasStreet(partner));
        },
        words: () => ({
            title: _t("Where does the customer live?"),
            body: _t(
                "This sale cannot be finished without the customer's address. Enter it before they pay: the code is shown after that."
            ),
            confirmLabel: _t("Enter the address"),
        }),
        give: (pos, order) => editPartner(pos, order.getPartner()),
    },
    {
        isMissing: ({ preset_id, preset_time }) => preset_id?.needsSlot && !preset_time,
        words: () => ({
            title: _t("When does the customer want it?"),
            body: _t(
                "This sale cannot be finished without a time slot. Choose one before the customer pays: the code is shown after that."
            ),
            confirmLabel: _t("Choose the time"),
        }),
        give: (pos, order) => pos.openPresetTiming(order),
    },
];

/**
 * Asks for what an order lacks, before its code is shown.
 *
 * @returns {Promise<boolean>} whether it lacks nothing any more
 */
export async function askCustomer(pos, line) {
    const { pos_order_id: order } = line;
    const due = dueFor(line);
    for (const demand of DEMANDS) {
        if (demand.isMissing(order) && !(await isGiven(pos, order, demand))) {
            return false;
        }
    }
    // A customer may have prices of their own: a line for all that was due is for all that is due now.
    if (pos.currency.isZero(line.amount - due)) {
        line.setAmount(dueFor(line));
    }
    return true;
}

async function isGiven(pos, order, { isMissing, words, give }) {
    const isWanted = await ask(pos.dialog, { ...words(), cancelLabel: _t("Not now") });
    if (isWanted) {
        try {
            await give(pos, order);
        } catch (error) {
            showAlert(pos, notAvailable(), tryAgainText(error));
        }
    }
    return isWanted && !isMissing(order);
}

/**
 * Opens the form of a customer until it is saved, closed, or cannot be opened. For the last two core's
 * own function waits for ever, and so would every payment terminal.
 */
function editPartner(pos, { id: resId }) {
    return new Promise((resolve, reject) => {
        const onSave = ({ config }) => {
            resolve(pos.data.read("res.partner", config.resIds));
            pos.action.doAction({ type: "ir.actions.act_window_close" });
        };
        const options = {
            props: { resId, onSave },
            additionalContext: pos.editPartnerContext(),
            onClose: () => resolve(),
        };
        pos.action.doAction("point_of_sale.res_partner_action_edit_pos", options).catch(reject);
    });
}
