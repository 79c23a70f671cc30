"""What the Odoo tests share: a shop that takes MixPay, and a simulator that plays MixPay."""

import contextlib
import json
import uuid
from datetime import timedelta

from odoo import fields
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from ..mixpay import priority
from ..transactions import read_committed
from .simulator import SimulatorServer

# USDT on Tron and on Ethereum, by MixPay's ids.
USDT_TRON = "b91e18ff-a9ae-3dc7-8679-e935d9a4b34b"
USDT_ETHEREUM = "4d8c508b-91c5-375b-92b0-ee702ed2dac5"
PAYEE = "8e69e534-d0c4-3e04-8b61-37a73cd9e7d7"
STRANGER = "11111111-2222-4333-8444-555555555555"
# Groups of who works at a till, and of who answers for it.
CASHIER = "base.group_user,point_of_sale.group_pos_user"
MANAGER = "base.group_user,point_of_sale.group_pos_manager"


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

    def setUp(self):
        super().setUp()
        self.forget_calls()
        self.addCleanup(self.check_user_agents)

    def check_user_agents(self):
        """Check that MixPay was told by each call which addon calls, and its version alone."""
        version = self.env.ref("base.module_pos_mixpay").latest_version
        agents = {call["userAgent"] for call in self.simulator.requests()}
        self.assertLessEqual(agents, {f"pos_mixpay/{version}"})

    def forget_calls(self):
        """Forget earlier calls to MixPay, and how they went: that is committed, as in a shop."""
        with read_committed(self.env) as cr:
            cr.execute("DELETE FROM mixpay_endpoint")
            cr.execute("DELETE FROM mixpay_slot")

    def run_job(self, name):
        """Run a job as Odoo does, in transactions of its own."""
        job = self.env.ref(f"pos_mixpay.ir_cron_mixpay_{name}")
        with self.enter_registry_test_mode():
            job.method_direct_trigger()

    def use_up(self, kind):
        """Use up the calls of a kind; return how many there were."""
        limiter, count = self.env["mixpay.limiter"], 0
        with contextlib.suppress(priority.NotAdmitted):
            while True:
                with limiter._call(self.server.api_url, kind, 1):
                    count += 1
        return count

    @classmethod
    def new_user(cls, login, groups="base.group_user", company=None, **vals):
        """Create a user of a company, of the shop's own unless another one is given."""
        company = company or cls.company
        vals |= {"company_id": company.id, "company_ids": [(6, 0, company.ids)]}
        return new_test_user(cls.env, login, groups, **vals)

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


class MixpayShopCase(MixpaySimulatorMixin):
    """A shop with an open session and one product for 10.00; mixed into `TestPoSCommon`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()
        cls.product = cls.create_product("Tea", cls.categ_basic, 10.0)

    def setUp(self):
        super().setUp()
        self.open_new_session()
        self.line_uuid = str(uuid.uuid4())

    def order_data(self, state="paid", amount=10.0, **line):
        """Return what a register sends: one product, one MixPay line `line_uuid`, in its order."""
        data = self.create_ui_order_data(
            [(self.product, 1)],
            payments=[(self.method, amount)],
            uuid=self.order_of(self.line_uuid),
        )
        data["state"] = state
        data["access_token"] = str(uuid.uuid4())
        data["payment_ids"][0][2].update({"uuid": self.line_uuid, **line})
        return data

    def order_of(self, line_uuid):
        """Return the UUID of the order that a line is in."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, line_uuid))

    def sync(self, data):
        """Send an order to the server as a register does; return it."""
        result = self.env["pos.order"].sync_from_ui([data])
        return self.env["pos.order"].browse(result["pos.order"][0]["id"])

    def order_of_payment(self, payment):
        return self.env["pos.order"].search([("uuid", "=", payment.order_uuid)])

    def leave_alone(self, payment):
        """Have a minute pass since the money came, in which no register said that it is there."""
        payment.finished_at -= timedelta(minutes=1)
        asked_at = payment._now() - timedelta(minutes=1)
        payment.register_asked_at = asked_at.replace(microsecond=0)

    def draft(self):
        """Return an unpaid order of 10.00 without payment lines."""
        data = self.order_data(state="draft")
        data |= {"uuid": str(uuid.uuid4()), "payment_ids": [], "amount_paid": 0}
        return self.sync(data)

    def record(self, **changes):
        """Record a payment for the line `line_uuid`."""
        vals = {"payment_uuid": self.line_uuid} | changes
        vals.setdefault("order_uuid", self.order_of(vals["payment_uuid"]))
        return self.record_payment(self.pos_session, self.method, **vals)

    def paid(self, **changes):
        """Record a payment and walk it to success as MixPay's answers would."""
        reported = {"txid": "0xabc", "payment_symbol": "USDT"}
        for name in ("surplus_amount", "surplus_status", "payment_version"):
            if name in changes:
                reported[name] = changes.pop(name)
        payment = self.record(**changes)
        payment.env["mixpay.answer"]._transition(payment, "success", reported)
        return payment


class MixpayRoutesCase(MixpaySimulatorMixin):
    """A cashier's browser that asks our routes; mixed into `TestPoSCommon` and `HttpCase`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()
        cls.config.open_ui()
        cls.pos_session = cls.config.current_session_id
        cls.cashier = cls.new_user("mixpay_till", CASHIER)
        cls.clerk = cls.new_user("mixpay_clerk")

    def setUp(self):
        super().setUp()
        self.simulator.reset()
        self.simulator.set_knobs(auto_confirm_seconds=None)
        self.authenticate("mixpay_till", "mixpay_till")

    def send(self, route, params):
        """Call a route; return its whole JSON-RPC answer, errors with their words included."""
        body = {"jsonrpc": "2.0", "id": 0, "method": "call", "params": params}
        # Not by `requests`, which refuses to send what a hostile browser may: NaN.
        data, headers = json.dumps(body), {"Content-Type": "application/json"}
        url = f"{self.base_url()}/pos_mixpay/{route}"
        return self.opener.post(url, data=data, headers=headers).json()

    def call(self, route, **params):
        answer = self.send(route, params)
        self.assertNotIn("error", answer)
        return answer["result"]

    def create_params(self, **changes):
        params = {
            "payment_method_id": self.method.id,
            "session_id": self.pos_session.id,
            "order_uuid": str(uuid.uuid4()),
            "payment_uuid": str(uuid.uuid4()),
            "order_name": "Order 0001",
            "amount": "10.00",
        }
        return params | changes

    def create_payment(self, **changes):
        return self.call("create", **self.create_params(**changes))

    def forgotten(self, payee=PAYEE, *, is_paid=True, trace_id=None):
        """Have MixPay know a payment that no record here is about; return its trace."""
        trace_id = trace_id or str(uuid.uuid4())
        terms = {
            "payeeId": payee,
            "settlementAssetId": USDT_TRON,
            "quoteAssetId": self.company.currency_id.name.lower(),
            "quoteAmount": "10.00",
            "traceId": trace_id,
        }
        self.simulator.create(terms)
        if is_paid:
            self.simulator.pay(trace_id, asset=USDT_ETHEREUM)
            self.simulator.succeed(trace_id)
        return trace_id

    def may_ask_again(self):
        """Have what was looked up be asked about at once when a register names it again."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE mixpay_lookup SET create_date = answered_at")

    def assert_refused(self, words, route, **params):
        with mute_logger("odoo.http"):
            answer = self.send(route, params)
        self.assertIn("error", answer)
        self.assertRegex(answer["error"]["data"]["message"], words)
