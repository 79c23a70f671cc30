"""Money given back in coins, from the shop's own wallet: states, amounts, and customers' addresses.

Coins that went to a wrong address are gone. So an address has a network that the customer has
confirmed, and the shape, and where there is one the checksum, of addresses there.
"""

from __future__ import annotations

import hashlib
import re
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from .keccak import keccak_256

# === How a payout stands === #

ASKED = "asked"
APPROVED = "approved"
PAID = "paid"
# Its order is finished, and a manager gave the money back in cash or by a bank: no coins follow.
OTHERWISE = "otherwise"
REFUSED = "refused"
CANCELLED = "cancelled"
# What is still to be done, and what counts against the money that was paid.
PENDING = (ASKED, APPROVED)
COUNTED = (*PENDING, PAID, OTHERWISE)
TRANSITIONS = {
    ASKED: (APPROVED, REFUSED, CANCELLED),
    APPROVED: (PAID, OTHERWISE, CANCELLED),
    PAID: (),
    OTHERWISE: (),
    REFUSED: (),
    CANCELLED: (),
}

# === What is paid out === #

# Digits after the point that every wallet takes.
_UNIT_DIGITS = Decimal("0.00000001")


def units(amount: Decimal, rate: Decimal) -> Decimal:
    """Return how many coins an amount is at a rate, never more than it is worth.

    :param rate: what one coin is worth, in the amount's currency; more than zero
    """
    return (amount / rate).quantize(_UNIT_DIGITS, ROUND_DOWN)


def is_worth(coins: Decimal, rate: Decimal, amount: Decimal) -> bool:
    """Tell whether coins are worth an amount at a rate: never more, and no less than can be sent.

    That is to the amount's last digit, or, of coins that are dear, to the last digit of coins.
    """
    worth = coins * rate
    is_all = worth.quantize(amount, ROUND_HALF_UP) == amount or coins == units(amount, rate)
    return worth <= amount and is_all


# === Where it goes === #

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
# The checksum of newer addresses, and what it comes to: BIP 173 and, from version 1 on, BIP 350.
_BECH32_TERMS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_END, _BECH32M_END = 1, 0x2BC830A3
_HEX = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_BECH32 = re.compile(r"(?:bc|ltc)1[02-9ac-hj-np-z]{11,71}", re.ASCII)
# Of networks that are not known here: what any address consists of.
_ANY = re.compile(r"[0-9A-Za-z][0-9A-Za-z:._-]{15,118}[0-9A-Za-z]", re.ASCII)
_TXID = re.compile(r"[0-9A-Za-z][0-9A-Za-z:-]{7,127}", re.ASCII)
_MEMO = re.compile(r"[0-9A-Za-z:._-]{1,64}", re.ASCII)
# The first letters of addresses with a checksum, by network.
_FIRST = {"tron": "T", "bitcoin": "13", "litecoin": "LM3", "dogecoin": "DA9"}
_LIKE_ETHEREUM = ("ethereum", "bnb smart chain", "polygon", "arbitrum", "optimism", "avalanche")


class AddressError(ValueError):
    """A text that is no address on a network."""


def address(text: object, network: str) -> str:
    """Return a customer's address on a network, checked.

    :param text: what was scanned or typed; hostile
    :param network: as MixPay names it, as in "Tron (TRC20)"
    :raises AddressError: for what cannot be one: another shape, a wrong checksum, or odd letters
    """
    found = text.strip() if isinstance(text, str) else ""
    if not _ANY.fullmatch(found) or not _fits(found, network.partition("(")[0].strip().lower()):
        raise AddressError(found[:64])
    return found


def memo(text: object) -> str:
    """Return the memo or tag that some wallets need with an address; empty for none.

    :raises AddressError: for what cannot be one
    """
    found = text.strip() if isinstance(text, str) else ""
    if found and not _MEMO.fullmatch(found):
        raise AddressError(found[:64])
    return found


def txid(text: object) -> str:
    """Return what a wallet names a transaction by; empty for what cannot be that."""
    found = text.strip() if isinstance(text, str) else ""
    return found if _TXID.fullmatch(found) else ""


def short(found: str) -> str:
    """Return an address as people compare it: its two ends."""
    return found if len(found) <= 18 else f"{found[:8]}…{found[-8:]}"


def _fits(found: str, network: str) -> bool:
    if network.startswith(_LIKE_ETHEREUM):
        return bool(_HEX.fullmatch(found)) and _has_case_checksum(found[2:])
    if network not in _FIRST:
        return True
    is_new_kind = network in ("bitcoin", "litecoin") and bool(_BECH32.fullmatch(found.lower()))
    if is_new_kind:
        is_one_case = found in (found.lower(), found.upper())
        return (
            is_one_case and found.lower()[0] == network[0] and _has_bech32_checksum(found.lower())
        )
    return found[0] in _FIRST[network] and _has_checksum(found)


def _has_case_checksum(digits: str) -> bool:
    """Tell whether capitals are where EIP-55 has them; an address without them has no checksum."""
    if digits in (digits.lower(), digits.upper()):
        return True
    check = keccak_256(digits.lower().encode()).hex()
    return all(
        digit.isdigit() or digit.isupper() == (mark in "89abcdef")
        for digit, mark in zip(digits, check, strict=False)
    )


def _has_checksum(found: str) -> bool:
    """Tell whether a text is 21 bytes with their checksum, as most older chains write addresses."""
    number = 0
    for letter in found:
        digit = _BASE58.find(letter)
        if digit < 0:
            return False
        number = number * 58 + digit
    if number.bit_length() > 200:
        return False
    data = number.to_bytes(25, "big")
    twice = hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()
    return twice[:4] == data[-4:]


def _has_bech32_checksum(found: str) -> bool:
    """Tell whether the checksum of a newer address is right.

    :param found: in small letters, of the alphabet of such addresses
    """
    prefix, _, data = found.partition("1")
    values = [ord(letter) >> 5 for letter in prefix] + [0]
    values += [ord(letter) & 31 for letter in prefix] + [_BASE32.find(letter) for letter in data]
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, term in enumerate(_BECH32_TERMS):
            check ^= term if top >> bit & 1 else 0
    return check == (_BECH32_END if data[0] == "q" else _BECH32M_END)
