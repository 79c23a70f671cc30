"""The rules that hypothesis plays, in any order; after each step everything is checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from functools import partial
from typing import Any

import requests
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from shop import Shop

from .mixpay import OTHER_TERMS, TROUBLES, MixPay
from .till import Line, Order, Till, refusal
from .truth import SEEN, Record, Truth

AMOUNTS = st.sampled_from(["5.00", "7.30"])
REGISTERS = st.sampled_from([0, 1])
MOVES = st.lists(st.integers(0, 3), min_size=1, max_size=5)
#: Whether enough time has passed since the last question that MixPay may be asked again.
LATER = st.booleans()
OLDER = st.booleans()

_TIME_STANDS_STILL = """
    UPDATE mixpay_job
       SET attempted_at = CASE WHEN attempted_at IS NULL THEN NULL ELSE now.utc END,
           due_at = CASE WHEN due_at > now.utc THEN now.utc + interval '1 minute' ELSE due_at END,
           pause = greatest(pause, 60),
           lease_until = CASE WHEN lease_until > now.utc THEN now.utc + interval '15 seconds'
                              ELSE lease_until END
      FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc) AS now;
    -- No register here ever says that it is at work, so that the job need not wait for that.
    UPDATE mixpay_payment
       SET register_asked_at = clock_timestamp() AT TIME ZONE 'UTC' - interval '1 minute'
     WHERE finish_at IS NOT NULL
"""
# The payment that the step is about has waited longest, so it comes first; also where nobody waits
# for it any more, since what is asked about when is not what this test is about.
_TIME_PASSES = """
    UPDATE mixpay_job
       SET attempted_at = NULL,
           webhook_at = NULL,
           lease_until = CASE WHEN lease_until IS NOT NULL THEN timestamp '2000-01-01' END,
           is_background = is_background AND trace_id <> %s,
           due_at = CASE WHEN trace_id = %s THEN timestamp '1999-01-01' ELSE '2000-01-01' END
      FROM mixpay_payment
     WHERE mixpay_payment.id = payment_id;
    DELETE FROM mixpay_endpoint;
    UPDATE mixpay_slot SET busy_until = NULL WHERE purpose = 'concurrency';
    UPDATE mixpay_payment
       SET other_terms_at = other_terms_at - interval '30 seconds'
     WHERE other_terms_at IS NOT NULL
"""
_HOURS_PASS = """
    UPDATE mixpay_payment
       SET finish_at = '2000-01-01', finished_at = now.utc - interval '1 hour',
           register_asked_at = now.utc - interval '1 minute',
           notified_at = CASE WHEN notified_at IS NOT NULL THEN now.utc - interval '1 hour' END
      FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS utc) AS now
     WHERE finish_at IS NOT NULL AND id > %s;
    UPDATE pos_order SET write_date = '2000-01-01' WHERE state = 'draft'
"""


def _goes_on(record: Record, amount: str) -> bool:
    """Whether a line of this amount goes on with a payment: money on its way, or still payable."""
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    is_live = record.state in ("draft", "unpaid") and not record.is_taken
    is_payable = is_live and record.terms["expires_at"] > now
    has_money = record.state in (*SEEN, "success")
    return record.amount == Decimal(amount) and (has_money or is_payable)


class PaymentMachine(RuleBasedStateMachine):
    """Registers, payers, MixPay, the background job and attackers, all at their worst.

    Time stands still between steps, and passes when a step says so: thus a failure can be played
    again, however fast the machine is.
    """

    lines = Bundle("lines")

    def __init__(self, shop: Shop, till: Till) -> None:
        super().__init__()
        self.shop = shop
        self.till = till
        self.mixpay = MixPay(shop)
        self.truth = Truth(shop, self.mixpay)

    @initialize(
        target=lines,
        link_type=st.sampled_from(["code", "paylink"]),
        fallback=st.booleans(),
        lifecycle=st.sampled_from(["2026-08", "legacy"]),
        amount=AMOUNTS,
    )
    def open_shop(self, link_type: str, fallback: bool, lifecycle: str, amount: str) -> Line:
        """A payment method of any kind, and a first sale."""
        self.shop.set_method(mixpay_link_type=link_type, mixpay_link_fallback=fallback)
        self.mixpay.simulator.set_knobs(lifecycle=lifecycle)
        return self.sell(amount, 0)

    # -- the registers ------------------------------------------------------------------------

    @rule(target=lines, amount=AMOUNTS, register=REGISTERS)
    def sell(self, amount: str, register: int) -> Line:
        """A new order with a MixPay line, and its QR code."""
        line = Order().add_line(amount)
        self._ask(register, line)
        return line

    @rule(target=lines, amount=AMOUNTS, name=st.sampled_from(sorted(OTHER_TERMS)))
    def sell_to_a_cheat(self, amount: str, name: str) -> Line:
        """A payer who pays on other terms, and a register that asks."""
        line = self.sell(amount, 1)
        self.mixpay_reports_other_terms(line, False, name)
        self.customer_pays_in_full(line, False, True)
        return line

    @rule(target=lines, line=lines, amount=AMOUNTS)
    def split(self, line: Line, amount: str) -> Line:
        """Another MixPay line on the same order."""
        return line.order.add_line(amount)

    @rule(line=lines, register=REGISTERS, reloaded=st.booleans(), later=LATER)
    def ask_again(self, line: Line, register: int, reloaded: bool, later: bool) -> None:
        """Retry; the same after a reload; or another register takes the line over."""
        self._pass_time(later)
        if reloaded:
            self.till.reload(register)
        self._ask(register, line)

    @rule(line=lines, amount=AMOUNTS, register=REGISTERS)
    def ask_other_amount(self, line: Line, amount: str, register: int) -> None:
        """The line's amount is changed, and its payment asked for."""
        line.amount = amount
        self._ask(register, line)

    @rule(line=lines, amount=AMOUNTS)
    def type_amount(self, line: Line, amount: str) -> None:
        """The line's amount is changed under a live QR code."""
        line.amount = amount

    @rule(line=lines, older=OLDER, register=REGISTERS, check_now=st.booleans(), later=LATER)
    def poll(self, line: Line, older: bool, register: int, check_now: bool, later: bool) -> None:
        """A register asks how a payment stands."""
        trace_id = line.trace(older)
        if trace_id is None:
            return
        self._pass_time(later, trace_id)
        wanted = None if self.mixpay.is_troubled() else self._states_once_asked(trace_id)
        payment = self.till.registers[register].status({"trace_id": trace_id}, check_now=check_now)
        self._look_at(payment)
        if later and wanted:
            assert payment["state"] in wanted, f"{payment['state']} instead of {wanted}"

    @rule(line=lines, older=OLDER, register=REGISTERS, later=LATER)
    def cancel(self, line: Line, older: bool, register: int, later: bool) -> None:
        """The cashier gives up waiting; the line is free unless the money is on its way."""
        trace_id = line.trace(older)
        if trace_id is None:
            return
        self._pass_time(later)
        payment = self.till.registers[register].cancel({"trace_id": trace_id})
        self._look_at(payment)
        is_checked = payment["line_status"] == "waitingCapture"
        if payment["state"] in ("draft", "unpaid", "paid_less") and not is_checked:
            assert payment["is_abandoned"], "the line is not free"

    @rule(line=lines, register=REGISTERS)
    def save_draft(self, line: Line, register: int) -> None:
        """The register saves the order while its lines may still wait."""
        self._save(register, line.order, "draft")

    @rule(line=lines, register=REGISTERS)
    def remove_line(self, line: Line, register: int) -> None:
        """The line is taken out of its order, on the register and on the server."""
        if line not in line.order.lines or len(line.order.lines) == 1:
            return
        if not self._is_paid(line.order):
            line.order.lines.remove(line)
            self._save(register, line.order, "draft", removed=line)

    @rule(line=lines, register=REGISTERS, customer_pays=st.booleans(), ask_first=st.booleans())
    def pay_order(self, line: Line, register: int, customer_pays: bool, ask_first: bool) -> None:
        """The order is to be paid: done exactly when all its lines are covered."""
        order = line.order
        for one in order.lines:
            if customer_pays:
                self.customer_pays_in_full(one, False, ask_first)
            elif ask_first:
                self.poll(one, False, register, True, True)
        missing = self.till.uncovered(register, order)
        if self._is_paid(order):
            return
        covered = all(self._is_covered(line) for line in order.lines)
        refused = self._save(register, order, "paid")
        assert bool(refused) != covered, f"covered: {covered}, refusal: {refused}"
        assert self._is_paid(order) == covered
        assert bool(missing) == bool(refused), f"the register was told {missing} before"

    # -- MixPay and the payers ------------------------------------------------------------------

    @rule(line=lines, older=OLDER, choices=MOVES, noticed=st.booleans())
    def mixpay_moves(self, line: Line, older: bool, choices: list[int], noticed: bool) -> None:
        """The payer, the chain or MixPay do some of the things that are possible one by one."""
        for choice in choices:
            self._happen(line.trace(older), partial(self.mixpay.move, choice=choice))
        if noticed:
            self.poll(line, older, 1, False, True)

    @rule(line=lines, older=OLDER, noticed=st.booleans())
    def customer_pays_in_full(self, line: Line, older: bool, noticed: bool) -> None:
        """Also late, or after the cashier gave up; perhaps a register asks soon."""
        self._happen(line.trace(older), self.mixpay.pay_in_full)
        if noticed:
            self.poll(line, older, 0, False, True)

    @rule(line=lines, older=OLDER, name=st.sampled_from(sorted(OTHER_TERMS)))
    def mixpay_reports_other_terms(self, line: Line, older: bool, name: str) -> None:
        """The payer edited the link, or the answer is about another payment."""
        self._happen(
            line.trace(older), lambda trace_id: self.mixpay.report_other_terms(trace_id, name)
        )

    @rule(line=lines, older=OLDER)
    def deadline_passes(self, line: Line, older: bool) -> None:
        """The time to pay is over, here and at MixPay."""
        trace_id = line.trace(older)
        if trace_id:
            self.shop.database.rows(
                "UPDATE mixpay_payment SET expires_at = clock_timestamp() AT TIME ZONE 'UTC'"
                " - interval '1 minute' WHERE trace_id = %s",
                trace_id,
            )
            self.truth.forget_deadline(trace_id)
            self.mixpay.expire(trace_id)

    @rule(line=lines, older=OLDER, times=st.sampled_from([1, 1, 2]), later=LATER)
    def callback(self, line: Line, older: bool, times: int, later: bool) -> None:
        """MixPay calls, perhaps twice, perhaps late, perhaps for nothing."""
        trace_id = line.trace(older)
        if trace_id is None or self.mixpay.status(trace_id) is None:
            return
        self._pass_time(later)
        for _time in range(times):
            answer = self.mixpay.simulator.send_callback(trace_id)
            assert answer["status"] in (200, 404), answer

    @rule(line=lines, older=OLDER, knows_token=st.booleans(), later=LATER)
    def forged_callback(self, line: Line, older: bool, knows_token: bool, later: bool) -> None:
        """Somebody claims that a payment succeeded, with a made-up or a stolen token."""
        trace_id = line.trace(older)
        if trace_id is None:
            return
        self._pass_time(later)
        token = self.truth.record(trace_id).terms["callback_token"] if knows_token else "A" * 43
        answer = requests.post(
            f"{self.till.server.url}/pos_mixpay/callback/{token}",
            json={"traceId": trace_id, "status": "success", "success": True},
            timeout=30,
        )
        assert knows_token or answer.status_code == 404, answer.text

    @rule(register=REGISTERS, later=LATER)
    def background_job(self, register: int, later: bool) -> None:
        self._pass_time(later)
        self.till.run_job(register)

    @rule(register=REGISTERS)
    def nobody_finishes(self, register: int) -> None:
        """Registers leave their orders alone for an hour; the server finishes what is paid."""
        self._let_hours_pass()
        ready = self.truth.ready_orders()
        self.till.run_job(register)
        left = ready & self.truth.ready_orders()
        assert not left, f"the customer has paid, and nobody finishes the orders {left}"

    @rule(name=st.sampled_from(sorted(TROUBLES)))
    def trouble(self, name: str) -> None:
        """The next call to MixPay goes wrong."""
        self.mixpay.calm()
        self.mixpay.trouble(name)

    # -- after every step -----------------------------------------------------------------------

    @invariant()
    def nothing_is_lost_or_invented(self) -> None:
        self.truth.check()
        self.shop.database.rows(_TIME_STANDS_STILL)

    def teardown(self) -> None:
        """In the end all customers pay who can, with nobody at the registers: all is found."""
        self.mixpay.calm()
        for trace_id in self.mixpay.orders():
            self.mixpay.pay_in_full(trace_id)

        def run_job() -> None:
            self._pass_time(True)
            self.till.run_job(0)

        self.truth.check_no_success_forgotten(run_job)

    # -- pieces -----------------------------------------------------------------------------------

    def _pass_time(self, later: bool, trace_id: str = "") -> None:
        if later:
            self.shop.database.rows(_TIME_PASSES, trace_id, trace_id)

    def _let_hours_pass(self) -> None:
        self.shop.database.rows(_HOURS_PASS, self.truth.start)

    def _ask(self, register: int, line: Line) -> None:
        """Ask for a line's payment: an open one of the same amount lives on."""
        usable = {r.trace_id for r in self.truth.of_line(line.uuid) if _goes_on(r, line.amount)}
        refused = refusal(lambda: self._look_at(self.till.send(register, line)))
        if refused:
            note(f"  refused: {refused}")
        elif usable:
            assert line.trace(older=False) in usable, "a second payment for one line and amount"

    def _look_at(self, payment: dict[str, Any]) -> None:
        note(f"  {payment['trace_id'][:4]} is {payment['state']}")
        self.truth.check_answer(payment)

    def _save(self, register: int, order: Order, state: str, removed: Line | None = None) -> Any:
        refused = refusal(lambda: self.till.save(register, order, state, removed))
        note(f"  refused: {refused}" if refused else f"  saved as {state}")
        return refused

    def _is_paid(self, order: Order) -> bool:
        found = self.shop.database.rows("SELECT state FROM pos_order WHERE uuid = %s", order.uuid)
        return bool(found) and found[0][0] != "draft"

    def _is_covered(self, line: Line) -> bool:
        stored = [booked.id for booked in self.truth.booked() if booked.uuid == line.uuid]
        line_id = stored[0] if stored else None
        return any(
            self.truth.covers(record, line.uuid, line.amount, line_id)
            for record in self.truth.of_line(line.uuid)
        )

    def _states_once_asked(self, trace_id: str) -> set[str]:
        return self.mixpay.reported_states(trace_id, self.truth.record(trace_id).state)

    def _happen(self, trace_id: str | None, event: Callable[[str], str]) -> None:
        if trace_id:
            note(f"  {trace_id[:4]}: {event(trace_id)}")
