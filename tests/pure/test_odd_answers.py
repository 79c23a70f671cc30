"""Whatever MixPay answers becomes clean, bounded values or one of our errors: money rules 3, 5."""

import gzip
import json
import socket
import threading
import time
import tracemalloc
import zlib
from contextlib import contextmanager
from dataclasses import astuple, replace
from datetime import datetime
from decimal import Decimal
from unicodedata import category

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixpay import catalogue, client, errors, http, ids, result
from mixpay.client import MixpayClient
from mixpay.evaluate import evaluate
from mixpay.request import NewLink, Request, send
from simulator import SimulatorServer
from simulator.odd import VALUES
from test_links import TERMS

FEW = settings(max_examples=100, deadline=None)
RESULT = {
    "status": "success",
    "traceId": TERMS.trace_id,
    "payeeId": TERMS.payee_id,
    "quoteAmount": "12.50",
    "quoteAssetId": "usd",
    "quoteSymbol": "USD",
    "payee": "Corner shop",
    "payableAmount": "12.5",
    "payableSymbol": "USDT",
    "payableAssetId": TERMS.settlement_asset_id,
    "payableAssetVersion": "TRC20",
    "paymentAmount": "12.5",
    "paymentSymbol": "USDT",
    "paymentAssetId": TERMS.settlement_asset_id,
    "paymentAssetVersion": "TRC20",
    "txid": "0xabc",
    "blockExplorerUrl": "https://tronscan.org/#/transaction/0xabc",
    "confirmations": 3,
    "surplusAmount": "0",
    "surplusStatus": "no",
    "settleStatus": "success",
    "settleAmount": "12.4",
    "settleSymbol": "USDT",
    "settleAsset": TERMS.settlement_asset_id,
    "failureCode": "0",
    "failureReason": "",
    "date": 1656513302,
    "expiredAt": 1656513999,
    "payment": {"isFullyPaid": True},
}
CREATED = {"code": TERMS.trace_id, "info": {**TERMS.parameters()}}
QUOTES = [
    {"assetUuid": "usd", "symbol": "USD", "minPrice": "0.1", "maxPrice": "1000"},
    {"assetUuid": TERMS.settlement_asset_id, "symbol": "USDT", "decimalDigit": 8},
]
ODD = st.one_of(
    st.sampled_from([value for name, value in VALUES.items() if name != "megabyte"]),
    st.text(max_size=300),
    st.integers(),
    st.floats(),
    st.recursive(st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)),
)


def decoded(body):
    """Return a JSON value as it comes over the wire."""
    return http._decoded(json.dumps(body).encode())


def spoiled(body):
    """Return a strategy of changes to some fields of an answer."""
    return st.dictionaries(st.sampled_from(sorted(body)), ODD, max_size=3)


def opened(data, /, **changes):
    """Return what the client makes of an envelope."""
    envelope = {"code": 0, "success": True, "message": "", "data": data, "timestampMs": 1}
    return client._opened(200, decoded(envelope | changes), time.time())


def assert_clean(value):
    """Check that a value is safe for a database, a page and a log."""
    if isinstance(value, str):
        assert len(value) <= 500
        assert not {category(character) for character in value} & {"Cc", "Cs", "Zl", "Zp"}
        value.encode()
    elif isinstance(value, int):
        assert -1 <= value <= 2**33
    elif isinstance(value, Decimal):
        assert value.is_finite()
        assert value < 10**12
    elif isinstance(value, datetime):
        assert value.tzinfo is None
    else:
        assert value is None


@FEW
@given(spoiled(RESULT))
def test_every_field_of_a_result(changes):
    try:
        report = result.read(opened({**RESULT, **changes}).data, TERMS.trace_id)
    except errors.MixpayUnusable:
        return
    for value in astuple(report):
        assert_clean(value)
    evaluation = evaluate("unpaid", TERMS, report)
    if evaluation.state == "success":
        assert report.status == "success"
        assert ids.same(report.payee_id, TERMS.payee_id)
        assert Decimal(report.quote_amount) == Decimal("12.5")
        assert report.quote_asset_id.lower() == "usd"


@pytest.mark.parametrize("status", ["success", "failed", "confirming"])
@pytest.mark.parametrize("name", ["traceId", "payeeId", "quoteAmount", "quoteAssetId", "status"])
@pytest.mark.parametrize("odd", sorted(set(VALUES) - {"megabyte"}))
def test_each_odd_value_of_each_term(status, name, odd):
    report = {**RESULT, "status": status, name: VALUES[odd]}
    try:
        read = result.read(opened(report).data, TERMS.trace_id)
    except errors.MixpayUnusable:
        return
    assert name == "status", "a word that nobody knows"
    assert evaluate("unpaid", TERMS, read).state == "unpaid"


@FEW
@given(spoiled(CREATED), spoiled(CREATED["info"]))
def test_every_field_of_a_new_code(changes, echoed):
    data = {**CREATED, "info": {**CREATED["info"], **echoed}, **changes}
    answer = opened(data)
    assert answer.clock_offset is None, "a clock of 1970 is no clock"
    read = answer.data.get("code")
    other = client._other_echo(TERMS.parameters(), answer.data.get("info"))
    if other is None and isinstance(read, str) and isinstance(answer.data.get("info"), dict):
        for name in ("traceId", "payeeId", "quoteAssetId", "settlementAssetId"):
            echo = answer.data["info"].get(name)
            assert not echo or ids.same(echo, CREATED["info"][name])


@FEW
@given(st.lists(spoiled(QUOTES[0]), max_size=4))
def test_every_field_of_a_catalogue(rows):
    answer = opened([{**QUOTES[0], **row} for row in rows] + QUOTES)
    entries = catalogue.read(answer.data)
    assert TERMS.settlement_asset_id in entries, "an odd neighbour changes nothing"
    for asset_id, entry in entries.items():
        assert ids.is_uuid(asset_id) or asset_id == entry.symbol.lower()
        for value in astuple(entry):
            assert_clean(value)


@FEW
@given(
    spoiled(dict.fromkeys(["code", "success", "message", "data", "timestampMs"])),
    st.booleans(),
)
def test_every_field_of_an_envelope(changes, success):
    try:
        answer = opened(RESULT, **{"success": success, "code": 0 if success else 7, **changes})
    except errors.MixpayRefused as error:
        assert_clean(error.message)
        assert_clean(error.reason)
        assert_clean(error.code if error.code > 0 else 0)
    except errors.MixpayError:
        pass
    else:
        assert answer.clock_offset is None or abs(answer.clock_offset) <= 86_400


@FEW
@given(st.binary(max_size=2_000))
def test_any_bytes(body):
    try:
        http._decoded(http._unpacked(body, "gzip" if body[:1] == b"\x1f" else ""))
    except errors.MixpayUnavailable:
        pass


@pytest.mark.parametrize("days", [-400 * 365, -2, 2, 8000 * 365])
def test_a_clock_that_is_days_off_is_ignored(days):
    stamp = int((time.time() + days * 86_400) * 1000)
    assert opened(RESULT, timestampMs=stamp).clock_offset is None
    assert abs(opened(RESULT, timestampMs=int(time.time() * 1000)).clock_offset) < 1


# -- over HTTP -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    with SimulatorServer() as server:
        yield server


@pytest.fixture
def simulator(server):
    server.simulator.reset()
    server.simulator.set_knobs(auto_confirm_seconds=None)
    return server.simulator


@pytest.mark.parametrize(
    "knobs",
    [
        {"body_fault": "deep"},
        {"body_fault": "gzip_bomb"},
        {"body_fault": "huge", "odd_answers": [{"status": 302, "headers": {"Location": "/x"}}]},
        {"odd_answers": [{"field": "data.payee", "odd": "megabyte"}]},
        {"odd_answers": [{"headers": {"Content-Encoding": "gzip"}}]},
        {"odd_answers": [{"headers": {"Content-Encoding": "br, gzip, gzip"}}]},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_no_answer(server, simulator, terms, knobs):
    simulator.set_knobs(huge_bytes=40_000_000, **knobs)
    begun = time.monotonic()
    with pytest.raises(errors.MixpayUnavailable):
        MixpayClient(server.api_url).create_code(terms)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("location", ["https://[", "//[::bad", "https://x:99999999/", "\xff"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_even_looked_at(server, simulator, terms, location, status):
    # With an answer of MixPay in it, it is one, whatever its HTTP status.
    rule = {"status": status, "headers": {"Location": location, "Set-Cookie": "a=b; Expires=x"}}
    simulator.set_knobs(odd_answers=[rule])
    assert MixpayClient(server.api_url).create_code(terms)[0] == terms.trace_id
    assert len(simulator.requests()) == 1


def test_a_packed_answer_is_unpacked(server, simulator, terms):
    simulator.set_knobs(body_fault="gzip")
    assert MixpayClient(server.api_url).create_code(terms)[0] == terms.trace_id


def test_a_neighbour_of_an_odd_answer_is_well(server, simulator, terms):
    neighbour = replace(terms, trace_id="2f7b2f0e-5d6b-4c39-8a52-0e5f6f1f3c12")
    mixpay = MixpayClient(server.api_url)
    for one in (terms, neighbour):
        mixpay.create_code(one)
        simulator.succeed(one.trace_id)
    for name in sorted(set(VALUES) - {"megabyte"}):
        rules = [{"trace": terms.trace_id, "field": "data.payeeId", "odd": name}]
        simulator.set_knobs(odd_answers=rules)
        with pytest.raises(errors.MixpayUnusable):
            mixpay.payment_result(terms.trace_id)
        assert mixpay.payment_result(neighbour.trace_id)[0].state == "success"


def test_a_bomb_is_not_unpacked():
    bomb = gzip.compress(b" " * 60_000_000, 1)
    tracemalloc.start()
    try:
        with pytest.raises(errors.MixpayUnavailable, match="larger"):
            http._unpacked(bomb, "gzip")
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@contextmanager
def raw_server(answer):
    """Serve one answer, byte by byte as given; yield its port and how much was sent."""
    sent = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            connection, _address = listener.accept()
            with connection:
                connection.recv(65536)
                try:
                    for chunk in answer:
                        connection.sendall(chunk)
                        sent.append(len(chunk))
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1], sent
        thread.join(5)


MEGABYTE = b" " * 1_000_000
OK = b"HTTP/1.1 200 OK\r\n"
BOMB = gzip.compress(gzip.compress(b"0" * 40_000_000))


@pytest.mark.parametrize(
    "answer",
    [
        [b"nonsense\r\n\r\n"],
        [b"HTTP/1.1 999 \xff\r\n\r\n{}"],
        [OK + b"X: " + b"a" * 70_000 + b"\r\n\r\n{}"],
        [OK + b"".join(b"X-%d: a\r\n" % number for number in range(200)) + b"\r\n{}"],
        [OK + b"Content-Length: 1, 2\r\n\r\n{}"],
        [OK + b"Content-Length: -5\r\n\r\n{}"],
        [OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n{}"],
        [OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"],
        [OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n"],
        [OK + b"Content-Encoding: gzip\r\n\r\n" + zlib.compress(b"{}")[:4]],
        [OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + BOMB],
        [OK + b"Set-Cookie: \x00\xff=\xd8; Max-Age=" + b"9" * 400 + b"\r\n\r\n{}"],
        [b"HTTP/1.1 302 Found\r\nLocation: https://[\r\n\r\n"],
        [b"HTTP/1.1 302 Found\r\nLocation: http://\xed\xa0\x80/\r\n\r\n{}"],
    ],
    ids=lambda answer: repr(answer[0][:60]),
)
def test_garbage_in_headers_is_no_answer(terms, answer):
    with raw_server(answer) as (port, _sent), pytest.raises(errors.MixpayUnavailable):
        MixpayClient(f"http://127.0.0.1:{port}", timeout=2).create_code(terms)


@pytest.mark.parametrize("head", [OK, b"HTTP/1.1 302 Found\r\nLocation: /x\r\n"])
def test_a_body_is_read_no_further_than_a_megabyte(terms, head):
    answer = [head + b"Content-Length: 40000000\r\n\r\n", *([MEGABYTE] * 40)]
    larger = pytest.raises(errors.MixpayUnavailable, match="larger")
    with raw_server(answer) as (port, sent), larger:
        MixpayClient(f"http://127.0.0.1:{port}").create_code(terms)
    assert sum(sent) < 20_000_000, "what is beyond a megabyte fills buffers, no more"


@pytest.mark.parametrize("needs_link", [True, False])
@pytest.mark.parametrize("has_fallback", [True, False])
@pytest.mark.parametrize(
    "api_url", ["http://127.0.0.1:9", "http://mixpay.me", "https://[", "\ud800"]
)
def test_asking_never_raises(terms, needs_link, has_fallback, api_url):
    request = Request(
        terms.trace_id,
        terms if needs_link else None,
        True,
        has_fallback,
        api_url,
        "https://mixpay.me",
        1.0,
    )
    answer, error = send(request)
    assert isinstance(error, errors.MixpayUnavailable)
    assert isinstance(answer, (NewLink, errors.MixpayUnavailable))
    assert isinstance(answer, NewLink) <= (needs_link and has_fallback)
    hopeless = replace(request, is_call=False, link_terms=replace(terms, remark="\ud800"))
    assert isinstance(send(hopeless)[0], (NewLink, errors.MixpayUnavailable))
