"""The payer's page: buttons without JavaScript, escaping, pay links."""

import re

import pytest
import requests
from simulator import SimulatorServer
from test_simulator_kit import BTC, opened, order

HOSTILE = "<script>alert('x')</script>\"><img src=x>"


@pytest.fixture
def server():
    with SimulatorServer() as running:
        running.simulator.set_knobs(auto_confirm_seconds=None, auto_settle_seconds=None)
        yield running


@pytest.fixture
def trace(server):
    return opened(server.simulator, remark=HOSTILE)


def page(server, trace):
    answer = requests.get(f"{server.url}/code/{trace}", timeout=5)
    assert answer.status_code == 200
    return answer.text


def press(server, trace, action, **fields):
    """Submit the button as a browser without JavaScript does, and follow it."""
    target = re.search(rf'formaction="([^"]+)" data-action="{action}"', page(server, trace))
    assert target, f"no button {action}"
    return requests.post(server.url + target[1], data=fields, timeout=5)


def state(text):
    return re.search(r'data-state="(\w+)"', text)[1]


def test_hostile_words_are_words(server, trace):
    server.simulator.set_knobs(payee_name=HOSTILE)
    server.simulator.fail(trace, reason=HOSTILE)
    for text in (page(server, trace), requests.get(server.url, timeout=5).text):
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text


def test_errors_of_hostile_links_are_words(server):
    answer = requests.get(f"{server.url}/pay", params={HOSTILE: HOSTILE}, timeout=5)
    assert answer.status_code == 400
    assert "<img" not in answer.text
    assert "data-error" in answer.text


def test_only_one_script_may_run(server, trace):
    answer = requests.get(f"{server.url}/code/{trace}", timeout=5)
    nonce = re.search(r"nonce-([\w-]+)", answer.headers["Content-Security-Policy"])[1]
    assert answer.text.count("<script") == answer.text.count(f'<script nonce="{nonce}"') == 1


def test_the_page_says_it_is_a_simulation(server, trace):
    assert "No real money" in page(server, trace)


def test_every_step_by_buttons(server, trace):
    assert state(press(server, trace, "nothing").text) == "unpaid"
    assert state(press(server, trace, "pay_less", asset=BTC).text) == "confirming"
    assert state(press(server, trace, "confirm").text) == "paid_less"
    assert state(press(server, trace, "top_up").text) == "confirming"
    assert state(press(server, trace, "confirm").text) == "pending"
    assert state(press(server, trace, "review").text) == "auditing"
    assert state(press(server, trace, "approve").text) == "pending"
    assert state(press(server, trace, "succeed").text) == "success"
    press(server, trace, "settle")
    assert state(press(server, trace, "second_transfer").text) == "success"
    assert server.simulator.payment(trace)["result"]["paymentSymbol"] == "BTC"


@pytest.mark.parametrize(
    ("action", "fields", "after"),
    [
        ("pay", {"asset": BTC}, "confirming"),
        ("pay_more", {}, "confirming"),
        ("see", {}, "confirming"),
        ("fail", {"code": "40027"}, "failed"),
        ("cancel", {}, "failed"),
        ("expire", {}, "failed"),
    ],
)
def test_buttons_of_a_new_order(server, trace, action, fields, after):
    assert state(press(server, trace, action, **fields).text) == after


def test_one_tap(server, trace):
    server.simulator.set_knobs(auto_confirm_seconds=0)
    assert state(press(server, trace, "pay").text) == "success"


def test_what_is_not_possible_is_said(server, trace):
    server.simulator.fail(trace)
    answer = requests.post(f"{server.url}/code/{trace}/pay", timeout=5)
    assert answer.status_code == 409
    assert "not possible" in answer.text


def test_a_pay_link_opens_the_order_its_address_names(server):
    params = order(quoteAmount="0.01", remark="edited")
    url = f"{server.url}/pay"
    requests.head(url, params=params, timeout=5)
    assert server.simulator.payments() == []
    text = requests.get(url, params=params, timeout=5).text
    assert "0.01" in text
    again = requests.get(url, params={**params, "quoteAmount": "10"}, timeout=5)
    assert again.status_code == 200
    assert server.simulator.payment(params["traceId"])["terms"]["quoteAmount"] == "0.01"
    assert state(press(server, params["traceId"], "pay").text) == "confirming"


def test_unknown_codes(server):
    for path in ("/code/nothing", "/nowhere"):
        assert requests.get(server.url + path, timeout=5).status_code == 404


def test_a_fixed_coin_is_the_only_one(server):
    params = order(paymentAssetId=BTC)
    server.simulator.create(params)
    assert page(server, params["traceId"]).count('type="radio"') == 1


def test_the_page_learns_of_changes(server, trace):
    url = f"{server.url}/code/{trace}/state"
    before = requests.get(url, timeout=5).json()
    server.simulator.see(trace)
    after = requests.get(url, timeout=5).json()
    assert before["version"] != after["version"]
    assert f'data-version="{after["version"]}"' in page(server, trace)
