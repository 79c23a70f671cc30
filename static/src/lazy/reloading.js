import { debounce } from "@web/core/utils/timing";
import { isInFlight, isMixpayLine, sessionIdOf } from "@pos_mixpay/app/lines";
import { isFree } from "@pos_mixpay/app/services/payments";

const SAVE_AFTER_MS = 100; // as core does

/**
 * What core reads from the server, it puts in the place of what is known here: after a save, on news of
 * another register, when a table or a list of orders is opened. That answer may be older than what
 * happened since it was asked for, and core takes for sent what it never sent. So each time the lines
 * of MixPay are put right.
 */
export function watchReloads(pos) {
    const saving = new Set(); // orders that are being saved for this
    const repaired = new Set(); // lines whose payment is newer than what was read
    const restore = () => restoreLines(pos, saving, repaired);
    let running = 0;
    for (const [owner, name] of [
        [pos, "syncAllOrders"],
        [pos.data, "callRelated"],
        [pos.data, "loadServerOrders"],
        [pos.deviceSync, "readDataFromServer"],
    ]) {
        const original = owner[name];
        owner[name] = async function () {
            running++;
            try {
                return await original.apply(this, arguments);
            } finally {
                running--;
                restore();
                if (!running) {
                    sendLater(repaired); // not before: its caller takes for sent what is there
                }
            }
        };
    }
    // When the network is back, core saves by what it made of its method before that was replaced.
    pos.syncAllOrdersDebounced = debounce((...args) => pos.syncAllOrders(...args), SAVE_AFTER_MS);
    restore();
}

function sendLater(lines) {
    for (const line of lines) {
        // eslint-disable-next-line no-restricted-syntax -- core has no other way to say so
        line._markDirty();
    }
    lines.clear();
}

function restoreLines(pos, saving, repaired) {
    for (const line of pos.models["pos.payment"].filter(isMixpayLine)) {
        const order = orderOf(pos, line);
        if (order && !order.finalized) {
            const payment = pos.mixpay.service.payments.getOfLine(line.uuid);
            restoreOrder(line, order, payment);
            if (payment?.line_status === "done" && !line.isDone()) {
                repaired.add(line);
            }
            restoreStatus(pos, line, payment);
            if (payment && !line.isSynced) {
                saveOnce(pos, order, saving);
            }
        }
    }
}

/** A line names its order by an id, which changes when the order gets one of the server. */
function orderOf(pos, line) {
    return line.pos_order_id || pos.models["pos.order"].find((order) => has(order, line));
}

const has = (order, { uuid }) => order.payment_ids.some((line) => line.uuid === uuid);

/** An answer from before a line was saved lacks that line. A line that was removed has no money. */
function restoreOrder(line, order, payment) {
    if (payment && !isFree(payment) && !has(order, line)) {
        line.pos_order_id = undefined; // core adds what is new to it
    }
    line.pos_order_id = order;
}

function restoreStatus(pos, line, payment) {
    const { attempts, lines, service } = pos.mixpay;
    if (!payment || (isFree(payment) && attempts.has(line))) {
        return; // it is tried again at this moment
    }
    if (isFree(payment) && isPaidOtherwise(line, payment)) {
        return void findNewer(pos, line); // by another register: the server's word stands
    }
    if (isFree(payment) && isInFlight(line)) {
        findNewer(pos, line); // the server has a line that waits, by another register's save
    }
    if (payment.line_status === "done" && !line.isDone()) {
        service.payments.store(payment); // whoever waits for it is notified once more
    } else {
        lines.update(payment);
    }
}

/** Whether a line names another payment than this one as what has paid it. */
const isPaidOtherwise = (line, { trace_id }) =>
    line.isDone() && Boolean(line.transaction_id) && line.transaction_id !== trace_id;

/** Another register may have started a newer payment of a line, with a code that can be paid. */
async function findNewer(pos, { uuid }) {
    const { service } = pos.mixpay;
    try {
        await service.resume({ payment_uuid: uuid, session_id: sessionIdOf(pos) });
    } catch (error) {
        service.payments.noteError(error); // asked again when it is read again
    }
}

/** Core drops a save of an order that it is saving already. */
async function saveOnce({ mixpay }, order, saving) {
    if (saving.has(order.uuid)) {
        return;
    }
    saving.add(order.uuid);
    try {
        await mixpay.saving.save(order);
    } catch (error) {
        mixpay.service.payments.noteError(error); // the server got the order with the payment
    } finally {
        saving.delete(order.uuid);
    }
}
