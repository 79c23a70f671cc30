import { _t } from "@web/core/l10n/translation";
import { follow, orderOf } from "@pos_mixpay/lazy/moved";

/** Leads on from a screen whose order is gone, unless somebody has done so already. */
export function leaveScreen(pos, uuid) {
    const { current, params } = pos.router.state;
    if (params.orderUuid !== uuid) {
        return;
    }
    const next = current === "PaymentScreen" && findSuccessor(pos, uuid);
    if (next) {
        return follow(pos, next);
    }
    pos.notification.add(
        _t(
            "The order that was shown here was deleted or finished elsewhere. What was paid with MixPay is not lost."
        ),
        { type: "warning" }
    );
    const page = pos.defaultPage;
    pos.setOrder(pos.models["pos.order"].getBy("uuid", page.params.orderUuid));
    pos.navigate(page.page, page.params);
}

/** The order that has its payments now, or else the one that core has selected instead. */
function findSuccessor(pos, uuid) {
    const payments = Object.values(pos.mixpay.service.payments.state.payments);
    const orders = payments
        .filter(({ order_uuid }) => order_uuid === uuid)
        .map((payment) => orderOf(pos, payment));
    return [...orders, pos.getOrder()].find((order) => order?.finalized === false);
}
