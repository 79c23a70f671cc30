"""The same rules, and a cashier who does all that the rights of the Point of Sale's users allow."""

from __future__ import annotations

from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import rule
from shop import RpcError, Shop

from .attacker import TABLES, Attacker, Field, refused_or_odd
from .decisions import DecisionMachine, Manager
from .machine import AMOUNTS, OLDER, REGISTERS, PaymentMachine
from .till import Line, Order, Till, new_uuid, refusal

#: Picks a field, a value or a record out of however many there are.
PICK = st.integers(0, 999)
PICKS = st.lists(st.tuples(PICK, PICK), min_size=1, max_size=4)
RECORDS = st.sampled_from(["pos.order", "pos.payment"])
SHOP_RECORDS = st.sampled_from(["pos.config", "pos.session"])
BOOKED_OR_DRAFT = st.sampled_from(["paid", "paid", "draft"])
#: Fields that say what an order or a line is, or what it comes to; others come less often.
IDENTITY = frozenset(
    {
        "account_move",
        "account_move_id",
        "amount",
        "amount_paid",
        "amount_return",
        "amount_total",
        "card_brand",
        "company_id",
        "config_id",
        "is_change",
        "name",
        "order_ids",
        "payment_ids",
        "payment_method_id",
        "payment_ref_no",
        "payment_status",
        "pos_order_id",
        "session_id",
        "state",
        "to_invoice",
        "transaction_id",
        "uuid",
    }
)
METHODS = {
    "pos.order": (
        "action_pos_order_paid",
        "action_pos_order_cancel",
        "action_pos_order_invoice",
        "copy",
        "refund",
        "unlink",
    ),
    "pos.payment": ("copy", "unlink"),
}
#: Rounds of the background job after which nothing is left to do.
ROUNDS = 2
STATES = st.sampled_from(["draft", "paid", "done", "cancel"])


class AttackMachine(DecisionMachine):
    """Between what honest people do, somebody tries to free, double or move money.

    An attack may succeed where nothing is booked or held: drafts are free. So what registers are
    told afterwards is not foreseen here; what must hold of money is checked as ever.
    """

    def __init__(self, shop: Shop, till: Till, manager: Manager, attacker: Attacker) -> None:
        super().__init__(shop, till, manager, attacker.client)
        self.attacker = attacker

    # -- worth an attack ------------------------------------------------------------------------

    @rule(target=PaymentMachine.lines, amount=AMOUNTS, register=REGISTERS, state=BOOKED_OR_DRAFT)
    def sell_and_save(self, amount: str, register: int, state: str) -> Line:
        """A whole sale; or one that is paid, and that its register has yet to finish."""
        line = self.sell(amount, register)
        self.customer_pays_in_full(line, False, True)
        self._save(register, line.order, state)
        return line

    @rule(target=PaymentMachine.lines, amount=AMOUNTS, register=REGISTERS)
    def sell_and_wait(self, amount: str, register: int) -> Line:
        """A sale whose money is on its way, while its order is saved already."""
        line = self.sell(amount, register)
        self.mixpay_moves(line, False, [0], True)
        self._save(register, line.order, "draft")
        return line

    # -- attacks --------------------------------------------------------------------------------

    @rule(line=PaymentMachine.lines, model=RECORDS, picks=PICKS)
    def write_what_it_is(self, line: Line, model: str, picks: list[tuple[int, int]]) -> None:
        """Fields that say which line or order it is, what it comes to, or how it stands."""
        self._write(model, self._stored(model, line), picks, IDENTITY)

    @rule(line=PaymentMachine.lines, model=RECORDS, picks=PICKS)
    def write_any_field(self, line: Line, model: str, picks: list[tuple[int, int]]) -> None:
        """Any value in any field: the present one, another record's, nothing, something made up."""
        self._write(model, self._stored(model, line), picks)

    @rule(model=SHOP_RECORDS, picks=PICKS)
    def write_about_the_shop(self, model: str, picks: list[tuple[int, int]]) -> None:
        """The Point of Sale is set up otherwise, or its session ends."""
        own = self.shop.config_id if model == "pos.config" else self.shop.session_id
        self._write(model, own, picks)

    @rule(line=PaymentMachine.lines, methods=st.lists(PICK, min_size=1, max_size=3), model=RECORDS)
    def call_methods(self, line: Line, methods: list[int], model: str) -> None:
        """What buttons do, on whatever state the order has."""
        for method in methods:
            record = self._stored(model, line)
            if record:
                name = _picked(METHODS[model], method)
                self._judge(self.attacker.call(model, name, [record]), name)

    @rule(line=PaymentMachine.lines, then=st.sampled_from(["draft", "cancel"]))
    def unpay(self, line: Line, then: str) -> None:
        """An order has no state for a moment, and then counts as unpaid."""
        order = self._stored("pos.order", line)
        for state in (False, then):
            if order:
                refused = self.attacker.call("pos.order", "write", [order], {"state": state})
                self._judge(refused, f"state {state}")

    @rule(line=PaymentMachine.lines)
    def remove_order(self, line: Line) -> None:
        order = self._stored("pos.order", line)
        self._judge(self.attacker.call("pos.order", "remove_from_ui", [order]))

    @rule(line=PaymentMachine.lines, other=PaymentMachine.lines, same_uuid=st.booleans())
    def add_a_line(self, line: Line, other: Line, same_uuid: bool) -> None:
        """A line that looks like another one, on an order of whatever state."""
        order = self._stored("pos.order", line)
        values = {
            "pos_order_id": order,
            "amount": float(other.amount),
            "payment_method_id": self.shop.method_id,
            "transaction_id": other.trace(older=False) or "forged",
            "uuid": other.uuid if same_uuid else new_uuid(),
        }
        if order:
            self._judge(self.attacker.call("pos.order", "add_payment", [order], values))
        self._judge(self.attacker.call("pos.payment", "create", [values]))

    @rule(
        line=PaymentMachine.lines,
        other=PaymentMachine.lines,
        state=STATES,
        takes_order=st.booleans(),
        takes_line=st.booleans(),
        pays_cash=st.booleans(),
        by_sync=st.booleans(),
    )
    def craft_order(
        self,
        line: Line,
        other: Line,
        state: str,
        takes_order: bool,
        takes_line: bool,
        pays_cash: bool,
        by_sync: bool,
    ) -> None:
        """An order with another one's identity, with its lines, or paid in cash instead."""
        order = Order(line.order.uuid if takes_order else new_uuid())
        if takes_line:
            order.lines = [Line(order, other.amount, other.uuid)]
        elif not pays_cash:
            order.add_line(other.amount)
        data = self.till.order_data(order, state)
        if pays_cash:
            self._pay_in_cash(data, line.order.total)
        if by_sync:
            self._judge(self.attacker.call("pos.order", "sync_from_ui", [data]))
        else:
            self._judge(self.attacker.call("pos.order", "create", [data]))

    @rule(line=PaymentMachine.lines, field=PICK, value=PICK, of_line=st.booleans(), state=STATES)
    def craft_field(self, line: Line, field: int, value: int, of_line: bool, state: str) -> None:
        """A register's order, with any value in any field of the order or of its line."""
        model = "pos.payment" if of_line else "pos.order"
        chosen, odd = self._value(model, self._stored(model, line), field, value, IDENTITY)
        data = self.till.order_data(line.order, state)
        (data["payment_ids"][0][2] if of_line else data)[chosen.name] = odd
        note(f"  {chosen} = {odd!r}")
        self._judge(self.attacker.call("pos.order", "sync_from_ui", [data]))

    @rule(line=PaymentMachine.lines, other=PaymentMachine.lines, whose=st.sampled_from("ol"))
    def ask_for_anothers(self, line: Line, other: Line, whose: str) -> None:
        """A payment is asked for one order's line under another's identity."""
        self._judge(
            self.attacker.route(
                "/pos_mixpay/create",
                payment_method_id=self.shop.method_id,
                session_id=self.shop.session_id,
                order_uuid=line.order.uuid if whose == "o" else other.order.uuid,
                payment_uuid=other.uuid if whose == "o" else line.uuid,
                order_name="Order 0001",
                amount=line.amount,
            )
        )

    @rule(line=PaymentMachine.lines, older=OLDER)
    def cancel_anothers(self, line: Line, older: bool) -> None:
        trace_id = line.trace(older)
        if trace_id:
            self._judge(self.attacker.route("/pos_mixpay/cancel", trace_id=trace_id))

    # -- what honest people may meet after that ---------------------------------------------------

    @rule(line=PaymentMachine.lines, register=REGISTERS, customer_pays=st.booleans())
    def pay_order(self, line: Line, register: int, customer_pays: bool) -> None:
        """The order is to be paid; whether it can be, after attacks, is not foreseen."""
        for one in line.order.lines:
            self._ask(register, one)
            if customer_pays:
                self.customer_pays_in_full(one, False, True)
        self._save(register, line.order, "paid")

    @rule(register=REGISTERS)
    def nobody_finishes(self, register: int) -> None:
        """Registers leave their orders alone for an hour; the server finishes what it can."""
        self._let_hours_pass()
        self.till.run_job(register)

    def teardown(self) -> None:
        """In the end all that MixPay has received is in a paid order, listed, or decided about."""
        super().teardown()
        for _round in range(ROUNDS):
            self._let_hours_pass()
            self.till.run_job(0)
        self.truth.check_every_success_is_settled()

    # -- pieces -----------------------------------------------------------------------------------

    def _write(
        self,
        model: str,
        record: int,
        picks: list[tuple[int, int]],
        names: frozenset[str] = frozenset(),
    ) -> None:
        for field, value in picks if record else ():
            chosen, odd = self._value(model, record, field, value, names)
            self._judge(self.attacker.write(chosen, record, odd), f"{chosen} of {record} = {odd!r}")

    def _value(
        self, model: str, record: int, field: int, value: int, names: frozenset[str]
    ) -> tuple[Field, Any]:
        """Choose a field, one of `names` where there are any, and a value for it."""
        fields = [one for one in self.attacker.fields[model] if not names or one.name in names]
        chosen = _picked(fields, field)
        return chosen, _picked(self.attacker.values(chosen, record), value)

    def _stored(self, model: str, line: Line) -> int:
        uuid = line.uuid if model == "pos.payment" else line.order.uuid
        return self.till.stored_id(TABLES[model], uuid)

    def _pay_in_cash(self, data: dict[str, Any], total: float) -> None:
        """Have an order paid by another method, all of it."""
        line = {
            "uuid": new_uuid(),
            "amount": total,
            "payment_method_id": self.shop.card_id,
            "payment_date": data["date_order"],
        }
        data["payment_ids"] = [[0, 0, line]]
        product = data["lines"][0][2]
        product |= dict.fromkeys(("price_unit", "price_subtotal", "price_subtotal_incl"), total)
        data |= {"amount_total": total, "amount_paid": total}

    def _ask(self, register: int, line: Line) -> None:
        """An attacker may have ended the order, or taken the line's payment away from it."""
        refused = refusal(lambda: self._look_at(self.till.send(register, line)))
        if refused:
            note(f"  refused: {refused}")

    def _save(self, register: int, order: Order, state: str, removed: Line | None = None) -> Any:
        """An attacker may have made of an order what Odoo itself cannot save."""
        refused = refused_or_odd(lambda: self.till.save(register, order, state, removed))
        note(f"  refused: {refused}" if refused else f"  saved as {state}")
        return refused

    def _judge(self, refused: RpcError | None, what: str = "done") -> None:
        """Whatever came of it: look at the money at once, not only when the rule is over."""
        note(f"  {what}: refused, {refused.kind}: {refused}" if refused else f"  {what}")
        self.truth.check()


def _picked(things: Any, number: int) -> Any:
    return things[number % len(things)]
