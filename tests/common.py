"""What the Odoo tests share: a shop that takes MixPay, and a simulator that plays MixPay."""

import uuid
from datetime import timedelta

from odoo import fields

from .simulator import SimulatorServer

# USDT on Tron and on Ethereum, by MixPay's ids.
USDT_TRON = "b91e18ff-a9ae-3dc7-8679-e935d9a4b34b"
USDT_ETHEREUM = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
PAYEE = "8e69e534-d0c4-3e04-8b61-37a73cd9e7d7"


class MixpaySimulatorMixin:
    """Starts a simulator for the class and points test mode to it."""

    @classmethod
    def start_simulator(cls):
        cls.server = cls.enterClassContext(SimulatorServer())
        cls.simulator = cls.server.simulator
        params = cls.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.allow_test_mode", "True")
        params.set_param("pos_mixpay.test_api_url", cls.server.api_url)
        params.set_param("pos_mixpay.test_pay_url", cls.server.pay_url)

    @classmethod
    def mixpay_method_vals(cls, **changes):
        asset = cls.env["mixpay.asset"].search([("asset_id", "=", USDT_TRON)])
        journal = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.env.company.id)], limit=1
        )
        vals = {
            "name": "MixPay",
            "journal_id": journal.id,
            "payment_method_type": "terminal",
            "use_payment_terminal": "mixpay",
            "mixpay_payee_id": PAYEE,
            "mixpay_settlement_asset_id": asset.id,
            "mixpay_test_mode": True,
        }
        return vals | changes

    @classmethod
    def create_mixpay_method(cls, **changes):
        """Create a payment method of ours, at the simulator."""
        return cls.env["pos.payment.method"].create(cls.mixpay_method_vals(**changes))

    @classmethod
    def set_up_shop(cls):
        """Start a simulator, and let the basic Point of Sale take MixPay there."""
        cls.start_simulator()
        cls.method = cls.create_mixpay_method()
        cls.basic_config.payment_method_ids += cls.method
        cls.config = cls.basic_config

    @classmethod
    def record_payment(cls, session, method, **changes):
        """Record a MixPay payment as `create` would, without asking anybody."""
        asset = method.mixpay_settlement_asset_id
        vals = {
            "company_id": session.company_id.id,
            "currency_id": session.currency_id.id,
            "amount": 10.0,
            "payee_id": PAYEE,
            "quote_asset_id": session.currency_id.name.lower(),
            "settlement_asset_id": asset.asset_id,
            "expires_at": fields.Datetime.now() + timedelta(minutes=15),
            "is_test": True,
            "api_url": cls.server.api_url,
            "pay_url": cls.server.pay_url,
            "payment_method_id": method.id,
            "pos_config_id": session.config_id.id,
            "pos_session_id": session.id,
            "payment_uuid": str(uuid.uuid4()),
            "order_uuid": str(uuid.uuid4()),
            "link_type": "code",
        }
        return cls.env["mixpay.payment"].sudo().create(vals | changes)
