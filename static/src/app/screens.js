import { Component, onMounted, xml } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";
import { callLazy } from "@pos_mixpay/app/loader";

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
        onMounted(() => callLazy(pos, "leaveScreen", this.props.orderUuid));
    }
}

/** Core checks once, when a screen is opened, whether its order is there, and goes on. */
function guard(screen) {
    guarded.add(screen);
    screen.template = xml`
        <t t-if="currentOrder and currentOrder.state !== 'cancel'"><t t-call="${screen.template}"/></t>
        <MixpayOrderGone t-else="" orderUuid="props.orderUuid"/>`;
    screen.components = { ...screen.components, MixpayOrderGone: OrderGone };
}

/**
 * Has all screens about one order led on from when it is gone, also those of unknown modules. Before
 * the first is drawn: a screen that is there keeps the template that it was opened with.
 */
export function guardScreens() {
    registry
        .category("pos_pages")
        .getAll()
        .filter(({ route }) => route.includes("{string:orderUuid}"))
        .map(({ component }) => component)
        .filter((screen) => "currentOrder" in screen.prototype && !guarded.has(screen))
        .forEach(guard);
}
