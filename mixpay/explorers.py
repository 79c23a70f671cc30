"""Where anybody can look at a transfer: addresses of block explorers, made here.

MixPay reports an address, too; it comes from outside, so nobody at a register is sent there.
"""

from __future__ import annotations

import re

_HEX = re.compile(r"(?:0x)?([0-9a-fA-F]{64})", re.ASCII)
_BASE58 = re.compile(r"([1-9A-HJ-NP-Za-km-z]{43,90})", re.ASCII)

_ETHEREUM = (_HEX, "https://etherscan.io/tx/0x")
_TRON = (_HEX, "https://tronscan.org/#/transaction/")
_BNB = (_HEX, "https://bscscan.com/tx/0x")
_POLYGON = (_HEX, "https://polygonscan.com/tx/0x")
_SOLANA = (_BASE58, "https://solscan.io/tx/")
#: A network's name, or MixPay's version of its coins, in lower case → the shape of its
#: transactions, and what stands before one in an address.
_EXPLORERS = {
    "bitcoin": (_HEX, "https://mempool.space/tx/"),
    "litecoin": (_HEX, "https://litecoinspace.org/tx/"),
    "dogecoin": (_HEX, "https://dogechain.info/tx/"),
    "ethereum": _ETHEREUM,
    "erc20": _ETHEREUM,
    "tron": _TRON,
    "trc20": _TRON,
    "bnb smart chain": _BNB,
    "bep20": _BNB,
    "polygon": _POLYGON,
    "solana": _SOLANA,
}


def address(network: str, txid: str) -> str:
    """Return where a transfer can be looked at; empty unless its network and its id are known.

    :param network: its name, or MixPay's version of the coin
    :param txid: the transaction's id on the chain
    """
    shape, base = _EXPLORERS.get(network.strip().lower(), (None, ""))
    found = shape.fullmatch(txid) if shape else None
    return base + (found[1] if shape is not _HEX else found[1].lower()) if found else ""
