"""Starts Odoo, and writes down what every request to the addon runs through.

`traced_odoo.py FILE ODOO-BIN …`: one line of JSON in FILE for each request. Nothing in the addon
takes part: Python's own `sys.setprofile` tells of each call, in the request's thread alone.
"""

import contextlib
import dataclasses
import functools
import http.client
import inspect
import json
import os
import runpy
import sys
import threading
from decimal import Decimal

ADDON = "pos_mixpay"
# Requests that are written down.
ROUTES = f"/{ADDON}/"
# An amount that nothing else equals; the requests are made with it.
AMOUNT = Decimal("1234.56")
# Frames that Python 3.12 does away with, so that every version counts the same.
INLINED = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>", "<module>"})


class Trace:
    """One request: the addon's functions it calls, its SQL, and its calls to MixPay."""

    def __init__(self, folder):
        self._folder = folder
        self._numbers = {}  # of calls, by the frame's id: a frame that has ended may pass it on
        self._generators = {}  # frames that may be entered again, kept for as long
        self._cursors = {}
        self.calls = []
        self.amounts = []
        self.queries = self.transactions = self.requests = self.requests_in_transaction = 0

    def profile(self, frame, event, arg):
        """What `sys.setprofile` calls."""
        code = frame.f_code
        if event not in ("call", "return") or not code.co_filename.startswith(self._folder):
            return
        if code.co_name in INLINED:
            return
        if event == "return":
            self._note_amount(frame, [arg])
        elif id(frame) not in self._generators:
            self._note_call(frame)

    def _note_call(self, frame):
        code = frame.f_code
        if code.co_flags & inspect.CO_GENERATOR:
            self._generators[id(frame)] = frame
        self._numbers[id(frame)] = len(self.calls)
        name = getattr(code, "co_qualname", code.co_name)
        self.calls.append((os.path.relpath(code.co_filename, self._folder), name))
        values = inspect.getargvalues(frame)
        names = [*values.args, *filter(None, (values.varargs, values.keywords))]
        self._note_amount(frame, [values.locals.get(name) for name in names])

    def _note_amount(self, frame, values):
        """Note in which forms the amount is among these values, or one level inside them."""
        parts = [part for value in values for part in (value, *_parts_of(value))]
        forms = {type(part).__name__ for part in parts if _is_amount(part)}
        if forms:
            self.amounts.append((self._numbers.get(id(frame)), *sorted(forms)))

    def note_query(self, cr, *_query):
        """What Odoo's cursors call after each query."""
        self.queries += 1
        self._cursors[id(cr)] = cr

    def note_end(self, connection):
        """Note the end of a transaction; nothing where none was open."""
        self.transactions += connection.get_transaction_status() != 0

    def note_request(self):
        """Note that MixPay is called, and whether a transaction waits meanwhile."""
        open_ones = [cr for cr in self._cursors.values() if not cr.closed]
        self.requests += 1
        self.requests_in_transaction += any(
            cr.connection.get_transaction_status() for cr in open_ones
        )

    def as_dict(self, path):
        """For the file; `amounts` are the number of a call, and forms that went in or out."""
        return {
            "path": path,
            "calls": self.calls,
            "amounts": self.amounts,
            "queries": self.queries,
            "cursors": len(self._cursors),
            "transactions": self.transactions,
            "requests": self.requests,
            "requests_in_transaction": self.requests_in_transaction,
        }


def _parts_of(value):
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, list | tuple):
        return list(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [getattr(value, field.name, None) for field in dataclasses.fields(value)]
    return []


def _is_amount(value):
    if isinstance(value, float):
        return value == float(AMOUNT)
    return isinstance(value, str | Decimal) and str(value) == str(AMOUNT)


_current = threading.local()


def _tell(owner, method, note):
    """Have `note` called with the current trace, if there is one, before each call of a method."""
    original = getattr(owner, method)

    @functools.wraps(original)
    def wrapped(self, *args, **kwargs):
        if trace := getattr(_current, "trace", None):
            note(trace, self)
        return original(self, *args, **kwargs)

    setattr(owner, method, wrapped)


@contextlib.contextmanager
def _tracing(trace):
    _current.trace = trace
    threading.current_thread().query_hooks = [trace.note_query]
    sys.setprofile(trace.profile)
    try:
        yield
    finally:
        sys.setprofile(None)
        threading.current_thread().query_hooks = []
        _current.trace = None


def install(file):
    """Trace every request to the addon from now on."""
    import odoo.http
    from odoo import sql_db

    _tell(sql_db.PsycoConnection, "commit", Trace.note_end)
    _tell(sql_db.PsycoConnection, "rollback", Trace.note_end)
    _tell(http.client.HTTPConnection, "putrequest", lambda trace, _connection: trace.note_request())
    answer = odoo.http.Application.__call__

    def traced(self, environ, start_response):
        if not environ["PATH_INFO"].startswith(ROUTES):
            return answer(self, environ, start_response)
        module = sys.modules[f"odoo.addons.{ADDON}"]
        trace = Trace(os.path.join(os.path.dirname(module.__file__), ""))
        with _tracing(trace):
            result = answer(self, environ, start_response)
        with open(file, "a") as output:
            output.write(json.dumps(trace.as_dict(environ["PATH_INFO"])) + "\n")
        return result

    odoo.http.Application.__call__ = traced


if __name__ == "__main__":
    target, script, *options = sys.argv[1:]
    sys.argv = [script, *options]
    # Running it as a module that is not the main program makes `odoo` importable, and no more.
    runpy.run_path(script, run_name="odoo_bin")
    install(target)
    runpy.run_path(script, run_name="__main__")
