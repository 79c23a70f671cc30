"""The client against the simulator: envelopes, errors, deadlines, caps."""

import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from mixpay import catalogue, errors, http
from mixpay.client import MixpayClient
from simulator import SimulatorServer
from test_links import TERMS

DATA = Path(__file__).parents[2] / "data" / "mixpay_asset_data.xml"


@pytest.fixture(scope="module")
def server():
    with SimulatorServer() as server:
        yield server


@pytest.fixture
def simulator(server):
    server.simulator.reset()
    server.simulator.set_knobs(auto_confirm_seconds=None)
    return server.simulator


@pytest.fixture
def client(server):
    return MixpayClient(server.api_url, timeout=1.0)


def test_a_code_and_its_result(simulator, client, terms):
    code, offset = client.create_code(terms)
    assert code == terms.trace_id
    assert abs(offset) < 1
    report, _offset = client.payment_result(terms.trace_id)
    assert report.state == "unpaid"
    simulator.act(terms.trace_id, "pay")
    assert client.payment_result(terms.trace_id)[0].state == "confirming"


def test_mixpay_s_own_count_of_calls_is_noted(server, simulator):
    counts = []
    client = MixpayClient(server.api_url, 1.0, counts.append)
    client.quote_assets()
    simulator.set_knobs(force_code=[{"code": 1429, "calls": 1}])
    with pytest.raises(errors.MixpayRateLimited):
        client.quote_assets()
    assert counts == [59, 58], "whatever becomes of the call"


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": odd}
        for odd in ("", "NaN", "-1", "1.5", "1e3", "\xb2", "0x1", "59, 59", "61", "9" * 5000)
    ]
    + [{"x-ratelimit-limit": odd} for odd in ("", "-60", "many", "9" * 400, "10")],
)
def test_a_count_that_cannot_be_meant_is_not_noted(server, simulator, headers):
    counts = []
    simulator.set_knobs(odd_answers=[{"headers": headers}])
    assert MixpayClient(server.api_url, 1.0, counts.append).quote_assets()
    assert counts == []


def test_the_offset_of_mixpay_s_clock(simulator, client, terms):
    simulator.advance(120)
    assert client.create_code(terms)[1] == pytest.approx(120, abs=1)


def test_mixpay_is_told_which_addon_calls_and_no_more(server, simulator, terms):
    assert MixpayClient(server.api_url, 1.0).quote_assets()
    MixpayClient(server.api_url, 1.0, user_agent="pos_mixpay/1.2").create_code(terms)
    assert [call["userAgent"] for call in simulator.requests()] == ["pos_mixpay", "pos_mixpay/1.2"]


@pytest.mark.parametrize("status", [200, 404, 500])
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1429, errors.MixpayRateLimited),
        (10008, errors.MixpayMaintenance),
        (10020, errors.MixpayCompleted),
        (10065, errors.MixpayEnded),
        (10062, errors.MixpayUnknownId),
        (10084, errors.MixpayUnknownId),
        (404, errors.MixpayUnknownId),
        (12345, errors.MixpayRefused),
    ],
)
def test_the_code_in_the_body_decides_whatever_the_http_status(
    simulator, client, status, code, kind
):
    simulator.set_knobs(error_http_status=status, force_code=[{"code": code}])
    with pytest.raises(errors.MixpayError) as caught:
        client.payment_result(TERMS.trace_id)
    assert type(caught.value) is kind
    assert caught.value.status == status
    assert caught.value.for_log == f"{caught.value} [HTTP status {status}]"


@pytest.mark.parametrize(
    "fault",
    ["broken_json", "not_envelope", "html", "truncated", "huge", "empty", "close", "redirect"],
)
def test_what_is_no_envelope_is_no_answer(simulator, client, fault):
    simulator.set_knobs(body_fault=fault)
    with pytest.raises(errors.MixpayUnavailable) as caught:
        client.payment_result(TERMS.trace_id)
    statuses = {"close": None, "redirect": 302}
    assert caught.value.status == statuses.get(fault, 200)


@pytest.mark.parametrize(
    "knobs",
    [
        {"body_fault": "html", "odd_answers": [{"status": 429}]},
        {"odd_answers": [{"status": 429, "field": "success", "value": None}]},
        {"force_code": [{"code": 429}], "error_http_status": 429},
    ],
)
def test_what_stands_before_mixpay_says_too_many_in_words_of_its_own(simulator, client, knobs):
    simulator.set_knobs(**knobs)
    with pytest.raises(errors.MixpayRateLimited) as caught:
        client.payment_result(TERMS.trace_id)
    assert caught.value.status == 429


@pytest.mark.parametrize("knobs", [{"hang": 3.0}, {"body_fault": "drip", "drip_seconds": 0.2}])
def test_a_call_ends_at_its_deadline_even_when_bytes_drip(simulator, client, knobs):
    simulator.set_knobs(**knobs)
    begun = time.monotonic()
    with pytest.raises(errors.MixpayTimeout) as caught:
        client.payment_result(TERMS.trace_id)
    assert (caught.value.status, "HTTP" in caught.value.for_log) in [(None, False), (200, True)]
    assert 0.9 < time.monotonic() - begun < 2


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://{there}", b"HTTP/1.1 200 OK\r\nX-Slow: "),
        ("https://mixpay.invalid", b"HTTP/1.1 200 OK\r\nX-Slow: "),  # by way of a proxy
        ("https://{there}", b"\x16\x03\x03\x40\x00"),  # a TLS record of 16 KiB
    ],
)
def test_a_call_ends_at_its_deadline_even_when_headers_drip(terms, monkeypatch, url, answer):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        there = f"127.0.0.1:{listener.getsockname()[1]}"
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://{there}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        client = MixpayClient(url.format(there=there), timeout=0.6)

        def drip() -> None:
            connection, _address = listener.accept()
            with connection:
                for byte in answer + b"a" * 200:
                    try:
                        connection.sendall(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        begun = time.monotonic()
        with pytest.raises(errors.MixpayTimeout):
            client.create_code(terms)
        assert time.monotonic() - begun < 1.5
        thread.join()


def _resolve(monkeypatch, host, *addresses):
    """Have a name lead to these addresses."""
    real = socket.getaddrinfo
    found = [
        (socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, 6, "", address)
        for address in addresses
    ]

    def resolved(name, port, *args, **kwargs):
        if name != host:
            return real(name, port, *args, **kwargs)
        return [(*kind, (address, port)) for *kind, address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def test_a_call_ends_at_its_deadline_however_many_addresses_a_host_has(monkeypatch):
    """Not one of them answers, as where a firewall drops what it does not let through."""
    _resolve(monkeypatch, "mixpay.invalid", *(f"127.0.0.{number}" for number in range(1, 9)))
    with socket.create_server(("", 0), backlog=0) as listener, ExitStack() as queue:
        port = listener.getsockname()[1]
        for _guest in range(4):  # one has room to wait; then nobody else gets an answer
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        begun = time.monotonic()
        with pytest.raises(errors.MixpayTimeout):
            MixpayClient(f"https://mixpay.invalid:{port}", timeout=0.6).quote_assets()
        assert time.monotonic() - begun < 1.2


def test_where_ipv6_leads_nowhere_there_is_another_way(server, simulator, monkeypatch):
    _resolve(monkeypatch, "localhost", "::1", "::2", "::3", "127.0.0.1")
    url = server.api_url.replace("127.0.0.1", "localhost")
    assert MixpayClient(url, timeout=1.0).quote_assets()


def test_nobody_there():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(errors.MixpayUnavailable):
        MixpayClient(f"http://127.0.0.1:{port}").payment_result(TERMS.trace_id)


@pytest.mark.parametrize(
    "knobs",
    [
        {"create_code": "../../evil"},
        {"create_code": ""},
        {"create_info": {"payeeId": "00000000-0000-4000-8000-000000000000"}},
        {"create_info": {"quoteAmount": "1"}},
        {"create_info": {"quoteAssetId": "jpy"}},
        {"create_info": {"settlementAssetId": "dcde18b9-f015-326f-b8b1-5b820a060e44"}},
        {"create_info": {"traceId": "00000000-0000-4000-8000-000000000000"}},
    ],
    ids=str,
)
def test_a_code_for_other_terms_is_not_taken(simulator, client, terms, knobs):
    simulator.set_knobs(**knobs)
    with pytest.raises(errors.MixpayUnusable):
        client.create_code(terms)


@pytest.mark.parametrize("amount_format", ["10", "10.00", "10.00000000"])
def test_echoed_amounts_may_be_written_otherwise(simulator, client, terms, amount_format):
    simulator.set_knobs(amount_format=amount_format)
    terms = replace(terms, quote_amount=Decimal("10.00"))
    assert client.create_code(terms)[0] == terms.trace_id


def test_validation_errors_say_which_field(simulator, client, terms):
    with pytest.raises(errors.MixpayRefused) as caught:
        client.create_code(replace(terms, payee_id="nobody"))
    assert "payeeId" in caught.value.reason


def test_the_catalogues(simulator, client):
    assert {"usd", "aed"} <= client.quote_assets().keys()
    assert client.settlement_assets()[TERMS.settlement_asset_id].symbol == "USDT"


def test_coins_that_come_with_the_addon_are_what_mixpay_lists(client):
    """One that is in use could not be refreshed otherwise, and would be shown on another chain."""
    listed = client.settlement_assets()
    records = ElementTree.parse(DATA).iterfind("record")
    coins = [{field.get("name"): field.text for field in record} for record in records]
    coins = [coin for coin in coins if coin["asset_id"] in listed]
    assert len(coins) > 10
    assert [
        coin["symbol"]
        for coin in coins
        if catalogue.is_odd(listed[coin["asset_id"]], coin["symbol"], coin["network"], 0, 0)
    ] == []


def test_connections_are_kept_whichever_thread_calls(server, client, monkeypatch):
    monkeypatch.setattr(http, "_resting", [])
    for _request in range(4):  # an Odoo without workers has a thread for each
        thread = threading.Thread(target=client.quote_assets)
        thread.start()
        thread.join()
    [(_since, session)] = http._resting
    pools = session.get_adapter(server.url).poolmanager.pools
    [key] = pools.keys()
    pool = pools[key]
    assert (pool.num_connections, pool.num_requests) == (1, 4)


def test_who_calls_at_the_same_time_has_another_connection(server, client, monkeypatch):
    monkeypatch.setattr(http, "_resting", [])
    with http._session() as ours:
        client.quote_assets()
        [(_since, theirs)] = http._resting
    assert ours is not theirs
    assert [session for _since, session in http._resting] == [theirs, ours]


def test_a_connection_that_rested_for_long_is_not_used_again(client, monkeypatch):
    monkeypatch.setattr(http, "_resting", [])
    client.quote_assets()
    [(since, old)] = http._resting
    http._resting[:] = [(since - http.REST_SECONDS, old)]
    client.quote_assets()
    [(_since, new)] = http._resting
    assert new is not old


def test_a_watch_that_fires_late_leaves_the_connection_to_who_has_it_next():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        deadline = http._Deadline(60)
        with deadline:
            http._local.connection = SimpleNamespace(sock=ours)
        deadline._close()  # the timer had begun before it could be cancelled
        theirs.sendall(b"an answer to the next call")
        assert ours.recv(100) == b"an answer to the next call"
