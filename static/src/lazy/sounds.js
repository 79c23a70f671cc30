import { isFirst } from "@pos_mixpay/lazy/news";

// Of core's sounds: one says that all is well, the other that somebody has to look.
const PAID = "notification";
const ATTENTION = "error";

/** Plays a sound when a payment ends or is short, once for each, unless its method is silent. */
export function watchSounds(pos) {
    const { lines, service } = pos.mixpay;
    service.payments.subscribe((payment) => {
        const method = lines.getLine(payment.payment_uuid)?.payment_method_id;
        const sound = soundOf(payment);
        const when = payment.remaining ? "short" : sound;
        if (sound && method?.mixpay_sounds && isFirst(pos, `${when}:${payment.trace_id}`)) {
            pos.sound.play(sound);
        }
    });
}

function soundOf({ line_status, is_final, is_abandoned, remaining }) {
    if (line_status === "done") {
        return PAID;
    }
    return !is_abandoned && (is_final || remaining) && ATTENTION;
}
