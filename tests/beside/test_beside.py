"""Beside all modules of the Point of Sale at once: installed, sold with, and uninstalled.

The database has them all, and the addon was installed after them. In each country that a module is
about, a company of that country sells.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sales import close_session, leave_paid, module, order_data, sell
from shop import RpcError, Shop
from simulator import SimulatorServer

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"
# What becomes of a paid order that no register finishes: the server does, or it says why it leaves
# that to a person.
PAID = "paid"
# A register that lives finishes within 20 s what is paid; then all of them are asked.
GRACE_SECONDS = 21
# Of an order, what every one has of its own.
OWN_FIELDS = {
    "access_token",
    "create_date",
    "date_order",
    "display_name",
    "id",
    "lines",
    "name",
    "payment_ids",
    "pos_reference",
    "sequence_number",
    "ticket_code",
    "tracking_number",
    "uuid",
    "write_date",
}


@dataclass(frozen=True)
class Case:
    """A country's company, and what becomes of its paid order."""

    country: str
    outcome: str = PAID
    # Model and field that have the company use certified software, if that is a choice there.
    model: str = ""
    field: str = ""


CASES = {
    "l10n_account_withholding_tax_pos": Case("US"),
    "l10n_ae_pos": Case("AE"),
    "l10n_ar_pos": Case("AR", "register"),  # which invoices every sale
    "l10n_at_pos_rksv": Case("AT", "fiscal", "pos.config", "asign_enabled"),
    "l10n_be_pos_restaurant": Case("BE"),
    "l10n_be_pos_sale": Case("BE"),
    "l10n_ch_pos": Case("CH"),
    "l10n_co_pos": Case("CO"),
    "l10n_es_edi_tbai_pos": Case("ES", "fiscal", "res.company", "l10n_es_tbai_tax_agency"),
    "l10n_es_edi_verifactu_pos": Case(
        "ES", "fiscal", "res.company", "l10n_es_edi_verifactu_required"
    ),
    "l10n_es_pos": Case("ES", "fiscal", "pos.config", "l10n_es_simplified_invoice_journal_id"),
    "l10n_fr_pos_caisse_ap_ip": Case("FR", "fiscal"),
    "l10n_fr_pos_cert": Case("FR", "fiscal"),
    "l10n_gcc_pos": Case("AE"),
    "l10n_id_pos": Case("ID"),
    "l10n_in_pos": Case("IN"),
    "l10n_mt_pos": Case("MT"),
    "l10n_my_edi_pos": Case("MY"),
    "l10n_pe_pos": Case("PE", "register"),
    "l10n_ro_pos": Case("RO"),
    "l10n_ro_pos_partner": Case("RO"),
    "l10n_ro_pos_refund": Case("RO"),
    "l10n_ro_pos_retail": Case("RO"),
    "l10n_sa_edi_pos": Case("SA", "register"),
    "l10n_sa_pos": Case("SA", "register"),
    "l10n_test_pos_qr_payment": Case("US"),
    "l10n_uy_pos": Case("UY", "register"),
}
# Where no module of a country's own takes part, as all others do everywhere; and in Austria and
# Spain without the software.
ANYWHERE = (Case("US"), Case("AT"), Case("ES"))


@dataclass
class Till:
    """An open session in some country, with an order that was paid as its register went away."""

    company_id: int
    config_id: int
    session_id: int
    sold_id: int
    left_id: int


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """One process, since a module goes under it; the tests are steps, in their order."""
    with SimulatorServer() as simulator, Shop(simulator).opened() as shop:
        shop.reset()
        yield shop


@pytest.fixture(scope="module")
def tills() -> dict[Case, Till]:
    """The tills of all cases; the first step about them opens them."""
    return {}


def modules_of_the_point_of_sale() -> dict[str, str]:
    """Module → version, of all that are to be installed: `tools/test` read their manifests."""
    pairs = (entry.split("=") for entry in os.environ["POS_MIXPAY_TEST_COMPANIONS"].split(","))
    return dict(pairs)


def cases() -> list[Case]:
    """All of them, each once."""
    return list(dict.fromkeys([*CASES.values(), *ANYWHERE]))


def test_all_are_installed(shop: Shop) -> None:
    wanted = modules_of_the_point_of_sale()
    installed = shop.database.rows("SELECT name FROM ir_module_module WHERE state = 'installed'")
    assert set(wanted) - {name for (name,) in installed} == set()
    assert len(wanted) > 50


def test_the_document_lists_them() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (?:(19\.0\S+) \| )?", DOCUMENT.read_text(), re.M)
    listed = dict(rows)
    wanted = modules_of_the_point_of_sale()
    assert set(listed) - {"point_of_sale"} == set(wanted)
    # Odoo's own modules have the version of Odoo, which is not ours to choose.
    assert {name: wanted[name] for name in listed if listed[name]} == {
        name: version for name, version in listed.items() if version
    }


def test_each_country_s_modules_have_a_case() -> None:
    assert set(CASES) == {name for name in modules_of_the_point_of_sale() if "l10n_" in name}


def test_the_document_says_what_is_left_to_a_person() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\w+)`", DOCUMENT.read_text(), re.M)
    left = {name: case.outcome for name, case in CASES.items() if case.outcome != PAID}
    assert dict(rows) == left


def test_sells_in_each_country(shop: Shop, tills: dict[Case, Till]) -> None:
    in_each(cases(), lambda case: tills.update({case: sell_in(shop, case)}))


def in_each(cases: Iterable[Case], step: Callable[[Case], None]) -> None:
    """Take a step in every case; fail afterwards, for all those in which it did not go well."""
    troubles = {}
    for case in cases:
        try:
            step(case)
        except (AssertionError, RpcError) as error:
            troubles[case] = f"{error}\n{getattr(error, 'traceback', '')[-1500:]}"
    assert not troubles, "\n".join(f"{case}: {trouble}" for case, trouble in troubles.items())


def sell_in(shop: Shop, case: Case) -> Till:
    """Sell with MixPay in a new company of a country, with its chart of accounts.

    Another customer pays there as the register goes away.
    """
    admin = shop.admin
    admin.context = {}
    [country_id] = admin.call("res.country", "search", [("code", "=", case.country)])
    company = {"name": f"Shop {case.country} {case.field}", "country_id": country_id}
    # Countries bring modules of Accounting along, too; those are not what this is about.
    alone = {"chart_template_load": True}
    company_id = admin.call("res.company", "create", company, context=alone)
    admin.context = {"allowed_company_ids": [company_id]}
    # Without the name of a chart it is the country's own.
    admin.call("account.chart.template", "try_loading", [], False, company_id)
    use_currency_of_mixpay(shop, company_id)
    shop.open_till()
    sold_id = sell(shop, admin, shop.method_id)
    left_id = leave_paid(shop, admin, shop.method_id)
    shop.reset_budget()  # what shops of many countries ask for is one database's here
    return Till(company_id, shop.config_id, shop.session_id, sold_id, left_id)


def use_currency_of_mixpay(shop: Shop, company_id: int) -> None:
    """Where MixPay does not take a country's currency, its company does business in dollars."""
    [company] = shop.admin.call("res.company", "read", [company_id], ["currency_id"])
    domain = [("is_quote", "=", True), ("symbol", "=", company["currency_id"][1])]
    if not shop.admin.call("mixpay.asset", "search_count", domain):
        [usd_id] = shop.admin.call("res.currency", "search", [("name", "=", "USD")])
        shop.admin.call("res.company", "write", [company_id], {"currency_id": usd_id})


def test_paid_without_a_register_in_each_country(shop: Shop, tills: dict[Case, Till]) -> None:
    """Finished as its register would have, or left to a person, who is told why."""
    in_each(with_software(tills), lambda case: switch_on(shop, tills[case], case))
    time.sleep(GRACE_SECONDS)
    shop.admin.context = {}
    for _run in range(len(tills)):  # each has seconds only; the rest is the next minute's
        shop.run_jobs()
        outcomes = {case: outcome(shop, till) for case, till in tills.items()}
        if "" not in outcomes.values():
            break
        let_a_minute_pass(shop)
    assert outcomes == {case: case.outcome for case in tills}
    finished = [case for case in tills if case.outcome == PAID]
    in_each(finished, lambda case: assert_alike(shop, tills[case]))
    assert shop.server.errors() == []


def with_software(cases: Iterable[Case]) -> list[Case]:
    return [case for case in cases if case.field]


def switch_on(shop: Shop, till: Till, case: Case) -> None:
    """Have a till use its country's software."""
    shop.admin.context = {"allowed_company_ids": [till.company_id]}
    values = {case.field: True}
    if case.field == "asign_enabled":
        shop.admin.call("asign.cert", "create", {"name": "1a2b"})
        values |= {"asign_serial_hex": "1a2b", "asign_fid": "ATU12345675"}
    elif case.field == "l10n_es_tbai_tax_agency":
        values = {case.field: "araba"}
    elif case.field == "l10n_es_simplified_invoice_journal_id":
        domain = [("type", "=", "sale"), ("company_id", "=", till.company_id)]
        values = {case.field: shop.admin.call("account.journal", "search", domain, limit=1)[0]}
    write_setting(shop, till, case, values)


def write_setting(shop: Shop, till: Till, case: Case, values: dict[str, Any]) -> None:
    record_id = till.company_id if case.model == "res.company" else till.config_id
    shop.admin.call(case.model, "write", [record_id], values)


def let_a_minute_pass(shop: Shop) -> None:
    """Make due what the job has put off until its next run."""
    shop.database.rows(
        "UPDATE mixpay_payment SET finish_at = now() AT TIME ZONE 'UTC' WHERE finish_at IS NOT NULL"
    )


def outcome(shop: Shop, till: Till) -> str:
    """Return the state of a till's paid order, or the reason why it was left to a person.

    Empty while neither is known.
    """
    order = read_order(shop, till, till.left_id, ["state", "uuid"])
    domain = [("order_uuid", "=", order["uuid"])]
    [payment] = shop.admin.call("mixpay.payment", "search_read", domain, ["finish_reason"])
    return payment["finish_reason"] or (order["state"] if order["state"] != "draft" else "")


def read_order(shop: Shop, till: Till, order_id: int, names: list[str]) -> dict[str, Any]:
    shop.admin.context = {"allowed_company_ids": [till.company_id]}
    [order] = shop.admin.call("pos.order", "read", [order_id], names)
    return {name: order[name] for name in names}


def assert_alike(shop: Shop, till: Till) -> None:
    """Whatever modules are there, the order says what one says that its register finished."""
    stored = [
        name
        for name, field in shop.admin.call("pos.order", "fields_get", [], ["store"]).items()
        if field["store"] and name not in OWN_FIELDS
    ]
    sold, left = (
        {name: likeness(value) for name, value in read_order(shop, till, order_id, stored).items()}
        for order_id in (till.sold_id, till.left_id)
    )
    assert left == sold


def likeness(value: Any) -> Any:
    """What is compared of a field: of records that belong to the order alone, how many."""
    is_many = isinstance(value, list) and all(isinstance(item, int) for item in value)
    return len(value) if is_many else value


def close(shop: Shop, till: Till, case: Case) -> None:
    """Close a till; a person finishes first what the server left.

    Without the software, which takes a shop's own certificates.
    """
    shop.admin.context = {"allowed_company_ids": [till.company_id]}
    if case.field:
        write_setting(shop, till, case, {case.field: False})
    shop.session_id = till.session_id
    if case.outcome != PAID:
        order = read_order(shop, till, till.left_id, ["uuid", "access_token"])
        data = order_data(shop, shop.method_id, order_uuid=order["uuid"])
        data |= {"access_token": order["access_token"], "lines": [], "payment_ids": []}
        shop.admin.call("pos.order", "sync_from_ui", [data])
    close_session(shop)


def test_closes_in_each_country(shop: Shop, tills: dict[Case, Till]) -> None:
    in_each(tills, lambda case: close(shop, tills[case], case))


def test_uninstalls(shop: Shop) -> None:
    shop.admin.context = {}
    module(shop, "button_immediate_uninstall")
    shop.admin = shop.register()
    assert shop.database.rows("SELECT to_regclass('mixpay_payment')") == [(None,)]
    sold = shop.database.rows(
        "SELECT count(*) FROM pos_payment JOIN pos_order ON pos_order.id = pos_order_id"
        " WHERE pos_order.state = 'done' AND transaction_id IS NOT NULL"
    )
    assert sold == [(2 * len(cases()),)]
    shop.admin.call("pos.payment.method", "web_search_read", [], {"name": {}})
    assert shop.server.errors() == []
