"""What is told of a refund in coins: at the register, on its receipt, and to the customer.

Functions of an environment, whose language they speak, and a `mixpay.refund`. Receipt and page go
to customers: nothing is in them that they do not need.
"""

from . import receipts
from .claims import Words
from .mixpay import qr, refunds
from .mixpay.refunds import ASKED, CANCELLED, OTHERWISE, PAID, PENDING, REFUSED


def receipt(env, refund):
    """Return what the receipt of a refund says of it, a line for each thing."""
    amount, sent = refund.currency_id.format(refund.amount), _sent(refund)
    if refund.state == OTHERWISE:
        lines = [
            env._("Given back another way: %s", amount),
            env._("MixPay reference: %s", refund.reference),
        ]
        return "\n".join(lines)
    lines = [
        env._("Given back in coins: %s", amount),
        not sent and env._("It will be paid out by %s.", refund.company_id.name),
        sent and env._("Sent: %s", sent),
        not sent and refund.asset_id and env._("Coin: %s", refund.asset_id.display_name),
        refund.address and env._("To: %s", refunds.short(refund.address)),
        refund.txid and env._("Transaction: %s", receipts.short_txid(refund.txid)),
        env._("MixPay reference: %s", refund.reference),
    ]
    return "\n".join(line for line in lines if line)


def _sent(refund):
    """Return which coins were sent; empty before that, while they are only planned."""
    return f"{refund.units} {refund.asset_id.display_name}" if refund.state == PAID else ""


def for_register(env, refund, assets):
    """Return what a register is told of a refund, as JSON values.

    :param assets: `mixpay.asset` records that the customer may choose
    """
    url = env["mixpay.claim"]._refund_url(refund.reference)
    state_texts = dict(refund._fields["state"]._description_selection(env))
    return {
        "reference": refund.reference,
        "payment_uuid": refund.payment_uuid,
        "state": refund.state,
        "state_text": state_texts[refund.state],
        "amount": refund.currency_id.format(refund.amount),
        "is_granted": refund._is_granted(),
        "approver": refund.approver or "",
        "asset": refund.asset_id.display_name or "",
        "address": refund.address or "",
        "memo": refund.memo or "",
        "assets": [{"id": asset.id, "name": asset.display_name} for asset in assets],
        "url": url,
        "qr": qr.data_uri(url),
        "receipt": receipt(env, refund),
        "slip": slip(env, refund, assets, url),
    }


def slip(env, refund, assets, url):
    """Return what a register prints for a customer who names an address later, as JSON values.

    In the customer's language, whoever is at the register.

    :param assets: `mixpay.asset` records that the customer may choose
    :param str url: of the refund's page
    """
    language = env["mixpay.claim"]._language(refund.payment_ids[:1])
    env = env(context={**env.context, "lang": language})
    refund = refund.with_env(env)
    return {
        "title": env._("Refund in coins"),
        "lines": [
            [env._("Order"), refund.order_name],
            [env._("Refund"), refund.currency_id.format(refund.amount)],
            [env._("MixPay reference"), refund.reference],
        ],
        "text": words(env, refund, assets).message,
        "no_receipt": env._("This is no receipt. Keep this slip."),
        "scan": env._("Scan the code to enter your address, and to see how your refund stands:"),
        "url": url,
        "lang": language.replace("_", "-"),
        "direction": env["res.lang"]._get_data(code=language).direction,
    }


def page(env, refund, assets):
    """Return what the customer's page shows of a refund.

    :param assets: `mixpay.asset` records that the customer may choose
    :rtype: dict
    """
    facts = [
        (env._("Order"), refund.order_name),
        (env._("Refund"), refund.currency_id.format(refund.amount)),
        (env._("Coins sent"), _sent(refund)),
        (env._("Coin and network"), refund.asset_id.display_name),
        (env._("Your address"), refund.address),
        (env._("Memo or tag"), refund.memo),
        (env._("Transaction"), refund.txid),
        (env._("MixPay reference"), refund.reference),
    ]
    is_open = refund.state in PENDING
    return {
        "words": words(env, refund, assets),
        "amount": refund.currency_id.format(refund.amount),
        "facts": [fact for fact in facts if fact[1]],
        "assets": assets if is_open and not refund.address else assets.browse(),
        "is_test": False,
        "is_resolved": not is_open,
    }


def words(env, refund, assets):
    """Return what the customer is told.

    :param assets: `mixpay.asset` records that the customer may choose
    :rtype: claims.Words
    """
    _ = env._
    if refund.state in (PAID, OTHERWISE, REFUSED, CANCELLED):
        return _words_of_end(_, refund.state)
    if not (refund.address or assets):
        return Words(
            _("Refund in coins"),
            _("At the moment the shop has no coin for you to choose."),
            _("Ask the shop: it gives the money back another way, or tells you when there is one."),
        )
    if not refund.address:
        return Words(
            _("Where shall the coins go?"),
            _("The shop gives this amount back in coins, from its own wallet."),
            _("You: enter an address of your own wallet."),
        )
    if refund.state == ASKED:
        return Words(
            _("To be approved"),
            _("The shop knows your address. Somebody there has to approve the refund."),
            _("The shop approves it, and then sends the coins."),
        )
    return Words(
        _("Refund to be paid out"),
        _("The refund is approved, and the shop knows your address."),
        _("A manager of the shop sends the coins. Nobody else has to do anything."),
    )


def _words_of_end(_, state):
    """Return what the customer is told once nothing more happens.

    :rtype: claims.Words
    """
    if state == PAID:
        return Words(
            _("Paid out"),
            _("The shop has sent the coins to your address."),
            _("Nobody has to do anything more. Your wallet shows them when the network has."),
        )
    if state == OTHERWISE:
        return Words(
            _("Given back another way"),
            _("The shop has given this amount back another way, and sends no coins."),
            _("Nobody has to do anything more. If you did not get it, ask there."),
        )
    return Words(
        _("Not given back in coins"),
        _("This refund was given up at the shop before it was finished."),
        _("The shop gives the money back another way. Ask there, and show this page."),
    )
