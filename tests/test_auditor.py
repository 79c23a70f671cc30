"""An auditor: computes the ledger from MixPay's side alone, and compares it with the books.

What was sold, settled, left open or decided about is taken from the simulator's own records and
from what was done here; nothing is read from the addon's records. `POS_MIXPAY_AUDITOR_SALES=1000`
has it look at that many sales; the usual run is shorter.
"""

import os
import uuid
from collections import Counter
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..mixpay.client import MixpayClient
from ..models import mixpay_refund_request
from ..models.mixpay_settings import USER_AGENT
from .common_refunds import MixpayRefundsMixin
from .test_books import MixpayBooksCase

SALES = int(os.environ.get("POS_MIXPAY_AUDITOR_SALES", "80"))
SESSIONS = 4
# How often each kind of sale comes in twenty.
KINDS = [
    *["settled"] * 5,
    "refunded",
    "refunded in cash",
    "refund to be paid out",
    *["unsettled"] * 2,
    *["settled before closing"] * 2,
    "invoiced",
    "identified",
    "test",
    "expired",
    "late",
    "late and kept",
    "late and given back",
    "late and attached",
]
REFUNDS = frozenset({"refunded", "refunded in cash", "refund to be paid out"})
SETTLED_LATER = REFUNDS | {"settled", "invoiced", "identified", "test"}


@tagged("post_install", "-at_install")
class TestMixpayAuditor(MixpayRefundsMixin, MixpayBooksCase, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.simulator.set_knobs(rate_limit=100_000)
        cls.identified = cls.create_mixpay_method(name="Identified", split_transactions=True)
        cls.basic_config.payment_method_ids += cls.identified
        cls.set_up_books(cls.identified)
        cls.allow_refunds()

    def setUp(self):
        super().setUp()
        self.simulator.set_knobs(rate_limit=100_000)
        self.client = MixpayClient(self.server.api_url, 4, user_agent=USER_AGENT)
        self.kinds, self.refunds = {}, {}
        self.patch(mixpay_refund_request, "MOST_OF_REGISTER", SALES)  # all in one transaction

    # === SALES === #

    def play(self, number, kind):
        """Make one sale of a kind; its amount tells it from others."""
        amount = 10.0 + number % 7 * 10.0
        method, self.method = self.method, self.method_of(kind)
        payment = self.opened(amount=amount, is_test=kind == "test")
        self.kinds[payment.trace_id] = kind
        if kind == "expired":
            self.simulator.expire(payment.trace_id)
            payment.env["mixpay.answer"]._transition(payment, "failed", {"failure_code": "40000"})
        else:
            self.pay(payment, kind)
        if kind in REFUNDS:
            order = payment.pos_order_id
            self.refunds[payment.trace_id] = self.ready(original=order, amount=amount)
        self.method = method
        return payment

    def method_of(self, kind):
        return self.identified if kind == "identified" else self.method

    def pay(self, payment, kind):
        self.simulator.pay(payment.trace_id)
        self.simulator.succeed(payment.trace_id)
        payment.env["mixpay.answer"]._transition(payment, "success", {"settle_status": "pending"})
        if kind.startswith("late"):
            payment.is_abandoned = True
            payment.env["mixpay.review"]._review(payment)
        else:
            self.sync(self.order_of_kind(payment, kind))
        if kind not in SETTLED_LATER and kind != "unsettled":
            self.hear_settlement(payment)

    def order_of_kind(self, payment, kind):
        data = self.create_ui_order_data(
            [(self.product, payment.amount / 10.0)],
            payments=[(self.method, payment.amount)],
            uuid=payment.order_uuid,
            customer=kind in ("invoiced", "identified") and self.customer,
            is_invoiced=kind == "invoiced",
        )
        data |= {"state": "paid", "access_token": str(uuid.uuid4())}
        data["payment_ids"][0][2]["uuid"] = payment.payment_uuid
        return data

    def hear_settlement(self, payment):
        self.simulator.settle(payment.trace_id)
        report = self.client.payment_report(payment.trace_id)
        self.assertTrue(payment.env["mixpay.settlement"]._record_report(payment, report))
        # What the next report would say.
        payment.env["mixpay.settlement"]._record_report(payment, report)

    def decide_about(self, payment):
        kind = self.kinds[payment.trace_id]
        if kind == "late and kept":
            self.decide(payment, "kept")
        elif kind == "late and given back":
            self.decide(payment, "refunded")
        elif kind == "late and attached":
            self.decide(payment, "attached")
            payment.env["mixpay.fulfilment"]._attach(payment, self.draft_of(payment.amount))

    def draft_of(self, amount):
        data = self.create_ui_order_data([(self.product, amount / 10.0)], uuid=str(uuid.uuid4()))
        data |= {"state": "draft", "access_token": str(uuid.uuid4()), "amount_paid": 0}
        return self.sync(data | {"payment_ids": []})

    def play_a_day(self, numbers):
        """Sell, hear of settlements, decide, close: in an order that changes from day to day."""
        payments = [self.play(number, KINDS[number % len(KINDS)]) for number in numbers]
        self.book_due()
        for payment in payments:
            self.decide_about(payment)
        self.close()
        for payment in payments:
            if self.kinds[payment.trace_id] in SETTLED_LATER:
                self.hear_settlement(payment)
        # Some refunds are paid out before their sales are settled in the books, some after.
        self.pay_out_refunds(payments[::2])
        self.book_due()
        self.pay_out_refunds(payments[1::2])
        self.book_due()

    def pay_out_refunds(self, payments):
        for payment in payments:
            if self.kinds[payment.trace_id] == "refunded":
                units = f"{payment.amount:.2f}"
                txid = f"payout-{payment.trace_id}"
                self.pay_out(self.refunds[payment.trace_id], units=units, rate="1", txid=txid)
            elif self.kinds[payment.trace_id] == "refunded in cash":
                self.give_back_otherwise(self.refunds[payment.trace_id])

    def book_due(self):
        """Run the job until nothing is due any more."""
        self.env.flush_all()
        for _time in range(20):
            self.run_job("book")
            self.env["mixpay.booking"].invalidate_model()
            if not self.env["mixpay.booking"]._due(1):
                break
        self.env.invalidate_all()

    # === THE AUDITOR === #

    def ledger(self):
        """Return what the books should say, from the simulator's records: by account, and lines."""
        ledger, lines = Counter(), {}
        for record in self.simulator.payments():
            kind, result = self.kinds[record["traceId"]], record["result"]
            if kind == "test" or record["status"] != "success":
                continue
            amount = Decimal(result["quoteAmount"])
            own = "identified" if kind == "identified" else "method"
            if result["settleStatus"] != "success":
                ledger[own, "outstanding"] += amount
                continue
            lines[record["traceId"]] = [amount]
            ledger[own, "wallet"] += amount
            if kind == "late":
                ledger[own, "suspense"] -= amount
            elif kind == "refunded":
                ledger[own, "wallet"] -= amount
                lines[self.refunds[record["traceId"]].reference] = [-amount]
            elif kind == "refunded in cash":
                # Until somebody matches what left the cash register with it.
                ledger[own, "suspense"] -= amount
            elif kind == "refund to be paid out":
                ledger[own, "outstanding"] -= amount
            elif kind == "late and kept":
                ledger[own, "gain"] -= amount
            elif kind == "late and given back":
                ledger[own, "wallet"] -= amount
                lines[record["traceId"]].append(-amount)
        return ledger, lines

    def money_of_tests(self):
        return sum(
            Decimal(record["result"]["quoteAmount"])
            for record in self.simulator.payments()
            if self.kinds[record["traceId"]] == "test"
        )

    def books(self):
        """Return what the books do say, from Odoo's own records."""
        found = Counter()
        for own, method in (("method", self.method), ("identified", self.identified)):
            journal = method.journal_id
            for name, account in (
                ("wallet", journal.default_account_id),
                ("outstanding", method.outstanding_account_id),
                ("suspense", journal.suspense_account_id),
                ("gain", journal.profit_account_id),
            ):
                found[own, name] = self.exact(self.balance(account))
                if account.reconcile:
                    residual = self.exact(self.balance(account, "amount_residual"))
                    self.assertEqual(residual, found[own, name], f"{own} {name}: nothing half open")
        lines = {}
        journals = (self.method | self.identified).journal_id
        for line in self.env["account.bank.statement.line"].search(
            [("journal_id", "in", journals.ids)], order="id"
        ):
            trace_id = line.payment_ref.rsplit(" ", 1)[-1]
            lines.setdefault(trace_id, []).append(self.exact(line.amount))
        return found, lines

    def exact(self, amount):
        return Decimal(f"{amount:.2f}")

    def test_the_books_are_what_mixpay_says(self):
        a_day = SALES // SESSIONS
        for day in range(SESSIONS):
            self.play_a_day(range(day * a_day, (day + 1) * a_day))
            self.open_new_session()
        self.close()
        self.book_due()
        ledger, lines = self.ledger()
        found, found_lines = self.books()
        self.assertEqual(found_lines, lines)
        # Core books the sales of test payments, too; nobody settles them.
        ledger["method", "outstanding"] += self.money_of_tests()
        self.assertEqual(+found, +ledger)
        self.assertEqual(-found, -ledger)
        self.assertEqual(set(self.kinds.values()), set(KINDS), "every kind was there")
