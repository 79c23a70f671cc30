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

import pytest
from sales import close_session, leave_paid, module, order_data, sell
from shop import RpcError, Shop
from simulator import SimulatorServer

# By country, why a paid order that no register finishes is left to a person: where software is
# certified or signs, and where a register has every sale invoiced. Elsewhere the server does it.
LEFT = {
    "AR": "register",
    "ES": "fiscal",
    "FR": "fiscal",
    "PE": "register",
    "SA": "register",
    "UY": "register",
}
# What a company there switches on to use such software. Austria's takes a shop's own certificate.
SOFTWARE = {"ES": "l10n_es_edi_verifactu_required"}
# A register that lives finishes within 20 s what is paid; then all of them are asked.
GRACE_SECONDS = 21


@dataclass
class Till:
    """An open session in some country, with an order that was paid as its register went away."""

    company_id: int
    session_id: int
    order_id: int


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """One process, since a module goes under it; the tests are steps, in their order."""
    with SimulatorServer() as simulator, Shop(simulator).opened() as shop:
        shop.reset()
        yield shop


@pytest.fixture(scope="module")
def tills() -> dict[str, Till]:
    """The tills by the codes of their countries; the first step about them opens them."""
    return {}


def modules_of_the_point_of_sale() -> dict[str, str]:
    """Module → version, of all that are to be installed: `tools/test` read their manifests."""
    pairs = (entry.split("=") for entry in os.environ["POS_MIXPAY_TEST_COMPANIONS"].split(","))
    return dict(pairs)


def country_codes(shop: Shop) -> list[str]:
    """The countries that modules of the Point of Sale are about, and one with no module."""
    names = [name.split("_") for name in modules_of_the_point_of_sale()]
    codes = {"US"} | {name[1].upper() for name in names if name[0] == "l10n"}
    domain = [("code", "in", sorted(codes))]
    countries = shop.admin.call("res.country", "search_read", domain, ["code"], order="code")
    return [country["code"] for country in countries]


def test_all_are_installed(shop: Shop) -> None:
    wanted = modules_of_the_point_of_sale()
    installed = shop.database.rows("SELECT name FROM ir_module_module WHERE state = 'installed'")
    assert set(wanted) - {name for (name,) in installed} == set()
    assert len(wanted) > 50


def test_the_document_lists_them() -> None:
    document = Path(__file__).resolve().parents[2] / "docs" / "compatibility.md"
    rows = re.findall(r"^\| `(\w+)` \| (?:(19\.0\S+) \| )?", document.read_text(), re.M)
    listed = dict(rows)
    wanted = modules_of_the_point_of_sale()
    assert set(listed) - {"point_of_sale"} == set(wanted)
    # Odoo's own modules have the version of Odoo, which is not ours to choose.
    assert {name: wanted[name] for name in listed if listed[name]} == {
        name: version for name, version in listed.items() if version
    }


def test_sells_in_each_country(shop: Shop, tills: dict[str, Till]) -> None:
    codes = country_codes(shop)
    assert len(codes) > 10
    in_each(codes, lambda code: tills.update({code: sell_in(shop, code)}))


def in_each(codes: Iterable[str], step: Callable[[str], None]) -> None:
    """Take a step in every country; fail afterwards, for all those in which it did not go well."""
    troubles = {}
    for code in codes:
        try:
            step(code)
        except (AssertionError, RpcError) as error:
            troubles[code] = f"{error}\n{getattr(error, 'traceback', '')[-1500:]}"
    assert not troubles, "\n".join(f"{code}: {trouble}" for code, trouble in troubles.items())


def sell_in(shop: Shop, code: str) -> Till:
    """Sell with MixPay in a new company of a country, with its chart of accounts.

    Another customer pays there as the register goes away.
    """
    admin = shop.admin
    admin.context = {}
    [country_id] = admin.call("res.country", "search", [("code", "=", code)])
    company = {"name": f"Shop {code}", "country_id": country_id}
    # Countries bring modules of Accounting along, too; those are not what this is about.
    alone = {"chart_template_load": True}
    company_id = admin.call("res.company", "create", company, context=alone)
    admin.context = {"allowed_company_ids": [company_id]}
    # Without the name of a chart it is the country's own.
    admin.call("account.chart.template", "try_loading", [], False, company_id)
    use_currency_of_mixpay(shop, company_id)
    shop.open_till()
    sell(shop, admin, shop.method_id)
    order_id = leave_paid(shop, admin, shop.method_id)
    shop.reset_budget()  # what shops of many countries ask for is one database's here
    return Till(company_id, shop.session_id, order_id)


def use_currency_of_mixpay(shop: Shop, company_id: int) -> None:
    """Where MixPay does not take a country's currency, its company does business in dollars."""
    [company] = shop.admin.call("res.company", "read", [company_id], ["currency_id"])
    domain = [("is_quote", "=", True), ("symbol", "=", company["currency_id"][1])]
    if not shop.admin.call("mixpay.asset", "search_count", domain):
        [usd_id] = shop.admin.call("res.currency", "search", [("name", "=", "USD")])
        shop.admin.call("res.company", "write", [company_id], {"currency_id": usd_id})


def test_paid_without_a_register_in_each_country(shop: Shop, tills: dict[str, Till]) -> None:
    for code in SOFTWARE:
        switch_software(shop, tills[code], code, is_on=True)
    time.sleep(GRACE_SECONDS)
    shop.admin.context = {}
    shop.run_jobs()  # asks the registers, hears nothing for 20 s, and sees to the orders
    outcomes = {code: outcome(shop, till) for code, till in tills.items()}
    assert outcomes == {code: LEFT.get(code, "paid") for code in tills}
    in_each(tills, lambda code: close(shop, tills[code], code))


def switch_software(shop: Shop, till: Till, code: str, *, is_on: bool) -> None:
    """Have a till use its country's software, or do without."""
    shop.admin.context = {"allowed_company_ids": [till.company_id]}
    shop.admin.call("res.company", "write", [till.company_id], {SOFTWARE[code]: is_on})


def outcome(shop: Shop, till: Till) -> str:
    """Return the state of a till's paid order, or the reason why it was left to a person."""
    shop.admin.context = {"allowed_company_ids": [till.company_id]}
    [order] = shop.admin.call("pos.order", "read", [till.order_id], ["state", "uuid"])
    domain = [("order_uuid", "=", order["uuid"])]
    [payment] = shop.admin.call("mixpay.payment", "search_read", domain, ["finish_reason"])
    return str(payment["finish_reason"] or order["state"])


def close(shop: Shop, till: Till, code: str) -> None:
    """Close a till; a person finishes first what the server left.

    Without the software, which takes a shop's own certificates.
    """
    if code in SOFTWARE:
        switch_software(shop, till, code, is_on=False)
    shop.admin.context = {"allowed_company_ids": [till.company_id]}
    shop.session_id = till.session_id
    if code in LEFT:
        fields = ["uuid", "access_token"]
        [order] = shop.admin.call("pos.order", "read", [till.order_id], fields)
        data = order_data(shop, shop.method_id, order_uuid=order["uuid"])
        data |= {"access_token": order["access_token"], "lines": [], "payment_ids": []}
        shop.admin.call("pos.order", "sync_from_ui", [data])
    close_session(shop)


def test_uninstalls(shop: Shop) -> None:
    shop.admin.context = {}
    module(shop, "button_immediate_uninstall")
    shop.admin = shop.register()
    assert shop.database.rows("SELECT to_regclass('mixpay_payment')") == [(None,)]
    sold = shop.database.rows(
        "SELECT count(*) FROM pos_payment JOIN pos_order ON pos_order.id = pos_order_id"
        " WHERE pos_order.state = 'done' AND transaction_id IS NOT NULL"
    )
    assert sold == [(2 * len(country_codes(shop)),)]
    shop.admin.call("pos.payment.method", "web_search_read", [], {"name": {}})
    assert shop.server.errors() == []
