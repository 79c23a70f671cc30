import { Component, onMounted, xml } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";
import { follow, orderOf } from "@pos_mixpay/lazy/moved";

const guarded = new WeakSet();

/**
 * In the place of a screen whose order is gone: of two devices at one table core deletes one's order,
 * whatever screen shows it, and draws that screen once more. Leads on to where the sale goes on.
 */
class OrderGone extends Component {
    static template = xml`<div class="screen"/>`;
    static props = { orderUuid: { type: String, optional: true } };

    setup() {
        const pos = usePos();
        onMounted(() => leave(pos, this.props.orderUuid));
    }
}

function leave(pos, uuid) {
    const { current, params } = pos.router.state;
    if (params.orderUuid !== uuid) {
        return; // somebody has led on already
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

/** Where its payments are now, or else where core has led whoever is at work on it. */
function findSuccessor(pos, uuid) {
    const payments = Object.values(pos.mixpay.service.payments.state.payments);
    const orders = payments
        .filter(({ order_uuid }) => order_uuid === uuid)
        .map((payment) => orderOf(pos, payment));
    return [...orders, pos.getOrder()].find((order) => order?.finalized === false);
}

/** Core checks once, when a screen is opened, whether its order is there, and goes on. */
function guard(screen) {
    guarded.add(screen);
    screen.template = xml`
        <t t-if="currentOrder and currentOrder.state !== 'cancel'"><t t-call="${screen.template}"/></t>
        <MixpayOrderGone t-else="" orderUuid="props.orderUuid"/>`;
    screen.components = { ...screen.components, MixpayOrderGone: OrderGone };
}

/** Has all screens about one order led on from when it is gone, also those of unknown modules. */
export function guardScreens() {
    registry
        .category("pos_pages")
        .getAll()
        .filter(({ route }) => route.includes("{string:orderUuid}"))
        .map(({ component }) => component)
        .filter((screen) => "currentOrder" in screen.prototype && !guarded.has(screen))
        .forEach(guard);
}
