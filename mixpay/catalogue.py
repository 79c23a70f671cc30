"""MixPay's lists of assets, read strictly, and what of a new list may be believed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from . import clean, ids, money
from .errors import MixpayUnusable

SYMBOL_LENGTH = 20
NAME_LENGTH = 80
NETWORK_LENGTH = 60
# MixPay lists some hundred; more than this is no list of assets.
MAX_ENTRIES = 3_000
# A list with less than this part of what is known already is not the whole list.
_LEAST_SHARE = 0.5
# A list this short may shrink by more than half without being wrong.
_FEW = 6
_FIAT = re.compile(r"[a-z]{3}", re.ASCII)
# ISO 4217: what money is called. No coin is looked for under such a name, whatever its symbol is.
_ISO_4217 = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD
    BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP
    DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD
    MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR
    PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS
    SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW
    UZS VED VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS
    XUA XXX YER ZAR ZMW ZWG ZWL
"""
ISO_CODES = frozenset(_ISO_4217.split())


@dataclass(frozen=True)
class Entry:
    """An asset as MixPay lists it.

    :ivar asset_id: dashed UUID of a coin, three lower-case letters of money
    :ivar network: the chain that a coin lives on; empty when not said
    :ivar low: the smallest price, None when not said; `high`: the largest
    """

    asset_id: str
    symbol: str
    name: str
    network: str
    low: Decimal | None
    high: Decimal | None


Entries = dict[str, Entry]


def read(data: object) -> Entries:
    """Return the assets of a list by their ids; entries that cannot be read are left out.

    :raises MixpayUnusable: for a list without any, or with absurdly many
    """
    if not isinstance(data, list) or len(data) > MAX_ENTRIES:
        raise MixpayUnusable("no list of assets")
    entries = {entry.asset_id: entry for entry in map(_entry, data) if entry}
    if not entries:
        raise MixpayUnusable("an empty list of assets")
    return entries


def _entry(data: object) -> Entry | None:
    """Return an asset; quote assets call their identifier `assetUuid`, the others `assetId`."""
    if not isinstance(data, Mapping):
        return None
    asset_id = clean.token(data.get("assetUuid") or data.get("assetId"), 40).lower()
    symbol = clean.text(data.get("symbol"), SYMBOL_LENGTH)
    if ids.is_uuid(asset_id):
        asset_id = ids.dashed(asset_id)
    elif not _FIAT.fullmatch(asset_id) or symbol.lower() != asset_id:
        return None
    if not symbol:
        return None
    name = clean.text(data.get("name"), NAME_LENGTH) or symbol
    network = clean.text(data.get("network"), NETWORK_LENGTH)
    low, high = (money.parse_or_none(data.get(key)) for key in ("minPrice", "maxPrice"))
    if low is not None and high is not None and low > high:
        low = high = None
    return Entry(asset_id, symbol, name, network, low, high)


def is_thin(found: Collection[str], known: Collection[str]) -> bool:
    """Tell whether a list lacks so much of what is known that it cannot be the whole list."""
    return len(known) > _FEW and len(set(known) & set(found)) < len(known) * _LEAST_SHARE


def is_odd(entry: Entry, symbol: str, network: str, low: float, high: float) -> bool:
    """Tell whether an entry describes another asset than it did before.

    A coin keeps its name and its chain; and prices that nobody could pay until now are no prices.

    :param low: the smallest price so far, `high` the largest; 0 when not said
    """
    is_renamed = entry.symbol.lower() != symbol.lower()
    is_moved = bool(entry.network and network) and _chain(entry.network) != _chain(network)
    is_dearer = bool(high) and entry.low is not None and entry.low > high
    is_cheaper = bool(entry.high) and bool(low) and float(entry.high or 0) < low
    return is_renamed or is_moved or is_dearer or is_cheaper


def _chain(network: str) -> str:
    """Return a network as it is compared: "Tron (TRC20)" and "Tron(trc20)" are one."""
    return "".join(network.lower().split())


def is_iso(name: str) -> bool:
    """Tell whether a currency's name is an ISO code, and so no coin's."""
    return name.upper() in ISO_CODES
