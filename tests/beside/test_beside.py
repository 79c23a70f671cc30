"""Beside all modules of the Point of Sale at once: installed, sold with, and uninstalled.

The database has them all, and the addon was installed after them. In each country that a module is
about, a company of that country sells.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sales import close_session, module, sell
from shop import RpcError, Shop
from simulator import SimulatorServer


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """One process, since a module goes under it; the tests are steps, in their order."""
    with SimulatorServer() as simulator, Shop(simulator).opened() as shop:
        shop.reset()
        yield shop


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


def test_sells_in_each_country(shop: Shop) -> None:
    codes = country_codes(shop)
    assert len(codes) > 10
    troubles = {}
    for code in codes:
        try:
            sell_in(shop, code)
        except (AssertionError, RpcError) as error:
            troubles[code] = f"{error}\n{getattr(error, 'traceback', '')[-1500:]}"
    assert not troubles, "\n".join(f"{code}: {trouble}" for code, trouble in troubles.items())


def sell_in(shop: Shop, code: str) -> None:
    """Sell with MixPay in a new company of a country, with its chart of accounts, and close."""
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
    close_session(shop)


def use_currency_of_mixpay(shop: Shop, company_id: int) -> None:
    """Where MixPay does not take a country's currency, its company does business in dollars."""
    [company] = shop.admin.call("res.company", "read", [company_id], ["currency_id"])
    domain = [("is_quote", "=", True), ("symbol", "=", company["currency_id"][1])]
    if not shop.admin.call("mixpay.asset", "search_count", domain):
        [usd_id] = shop.admin.call("res.currency", "search", [("name", "=", "USD")])
        shop.admin.call("res.company", "write", [company_id], {"currency_id": usd_id})


def test_uninstalls(shop: Shop) -> None:
    shop.admin.context = {}
    module(shop, "button_immediate_uninstall")
    shop.admin = shop.register()
    assert shop.database.rows("SELECT to_regclass('mixpay_payment')") == [(None,)]
    sold = shop.database.rows(
        "SELECT count(*) FROM pos_payment JOIN pos_order ON pos_order.id = pos_order_id"
        " WHERE pos_order.state = 'done' AND transaction_id IS NOT NULL"
    )
    assert sold == [(len(country_codes(shop)),)]
    shop.admin.call("pos.payment.method", "web_search_read", [], {"name": {}})
    assert shop.server.errors() == []
