"""Every sentence about a payment for cashiers, customers and managers. Decides nothing.

Functions of an environment, whose language they speak, and a payment: its record, or where a
register is told, a `Snapshot`, which has fields of the same names.
"""

import math
from decimal import Decimal

from . import locales
from .mixpay import claim, explorers, money, polling, states
from .mixpay.issues import LATE
from .mixpay.standing import HELD_STATES, has_failed_with_money, has_open_surplus, standing

# A request may take a while, and the next is not sent before `URGENT_INTERVAL`.
NEWS_SECONDS = polling.URGENT_INTERVAL + 4


def register_texts(env, payment, *, was_asked):
    """Return the texts that a register shows with a payment, as JSON values.

    :param Snapshot payment: which
    :param bool was_asked: whether a person has asked, and so expects MixPay's latest word
    """
    state_text, message = state_texts(env, payment, payment.stands)
    return {
        "amount_text": locales.price(env, payment.price),
        "state_text": state_text,
        "message": message,
        "remaining": payment.state == states.PAID_LESS and remaining(env, payment),
        **_seen(env, payment),
        "warning": warning(env, payment),
        "notice": _delay_notice(env, payment, was_asked) or _notice(env, payment),
    }


def _seen(env, payment):
    """Return what is known of the payer's transfer, empty where nothing is."""
    sent = coins(env, payment)
    network = sent.rpartition("(")[2].rstrip(")")
    return {
        "sent": sent,
        "confirmations": _confirmations_text(env, payment),
        "explorer": explorers.address(network, payment.txid) if payment.txid else "",
    }


def _confirmations_text(env, payment):
    seen, needed = payment.confirmations, payment.required_confirmations
    if payment.state != states.CONFIRMING or seen is None or seen < 0:
        return ""
    if not needed:
        return env._("Confirmations so far: %s", seen)
    return env._("Confirmations: %(seen)s of %(needed)s", seen=min(seen, needed), needed=needed)


def _notice(env, payment):
    """Return what the cashier should be told once; empty for nothing."""
    order = payment.order_name or "?"
    if payment.is_abandoned and payment.is_taken and not payment.stands.is_final:
        message = state_texts(env, payment, payment.stands)[1]
        return env._("Order %(order)s: %(message)s", order=order, message=message)
    if payment.state != states.SUCCESS:
        return ""
    if payment.issue == LATE and (payment.stands.is_too_late or not _has_open_line(env, payment)):
        return env._(
            "%(amount)s came with MixPay for order %(order)s, which does not wait for it any more."
            " Tell your manager, who decides what becomes of the money.",
            amount=locales.price(env, payment.price),
            order=order,
        )
    if payment.issue == LATE:
        return env._(
            "%(amount)s came with MixPay for order %(order)s, which nobody waits for any more."
            " Press “Try again” on its line, or tell your manager.",
            amount=locales.price(env, payment.price),
            order=order,
        )
    if has_open_surplus(payment):
        return env._(
            "The customer sent %(surplus)s too much. MixPay gives it back to the customer;"
            " never give change for it.",
            surplus=coins(env, payment, payment.surplus_amount or ""),
        )
    return ""


def _has_open_line(env, payment):
    """Tell whether an open order has a line that could go on with this payment."""
    domain = [("uuid", "=", payment.payment_uuid), ("pos_order_id.state", "=", "draft")]
    return bool(env["pos.payment"].sudo().search_count(domain, limit=1))


def coins(env, payment, amount=None):
    """Return what arrived in the payer's coin, as in "1.5 USDT (Tron)"; empty for nothing.

    :param str amount: another amount in that coin, as decimal text
    """
    if amount is None and not payment.payment_amount:
        return ""
    return env["mixpay.payment"]._coins(payment, "payment", amount)


def evidence(env, payment, stands):
    """Return what the order's payment line keeps about a payment, once it is paid.

    :param Standing stands: how the payment stands
    """
    if not stands.is_accepted:
        return {"transaction_id": "", "payment_ref_no": "", "card_brand": ""}
    return {
        "transaction_id": payment.trace_id,
        "payment_ref_no": payment.txid or "",
        "card_brand": env["mixpay.payment"]._coin(
            payment.payment_asset_id, payment.payment_symbol, payment.payment_version
        ),
    }


def _delay_notice(env, payment, was_asked):
    """Return why MixPay's word on a payment may be old; empty when it is not."""
    if not payment.is_polled:
        return ""  # nothing more is asked about it
    if payment.retry_after is not None:
        return env._(
            "MixPay cannot be reached at the moment. It is asked again in %(seconds)s s.",
            seconds=max(math.ceil(payment.retry_after), 1),
        )
    is_old = payment.synced_for is None or payment.synced_for > NEWS_SECONDS
    if was_asked and is_old:
        return env._("MixPay could not be reached just now. Trying again shortly.")
    return ""


def remaining(env, payment):
    """Return what is still missing, in the payer's coin and the shop's currency, or False."""
    payable = money.parse_or_none(payment.payable_amount)
    paid = money.parse_or_none(payment.payment_amount)
    if not payable or paid is None:
        return False
    missing = max(payable - paid, Decimal(0))
    amount = missing / payable * Decimal(payment.price.amount)
    return {
        "coin": env["mixpay.payment"]._coins(payment, "payable", f"{missing:f}"),
        "currency": locales.price(env, payment.price, amount),
    }


def _still_missing(env, payment):
    """Return in words what is still missing, for the payment's label."""
    missing = remaining(env, payment)
    if not missing or not missing["coin"]:
        return env._("Too little has arrived")
    return env._(
        "%(amount)s still missing (%(coin)s)",
        amount=missing["currency"],
        coin=missing["coin"].replace(" (", ", ").removesuffix(")"),
    )


def label(payment):
    """Return a short label for the state of a payment's record."""
    return state_texts(payment.env, payment, standing(payment))[0]


def state_texts(env, payment, stands):
    """Return a short label for the state, and a sentence that says what to do next.

    :param Standing stands: how the payment stands
    """
    if payment.confirmed_at and payment.state != states.SUCCESS:
        return _texts_marked_as_paid(env._, payment)
    if stands.is_unconfirmed:
        return _texts_unconfirmed(env._, stands)
    if payment.state == states.MISMATCH:
        return env._("Not paid as asked"), _mismatch_text(env, payment)
    if payment.is_abandoned and payment.is_taken and not stands.is_final:
        return _texts_of_taken_code(env._)
    if stands.is_being_checked and not payment.is_abandoned:
        return _texts_being_checked(env._)
    if payment.is_abandoned and payment.state != states.SUCCESS:
        return _texts_of_cancelled(env, payment)
    if payment.state in (states.DRAFT, states.UNPAID):
        return _texts_before_payment(env, payment)
    if payment.state == states.FAILED:
        return _failure_label(env, payment), _failure_text(env, payment)
    if payment.state == states.PAID_LESS:
        return _still_missing(env, payment), _short_text(env, payment)
    return _texts_of_money(env._, payment.state)


def _texts_marked_as_paid(_, payment):
    return (
        _("Marked as paid by a manager"),
        _("%s marked this payment as paid. We keep checking with MixPay.", payment.confirmed_by),
    )


def _texts_of_taken_code(_):
    return (
        _("This code cannot be used"),
        _(
            "Somebody else has opened this code for another payment. Try again: the"
            " customer gets a new code. Do not hand over the goods yet."
        ),
    )


def _texts_being_checked(_):
    return (
        _("Being checked"),
        _(
            "MixPay reports another payment than the one that was asked for, and is asked"
            " again within a minute. Wait; do not hand over the goods yet."
        ),
    )


def _short_text(env, payment):
    sent, due = coins(env, payment), env["mixpay.payment"]._coins(payment, "payable")
    again = env._("Ask the customer to scan the same code again and send the rest.")
    if payment.time_left < 1:  # what is sent now comes too late
        again = _still_checking(env)
    if not (sent and due):
        return again
    return env._("Received %(sent)s of %(due)s. %(next_step)s", sent=sent, due=due, next_step=again)


def _texts_of_cancelled(env, payment):
    sent = coins(env, payment)
    if not sent:
        return (
            env._("Cancelled at the register"),
            env._("Nobody waits for this payment. If the customer still pays, you will be told."),
        )
    label_text = env._("Cancelled at the register, after %s had arrived", sent)
    if payment.state == states.FAILED:
        return label_text, _failure_text(env, payment)
    if payment.state == states.PAID_LESS:
        return label_text, env._(
            "It is less than was asked for. Unless the rest is sent in time, MixPay returns it to"
            " the customer. Give the customer the slip."
        )
    return label_text, env._(
        "When MixPay has confirmed it you will be told, and a manager decides what becomes of it."
        " Give the customer the slip."
    )


def _texts_unconfirmed(_, stands):
    if stands.is_final:
        return (
            _("Accepted, then failed"),
            _(
                "This shop accepted the payment before it was confirmed, and it failed. A manager"
                " decides what to do; nothing changes at the register."
            ),
        )
    return (
        _("Accepted, not confirmed yet"),
        _(
            "The payment was seen in full, and this shop accepts it before it is confirmed. You can"
            " hand over the goods. MixPay is asked on, and a manager is told should it fail."
        ),
    )


def _texts_of_money(_, state):
    return {
        states.CONFIRMING: (
            _("Payment seen – do not hand over yet"),
            _("The network is confirming it. This screen updates by itself."),
        ),
        states.PENDING: (
            _("Almost done – do not hand over yet"),
            _("MixPay is completing the payment. This screen updates by itself."),
        ),
        states.AUDITING: (
            _("Under review – do not hand over yet"),
            _(
                "MixPay has the money and reviews this payment, which may take a while. Serve the"
                " next customer meanwhile, or ask your manager what to do."
            ),
        ),
        states.SUCCESS: (_("Paid"), _("The payment has arrived.")),
    }[state]


def _mismatch_text(env, payment):
    if payment.is_taken:
        return env._(
            "The payment went to somebody else, not to this shop. Do not hand over the goods;"
            " call your manager."
        )
    return env._(
        "A payment arrived, but not the one that was asked for. Do not hand over the"
        " goods; call your manager."
    )


def _texts_before_payment(env, payment):
    if payment.state == states.DRAFT:
        return (
            env._("Preparing"),
            env._("The code is shown in a moment."),
        )
    if payment.time_left < 1:
        return (
            env._("Time is up"),
            _still_checking(env),
        )
    return (
        env._("Waiting for the customer"),
        env._("The customer scans the code and pays. This screen updates by itself."),
    )


def _still_checking(env):
    return env._("Still checking with MixPay whether the customer has paid.")


def _failure_label(env, payment):
    if has_failed_with_money(payment):
        return env._("Failed after money was sent")
    return env._("Not paid in time") if payment.failure_code == "40000" else env._("Not paid")


def _failure_text(env, payment):
    """Return why a payment failed, in words. Codes: MixPay's documentation, `failureCode`."""
    if payment.is_taken:
        return env._(
            "Somebody else had opened this code for another payment. Nothing was taken from the"
            " customer: show a new code."
        )
    if has_failed_with_money(payment):
        return env._(
            "%(first)s %(second)s",
            first=_failure_with_money(env._, payment),
            second=_after_failure(env._),
        )
    return {
        "40000": env._("Nobody paid in time, and nothing was charged. Show a new code."),
        "40032": env._("It was cancelled at MixPay, and nothing was charged. Show a new code."),
    }.get(payment.failure_code) or env._(
        "MixPay reports that the payment failed, and has seen no money. Show a new code, or take"
        " another payment."
    )


def _failure_with_money(_, payment):
    """Return what became of money that was sent, by MixPay's code."""
    return {
        "40020": _("The customer sent another coin than agreed. MixPay sends it back."),
        "40024": _("Too little had arrived when time was up. MixPay returns it to the customer."),
        "40025": _(
            "The coin's price moved too much while the payment was under way, so MixPay did not"
            " accept it. MixPay has the money and returns it to the customer."
        ),
        "40027": _(
            "MixPay could not pay it out in the coin that this shop insists on. MixPay has the"
            " money and returns it to the customer."
        ),
        "40032": _("It was cancelled at MixPay after money had been sent; MixPay has it."),
        "10095": _("MixPay's review refused the payment. MixPay has the money and returns it."),
    }.get(payment.failure_code or "") or _(
        "MixPay reports that the payment failed after money had been sent; MixPay has it."
    )


def _after_failure(_):
    return _(
        "Do not charge the customer again with MixPay. Give them the slip with the reference; if"
        " they want to pay now, take another payment."
    )


# What a payment of the last days comes down to, for a register's picture of it.
PAID, SEEN, SHORT, NOTHING, REVIEW = "paid", "seen", "short", "nothing", "review"
UNASKED, CLOSED = "unasked", "closed"


def verdict(payment, remaining):
    """Return what a payment's record comes down to, for a customer who says they paid.

    :param remaining: what a register is told of that, see `register_texts`
    :return: one of `PAID`, `SEEN`, `SHORT`, `NOTHING`, `REVIEW`, `CLOSED`; and a sentence
    """
    env, stands = payment.env, standing(payment)
    is_by_hand = payment.confirmed_at and payment.state != states.SUCCESS
    if stands.is_unconfirmed or is_by_hand:
        # An order has it, but MixPay has not said that the money is there, or has said otherwise.
        return REVIEW if stands.is_final else SEEN, state_texts(env, payment, stands)[1]
    if stands.is_accepted:
        return PAID, _paid_verdict(env, payment)
    if closed := _closed_verdict(env, payment):
        return CLOSED, closed
    has_come = payment.state == states.SUCCESS or payment.recovered_at
    if has_come or payment.state == states.MISMATCH:
        return REVIEW, _review_verdict(env, payment, has_come)
    if payment.is_taken and not stands.is_final:  # opened by somebody, otherwise; not paid so far
        return REVIEW, state_texts(env, payment, stands)[1]
    if payment.state == states.PAID_LESS:
        return SHORT, _short_verdict(env, payment, remaining)
    if has_failed_with_money(payment):
        return REVIEW, env._(
            "Money was sent, but MixPay could not complete the payment. Do not charge again before"
            " a manager has looked at it."
        )
    if payment.state in HELD_STATES or stands.is_being_checked:
        return SEEN, env._("Seen, not confirmed. Do not hand over the goods yet.")
    return NOTHING, env._("Nothing received.")


def not_asked(env):
    """Return that what is shown is not MixPay's latest word, though a person asked for it."""
    return env._("MixPay cannot be asked at the moment; no money is lost. Try again in a minute.")


def _paid_verdict(env, payment):
    order = payment.order_name or "?"
    if payment.covered_at:
        return env._("Paid. Order %(order)s has the money.", order=order)
    return env._("Paid. Order %(order)s has yet to be finished with it.", order=order)


def _closed_verdict(env, payment):
    """Return what was decided about money that no order has; empty for nothing."""
    return {
        claim.GIVEN_BACK: env._(
            "The customer's money was given back already. Do not give it back again."
        ),
        claim.CLOSED: env._(
            "A manager has decided about this money already. Ask there before you do anything."
        ),
    }.get(claim.stage(payment), "")


def _review_verdict(env, payment, has_come):
    if payment.is_taken:
        return env._("Not ours: this code was paid to somebody else.")
    if has_come:
        return env._(
            "Paid, but the sale did not wait for it. Do not charge again: a manager decides what"
            " becomes of the money."
        )
    return env._("Not paid as asked. Do not charge again: a manager decides about it.")


def _short_verdict(env, payment, remaining):
    if payment.time_left < 1:
        return state_texts(env, payment, standing(payment))[1]
    if not remaining:
        return env._("Short. The customer scans the same code again and pays the rest.")
    return env._(
        "Short by %(amount)s (%(coin)s). The customer scans the same code again and pays the rest.",
        amount=remaining["currency"],
        coin=remaining["coin"],
    )


def summary(payment):
    """Return one line about a payment's record for people; plain text."""
    env = payment.env
    return env._(
        "MixPay payment of %(amount)s for %(order)s (%(trace_id)s): %(message)s",
        amount=payment.currency_id.format(payment.amount),
        order=payment.order_name or env._("an order"),
        trace_id=payment.trace_id,
        message=state_texts(env, payment, standing(payment))[1],
    )


def warning(env, payment):
    """Return what an approver must know before deciding about a payment; empty for nothing."""
    if payment.state != states.AUDITING:
        return ""
    return env._(
        "MixPay is reviewing this payment and may still refuse it. Whoever marks it as paid"
        " answers for the whole amount."
    )


def name_for_people(payment):
    """Return how a person finds a payment's record."""
    return payment.env._("MixPay payment %(trace_id)s", trace_id=payment.trace_id)
