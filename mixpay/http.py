"""HTTP to MixPay: connections that are kept, a total deadline, a capped answer.

This is the border: whatever the other side sends, what comes back is plain JSON with bounded
numbers, or `MixpayUnavailable`.

A time-out of `requests` is per read: a server that sends one byte now and then holds the caller
for ever. Here a watchdog closes the connection at the deadline, whatever is sent or received on
it; before there is one, each address has a part of the time, and a connection that comes too late
is not used. (Only the look-up of a name takes as long as the system lets it.)
"""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from itertools import chain, zip_longest
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util.connection import allowed_gai_family

from . import clean
from .errors import MixpayTimeout, MixpayUnavailable

_logger = logging.getLogger(__name__)

# As it comes, and unpacked.
MAX_BODY_BYTES = 1_000_000
# A host may have several addresses: so many can be tried within the time.
CONNECT_TRIES = 2
# A connection that has rested for longer may just be closed by the other side: it is not used.
REST_SECONDS = 30
_CHUNK = 16_384
_PLAIN = ("", "identity")
_PACKED = ("gzip", "x-gzip", "deflate")
# What broken answers and connections are known to end in.
_EXPECTED = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError)

_local = threading.local()
# Sessions that nobody uses now, and since when; never more than calls were under way at once.
_resting: list[tuple[float, requests.Session]] = []


def _addresses(host: str, port: int) -> list[str]:
    """Return which addresses of a host are tried; left alone, urllib3 tries all there are.

    One of each family comes first: a network may have no way for IPv6, and not say so.
    """
    found = socket.getaddrinfo(host.strip("[]"), port, allowed_gai_family(), socket.SOCK_STREAM)
    families: dict[int, list[str]] = {}
    for family, _type, _protocol, _name, place in found:
        families.setdefault(family, []).append(str(place[0]))
    in_turn = chain.from_iterable(zip_longest(*families.values()))
    return [address for address in in_turn if address][:CONNECT_TRIES]


class _WatchedHTTPConnection(HTTPConnection):
    """A connection that the watchdog knows."""

    def connect(self) -> None:
        """Connect, and go on only while there is time: the watchdog finds nothing to close yet.

        :raises TimeoutError: when the time is over
        """
        _local.connection = self
        super().connect()
        if _local.deadline.is_over:
            raise TimeoutError("connected too late")

    def _new_conn(self) -> socket.socket:
        host, timeout = self._dns_host, self.timeout
        if timeout:
            self.timeout = timeout / CONNECT_TRIES
        try:
            sock = self._connected(_addresses(host, self.port))
        finally:
            self._dns_host, self.timeout = host, timeout
        sock.settimeout(timeout)  # for what comes next: a TLS handshake may have all the time
        return sock

    def _connected(self, addresses: list[str]) -> socket.socket:
        """Return a connection to the first of these addresses that somebody answers at.

        :raises HTTPError: for what the last one ended in
        """
        for address in addresses[:-1]:
            self._dns_host = address
            try:
                return super()._new_conn()
            except HTTPError:
                continue
        self._dns_host = addresses[-1]
        return super()._new_conn()

    def request(self, *args: Any, **kwargs: Any) -> None:
        """Send a request."""
        _local.connection = self
        super().request(*args, **kwargs)


class _WatchedHTTPSConnection(_WatchedHTTPConnection, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


_POOLS = {"http": _HTTPPool, "https": _HTTPSPool}


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make pools of watched connections."""
        super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Make them where a proxy leads to MixPay, too."""
        manager = super().proxy_manager_for(*args, **kwargs)  # type: ignore[no-untyped-call]
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_response(self, req: Any, resp: Any) -> requests.Response:
        """Make an answer without cookies: MixPay has no log-in, and broken ones would be logged."""
        message = getattr(getattr(resp, "_original_response", None), "msg", None)
        if message is not None:
            del message["Set-Cookie"], message["Set-Cookie2"]
        return super().build_response(req, resp)


class _Session(requests.Session):
    """A session that does not even look where a redirect leads to.

    Told not to follow redirects, `requests` resolves the first one all the same: it reads the
    whole body, however large, and raises for an address that is none.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no address for any answer."""


@contextmanager
def _session() -> Iterator[requests.Session]:
    """Lend a session, whose connection stays open between calls.

    They belong to the process: an Odoo without workers begins a new thread with every request.
    """
    session = _rested_session() or _new_session()
    try:
        yield session
    finally:
        _resting.append((time.monotonic(), session))


def _rested_session() -> requests.Session | None:
    """Return the session that was used last, unless that was too long ago; then all are closed."""
    while _resting:
        try:
            since, session = _resting.pop()
        except IndexError:
            break  # another thread was faster
        if time.monotonic() - since < REST_SECONDS:
            return session
        session.close()
    return None


def _new_session() -> requests.Session:
    """Return a session of watched connections.

    Proxies and certificates come from the environment, as administrators expect; a .netrc does
    not, because MixPay has no log-in.
    """
    session = _Session()
    session.headers["Accept-Encoding"] = "gzip"
    session.mount("https://", _WatchedAdapter(pool_maxsize=1))
    session.mount("http://", _WatchedAdapter(pool_maxsize=1))
    session.auth = _no_auth
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


class _Deadline:
    """Ends the calling thread's connection when the time is over."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        _local.connection = None
        _local.deadline = self
        self._store = _local.__dict__
        self._is_watching = True
        self._closing = threading.Lock()
        self._timer = threading.Timer(seconds, self._close)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End the watch for good: a timer that fires just now would cut off the next call."""
        self._timer.cancel()
        with self._closing:
            self._is_watching = False

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def _close(self) -> None:
        with self._closing:
            connection = self._store.get("connection")
            sock = getattr(connection, "sock", None)
            if self._is_watching and sock is not None:
                try:
                    sock.shutdown(2)  # both directions: a blocked read returns at once
                except OSError:
                    return  # closed in the meantime


def fetch(
    method: str,
    url: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, object] | None = None,
    timeout: float,
    user_agent: str,
    note_headers: Callable[[Mapping[str, str]], object] | None = None,
) -> tuple[int, object]:
    """Ask once and return HTTP status and decoded JSON.

    Redirects are not followed, certificates are always verified, answers are cut at 1 MB, packed
    or not. Numbers that are not finite, or absurdly long, are None; others are int or Decimal.

    :param timeout: seconds for the whole call, connecting and reading included
    :param user_agent: who we say that we are
    :param note_headers: is told the answer's headers, whatever becomes of its body
    :raises MixpayTimeout: when that time is over
    :raises MixpayUnavailable: for every other error on the way, and for an answer that is no JSON
    """
    deadline = _Deadline(timeout)
    status = None
    try:
        with _session() as session, deadline:  # whose watch ends before others may have it
            options = {"params": query, "json": body, "headers": {"User-Agent": user_agent}}
            response = _sent(session, method, url, timeout=timeout, **options)
            status = response.status_code
            with response:
                if note_headers:
                    note_headers(response.headers)
                received = _capped(response)
        return status, _decoded(received)
    except Exception as error:  # pylint: disable=broad-exception-caught
        # Nothing that a server can send may end in another error than ours, whichever library
        # stumbles over it: one answer would stop registers and jobs.
        failure = _unavailable(error, deadline, timeout)
        failure.status = status
        raise failure from error


def _sent(session: requests.Session, method: str, url: str, **options: Any) -> requests.Response:
    """Return the answer to a request, whose body is not read yet."""
    return session.request(method, url, allow_redirects=False, stream=True, **options)


def _unavailable(error: Exception, deadline: _Deadline, timeout: float) -> MixpayUnavailable:
    """Return our error for any that a call ended with."""
    # What the watchdog cut off can look like any broken answer.
    if deadline.is_over or isinstance(error, requests.Timeout):
        return MixpayTimeout(f"no answer within {timeout:g} s")
    if isinstance(error, MixpayUnavailable):
        return error
    if not isinstance(error, _EXPECTED):
        _logger.warning("Unexpected error with an answer of MixPay", exc_info=error)
    return MixpayUnavailable(type(error).__name__)


def _capped(response: requests.Response) -> bytes:
    """Return the body, unpacked here: libraries unpack a chunk of any size at once."""
    body = bytearray()
    while chunk := response.raw.read(_CHUNK, decode_content=False):
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise MixpayUnavailable("answer larger than 1 MB")
    return _unpacked(bytes(body), response.headers.get("Content-Encoding", "").strip().lower())


def _unpacked(body: bytes, coding: str) -> bytes:
    if coding in _PLAIN:
        return body
    if coding not in _PACKED:
        raise MixpayUnavailable("answer packed in an unknown way")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its head says
    try:
        body = unpacker.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise MixpayUnavailable("answer cannot be unpacked") from error
    if len(body) > MAX_BODY_BYTES:
        raise MixpayUnavailable("answer larger than 1 MB")
    if not unpacker.eof:
        raise MixpayUnavailable("answer is cut off")
    return body


def _decoded(body: bytes) -> object:
    try:
        return json.loads(
            body.decode("utf-8-sig", "replace"),
            parse_int=clean.json_integer,
            parse_float=clean.json_decimal,
            parse_constant=lambda _name: None,  # NaN, Infinity
        )
    except (ValueError, RecursionError) as error:
        raise MixpayUnavailable("answer is no JSON") from error
