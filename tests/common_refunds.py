"""A shop that gives money back in coins, for tests."""

import uuid

from .common import CASHIER, MANAGER, USDT_TRON

ADDRESS = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
OTHER_ADDRESS = "TXLAQ63Xg1NAzckPwKHvzw7CSEmLMEqcdj"
CODE = "295471"
TXID = "9b7f2c1d0a8e4f63b5d29c7e1f0a4b86"
REPORTED = {
    "payable_amount": "10.0125",
    "payment_amount": "10.0125",
    "payment_symbol": "USDT",
    "payment_asset_id": USDT_TRON,
    "txid": "0xabcdef0123456789abcdef0123456789",
    "rate": "0.998752",
    "rate_source": "MixPay",
}


class MixpayRefundsMixin:
    """A shop whose MixPay method gives money back in coins."""

    @classmethod
    def allow_refunds(cls):
        cls.method.write({"mixpay_test_mode": False, "mixpay_refunds": True})
        cls.manager = cls.new_user("mixpay_refunder", MANAGER)
        cls.manager._mixpay_set_approval_code(CODE)
        cls.cashier = cls.new_user("mixpay_asker", CASHIER)

    def sell(self, amount=10.0, **changes):
        """Sell tea that is paid with MixPay; return the order."""
        payment = self.record(
            **{"payment_uuid": str(uuid.uuid4()), "amount": amount, "is_test": False} | changes
        )
        payment.env["mixpay.answer"]._transition(payment, "success", REPORTED)
        return self.sync(self.tea(amount, payment.payment_uuid, uuid=payment.order_uuid))

    def tea(self, amount, line_uuid, state="paid", **data):
        order = self.create_ui_order_data(
            [(self.product, amount / 10.0)], payments=[(self.method, amount)]
        )
        order |= {"state": state, "access_token": str(uuid.uuid4()), **data}
        order["payment_ids"][0][2]["uuid"] = line_uuid
        return order

    def refund_data(self, original, amount=10.0, state="draft", **data):
        order = self.tea(-amount, str(uuid.uuid4()), state, **data)
        order["is_refund"] = True
        for _command, _id, line in order["lines"]:
            line["refunded_orderline_id"] = original.lines[:1].id
        return order

    def refund_line(self, original, **changes):
        """Take tea back on a register; return the line that is to give coins back."""
        data = self.refund_data(original, **changes)
        self.env["pos.order"].sync_from_ui([data])
        return self.env["pos.payment"].search([("uuid", "=", data["payment_ids"][0][2]["uuid"])])

    def give_back_in_cash(self, original, amount=10.0):
        """Take tea back on a register that gives cash for it."""
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        data = self.refund_data(original, amount, state="paid", uuid=str(uuid.uuid4()))
        data["payment_ids"][0][2]["payment_method_id"] = cash.id
        self.env["pos.order"].sync_from_ui([data])

    def as_cashier(self, model):
        return self.env[model].with_user(self.cashier)

    def ask(self, line, reason="The tea was cold"):
        requests = self.as_cashier("mixpay.refund.request")
        return (
            requests._request_payout(line.with_user(self.cashier), reason).with_env(self.env).sudo()
        )

    def asked(self, original=None, **changes):
        return self.ask(self.refund_line(original or self.sell(), **changes))

    def approve(self, refund):
        refund.with_user(self.manager).action_approve()
        return refund

    def enter_address(self, refund, address=ADDRESS, by="register", asset=None, confirmed=True):
        asset = asset or self.method.mixpay_settlement_asset_id
        self.as_cashier("mixpay.refund.request")._set_address(
            refund, asset.id, address, "", confirmed, by
        )

    def finish(self, refund):
        refund.pos_order_id.action_pos_order_paid()
        return refund

    def ready(self, **changes):
        """Return a refund that waits for its manager to pay it out."""
        refund = self.approve(self.asked(**changes))
        self.enter_address(refund)
        return self.finish(refund)

    def start(self, refund, units="10.0124", rate="0.998752", manager=None):
        """Have a manager pay a refund out from now on."""
        own = refund.with_user(manager or self.manager)
        own._start(units, rate, "The sale", refund.create_date, {})
        return refund

    def pay_out(self, refund, txid=TXID, **terms):
        self.start(refund, **terms)
        refund.with_user(self.manager)._pay(txid, {})
        return refund

    def give_back_otherwise(self, refund, reason="In cash: their wallet was stolen"):
        refund.with_user(self.manager)._give_back_otherwise(reason)
        return refund

    def events(self):
        """Return what happened to refunds, the latest last."""
        found = self.env["mixpay.event"].search([("kind", "=", "refund")], order="id")
        return [data["what"] for data in found.mapped("data")]
