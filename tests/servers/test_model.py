"""Random orders of everything that can happen to payments: no money lost, none invented.

`POS_MIXPAY_MODEL_EXAMPLES=200 tools/test servers -k model` plays longer, other orders each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings, stateful
from hypothesis import strategies as st
from hypothesis.internal.conjecture import engine
from hypothesis.stateful import run_state_machine_as_test
from model.attacker import Attacker, is_ours, write_everything
from model.attacks import AttackMachine
from model.decisions import Manager
from model.kills import KillMachine
from model.machine import PaymentMachine
from model.mixpay import MixPay
from model.till import Order, Till
from model.truth import FINAL, Truth
from shop import PUBLIC_HOST, OdooServer, Shop
from simulator import SimulatorServer

SHRINKING_SECONDS = 60
EXAMPLES = int(os.environ.get("POS_MIXPAY_MODEL_EXAMPLES", "0"))


def how_long(examples: int, steps: int) -> settings:
    """The usual run plays the same every time; a longer one is for finding something new."""
    return settings(
        max_examples=EXAMPLES or examples,
        stateful_step_count=steps,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


class _AllRules:
    def is_enabled(self, _name: str) -> bool:
        return True


@pytest.fixture(autouse=True)
def few_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the most of few examples; hypothesis, made for many, has no settings for this.

    It would switch half of the rules off in each example, and spend most of them on variations of
    others. A failure is made short for a minute instead of five.
    """
    monkeypatch.setattr(engine, "MAX_SHRINKING_SECONDS", SHRINKING_SECONDS)
    monkeypatch.setattr(engine.ConjectureRunner, "generate_mutations_from", lambda *_: None)
    monkeypatch.setattr(stateful, "FeatureStrategy", lambda **_: st.just(_AllRules()))


def play(machine: type[PaymentMachine], shop: Shop, server: OdooServer, how_long: settings) -> None:
    """Play examples of a machine, whose registers are at `server`."""
    registers = [shop.register(server), shop.register(server)]

    def fresh_machine() -> PaymentMachine:
        begin(shop, server)
        return machine(shop, Till(shop, server, registers))

    run_state_machine_as_test(fresh_machine, settings=how_long)


def begin(shop: Shop, server: OdooServer) -> None:
    """Begin an example: shop and simulator as tests begin, and calls are not scarce."""
    shop.reset()
    # The budget has tests of its own; here it would only make steps do nothing.
    shop.set_param("requests_per_minute", "5000")
    shop.simulator.simulator.set_knobs(rate_limit=5000, callback_routes={PUBLIC_HOST: server.url})


def reached(shop: Shop) -> dict[str, int]:
    """Count what has become of all payments: a walk that gets nowhere shows nothing."""
    names = ("paid orders", "late successes", "lines with several payments", *FINAL)
    counts = shop.database.rows(
        """
        SELECT (SELECT count(*) FROM pos_order WHERE state = 'paid'),
               count(*) FILTER (WHERE state = 'success' AND is_abandoned),
               count(*) - count(DISTINCT payment_uuid)"""
        + "".join(f", count(*) FILTER (WHERE state = '{state}')" for state in FINAL)
        + " FROM mixpay_payment"
    )
    return dict(zip(names, counts[0], strict=True))


def test_any_order_of_events(shop: Shop) -> None:
    play(PaymentMachine, shop, shop.server, how_long(examples=20, steps=25))
    assert min(reached(shop).values()) > 0, reached(shop)


def test_any_order_of_events_and_killed_processes(shop: Shop) -> None:
    server = shop.add_server(workers=2)
    play(KillMachine, shop, server, how_long(examples=8, steps=20))
    assert server.errors() == []


class AttackedShop(Shop):
    """A shop that is an attacker's from the ground up; each example has a Point of Sale of its own.

    It takes cards besides, so that an order can be paid otherwise.
    """

    card_id = 0

    def _set_up(self) -> None:
        super()._set_up()
        [journal] = self.admin.call("account.journal", "search", [("type", "=", "bank")], limit=1)
        vals = {"name": "Card", "journal_id": journal}
        self.card_id = self.admin.call("pos.payment.method", "create", vals)

    def open_another(self) -> None:
        """Go on in a new Point of Sale with an open session."""
        methods = [(6, 0, [self.method_id, self.card_id])]
        vals = {"name": "Attacked shop", "payment_method_ids": methods}
        self.config_id = self.admin.call("pos.config", "create", vals)
        vals = {"config_id": self.config_id}
        self.session_id = self.admin.call("pos.session", "create", vals)
        self.admin.call("pos.session", "set_opening_control", [self.session_id], 0, "")


@pytest.fixture(scope="module")
def attacked_shop() -> Iterator[AttackedShop]:
    with SimulatorServer() as simulator, AttackedShop(simulator, workers=2).opened() as shop:
        yield shop
        assert [error for error in shop.server.failures() if is_ours(error)] == []


def test_no_field_frees_what_is_booked(attacked_shop: AttackedShop) -> None:
    """Each stored field of a paid order and its line, of its session, with any value."""
    shop = attacked_shop
    begin(shop, shop.server)
    shop.open_another()
    truth = Truth(shop, MixPay(shop))
    till = Till(shop, shop.server, [shop.register(), shop.register()])
    line = Order().add_line("5.00")
    for one in (line, Order().add_line("7.30")):
        shop.pay(till.send(0, one))
        till.registers[0].status({"trace_id": one.trace(older=False)}, check_now=True)
        till.save(0, one.order, "paid" if one is line else "draft")
    truth.check()
    records = {
        "pos.payment": till.stored_id("pos_payment", line.uuid),
        "pos.order": till.stored_id("pos_order", line.order.uuid),
        "pos.session": shop.session_id,
    }
    assert write_everything(Attacker(shop, shop.server), records, truth.check) == []


def test_any_order_of_events_and_attacks(attacked_shop: AttackedShop) -> None:
    shop = attacked_shop
    registers = [shop.register(), shop.register()]
    manager, attacker = Manager(shop.admin, "admin"), Attacker(shop, shop.server)

    def fresh_machine() -> AttackMachine:
        begin(shop, shop.server)
        shop.open_another()
        return AttackMachine(shop, Till(shop, shop.server, registers), manager, attacker)

    run_state_machine_as_test(fresh_machine, settings=how_long(examples=6, steps=20))
