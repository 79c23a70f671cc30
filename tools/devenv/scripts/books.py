"""Fed to `odoo shell` after shop.py: a second Point of Sale, whose MixPay money is in the books.

Its payments say that they are no tests, which are in no books. MixPay is not asked about them.
Afterwards it gives money back in coins.
"""

import uuid
from datetime import timedelta

from methods import create_method

from odoo import Command, fields

env = globals()["env"]  # given by Odoo's shell
env = env(context=env.context | {"lang": "en_US"})

AMOUNTS = (4.2, 12.5, 31.4, 8.9, 64.0, 3.8, 19.95, 27.3)
PAYEE_ID = "9f0a3c5e-4d7b-4a1e-8a53-0d7c1be2f6a8"
# Days that everything lies back, so that there is a period to export.
AGE = 2
MOMENTS = {
    "mixpay_payment": ("create_date", "counted_at", "paid_at", "finished_at", "settled_at"),
    "pos_order": ("date_order",),
}


def open_shop():
    """A Point of Sale with MixPay and a card, whose MixPay has accounts of its own."""
    journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
    method = create_method(env, PAYEE_ID, journal)
    env["mixpay.set.up.books"].create({"payment_method_id": method.id}).action_create_accounts()
    card = env["pos.payment.method"].search([("name", "=", "Card")], limit=1)
    methods = method + card
    config = env["pos.config"].create(
        {"name": "Corner shop", "payment_method_ids": [Command.set(methods.ids)]}
    )
    session = env["pos.session"].create({"config_id": config.id})
    session.set_opening_control(0, "")
    return session, method


def pay(session, method, name, amount):
    """A payment as it stands when MixPay has said that it was paid."""
    asset = method.mixpay_settlement_asset_id
    now = fields.Datetime.now()
    payment = env["mixpay.payment"].create(
        {
            "company_id": session.company_id.id,
            "currency_id": session.currency_id.id,
            "amount": amount,
            "payee_id": PAYEE_ID,
            "quote_asset_id": session.currency_id.name.lower(),
            "settlement_asset_id": asset.asset_id,
            "expires_at": now + timedelta(minutes=15),
            "api_url": parameters.get_param("pos_mixpay.test_api_url"),
            "pay_url": parameters.get_param("pos_mixpay.test_pay_url"),
            "payment_method_id": method.id,
            "pos_config_id": session.config_id.id,
            "pos_session_id": session.id,
            "payment_uuid": str(uuid.uuid4()),
            "order_uuid": str(uuid.uuid4()),
            "order_name": name,
            "link_type": "code",
        }
    )
    coin = {f"payment_{part}": asset[part] for part in ("asset_id", "symbol")}
    reported = {"payment_amount": f"{amount:.2f}", "txid": uuid.uuid4().hex, **coin}
    env["mixpay.answer"]._transition(payment, "success", reported)
    return payment


def sell(session, method, name, amount):
    """A sale that MixPay pays."""
    payment = pay(session, method, name, amount)
    now = fields.Datetime.to_string(fields.Datetime.now())
    product = env["product.product"].search([("available_in_pos", "=", True)], limit=1)
    line = {
        "uuid": str(uuid.uuid4()),
        "product_id": product.id,
        "qty": 1,
        "price_unit": amount,
        "price_subtotal": amount,
        "price_subtotal_incl": amount,
        "tax_ids": [Command.clear()],
    }
    tender = {
        "uuid": payment.payment_uuid,
        "amount": amount,
        "payment_method_id": method.id,
        "payment_date": now,
        "payment_status": "done",
    }
    order = {
        "uuid": payment.order_uuid,
        "access_token": str(uuid.uuid4()),
        "name": name,
        "session_id": session.id,
        "user_id": env.uid,
        "date_order": now,
        "state": "paid",
        "amount_paid": amount,
        "amount_total": amount,
        "amount_tax": 0,
        "amount_return": 0,
        "lines": [Command.create(line)],
        "payment_ids": [Command.create(tender)],
    }
    env["pos.order"].sync_from_ui([order])
    return payment


def settle(payment):
    """What MixPay would report once it has paid the coins out."""
    asset = payment.payment_method_id.mixpay_settlement_asset_id
    payment.write(
        {
            "settle_status": "success",
            "settled_at": fields.Datetime.now(),
            "settle_amount": payment.payment_amount,
            "settle_asset_id": asset.asset_id,
            "settle_symbol": asset.symbol,
        }
    )


def give_back(method):
    """Have a method give coins back, as only one can that takes real payments."""
    address = parameters.get_param("pos_mixpay.test_api_url")
    parameters.set_param("pos_mixpay.api_url", address)  # still the simulator
    method.write({"mixpay_test_mode": False, "mixpay_refunds": True})


def lie_back():
    """Move what happened into the past; its entries stay where they are."""
    env.flush_all()
    for table, columns in MOMENTS.items():
        for column in columns:
            env.cr.execute(f"UPDATE {table} SET {column} = {column} - interval '{AGE} days'")
    env.invalidate_all()


env = env(user=env.ref("base.user_admin"), su=True)
parameters = env["ir.config_parameter"]
session, method = open_shop()
payments = [
    sell(session, method, f"Order {number:04}", amount)
    for number, amount in enumerate(AMOUNTS, start=1)
]
late = pay(session, method, "Order 0009", 14.6)
late.is_abandoned = True
env["mixpay.review"]._review(late)
session.action_pos_session_closing_control()
# The last one is still on its way.
for payment in [*payments[:-1], late]:
    settle(payment)
    env["mixpay.booking"]._plan_entries(payment)
env.flush_all()
env.cr.execute("UPDATE mixpay_booking SET due_at = '2000-01-01'")
env["mixpay.booking"].invalidate_model()
env["mixpay.books"]._cron_book()
env["mixpay.comparison"]._cron_compare()
env.cr.execute("DELETE FROM mixpay_followup")
lie_back()
give_back(method)
yesterday = fields.Date.today() - timedelta(days=1)
env["mixpay.export"].create({"date_from": yesterday - timedelta(days=6), "date_to": yesterday})
env.cr.commit()
