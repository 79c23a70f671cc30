"""Refunds in coins: how many coins an amount is, and what can be an address."""

from decimal import Decimal

import pytest
from mixpay import refunds

GOOD = {
    "Tron (TRC20)": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
    "Ethereum(ERC20)": "0xdAC17F958D2ee523a2206206994597C13D831ec7",
    "Bitcoin": "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "dogecoin": "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L",
    "Some New Chain": "addr-test:1qz2fxv2umyhttkxyxp8x0dlp",
}


@pytest.mark.parametrize(("network", "address"), GOOD.items())
def test_an_address_of_its_network(network, address):
    assert refunds.address(f" {address}\n", network) == address


def test_the_newest_addresses_of_bitcoin():
    address = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
    assert refunds.address(address, "Bitcoin") == address
    assert refunds.address(address.upper(), "Bitcoin") == address.upper()


def test_the_older_addresses_of_bitcoin():
    address = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert refunds.address(address, "Bitcoin") == address


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("Tron (TRC20)", GOOD["Ethereum(ERC20)"]),
        ("Ethereum(ERC20)", GOOD["Tron (TRC20)"]),
        ("BNB Smart Chain(BEP20)", GOOD["Ethereum(ERC20)"][:-1]),
        ("Bitcoin", "ltc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        ("Bitcoin", "bc1Qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        # One letter of it is another one: the checksum says so.
        ("Tron (TRC20)", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u"),
        ("Bitcoin", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
        ("Bitcoin", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp"),
        ("Bitcoin", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jjq"),
        ("Litecoin", "L" + "z" * 60),
        ("Some New Chain", "short"),
        ("Some New Chain", "a" * 121),
        ("Some New Chain", "an address with spaces in it"),
        ("Some New Chain", "0123456789\u202e0123456789"),
        ("Some New Chain", "0123456789\n01234567890"),
        ("Some New Chain", "аddressInCyrillicLetters"),
        ("Some New Chain", None),
        ("Some New Chain", ["0123456789012345678901"]),
    ],
)
def test_no_address_there(network, address):
    with pytest.raises(refunds.AddressError):
        refunds.address(address, network)


def test_a_memo():
    assert refunds.memo(" 12345 ") == "12345"
    assert refunds.memo(None) == ""
    for odd in ("1 2", "x" * 65, "\u202e1"):
        with pytest.raises(refunds.AddressError):
            refunds.memo(odd)


def test_a_transaction():
    assert refunds.txid(" 0xabcdef12 ") == "0xabcdef12"
    for odd in ("short", "with spaces in it", "100%_of_it_all", None, 12345678):
        assert refunds.txid(odd) == ""


def test_no_more_coins_than_the_amount_is_worth():
    assert refunds.units(Decimal("10.00"), Decimal("3")) == Decimal("3.33333333")
    assert refunds.units(Decimal("10.00"), Decimal("0.9")) == Decimal("11.11111111")


def test_coins_are_worth_the_amount_to_its_last_digit():
    amount = Decimal("10.00")
    assert refunds.is_worth(Decimal("11.11111111"), Decimal("0.9"), amount)
    assert not refunds.is_worth(Decimal("11.13"), Decimal("0.9"), amount)
    assert not refunds.is_worth(Decimal("11.09"), Decimal("0.9"), amount)


def test_every_state_has_its_ways_on():
    reached = {state for states in refunds.TRANSITIONS.values() for state in states}
    assert set(refunds.TRANSITIONS) == reached | {refunds.ASKED}
    assert not refunds.TRANSITIONS[refunds.PAID]
