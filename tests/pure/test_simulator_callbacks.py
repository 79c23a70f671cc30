"""Callbacks: body, events, acknowledgement, retries, trouble."""

import pytest
from simulator import SimulatorError, SimulatorServer
from simulator.callbacks import WAITS
from test_simulator_kit import PAYEE, Shop, order, wait_for

URL = "https://shop.example/pos_mixpay/callback/token?a=b"


@pytest.fixture
def shop():
    running = Shop()
    yield running
    running.close()


@pytest.fixture
def server(shop):
    with SimulatorServer() as running:
        running.simulator.set_knobs(
            callback_routes={"shop.example": shop.url}, auto_confirm_seconds=None
        )
        yield running


@pytest.fixture
def simulator(server):
    return server.simulator


def opened(simulator, **changes):
    params = order(callbackUrl=URL, orderId="order-1", **changes)
    simulator.create(params)
    return params["traceId"]


def logged(simulator, number):
    wait_for(lambda: len(simulator.callbacks()) >= number)
    return simulator.callbacks()


def test_body_and_address(simulator, shop):
    trace = opened(simulator)
    simulator.succeed(trace)
    (entry,) = logged(simulator, 1)
    assert entry["acknowledged"]
    ((path, headers, body),) = shop.calls
    assert path == "/pos_mixpay/callback/token?a=b"
    assert headers["Host"] == "shop.example"
    assert headers["Content-Type"] == "application/json"
    assert body == {"orderId": "order-1", "traceId": trace, "payeeId": PAYEE}
    simulator.advance(9999)
    assert len(simulator.callbacks()) == 1


def test_only_the_ends_are_told_unasked(simulator):
    trace = opened(simulator)
    simulator.see(trace)
    simulator.confirm(trace)
    simulator.fail(trace)
    assert [entry["event"] for entry in logged(simulator, 1)] == ["fail"]


def test_events_that_were_asked_for(simulator):
    trace = opened(simulator, callbackEvent="pending|paid_less|settle")
    for action, number in (("pay_less", 1), ("confirm", 2), ("top_up", 3), ("confirm", 4),
                           ("review", 4), ("succeed", 6)):  # fmt: skip
        simulator.act(trace, action)
        logged(simulator, number)
    events = [entry["event"] for entry in simulator.callbacks()]
    assert events[:4] == ["pending", "paid_less", "pending", "pending"]
    assert sorted(events[4:]) == ["settle", "success"]


@pytest.mark.parametrize(
    "answer",
    [(200, {}), (200, {"code": "success"}), (200, {"code": 0}), (201, {"code": "SUCCESS"}),
     (500, {"code": "SUCCESS"}), (302, {"code": "SUCCESS"}), (200, "SUCCESS"), (200, [])],
)  # fmt: skip
def test_anything_else_is_no_acknowledgement(simulator, shop, answer):
    shop.answers = [answer, (200, {"code": "SUCCESS"})]
    simulator.succeed(opened(simulator))
    assert not logged(simulator, 1)[0]["acknowledged"]
    simulator.advance(WAITS[0] - 1)
    assert len(simulator.callbacks()) == 1
    simulator.advance(2)
    assert logged(simulator, 2)[1]["acknowledged"]


def test_nine_attempts_at_most(simulator, shop):
    shop.answers = [(500, {})]
    simulator.succeed(opened(simulator))
    for number, wait in enumerate(WAITS, 1):
        assert logged(simulator, number)[-1]["nextIn"] == wait
        simulator.advance(wait + 1)
    assert "nextIn" not in logged(simulator, 9)[-1]
    simulator.advance(99999)
    assert [entry["attempt"] for entry in simulator.callbacks()] == list(range(1, 10))


def test_waits_can_be_compressed(simulator, shop):
    shop.answers = [(500, {})]
    simulator.set_knobs(callback_time_scale=0.0)
    simulator.succeed(opened(simulator))
    assert len(logged(simulator, 9)) == 9


def test_a_silent_shop_is_asked_again(simulator, shop):
    shop.silent_seconds = 0.4
    simulator.set_knobs(callback_timeout=0.1)
    simulator.succeed(opened(simulator))
    (entry,) = logged(simulator, 1)
    assert not entry["acknowledged"]
    assert entry["seconds"] < 0.35


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1", "localhost"])
def test_without_a_route_a_host_is_dead(simulator, shop, host):
    trace = order()["traceId"]
    simulator.create(order(traceId=trace, callbackUrl=f"https://{host}/x"))
    simulator.succeed(trace)
    (entry,) = logged(simulator, 1)
    assert "no route" in entry["outcome"]
    assert shop.calls == []


@pytest.mark.parametrize("target", ["http://10.0.0.1", "https://127.0.0.1", "127.0.0.1", 5])
def test_routes_lead_to_this_machine_only(simulator, target):
    with pytest.raises(SimulatorError):
        simulator.set_knobs(callback_routes={"shop.example": target})


def test_lost(simulator, shop):
    simulator.set_knobs(callback_lost=True)
    simulator.succeed(opened(simulator))
    assert logged(simulator, 1)[0]["outcome"] == "lost"
    assert shop.calls == []


def test_doubled(simulator, shop):
    simulator.set_knobs(callback_copies=2)
    simulator.succeed(opened(simulator))
    assert sorted(entry["copy"] for entry in logged(simulator, 2)) == [1, 2]


def test_late(simulator, shop):
    simulator.set_knobs(callback_delay=100)
    simulator.succeed(opened(simulator))
    simulator.advance(99)
    assert simulator.callbacks() == []
    simulator.advance(2)
    logged(simulator, 1)


def test_out_of_order(simulator, shop):
    simulator.set_knobs(callback_out_of_order=True)
    trace = opened(simulator, callbackEvent="pending")
    simulator.see(trace)
    simulator.succeed(trace)
    logged(simulator, 1)
    simulator.advance(2)
    assert [entry["event"] for entry in logged(simulator, 2)] == ["success", "pending"]


def test_by_hand(simulator, shop):
    trace = opened(simulator)
    assert simulator.send_callback(trace)["acknowledged"]
    shop.answers = [(500, {})]
    assert not simulator.send_callback(trace)["acknowledged"]
    simulator.advance(9999)
    assert len(simulator.callbacks()) == 2
    simulator.create(order(traceId=PAYEE))
    with pytest.raises(SimulatorError):
        simulator.send_callback(PAYEE)


def test_stopping_does_not_wait_for_a_silent_shop(shop):
    shop.silent_seconds = 1.5
    with SimulatorServer() as server:
        server.simulator.set_knobs(callback_routes={"shop.example": shop.url})
        server.simulator.succeed(opened(server.simulator))
        wait_for(lambda: shop.calls)
    (entry,) = server.simulator.callbacks()
    assert entry["seconds"] < 1
