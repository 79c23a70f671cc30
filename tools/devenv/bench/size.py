"""Measures of what everybody pays who has the addon installed: bytes, and time to load."""

import http.client
import re
from dataclasses import dataclass

from . import stats
from .lab import Lab
from .report import Outcome, Row, Target
from .shops import CALL_SECONDS, HOST, BenchShop
from .till import FIRST_LOAD_SECONDS, BrowserTill

BUNDLE = re.compile(r'(?:src|href)="(/web/assets/[^"]*/point_of_sale\.assets_prod\.min\.(js|css))"')
LOADS = 24
KINDS = {"js": "scripts", "css": "styles"}


def bundle_and_load(lab: Lab) -> Outcome:
    """Bytes of the minified bundles, and milliseconds until the first product can be tapped.

    Two shops that differ in the addon only, each in a browser of its own with everything cached.
    """
    places = [_Place(shop, shop.till_of_core()) for shop in (lab.shop(), lab.plain_shop())]
    sizes = [_bundles(place) for place in places]
    rows = [_added(kind, *(size[kind] for size in sizes)) for kind in KINDS]
    loads = _loads(lab, places)
    row = Row(
        "loading the register, midmean; yardstick: without the addon",
        stats.midmean(loads[0]),
        "ms",
        Target(1.03, "×"),
        yardstick=stats.midmean(loads[1]),
        by_ratio=True,
    )
    samples = {f"load_{name}_ms": stats.rounded(load, 1) for name, load in _named(loads)}
    return Outcome([*rows, row], samples, {f"bytes {name}": size for name, size in _named(sizes)})


@dataclass(frozen=True)
class _Place:
    shop: BenchShop
    config_id: int


def _named(pair: list) -> list[tuple[str, object]]:
    return list(zip(("with", "without"), pair, strict=True))


def _added(kind: str, with_addon: int, without: int) -> Row:
    percent = (with_addon - without) / without * 100
    measure = f"added to the register's {KINDS[kind]}, minified ({with_addon - without:,} bytes)"
    return Row(measure, percent, "%", Target(1, "%"))


def _bundles(place: _Place) -> dict[str, int]:
    """Bytes of the register's bundles, as they are sent when not compressed."""
    page = _get(place, f"/pos/ui/{place.config_id}").decode()
    found = {kind: len(_get(place, path)) for path, kind in BUNDLE.findall(page)}
    if set(found) != set(KINDS):
        raise RuntimeError("the register's page does not name its bundles")
    return found


def _get(place: _Place, path: str) -> bytes:
    connection = http.client.HTTPConnection(HOST, place.shop.server.port, timeout=CALL_SECONDS)
    try:
        cookie = place.shop.cashier().cookie
        connection.request("GET", path, headers={"Cookie": f"session_id={cookie}"})
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise RuntimeError(f"{path}: HTTP {answer.status}")
    return body


def _loads(lab: Lab, places: list[_Place]) -> list[list[float]]:
    tills = [BrowserTill(place.shop, lab.browser(), place.config_id) for place in places]
    for till in tills:
        till.load(FIRST_LOAD_SECONDS)
    # A browser and a server that have just loaded do it a quarter quicker again.
    return stats.alternate(LOADS, [till.load for till in tills], warm_up=1, is_mirrored=False)
