"""Where anybody can look at a transfer: only addresses that are made here."""

import pytest
from mixpay import explorers

HASH = "ab" * 32
BASE58 = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW"


@pytest.mark.parametrize(
    ("network", "txid", "address"),
    [
        ("Tron", HASH, f"https://tronscan.org/#/transaction/{HASH}"),
        ("TRC20", HASH.upper(), f"https://tronscan.org/#/transaction/{HASH}"),
        ("Ethereum", HASH, f"https://etherscan.io/tx/0x{HASH}"),
        ("Ethereum", f"0x{HASH}", f"https://etherscan.io/tx/0x{HASH}"),
        ("bitcoin", HASH, f"https://mempool.space/tx/{HASH}"),
        ("Solana", BASE58, f"https://solscan.io/tx/{BASE58}"),
    ],
)
def test_a_known_network_and_a_transaction(network, txid, address):
    assert explorers.address(network, txid) == address


@pytest.mark.parametrize(
    ("network", "txid"),
    [
        ("", HASH),
        ("Some new chain", HASH),
        ("Tron", ""),
        ("Tron", "0xabc"),
        ("Tron", HASH + "0"),
        ("Tron", f"{HASH}\n"),
        ("Tron", f"../{HASH}"),
        ("Ethereum", "https://evil.example/"),
        ("Solana", "O0Il" * 20),
        ("Solana", HASH[:42]),
    ],
)
def test_nothing_else_becomes_an_address(network, txid):
    assert explorers.address(network, txid) == ""
