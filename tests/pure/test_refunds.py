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


@pytest.mark.parametrize(
    "address",
    [
        # From EIP-55.
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_the_checksum_of_ethereum_s_addresses(address):
    for written in (address, address.lower(), "0x" + address[2:].upper()):
        assert refunds.address(written, "Ethereum(ERC20)") == written


def test_the_older_addresses_of_bitcoin():
    address = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
    assert refunds.address(address, "Bitcoin") == address


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ("Tron (TRC20)", GOOD["Ethereum(ERC20)"]),
        ("Ethereum(ERC20)", GOOD["Tron (TRC20)"]),
        ("BNB Smart Chain(BEP20)", GOOD["Ethereum(ERC20)"][:-1]),
        # One capital less: it is mistyped somewhere.
        ("Ethereum(ERC20)", "0xdac17F958D2ee523a2206206994597C13D831ec7"),
        ("Polygon", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
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


def test_coins_are_never_worth_more_than_the_amount():
    rate, amount = Decimal("0.998752"), Decimal("10.00")
    assert refunds.is_worth(Decimal("10.0124"), rate, amount)
    # 10.0000044 would be given back.
    assert not refunds.is_worth(Decimal("10.0125"), rate, amount)


def test_coins_that_are_dear_are_sent_to_their_last_digit():
    rate, amount = Decimal("1700000000"), Decimal("150000.00")
    coins = refunds.units(amount, rate)
    assert refunds.is_worth(coins, rate, amount)
    assert not refunds.is_worth(coins - Decimal("0.00000001"), rate, amount)


def test_every_state_has_its_ways_on():
    reached = {state for states in refunds.TRANSITIONS.values() for state in states}
    assert set(refunds.TRANSITIONS) == reached | {refunds.ASKED}
    assert not refunds.TRANSITIONS[refunds.PAID]
