"""What payers are told about money that no sale has: the slip, and the page that it leads to.

Functions of an environment, whose language they speak, and a payment's `Snapshot`. Slip and page go
to customers: nothing is in them that the payer does not need.
"""

from typing import NamedTuple

from . import locales, receipts, texts
from .mixpay import claim, states


class Words(NamedTuple):
    """What the page says of a payment.

    :ivar title: how it stands, in a few words
    :ivar message: what happened
    :ivar next_step: who does what next
    :ivar money_back: when the money comes back; empty where that is no question
    """

    title: str
    message: str
    next_step: str
    money_back: str = ""


# === THE SLIP === #


def slip(env, payment, payments=()):
    """Return what a register prints for a payer, as JSON values; False for nothing.

    In the customer's language, whoever is at the register.

    :param Snapshot payment: which
    :param list[Snapshot] payments: all that are shown now; what they need is read together
    """
    if not claim.may_have_slip(payment):
        return False
    ids = [one.id for one in payments if claim.may_have_slip(one)]
    record_sudo = env["mixpay.payment"].sudo().browse(payment.id).with_prefetch(ids)
    language = env["mixpay.claim"]._language(record_sudo)
    env = env(context={**env.context, "lang": language})
    lines = [
        (env._("Order"), payment.order_name),
        (env._("Asked for"), locales.price(env, payment.price)),
        (env._("Arrived"), texts.coins(env, payment)),
        (env._("Transaction"), payment.txid),
        (env._("MixPay trace ID"), payment.trace_id),
    ]
    return {
        "title": env._("Crypto payment not finished"),
        "lines": [[label, text] for label, text in lines if text],
        "text": words(env, payment).message,
        "no_receipt": env._("This is no receipt. Keep this slip."),
        "scan": env._("Scan the code to see how your payment stands:"),
        "url": env["mixpay.claim"]._url(payment.trace_id),
        "is_due": claim.needs_slip(payment),
        "lang": language.replace("_", "-"),
        "direction": env["res.lang"]._get_data(code=language).direction,
    }


# === THE PAGE === #


def page(env, payment):
    """Return what the page shows of a payment.

    :rtype: dict
    """
    stage = claim.stage(payment)
    remaining = texts.remaining(env, payment) if stage == claim.SHORT else None
    facts = [
        (env._("Order"), payment.order_name),
        (env._("Asked for"), locales.price(env, payment.price)),
        (env._("Arrived"), texts.coins(env, payment) or env._("nothing so far")),
        (env._("Missing"), remaining and f"{remaining['coin']} ({remaining['currency']})"),
        (env._("Transaction"), payment.txid and receipts.short_txid(payment.txid)),
        (env._("MixPay trace ID"), payment.trace_id),
    ]
    return {
        "words": words(env, payment),
        "facts": [fact for fact in facts if fact[1]],
        "is_test": payment.is_test,
        "is_resolved": stage in claim.RESOLVED,
    }


def words(env, payment):
    """Return what the payer is told.

    :rtype: Words
    """
    stage = claim.stage(payment)
    if stage == claim.SHORT:
        return _short(env, payment)
    return {
        claim.BOOKED: _booked,
        claim.GIVEN_BACK: _given_back,
        claim.CLOSED: _closed,
        claim.ARRIVED: _arrived,
        claim.CHECKED: _checked,
        claim.RETURNING: _returning,
        claim.MOVING: _moving,
        claim.REVIEWED: _reviewed,
        claim.NOTHING: _nothing,
    }[stage](env._, payment)


def _booked(_, payment):
    return Words(
        _("The shop has your payment"),
        _("Your payment arrived and has paid your order. Your receipt comes from the shop."),
        _("Nobody has to do anything more."),
    )


def _given_back(_, payment):
    return Words(
        _("Given back"),
        _("The shop has noted that it gave this money back to you."),
        _("Nobody has to do anything more. Ask the shop if you did not get it."),
    )


def _closed(_, payment):
    return Words(
        _("Closed by the shop"),
        _("The shop has decided about this payment and has closed it."),
        _("Ask the shop if you have a question about it."),
    )


def _arrived(_, payment):
    return Words(
        _("Your money has arrived"),
        _("The shop has your money, and no order has used it so far."),
        _("The shop decides what becomes of it. Go there with this page or the slip."),
        _("The shop gives it back, or takes it for an order: agree on that with the shop."),
    )


def _checked(_, payment):
    return Words(
        _("A manager looks at it"),
        _("MixPay reports something else than the shop asked for."),
        _("The shop's manager compares it with MixPay. Ask the shop, and show this page."),
        _("That depends on what is found. The shop or MixPay tells you."),
    )


def _returning(_, payment):
    return Words(
        _("The payment failed"),
        _("MixPay could not complete the payment, so the shop did not get the money."),
        _(
            "MixPay gives the money back. Open your payment at MixPay, and follow what it says"
            " there; if it asks for an address, enter one of your own wallet."
        ),
        _(
            "MixPay promises no time. If nothing has come after a day, ask MixPay, with the trace"
            " ID below."
        ),
    )


def _moving(_, payment):
    message = _("Your payment was seen. The network or MixPay has not confirmed it so far.")
    if not payment.is_abandoned:
        return Words(
            _("Being confirmed"),
            message,
            _("Nobody has to do anything: it takes minutes on most networks. Do not pay again."),
            _("If it cannot be confirmed, the money stays with you or MixPay gives it back."),
        )
    return Words(
        _("Being confirmed"),
        _(
            "%(first)s %(second)s",  # in Chinese and Japanese nothing is between two sentences
            first=message,
            second=_("The sale did not wait for it."),
        ),
        _(
            "Nobody has to do anything now. When it arrives, the shop is told, and owes it to you:"
            " go there with this slip."
        ),
        _("If it cannot be confirmed, the money stays with you or MixPay gives it back."),
    )


def _reviewed(_, payment):
    return Words(
        _("MixPay reviews it"),
        _("Your payment arrived at MixPay, which checks it before it goes on to the shop."),
        _("MixPay decides. It may ask you something: open your payment there."),
        _("If MixPay refuses it, it gives the money back. It promises no time."),
    )


def _short(env, payment):
    _ = env._
    message = _("Too little arrived for this sale.")
    back = _(
        "Unless the rest is sent in time, MixPay gives the money back. It promises no time: after"
        " a day, ask MixPay, with the trace ID below."
    )
    if payment.is_abandoned or payment.time_left < 1:
        next_step = _(
            "The sale did not wait for the rest, so do not send more. MixPay gives the money back"
            " when the time to pay has passed; ask there, with the trace ID below."
        )
    else:
        until = env["mixpay.claim"]._moment(payment, payment.expires_at)
        next_step = _("You: scan the same code again and send the rest by %s.", until)
    return Words(_("Too little was paid"), message, next_step, back)


def _nothing(_, payment):
    if payment.state == states.FAILED:
        return Words(
            _("Nothing was paid"),
            _("The time to pay is over, and no money was seen."),
            _("If you have sent something, show your wallet's transaction to the shop."),
        )
    return Words(
        _("Nothing has arrived so far"),
        _("MixPay has seen no money for this payment."),
        _("If you have just paid, wait a few minutes. Do not pay again."),
    )
