"""Keccak-256 against what others have published, and against SHA-3, which ends otherwise."""

import hashlib

import pytest
from mixpay.keccak import keccak_256


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_published_digests(message, digest):
    assert keccak_256(message).hex() == digest


@pytest.mark.parametrize("length", [0, 1, 40, 135, 136, 137, 271, 272, 500])
def test_it_is_sha_3_but_for_the_end(length):
    message = bytes(number % 251 for number in range(length))
    assert keccak_256(message, end=0x06) == hashlib.sha3_256(message).digest()
