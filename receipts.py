"""What receipts and invoices say of a payment. Odoo's part is `mixpay_receipt` of `pos.payment`.

Functions of an environment, whose language and time zone they speak, and a payment's `Snapshot`.
"""

from decimal import Decimal

from . import locales, texts
from .mixpay import money, settlement

# Of a chain's transaction, so much of each end is enough to find it again among a day's.
_SHOWN_OF_TXID = 8
# Of a rate, as many digits as people compare.
_RATE_DIGITS = 6


def text(env, payment):
    """Return what a receipt says of a payment that pays an order, a line for each thing.

    The method's setting leaves coins out; what the payment is found by is always there.

    :param Snapshot payment: which
    """
    lines = [
        payment.is_test and env._("TEST: no real money was paid"),
        payment.stands.is_unconfirmed and env._("Accepted before it was confirmed"),
        *(_coin_lines(env, payment) if _shows_coins(env, payment) else ()),
        payment.txid and env._("Transaction: %s", short_txid(payment.txid)),
        env._("MixPay reference: %s", payment.trace_id),
    ]
    return "\n".join(line for line in lines if line)


def _shows_coins(env, payment):
    method = env["pos.payment.method"].browse(payment.payment_method_id)
    return method.sudo().mixpay_receipt_coins


def _coin_lines(env, payment):
    sent = texts.coins(env, payment)
    rate = settlement.rate(payment.price.amount, payment.payable_amount or "")
    moment = payment.paid_at or payment.finished_at or payment.accepted_unconfirmed_at
    yield sent and env._("Sent: %s", sent)
    yield rate and env._(
        "Rate: 1 %(coin)s = %(rate)s %(currency)s%(moment)s",
        coin=payment.payable_symbol or "?",
        rate=locales.number(env, money.rounded(Decimal(rate), _RATE_DIGITS)),
        currency=payment.price.currency,
        moment=f" ({locales.moment(env, moment)})" if moment else "",
    )


def short_txid(txid):
    """Return a chain's transaction ID as people compare it: its two ends."""
    if len(txid) <= 2 * _SHOWN_OF_TXID + 1:
        return txid
    return f"{txid[:_SHOWN_OF_TXID]}…{txid[-_SHOWN_OF_TXID:]}"
