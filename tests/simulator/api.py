"""The API under `/v1`: envelope, budget, and one method an endpoint."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from . import errors
from .catalogue import plain
from .errors import ApiError
from .faults import Fault, Faults, RawResponse, dressed, replaced
from .payment import Payment
from .simulator import Simulator
from .terms import FieldError, Parser, parse_amount, parse_payee, parse_uuid, read_fields

PREFIX = "/v1"
EXTRAS = ("payment", "transactions")
MIN_RECEIVERS, MAX_RECEIVERS = 3, 256

Params = dict[str, Any]
Endpoint = Callable[[Params], Any]


class Api:
    """Answers calls of `/v1/…`."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._faults = Faults(simulator)
        self._endpoints: dict[str, tuple[str, Endpoint]] = {
            "one_time_payment": ("POST", simulator.create),
            "payments_result": ("GET", self._payments_result),
            "payments_estimated": ("GET", self._payments_estimated),
            "payments_info": ("GET", self._payments_info),
            "setting/quote_assets": ("GET", self._quote_assets),
            "setting/settlement_assets": ("GET", self._settlement_assets),
            "setting/payment_assets": ("GET", self._payment_assets),
            "multisig": ("POST", self._multisig),
        }

    def handle(self, request: Request) -> Response:
        agent = request.headers.get("User-Agent")
        entry = self._simulator.begin_request(request.method, request.path, _seen(request), agent)
        outcome: dict[str, Any] = {"fault": "dropped"}
        try:
            response, outcome = self._respond(request)
            return response
        finally:
            self._simulator.end_request(entry, outcome.items())

    def _respond(self, request: Request) -> tuple[Response, dict[str, Any]]:
        """The response, and what the log shall say of it."""
        self._faults.latency(request.path)
        headers: dict[str, str] = {}
        try:
            code, response = self._envelope(request, headers)
            for name, value in headers.items():
                response.headers.setdefault(name, value)  # an odd answer may have its own
            outcome: dict[str, Any] = {"code": code, "status": response.status_code}
            response = self._faults.after(request.path, response)
        except Fault as fault:
            response = fault.response
            outcome = {"fault": fault.name, "status": response.status_code}
        return response, outcome

    def _envelope(self, request: Request, headers: dict[str, str]) -> tuple[int, Response]:
        simulator = self._simulator
        rules = self._faults.odd_rules(request.path, _trace(request))
        try:
            self._take_budget(headers)
            self._faults.before(request.path)
            with simulator.lock:
                data = self._dispatch(request)
        except ApiError as error:
            return error.code, dressed(self._error(error, rules), rules)
        body = {
            "code": 0,
            "success": True,
            "message": "",
            "data": data,
            "timestampMs": self._timestamp(),
        }
        return 0, dressed(_json(replaced(body, rules)), rules)

    def _take_budget(self, headers: dict[str, str]) -> None:
        simulator = self._simulator
        with simulator.lock:
            limit = simulator.knobs["rate_limit"]
            within, remaining = simulator.limiter.take(simulator.clock.now(), limit)
        headers["x-ratelimit-limit"] = str(limit)
        headers["x-ratelimit-remaining"] = str(remaining)
        if not within:
            raise ApiError(errors.RATE_LIMITED)

    def _dispatch(self, request: Request) -> Any:
        path = request.path[len(PREFIX) :].strip("/")
        if path.startswith("user/mixin_uuid/"):
            method, endpoint = "GET", self._mixin(path.rpartition("/")[2])
        elif path in self._endpoints:
            method, endpoint = self._endpoints[path]
        else:
            raise ApiError(errors.NOT_FOUND, http_status=404)
        if request.method != method:
            raise ApiError(errors.METHOD_NOT_ALLOWED, http_status=405)
        return endpoint(read_params(request))

    def _error(self, error: ApiError, rules: list[dict[str, Any]]) -> RawResponse:
        with self._simulator.lock:
            status = self._simulator.knobs["error_http_status"]
            if error.code == errors.RATE_LIMITED:
                status = self._simulator.knobs["rate_limit_http_status"] or status
        body = {
            "code": error.code,
            "success": False,
            "message": error.message,
            "data": error.fields or [],
            "timestampMs": self._timestamp(),
        }
        return _json(replaced(body, rules), error.http_status or status)

    def _timestamp(self) -> int:
        return int(self._simulator.clock.now() * 1000)

    # -- endpoints --------------------------------------------------------------------------

    def _payments_result(self, params: Params) -> Any:
        values = _read(
            params,
            {
                "traceId": ("trace", parse_uuid),
                "orderId": ("order", _text),
                "payeeId": ("payee", parse_payee),
                "with": ("extras", _extras),
            },
        )
        payment = self._lookup(values)
        if payment is None:
            return self._unknown(values)
        return self._simulator.results.result(payment, values.get("extras", frozenset()))

    def _lookup(self, values: Mapping[str, Any]) -> Payment | None:
        if "trace" in values:
            return self._simulator.find_trace(values["trace"])
        if "order" in values and "payee" in values:
            return self._simulator.find_order(values["payee"], values["order"])
        raise _invalid("traceId", "The traceId, or orderId and payeeId, are required.")

    def _unknown(self, values: Mapping[str, Any]) -> Any:
        knobs = self._simulator.knobs
        if knobs["unknown_id"] == "error":
            raise ApiError(knobs["unknown_id_code"])
        return {
            "status": "unpaid",
            "traceId": values.get("trace", ""),
            "payeeId": values.get("payee", ""),
            "failureCode": "0",
            "failureReason": "",
        }

    def _payments_estimated(self, params: Params) -> Any:
        values = _read(
            params,
            {
                "paymentAssetId": ("asset", parse_uuid),
                "settlementAssetId": ("settlement", parse_uuid),
                "quoteAssetId": ("quote", _text),
                "quoteAmount": ("amount", parse_amount),
            },
            ("paymentAssetId", "quoteAssetId", "quoteAmount"),
        )
        catalogue = self._simulator.catalogue
        settlement = values.get("settlement") or catalogue.default_settlement(values["quote"])
        for name, known in (("asset", values["asset"]), ("settlement", settlement)):
            if known not in catalogue.assets:
                raise _invalid(f"{name}Id", "The asset is not supported.")
        self._require_quote(values["quote"])
        due = catalogue.amount_due(values["quote"], Decimal(values["amount"]), values["asset"])
        settled = catalogue.convert(due, values["asset"], settlement)
        return {
            "paymentAssetId": values["asset"],
            "paymentAssetSymbol": catalogue.assets[values["asset"]].symbol,
            "paymentAmount": plain(due),
            "settlementAssetId": settlement,
            "settlementAssetSymbol": catalogue.assets[settlement].symbol,
            "estimatedSettlementAmount": plain(settled),
            "quoteAssetId": values["quote"],
            "quoteAssetSymbol": catalogue.quotes[values["quote"]].symbol,
            "quoteAmount": values["amount"],
        }

    def _payments_info(self, params: Params) -> Any:
        fields = {"traceId": ("trace", parse_uuid), "clientId": ("client", parse_uuid)}
        values = _read(params, fields, ("traceId", "clientId"))
        payment = self._simulator.find_trace(values["trace"])
        if payment is None or payment.client_id != values["client"]:
            raise ApiError(errors.UNKNOWN_PAYMENT)
        return self._info(payment)

    def _info(self, payment: Payment) -> dict[str, Any]:
        catalogue, terms = self._simulator.catalogue, payment.terms
        asset = payment.asset
        settlement = catalogue.assets[terms.settlement_asset_id]
        left = payment.expired_at - self._simulator.clock.now()
        settled = catalogue.convert(
            payment.payable, (asset or settlement).asset_id, settlement.asset_id
        )
        return {
            "isChain": bool(asset and asset.on_chain),
            "expire": payment.expired_at,
            "seconds": max(int(left), 0),
            "payeeId": terms.payee_id,
            "traceId": payment.trace_id,
            "clientId": payment.client_id,
            "orderId": terms.order_id or "",
            "paymentAssetId": asset.asset_id if asset else "",
            "paymentAssetSymbol": asset.symbol if asset else "",
            "paymentAmount": plain(payment.payable),
            "settlementAssetId": settlement.asset_id,
            "settlementAssetSymbol": settlement.symbol,
            "estimatedSettlementAmount": plain(settled),
            "quoteAssetId": terms.quote_asset_id,
            "quoteAssetSymbol": catalogue.quotes[terms.quote_asset_id].symbol,
            "quoteAmount": terms.quote_amount_text,
            "memo": "",
            "recipient": str(uuid.uuid5(uuid.NAMESPACE_OID, payment.client_id)),
            "destination": "",
            "tag": "",
        }

    def _quote_assets(self, params: Params) -> Any:
        _read(params, {"payeeId": ("payee", parse_payee)})
        return self._listed(self._simulator.catalogue.quote_rows())

    def _settlement_assets(self, params: Params) -> Any:
        self._read_narrowing(params)
        return self._listed(self._simulator.catalogue.settlement_rows())

    def _listed(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Of a catalogue, what the knobs leave."""
        knobs = self._simulator.knobs
        lacks = set(knobs["catalogue_lacks"])
        left = [row for row in rows if not lacks & {row.get("assetUuid"), row.get("assetId")}]
        return left[: knobs["catalogue_first"]]

    def _payment_assets(self, params: Params) -> Any:
        values = self._read_narrowing(params)
        amount = Decimal(values["amount"]) if "amount" in values else None
        unavailable = self._simulator.knobs["unavailable_assets"]
        return self._simulator.catalogue.payment_rows(unavailable, values.get("quote"), amount)

    def _read_narrowing(self, params: Params) -> dict[str, Any]:
        values = _read(
            params,
            {
                "payeeId": ("payee", parse_payee),
                "quoteAssetId": ("quote", _text),
                "quoteAmount": ("amount", parse_amount),
            },
        )
        if "quote" in values:
            self._require_quote(values["quote"])
        return values

    def _require_quote(self, quote_id: str) -> None:
        if quote_id not in self._simulator.catalogue.quotes:
            raise _invalid("quoteAssetId", "The quoteAssetId is not supported.")

    def _mixin(self, mixin_id: str) -> Endpoint:
        def endpoint(params: Params) -> Any:
            _read(params, {})
            unknown = self._simulator.knobs["unknown_mixin_ids"]
            if not (mixin_id.isascii() and mixin_id.isdigit()) or mixin_id in unknown:
                raise ApiError(errors.UNKNOWN_MIXIN_ID)
            return {"payeeId": str(uuid.uuid5(uuid.NAMESPACE_OID, f"mixin:{mixin_id}"))}

        return endpoint

    def _multisig(self, params: Params) -> Any:
        renamed = {name.removesuffix("[]"): value for name, value in params.items()}
        fields: dict[str, tuple[str, Parser]] = {
            "receivers": ("receivers", _receivers),
            "threshold": ("threshold", _count),
        }
        values = _read(renamed, fields, ("receivers", "threshold"))
        receivers, threshold = values["receivers"], values["threshold"]
        if not 1 <= threshold <= len(receivers):
            raise _invalid("threshold", "The threshold is from 1 to the number of receivers.")
        name = ",".join([*sorted(item.lower() for item in receivers), str(threshold)])
        return {"multisigId": str(uuid.uuid5(uuid.NAMESPACE_OID, name))}


# -- reading requests -----------------------------------------------------------------------


def read_params(request: Request) -> Params:
    """Query string and body together; a form or a JSON object."""
    params = _flat(request.args)
    if request.method != "POST":
        return params
    if request.mimetype == "application/json":
        try:
            body = json.loads(request.get_data() or b"{}")
        except ValueError as error:
            raise _invalid("body", "The body is not JSON.") from error
        if not isinstance(body, dict):
            raise _invalid("body", "The body is not a JSON object.")
        return {**params, **body}
    return {**params, **_flat(request.form)}


def _flat(values: MultiDict[str, str]) -> Params:
    """One value a name, but for names of lists (`receivers[]`)."""
    params: Params = {}
    for name, items in values.lists():
        if len(items) > 1 and not name.endswith("[]"):
            raise _invalid(name, f"The {name} was given more than once.")
        params[name] = items if name.endswith("[]") else items[0]
    return params


def _trace(request: Request) -> str:
    """The trace that a call is about; empty for none."""
    return str(_seen(request).get("traceId") or "")


def _seen(request: Request) -> Params:
    """The parameters for the log, whatever they are."""
    try:
        return read_params(request)
    except (ApiError, HTTPException):
        return {"body": request.get_data(as_text=True)[:1000]}


def _read(
    params: Params, fields: Mapping[str, tuple[str, Parser]], required: tuple[str, ...] = ()
) -> dict[str, Any]:
    values, wrong = read_fields(params, fields, required)
    if wrong:
        raise ApiError(errors.VALIDATION, fields=wrong)
    return values


def _invalid(name: str, message: str) -> ApiError:
    return ApiError(errors.VALIDATION, fields={name: [message]})


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise FieldError("must be a string")
    return value


def _extras(value: Any) -> frozenset[str]:
    extras = frozenset(_text(value).split(","))
    if not extras <= set(EXTRAS):
        raise FieldError(f"is a list of {', '.join(EXTRAS)}")
    return extras


def _receivers(value: Any) -> list[str]:
    if not isinstance(value, list) or not MIN_RECEIVERS <= len(value) <= MAX_RECEIVERS:
        raise FieldError(f"must be {MIN_RECEIVERS} to {MAX_RECEIVERS} UUIDs")
    return [parse_uuid(item) for item in value]


def _count(value: Any) -> int:
    if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit():
        raise FieldError("must be a number")
    return int(value)


def _json(body: Any, status: int = 200) -> RawResponse:
    return RawResponse(json.dumps(body), status, mimetype="application/json")
