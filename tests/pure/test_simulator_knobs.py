"""Each knob changes something, and refuses what it does not understand."""

import json
import time

import pytest
import requests
from simulator import SimulatorError
from simulator.errors import ApiError
from simulator.knobs import TABLE
from test_simulator_kit import BTC, PAYEE, USDT, opened, order, result

USDT_TRC20 = "b91e18ff-a9ae-3dc7-8679-e935d9a4b34b"
MAED = "b5289c48-ec3a-3cdb-b2c4-0913d1812cd5"


@pytest.fixture
def get(server):
    def call(path="setting/quote_assets", **query):
        return requests.get(
            f"{server.api_url}/{path}", params=query, timeout=5, allow_redirects=False
        )

    return call


def test_the_table_tells_everything(simulator):
    for knob in TABLE:
        assert knob.meaning.endswith(".")
        simulator.set_knobs(**{knob.name: knob.default})


@pytest.mark.parametrize(
    "values",
    [
        {"nonsense": 1}, {"latency": "1"}, {"latency": True}, {"latency": -1}, {"latency": None},
        {"latency": float("nan")}, {"latency": float("inf")}, {"rate_limit": 0},
        {"rate_limit": 1.5}, {"lifecycle": "new"}, {"http_500_rate": 1.1}, {"hang_paths": "x"},
        {"refused_payees": [1]}, {"create_info": []}, {"error_http_status": 302},
        {"force_code": [{"code": "1429"}]}, {"force_code": [{"code": 1, "cals": 2}]},
        {"force_code": [{"code": 1, "calls": 0}]}, {"unknown_id_code": 1}, {"callback_lost": 1},
    ],
)  # fmt: skip
def test_wrong_values_are_refused_and_nothing_is_set(simulator, values):
    before = simulator.get_knobs()
    with pytest.raises(SimulatorError):
        simulator.set_knobs(huge_bytes=7, **values)
    assert simulator.get_knobs() == before


@pytest.mark.parametrize(
    ("knob", "value", "field", "shown"),
    [
        ("amount_format", "as_sent", "quoteAmount", "10.50"),
        ("amount_format", "10", "quoteAmount", "10.5"),
        ("amount_format", "10.00", "quoteAmount", "10.50"),
        ("amount_format", "10.00000000", "quoteAmount", "10.50000000"),
        ("payee_format", "dashed", "payeeId", PAYEE),
        ("payee_format", "hex", "payeeId", PAYEE.replace("-", "")),
        ("payee_format", "upper", "payeeId", PAYEE.upper()),
        ("quote_asset_case", "upper", "quoteAssetId", "USD"),
        ("date_type", "string", "date", ""),
        ("date_type", "int", "date", 0),
        ("date_type", "null", "date", None),
        ("date_type", "bool", "date", False),
        ("payee_name", "Café", "payee", "Café"),
    ],
)
def test_spelling_of_results(simulator, knob, value, field, shown):
    trace = opened(simulator, quoteAmount="10.50")
    simulator.set_knobs(**{knob: value})
    assert result(simulator, trace)[field] == shown
    assert type(result(simulator, trace)[field]) is type(shown)


def test_a_format_never_changes_the_amount(simulator):
    simulator.set_knobs(amount_format="10.00")
    trace = opened(simulator, quoteAssetId="kwd", quoteAmount="1.125")
    assert result(simulator, trace)["quoteAmount"] == "1.125"


def test_date_type_paid(simulator):
    trace = opened(simulator)
    simulator.succeed(trace)
    assert isinstance(result(simulator, trace)["date"], int)
    simulator.set_knobs(date_type_paid="string")
    assert isinstance(result(simulator, trace)["date"], str)


def test_windows(simulator):
    now = int(simulator.clock.now())
    simulator.set_knobs(default_window_minutes=5)
    assert result(simulator, opened(simulator))["expiredAt"] - now in (299, 300, 301)
    simulator.set_knobs(window_cap_minutes=60)
    trace = opened(simulator, expiredTimestamp=now + 7200)
    assert result(simulator, trace)["expiredAt"] - now in (3599, 3600, 3601)


@pytest.mark.parametrize(
    ("quote", "strict", "settled"),
    [("usd", False, USDT), ("aed", False, MAED), ("usd", True, USDT_TRC20), (BTC, False, BTC)],
)
def test_settle_deviates(simulator, quote, strict, settled):
    simulator.set_knobs(settle_deviates=True)
    trace = opened(simulator, quoteAssetId=quote, strictMode=strict, settlementAssetId=USDT_TRC20)
    simulator.succeed(trace)
    assert result(simulator, trace)["settleAsset"] == settled


def test_auto_settle_seconds(simulator):
    simulator.set_knobs(auto_settle_seconds=30)
    trace = opened(simulator)
    simulator.succeed(trace)
    assert result(simulator, trace)["settleStatus"] == "pending"
    simulator.advance(30)
    assert result(simulator, trace)["settleStatus"] == "success"


def test_second_transfer_shows_code(simulator):
    simulator.set_knobs(second_transfer_shows_code=False)
    trace = opened(simulator)
    simulator.succeed(trace)
    simulator.second_transfer(trace)
    assert result(simulator, trace)["failureCode"] == "0"


def test_create_answers(simulator):
    simulator.set_knobs(code_equals_trace=False)
    params = order()
    code = simulator.create(params)["code"]
    assert code != params["traceId"]
    assert simulator.find(code).trace_id == params["traceId"]
    simulator.set_knobs(create_info={"quoteAmount": "1"})
    assert simulator.create(params)["info"]["quoteAmount"] == "1"
    assert result(simulator, params["traceId"])["quoteAmount"] == "10.00"
    simulator.set_knobs(create_info_sent=False, create_code="javascript:alert(1)")
    assert simulator.create(params) == {"code": "javascript:alert(1)"}


@pytest.mark.parametrize("refused", [[PAYEE.replace("-", "")], ["*"]])
def test_refused_payees(simulator, refused):
    simulator.set_knobs(refused_payees=refused)
    with pytest.raises(ApiError, match="This payee is not allow to receive payment"):
        opened(simulator)


def test_enforce_price_limits(simulator):
    opened(simulator, quoteAmount="1000.01")
    simulator.set_knobs(enforce_price_limits=True)
    opened(simulator, quoteAmount="1000")
    with pytest.raises(ApiError):
        opened(simulator, quoteAmount="1000.01")


def test_catalogue_knobs(server, get):
    server.simulator.set_knobs(unavailable_assets=[USDT], unknown_mixin_ids=["7000"])
    rows = {row["assetId"]: row for row in get("setting/payment_assets").json()["data"]}
    assert rows[USDT]["maxPaymentAmount"] == "0"
    assert rows[BTC]["maxPaymentAmount"] != "0"
    assert not get("user/mixin_uuid/7000").json()["success"]


def test_unknown_ids(server, get):
    for code in (10062, 10084, 404):
        server.simulator.set_knobs(unknown_id_code=code)
        assert get("payments_result", traceId=PAYEE).json()["code"] == code
    server.simulator.set_knobs(unknown_id="unpaid")
    assert get("payments_result", traceId=PAYEE).json()["data"]["status"] == "unpaid"


def test_result_extras(server, get):
    trace = opened(server.simulator)
    assert "payment" not in get("payments_result", traceId=trace).json()["data"]
    server.simulator.set_knobs(result_extras="always")
    assert "payment" in get("payments_result", traceId=trace).json()["data"]


def test_statuses_of_errors(server, get):
    server.simulator.set_knobs(error_http_status=400, rate_limit=1)
    assert get("payments_result").status_code == 400
    assert get().status_code == 400
    server.simulator.set_knobs(rate_limit_http_status=429)
    answer = get()
    assert (answer.status_code, answer.json()["code"]) == (429, 1429)


def test_force_code(server, get):
    rules = [
        {"code": 10008, "calls": 2, "path": "/setting/quote_assets"},
        {"code": 1429, "message": "slow", "calls": None, "path": "/v1/payments_result"},
    ]
    server.simulator.set_knobs(force_code=rules)
    assert [get().json()["code"] for _ in range(3)] == [10008, 10008, 0]
    assert get("payments_result").json()["message"] == "slow"


def test_latency(server, get):
    server.simulator.set_knobs(latency=0.2, latency_paths=["setting/quote_assets"])
    assert get().elapsed.total_seconds() >= 0.2
    assert get("setting/payment_assets").elapsed.total_seconds() < 0.2


def test_hang(server, get):
    server.simulator.set_knobs(hang=0.1, hang_paths=["one_time_payment"])
    assert get().status_code == 200
    params = order()
    with pytest.raises(requests.ConnectionError):
        requests.post(f"{server.api_url}/one_time_payment", json=params, timeout=5)
    assert server.simulator.payment(params["traceId"])["status"] == "unpaid"
    assert server.simulator.requests()[-1]["fault"] == "dropped"
    assert server.simulator.state()["inFlight"] == 0


def test_stop_ends_a_hanging_call(server):
    server.simulator.set_knobs(latency=60)
    began = time.monotonic()
    with pytest.raises(requests.RequestException):
        requests.get(f"{server.api_url}/payments_result", timeout=0.1)
    server.stop()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(("after", "effect"), [(False, 0), (True, 1)])
def test_http_500(server, after, effect):
    server.simulator.set_knobs(http_500_next=1, http_500_after=after)
    url = f"{server.api_url}/one_time_payment"
    assert requests.post(url, json=order(), timeout=5).status_code == 500
    assert len(server.simulator.payments()) == effect
    assert requests.post(url, json=order(), timeout=5).status_code == 200


def test_http_500_rate(server, get):
    server.simulator.set_knobs(http_500_rate=0.5)
    statuses = [get().status_code for _ in range(40)]
    assert 5 < statuses.count(500) < 35


@pytest.mark.parametrize(
    ("fault", "body"),
    [("empty", b""), ("not_envelope", b'["ok"]'), ("html", None), ("broken_json", None)],
)
def test_wrong_bodies(server, get, fault, body):
    server.simulator.set_knobs(body_fault=fault, body_fault_next=1)
    answer = get()
    assert answer.status_code == 200
    if body is None:
        with pytest.raises(json.JSONDecodeError):
            json.loads(answer.content)
    else:
        assert answer.content == body
    assert get().json()["code"] == 0


def test_redirect(server, get):
    server.simulator.set_knobs(body_fault="redirect")
    assert get().status_code == 302


@pytest.mark.parametrize("fault", ["truncated", "close"])
def test_connections_that_break(server, get, fault):
    server.simulator.set_knobs(body_fault=fault, body_fault_paths=["/setting/quote_assets"])
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get()
    assert get("setting/payment_assets").status_code == 200


def test_huge(server, get):
    server.simulator.set_knobs(body_fault="huge", huge_bytes=300_000)
    assert len(get().content) == 300_000


def test_drip(server, get):
    server.simulator.set_knobs(body_fault="drip", drip_seconds=0.002)
    answer = get("payments_result")
    assert answer.json()["code"] == 422
    server.simulator.set_knobs(drip_seconds=1)
    with requests.get(f"{server.api_url}/payments_result", timeout=5, stream=True) as slow:
        assert slow.status_code == 200  # at once; its body would take minutes


def test_trouble_spares_the_payers_page(server):
    trace = opened(server.simulator)
    server.simulator.set_knobs(http_500_rate=1.0, body_fault="close", rate_limit=1)
    assert requests.get(f"{server.url}/code/{trace}", timeout=5).status_code == 200


def test_odd_answers_of_one_trace(server, get):
    traces = [opened(server.simulator), opened(server.simulator)]
    rule = {"trace": traces[0], "field": "data.payeeId", "odd": "nan", "status": 302}
    server.simulator.set_knobs(odd_answers=[{**rule, "headers": {"Location": "//nowhere:0"}}])
    odd, well = (get("payments_result", traceId=trace) for trace in traces)
    assert b'"payeeId": NaN' in odd.content
    assert (odd.status_code, odd.headers["Location"]) == (302, "//nowhere:0")
    assert well.json()["data"]["payeeId"] == PAYEE


def test_odd_fields_in_lists_and_envelopes(server, get):
    path = "/v1/setting/quote_assets"
    server.simulator.set_knobs(
        odd_answers=[
            {"path": path, "field": "data.1.symbol", "value": {"a": 1}},
            {"path": path, "field": "data.999.symbol", "odd": "null"},
            {"path": path, "field": "timestampMs", "odd": "digits"},
        ]
    )
    answer = get().json()
    assert answer["data"][1]["symbol"] == {"a": 1}
    assert answer["timestampMs"] == int("9" * 400)
    assert get("setting/settlement_assets").json()["timestampMs"] < 10**14


@pytest.mark.parametrize(
    "rule",
    [
        {"field": "data"},
        {"odd": "nan"},
        {"field": "data", "odd": "strange"},
        {"colour": "red"},
        {"status": "302"},
        {"headers": {"a": 1}},
    ],
)
def test_rules_that_say_nothing_are_refused(simulator, rule):
    with pytest.raises(SimulatorError):
        simulator.set_knobs(odd_answers=[rule])


@pytest.mark.parametrize("fault", ["gzip", "gzip_bomb"])
def test_packed_answers(server, get, fault):
    server.simulator.set_knobs(body_fault=fault, huge_bytes=300_000)
    answer = get()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert (answer.json() == {}) == (fault == "gzip_bomb")


def test_catalogues_that_lack_something(simulator, server, get):
    server.simulator.set_knobs(catalogue_lacks=["usd", USDT_TRC20])
    assert "usd" not in [row["assetUuid"] for row in get().json()["data"]]
    settled = get("setting/settlement_assets").json()["data"]
    assert USDT_TRC20 not in [row["assetId"] for row in settled]
    server.simulator.set_knobs(catalogue_first=2)
    assert len(get().json()["data"]) == 2
