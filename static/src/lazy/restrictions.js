import { _t } from "@web/core/l10n/translation";
import { showAlert } from "@pos_mixpay/app/messages";
import { keptText } from "@pos_mixpay/lazy/cancel_texts";
import { isFirst } from "@pos_mixpay/lazy/news";
import { openRefund } from "@pos_mixpay/lazy/refunds";
import { isRefundLine, refundText } from "@pos_mixpay/lazy/refund_texts";

// What MixPay cannot do, in words.

let closeLocked = () => {};

export function explainAmount(pos, line) {
    const { amount, pos_order_id: order } = line;
    if (pos.currency.isZero(amount)) {
        showAlert(
            pos,
            _t("Nothing to pay on this line"),
            _t("Enter what the customer is to pay with MixPay, or remove this line.")
        );
    } else if (pos.currency.isPositive(amount)) {
        showAlert(
            pos,
            _t("More than what is due"),
            _t(
                "No change is given for a payment in coins. Set this line to %s at most, and try again.",
                pos.env.utils.formatCurrency(order.remainingDue)
            )
        );
    } else {
        openRefund(pos, line);
    }
}

/** An amount that was asked for, or paid, stays: the numpad says so, once at a time. */
export function explainLocked(pos, line) {
    const amount = pos.env.utils.formatCurrency(line.amount);
    const text = isRefundLine(line)
        ? refundFirst(line)
        : line.isDone()
          ? _t("%s was paid with MixPay: this amount stays.", amount)
          : _t("The code asks for %s. Cancel the payment first to ask for another amount.", amount);
    closeLocked();
    closeLocked = pos.notification.add(text, { type: "info" });
}

const refundFirst = (line) =>
    _t("%s. Cancel it first to give back another amount.", refundText(line));

/** Core takes one electronic payment at a time, and says no more than that. */
export function explainBusy(pos, line) {
    showAlert(
        pos,
        _t("MixPay comes first"),
        isRefundLine(line)
            ? refundFirst(line)
            : busyText(pos.mixpay.service.payments.getOfLine(line.uuid))
    );
}

const busyText = (payment) =>
    payment?.can_force_cancel
        ? keptText(payment)
        : _t(
              "The customer can still pay the MixPay code of this order. Wait for that, or cancel it on its line: then take another payment."
          );

/** Lines of a payment method that this Point of Sale does not have (any more). */
export function explainForeign(pos, lines) {
    for (const line of lines.filter(({ uuid }) => isFirst(pos, `foreign:${uuid}`))) {
        showAlert(
            pos,
            _t("A payment from elsewhere"),
            _t(
                "%(amount)s of this order is to be paid with %(method)s, which this Point of Sale does not take. The line stays, since the customer may have paid. Finish this order where it was begun, or call your manager.",
                {
                    amount: pos.env.utils.formatCurrency(line.amount),
                    method: line.payment_method_id.name,
                }
            )
        );
    }
}

export function explainForceDone(pos) {
    showAlert(
        pos,
        _t("Only MixPay can confirm this payment"),
        _t("Wait for the confirmation, or cancel and take another payment.")
    );
}
