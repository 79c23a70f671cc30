"""The HTTP side: envelope, budget, endpoints, keep-alive, control."""

import signal
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
import requests
from simulator import SimulatorServer
from test_simulator_kit import BTC, PAYEE, USDT, order, wait_for


@pytest.fixture
def session():
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def test_form_and_json_create_alike(server, session):
    for style in ("data", "json"):
        params = order()
        answer = session.post(f"{server.api_url}/one_time_payment", **{style: params}).json()
        assert (answer["code"], answer["success"], answer["message"]) == (0, True, "")
        assert answer["data"]["code"] == params["traceId"]
        assert isinstance(answer["timestampMs"], int)


def test_a_form_cannot_say_true(server, session):
    answer = session.post(f"{server.api_url}/one_time_payment", data=order(strictMode="true"))
    assert answer.json()["data"]["strictMode"]
    assert answer.json()["success"] is False


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_object(server, session, body):
    headers = {"Content-Type": "application/json"}
    answer = session.post(f"{server.api_url}/one_time_payment", data=body, headers=headers)
    assert answer.json()["code"] == 422


def test_results_by_trace_and_by_order(server, session):
    params = order(orderId="order-1")
    session.post(f"{server.api_url}/one_time_payment", json=params)
    url = f"{server.api_url}/payments_result"
    queries = [
        {"traceId": params["traceId"].upper()},
        {"orderId": "order-1", "payeeId": PAYEE.replace("-", "").upper()},
    ]
    for query in queries:
        data = session.get(url, params=query).json()["data"]
        assert (data["traceId"], data["status"]) == (params["traceId"], "unpaid")
        assert "transactions" not in data
    query = {"traceId": params["traceId"], "with": "payment,transactions"}
    assert session.get(url, params=query).json()["data"]["transactions"] == []
    for wrong in ({}, {"orderId": "order-1"}, {"traceId": "x"}, {**query, "with": "all"}):
        assert session.get(url, params=wrong).json()["code"] == 422


def test_amounts_are_strings(server, session):
    params = order()
    server.simulator.create(params)
    server.simulator.succeed(params["traceId"])
    query = {"traceId": params["traceId"], "with": "payment,transactions"}
    data = session.get(f"{server.api_url}/payments_result", params=query).json()["data"]
    amounts = [value for name, value in data.items() if name.endswith("Amount")]
    assert len(amounts) == 5
    assert all(isinstance(value, str) for value in amounts)


def test_sixty_calls_in_any_minute(server, session):
    url = f"{server.api_url}/setting/quote_assets"
    answers = [session.get(url) for _ in range(30)]
    server.simulator.advance(40)
    answers += [session.get(url) for _ in range(31)]
    assert [answer.json()["code"] for answer in answers] == [0] * 60 + [1429]
    assert answers[0].headers["x-ratelimit-limit"] == "60"
    assert [answers[0].headers["x-ratelimit-remaining"], answers[60].headers[
        "x-ratelimit-remaining"]] == ["59", "0"]  # fmt: skip
    server.simulator.advance(21)
    codes = [session.get(url).json()["code"] for _ in range(31)]
    assert codes == [0] * 30 + [1429]


def test_catalogues(server, session):
    def rows(name, **query):
        return session.get(f"{server.api_url}/setting/{name}", params=query).json()["data"]

    quotes = {row["assetUuid"]: row for row in rows("quote_assets")}
    assert [quotes[code]["decimalDigit"] for code in ("usd", "jpy", "kwd")] == [2, 0, 3]
    assert quotes["usd"]["isAsset"] == 0
    settlements = rows("settlement_assets")
    assert settlements[0]["isAsset"] is True
    assert sum(row["symbol"] == "USDT" for row in settlements) == 3
    narrowed = rows("payment_assets", payeeId=PAYEE, quoteAssetId="usd", quoteAmount="20000")
    assert {(row["isAvailable"], row["maxPaymentAmount"]) for row in narrowed} == {(False, "0")}


def test_the_other_endpoints(server, session):
    def get(path, **query):
        return session.get(f"{server.api_url}/{path}", params=query).json()

    estimate = get(
        "payments_estimated", paymentAssetId=BTC, settlementAssetId=USDT, quoteAssetId="usd",
        quoteAmount="64",
    )  # fmt: skip
    assert estimate["data"]["paymentAmount"] == "0.001"
    assert get("payments_estimated", paymentAssetId=USDT)["code"] == 422
    payee = get("user/mixin_uuid/37160854")["data"]["payeeId"]
    assert uuid.UUID(payee)
    assert get("user/mixin_uuid/abc")["success"] is False
    receivers = [str(uuid.uuid4()) for _ in range(3)]
    body = {"receivers": receivers, "threshold": 2}
    group = session.post(f"{server.api_url}/multisig", json=body).json()
    form = {"receivers[]": receivers, "threshold": "2"}
    assert session.post(f"{server.api_url}/multisig", data=form).json()["data"] == group["data"]
    body["threshold"] = 4
    assert session.post(f"{server.api_url}/multisig", json=body).json()["code"] == 422
    params = order()
    server.simulator.create(params)
    client = server.simulator.payment(params["traceId"])["clientId"]
    info = get("payments_info", traceId=params["traceId"], clientId=client)
    assert info["data"]["quoteAmount"] == "10.00"
    assert get("payments_info", traceId=params["traceId"], clientId=PAYEE)["code"] == 10062


def test_unknown_paths_and_methods(server, session):
    answer = session.get(f"{server.api_url}/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, 404)
    assert session.get(f"{server.api_url}/one_time_payment").json()["code"] == 405


def test_connections_are_kept_alive(server, session):
    for _ in range(5):
        session.post(f"{server.api_url}/one_time_payment", json=order())
        session.get(f"{server.url}/nowhere")
        session.get(f"{server.url}/_control/")
    (pool,) = session.adapters["http://"].poolmanager.pools._container.values()
    assert (pool.num_connections, pool.num_requests) == (1, 15)


def test_nothing_is_left_after_stop(session):
    before = set(threading.enumerate())
    server = SimulatorServer().start()
    url = server.url
    session.get(f"{url}/_control/")  # leaves a connection open
    server.stop()
    server.stop()
    assert set(threading.enumerate()) <= before
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/_control/", timeout=1)


def test_a_stopped_server_starts_again(session):
    server = SimulatorServer()
    for _ in range(2):
        with server:
            assert session.get(f"{server.url}/_control/").status_code == 200


def test_an_oversized_body_is_refused(server, session):
    answer = session.post(f"{server.api_url}/one_time_payment", data=b"x" * 1_000_001)
    assert answer.status_code == 413


def test_control(server, session):
    def control(method, path, body=None):
        return session.request(method, f"{server.url}/_control/{path}", json=body)

    trace = order()["traceId"]
    session.post(f"{server.api_url}/one_time_payment", json=order(traceId=trace))
    assert control("POST", "knobs", {"auto_confirm_seconds": None}).status_code == 200
    assert control("GET", "knobs").json()["values"]["auto_confirm_seconds"] is None
    answer = control("POST", f"payments/{trace}/pay", {"asset": BTC})
    assert answer.json()["status"] == "confirming"
    assert control("GET", f"payments/{trace}").json()["status"] == "confirming"
    assert len(control("GET", "payments").json()) == 1
    control("POST", f"payments/{trace}/raw", {"fields": {"payeeId": "x"}})
    assert control("GET", f"payments/{trace}").json()["result"]["payeeId"] == "x"
    assert control("POST", "clock", {"advance": 5}).json()["offset"] == 5
    logged = control("GET", "requests").json()
    assert [(entry["method"], entry["path"], entry["code"]) for entry in logged] == [
        ("POST", "/v1/one_time_payment", 0)
    ]
    assert (logged[0]["inFlight"], logged[0]["params"]["traceId"]) == (1, trace)
    assert control("GET", "callbacks").json() == []
    assert control("POST", "reset").json()["payments"] == {}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("knobs", {"nope": 1}, 400),
        ("knobs", {"self": 1}, 400),
        ("clock", {"advance": "x"}, 400),
        ("clock", {"advance": -1}, 400),
        ("clock", {}, 400),
        ("clock", [], 400),
        (f"payments/{PAYEE}/pay", None, 404),
        (f"callbacks/{PAYEE}", None, 404),
        ("payments", None, 405),
        ("nowhere", None, 404),
    ],
)
def test_control_refuses_nonsense(server, session, path, body, status):
    answer = session.post(f"{server.url}/_control/{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["error"]


def test_calls_in_flight_are_counted(server):
    server.simulator.set_knobs(latency=0.3)
    url = f"{server.api_url}/setting/quote_assets"
    threads = [threading.Thread(target=requests.get, args=(url,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_for(lambda: server.simulator.state()["inFlight"] == 3)
    for thread in threads:
        thread.join()
    assert sorted(entry["inFlight"] for entry in server.simulator.requests()) == [1, 2, 3]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_command_line(number):
    command = [sys.executable, "-m", "simulator", "--port", "0", "--knob", "rate_limit=5"]
    folder = Path(__file__).parents[1]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        api = next(word.rstrip(",") for word in line.split() if word.startswith("http"))
        answer = requests.get(f"{api}/setting/quote_assets", timeout=5)
        process.send_signal(number)
        assert process.wait(5) == 0
    assert answer.headers["x-ratelimit-limit"] == "5"
