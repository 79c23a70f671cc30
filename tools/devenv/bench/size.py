"""Measures of what everybody pays who has the addon installed: bytes, and time to load."""

import re

from .figures import Outcome, Row, alternate, midmean
from .lab import Lab, measure
from .shops import BenchShop
from .till import FIRST_LOAD_SECONDS, BrowserTill

BUNDLE = re.compile(r'(?:src|href)="(/web/assets/[^"]*/point_of_sale\.assets_prod\.min\.(js|css))"')
LOADS = 24
KINDS = {"js": "scripts", "css": "styles"}


@measure("size", in_quick=False)
def bundle_and_load(lab: Lab) -> Outcome:
    """What the addon adds to the register's scripts and styles, and to its loading.

    Bytes of the minified bundles, and milliseconds until the first product can be tapped. Two
    shops that differ in the addon only, each in a browser of its own with everything cached.
    """
    outcome = Outcome()
    sizes, tills = [], []
    shops = {"with": lab.shop(), "without": lab.plain_shop()}
    for (name, shop), chromium in zip(shops.items(), lab.browsers(2), strict=True):
        config_id = shop.new_till("Card till", [shop.new_method("Card")]).config_id
        sizes.append(_bundles(shop, config_id))
        outcome.details[f"bytes {name}"] = sizes[-1]
        tills.append(BrowserTill(shop, chromium, config_id))
        tills[-1].load(FIRST_LOAD_SECONDS)
    for kind, words in KINDS.items():
        size, without = (bundles[kind] for bundles in sizes)
        title = f"added to the register's {words}, minified ({size - without:,} bytes)"
        outcome.rows.append(Row(title, (size - without) / without * 100, "%", 1))
    # A browser and a server that have just loaded do it a quarter quicker again.
    loads = alternate(LOADS, [till.load for till in tills], warm_up=1, is_mirrored=False)
    title = "loading the register, midmean; yardstick: without the addon"
    outcome.rows.append(Row(title, midmean(loads[0]), "ms", 1.03, midmean(loads[1])))
    outcome.samples = {"load_with_ms": loads[0], "load_without_ms": loads[1]}
    return outcome


def _bundles(shop: BenchShop, config_id: int) -> dict[str, int]:
    """Bytes of the register's bundles, as they are sent when not compressed."""
    cashier = shop.cashier()
    page = cashier.send("GET", f"/pos/ui/{config_id}").decode()
    found = {kind: len(cashier.send("GET", path)) for path, kind in BUNDLE.findall(page)}
    if set(found) != set(KINDS):
        raise RuntimeError("the register's page does not name its bundles")
    return found
