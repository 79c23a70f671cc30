"""What must hold at every moment, read from the database and compared with what MixPay knows."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from shop import Shop

from .mixpay import MixPay

ADDON = Path(__file__).resolve().parents[3]
FINAL = ("success", "failed", "mismatch")
SEEN = ("paid_less", "confirming", "pending", "auditing")
#: Which states may follow, at once or in steps. Written down anew here: the addon's table is
#: what is tested.
MAY_FOLLOW = {
    "draft": ("draft", "unpaid", *SEEN, *FINAL),
    "unpaid": ("unpaid", *SEEN, *FINAL),
    **dict.fromkeys(SEEN, (*SEEN, *FINAL)),
    **{state: (state,) for state in FINAL},
}
UNPAID_STATES = ("draft", "cancel")
#: Money that keeps an order from being paid otherwise, until an approver lets go of it.
HELD_STATES = ("confirming", "pending", "auditing", "success")
#: More rounds of the background job than any payment needs.
JOB_ROUNDS = 4


def read_terms() -> tuple[str, ...]:
    """Return the names in TERMS of the model, without importing Odoo."""
    tree = ast.parse((ADDON / "models" / "mixpay_payment.py").read_text())
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TERMS":
            call = node.value
            assert isinstance(call, ast.Call)
            return tuple(sorted(ast.literal_eval(call.args[0])))
    raise AssertionError("mixpay_payment.py has no TERMS")


TERMS = read_terms()


@dataclass(frozen=True)
class Record:
    """A row of `mixpay_payment`, with the terms it was found with."""

    id: int
    state: str
    is_abandoned: bool
    pos_payment_id: int | None
    attached_uuid: str | None
    is_watched: bool
    is_taken: bool
    is_confirmed: bool
    is_decided: bool
    is_given_away: bool
    is_listed: bool
    is_looked_after: bool
    terms: dict[str, Any]

    @property
    def trace_id(self) -> str:
        return str(self.terms["trace_id"])

    @property
    def line(self) -> str:
        """The line that it was made for."""
        return str(self.terms["payment_uuid"])

    @property
    def paid_line(self) -> str:
        """The line that it pays: another one, where a manager has attached it."""
        return self.attached_uuid or self.line

    @property
    def is_accepted(self) -> bool:
        """Whether it counts as paid: on MixPay's word, or on a manager's."""
        return (self.state == "success" or self.is_confirmed) and not self.is_given_away

    @property
    def order(self) -> str:
        return str(self.terms["order_uuid"])

    @property
    def amount(self) -> Decimal:
        return Decimal(self.terms["amount"])

    @property
    def is_final(self) -> bool:
        return self.state in FINAL


@dataclass(frozen=True)
class BookedLine:
    """A MixPay line of an order on the server."""

    id: int
    uuid: str
    amount: Decimal
    trace_id: str
    order_uuid: str
    order_state: str
    #: Which record is which, and whose: what may not change once the order is paid.
    identity: tuple[Any, ...]

    @property
    def is_paid(self) -> bool:
        return self.order_state not in UNPAID_STATES


_RECORDS = f"""
    SELECT payment.id, state, coalesce(is_abandoned, false), pos_payment_id, attached_uuid,
           job.id IS NOT NULL, coalesce(is_taken, false), confirmed_at IS NOT NULL,
           decision IS NOT NULL, written_off_at IS NOT NULL, issue IS NOT NULL,
           -- Listed, decided about, or looked at again by the background job.
           issue IS NOT NULL OR decision IS NOT NULL OR finish_at IS NOT NULL,
           {", ".join(f"payment.{name}" for name in TERMS)}
      FROM mixpay_payment AS payment
 LEFT JOIN mixpay_job AS job ON job.payment_id = payment.id
     WHERE payment.id > %s
  ORDER BY payment.id
"""
_LINES = """
    SELECT line.id, line.uuid, line.amount, coalesce(line.transaction_id, ''),
           pos_order.uuid, pos_order.state,
           ARRAY[pos_order.id, pos_order.session_id, pos_order.config_id, pos_order.company_id,
                 line.session_id, line.company_id, line.payment_method_id]
      FROM pos_payment AS line
      JOIN pos_order ON pos_order.id = line.pos_order_id
      JOIN pos_payment_method AS method ON method.id = line.payment_method_id
     WHERE line.id > %s AND method.use_payment_terminal = 'mixpay'
"""


class Truth:
    """Remembers what was seen before, and checks that everything since is right."""

    def __init__(self, shop: Shop, mixpay: MixPay) -> None:
        self._shop = shop
        self._mixpay = mixpay
        self._first_terms: dict[int, dict[str, Any]] = {}
        self._last_state: dict[int, str] = {}
        self._first_booked: dict[str, BookedLine] = {}
        self._held: set[str] = set()
        self.start = self._newest("mixpay_payment")
        #: What managers have decided about, by trace id.
        self.may_be_confirmed: set[str] = set()
        self.may_be_let_go: set[str] = set()
        self.may_be_decided: set[str] = set()
        #: Newest records from before, by model.
        self.first = {
            model: self._newest(model.replace(".", "_")) for model in ("pos.order", "pos.payment")
        }

    def _newest(self, table: str) -> int:
        [(number,)] = self._shop.database.rows(f"SELECT coalesce(max(id), 0) FROM {table}")
        return int(number)

    # -- looking -------------------------------------------------------------------------------

    def records(self) -> list[Record]:
        """All payments that were recorded since the beginning."""
        rows = self._shop.database.rows(_RECORDS, self.start)
        return [Record(*row[:12], dict(zip(TERMS, row[12:], strict=True))) for row in rows]

    def record(self, trace_id: str) -> Record:
        return next(record for record in self.records() if record.trace_id == trace_id)

    def of_line(self, line: str) -> list[Record]:
        return [record for record in self.records() if record.line == line]

    def booked(self) -> list[BookedLine]:
        """All MixPay lines of orders on the server since the beginning."""
        rows = self._shop.database.rows(_LINES, self.first["pos.payment"])
        return [BookedLine(*row[:-1], tuple(row[-1])) for row in rows]

    def covers(self, record: Record, line: str, amount: str | Decimal, line_id: int | None) -> bool:
        """Whether a payment covers a line of an order, by money rule 4."""
        return (
            record.is_accepted
            and record.paid_line == line
            and record.amount == Decimal(amount)
            and record.pos_payment_id in (None, line_id)
        )

    def ready_orders(self) -> set[str]:
        """Return the unpaid orders on the server of which all is paid, and that are waited for."""
        records, orders = self.records(), defaultdict(list)
        for line in self.booked():
            if line.order_state == "draft":
                backing = [r for r in records if self.covers(r, line.uuid, line.amount, line.id)]
                orders[line.order_uuid].append(backing)
        return {
            order
            for order, lines in orders.items()
            if all(lines) and any(not r.is_abandoned for backing in lines for r in backing)
        }

    def forget_deadline(self, trace_id: str) -> None:
        """Time was made to pass, so this one term is seen afresh."""
        record = self.record(trace_id)
        if record.id in self._first_terms:
            self._first_terms[record.id]["expires_at"] = record.terms["expires_at"]

    # -- what must hold ------------------------------------------------------------------------

    def check(self) -> None:
        """Check everything that must hold at every moment."""
        records, lines = self.records(), self.booked()
        self._check_history(records)
        self._check_one_live_per_line(records)
        self._check_no_invented_success(records)
        self._check_every_link_is_recorded(records)
        self._check_open_payments_are_watched(records)
        self._check_paid_lines_are_covered(records, lines)
        self._check_nothing_counts_twice(records, lines)
        self._check_booked_stays_booked(records, lines)
        self._check_no_success_is_nowhere(records, lines)
        self._check_held_orders_are_not_paid_otherwise(records, lines)
        self._check_only_managers_decide(records)

    def _check_history(self, records: list[Record]) -> None:
        """Terms never change, states only move forward, records never vanish."""
        vanished = self._first_terms.keys() - {record.id for record in records}
        assert not vanished, f"records vanished: {vanished}"
        for record in records:
            first = self._first_terms.setdefault(record.id, record.terms)
            assert record.terms == first, f"terms changed: {first} → {record.terms}"
            old = self._last_state.get(record.id, "draft")
            assert record.state in MAY_FOLLOW[old], f"{record.trace_id}: {old} → {record.state}"
            self._last_state[record.id] = record.state

    def _check_one_live_per_line(self, records: list[Record]) -> None:
        live = [r.line for r in records if not (r.is_final or r.is_abandoned)]
        assert not _twice(live), f"several live QR codes for the lines {_twice(live)}"

    def _check_no_invented_success(self, records: list[Record]) -> None:
        for record in records:
            if record.state == "success":
                self._assert_paid(record.trace_id, record.amount)

    def _check_every_link_is_recorded(self, records: list[Record]) -> None:
        """Money rule 1: whatever can be paid was recorded first."""
        unknown = self._mixpay.orders().keys() - {record.trace_id for record in records}
        assert not unknown, f"orders at MixPay without a record: {unknown}"

    def _check_open_payments_are_watched(self, records: list[Record]) -> None:
        """Those that are final cost no more calls; a success may, for its surplus."""
        for record in records:
            told = f"{record.trace_id} is {record.state}, asked about: {record.is_watched}"
            if record.state != "success":
                assert record.is_watched != record.is_final, told

    def _check_paid_lines_are_covered(self, records: list[Record], lines: list[BookedLine]) -> None:
        for line in lines:
            if line.is_paid:
                backing = [r for r in records if r.pos_payment_id == line.id]
                assert len(backing) == 1, f"line {line.uuid} is paid by {backing}"
                assert self.covers(backing[0], line.uuid, line.amount, line.id), (line, backing)
                assert line.trace_id == backing[0].trace_id, (line, backing)
                if not backing[0].is_confirmed:
                    self._assert_paid(line.trace_id, line.amount)

    def _check_nothing_counts_twice(self, records: list[Record], lines: list[BookedLine]) -> None:
        """At most one line per payment, and one payment per line."""
        linked = [record.pos_payment_id for record in records if record.pos_payment_id]
        assert not _twice(linked), f"several payments stand for the lines {_twice(linked)}"
        traces = [line.trace_id for line in lines if line.is_paid]
        assert not _twice(traces), f"payments that pay several lines: {_twice(traces)}"
        amounts = {line.id: line.amount for line in lines}
        for record in records:
            if record.pos_payment_id:
                assert record.is_accepted, record
                assert amounts.get(record.pos_payment_id) == record.amount, (record, lines)

    def _check_booked_stays_booked(self, records: list[Record], lines: list[BookedLine]) -> None:
        """What paid an order once pays this very order for ever."""
        now = {line.trace_id: line for line in _booked(records, lines)}
        for trace_id, first in self._first_booked.items():
            line = now.get(trace_id)
            assert line, f"{trace_id} had paid {first}, and now pays nothing"
            as_then = BookedLine(**{**vars(line), "order_state": first.order_state})
            assert as_then == first, f"what {trace_id} pays changed: {first} → {line}"
        self._first_booked = now

    def _check_no_success_is_nowhere(self, records: list[Record], lines: list[BookedLine]) -> None:
        """Each is in a paid order, on the list, decided about, or about to be looked at."""
        booked = {line.trace_id for line in _booked(records, lines)}
        for record in records:
            if record.state == "success" and record.trace_id not in booked:
                assert record.is_looked_after, f"nobody will ever hear of {record}"

    def _check_held_orders_are_not_paid_otherwise(
        self, records: list[Record], lines: list[BookedLine]
    ) -> None:
        """No order becomes paid beside money on its way for it, until a manager lets go of it."""
        booked = {line.trace_id for line in _booked(records, lines)}
        unbooked = [r for r in records if r.state in HELD_STATES and r.trace_id not in booked]
        states = self._order_states()
        paid = {order for order, state in states.items() if state not in UNPAID_STATES}
        for record in unbooked:
            if record.trace_id in self._held:
                assert record.order not in paid, f"the order was paid otherwise, beside {record}"
                let_go = record.trace_id in self.may_be_let_go or record.is_decided
                assert let_go or not record.is_abandoned, f"nobody let go of {record}"
        self._held = {
            record.trace_id
            for record in unbooked
            if not (record.is_abandoned or record.is_decided or record.order in paid)
        }

    def _check_only_managers_decide(self, records: list[Record]) -> None:
        for record in records:
            assert not record.is_confirmed or record.trace_id in self.may_be_confirmed, record
            assert not record.is_decided or record.trace_id in self.may_be_decided, record

    def _order_states(self) -> dict[str, str]:
        query = "SELECT uuid, state FROM pos_order WHERE id > %s"
        return dict(self._shop.database.rows(query, self.first["pos.order"]))

    def check_answer(self, payment: dict[str, Any]) -> None:
        """A register is told that a line is done only when MixPay has its money."""
        if payment["line_status"] == "done" and not self.record(payment["trace_id"]).is_confirmed:
            self._assert_paid(payment["trace_id"], Decimal(payment["amount"]))
        if payment["link"]:
            assert payment["trace_id"] in payment["link"], payment["link"]

    def _assert_paid(self, trace_id: str, amount: Decimal) -> None:
        paid = self._mixpay.paid(trace_id, amount)
        assert paid, f"{trace_id} counts as paid with {amount}, but MixPay has no such success"

    def check_no_success_forgotten(self, run_job: Callable[[], None]) -> None:
        """After the background job's next rounds, each success at MixPay is one here."""
        for _round in range(JOB_ROUNDS):
            if not self._unnoticed():
                break
            run_job()
        assert not self._unnoticed(), f"MixPay's successes forgotten: {self._unnoticed()}"
        self.check()

    def check_every_success_is_settled(self) -> None:
        """Once the background job has nothing left to do: in one paid order, listed or decided."""
        records, lines = self.records(), self.booked()
        booked = Counter(line.trace_id for line in _booked(records, lines))
        for record in records:
            if record.state == "success":
                places = booked[record.trace_id] + (record.is_listed or record.is_decided)
                assert places, f"in no paid order, not listed and not decided: {record}"
                assert booked[record.trace_id] <= 1, f"in several orders: {record}"

    def _unnoticed(self) -> list[str]:
        return [
            record.trace_id
            for record in self.records()
            if record.state != "success" and self._mixpay.paid(record.trace_id, record.amount)
        ]


def _booked(records: list[Record], lines: list[BookedLine]) -> list[BookedLine]:
    """Return the lines of paid orders that a payment stands for."""
    linked = {record.pos_payment_id for record in records}
    return [line for line in lines if line.is_paid and line.id in linked]


def _twice(items: Iterable[Any]) -> list[Any]:
    return [item for item, times in Counter(items).items() if times > 1]
