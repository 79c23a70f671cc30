"""Keccak-256, with which Ethereum's addresses say where they are mistyped (EIP-55).

`hashlib` has its successor only, SHA3-256 (FIPS 202), which ends messages with other bits; Odoo
requires no library that has both.
"""

from __future__ import annotations

_LANE = (1 << 64) - 1
_BLOCK = 136  # bytes that are taken in at once
_ROUNDS = 24
_END = 0x01  # the bit that ends a message; SHA-3 has 0x06


def keccak_256(message: bytes, end: int = _END) -> bytes:
    """Return the digest of a message: 32 bytes.

    :param end: the bits that end the message
    """
    padded = bytearray(message) + bytes(_BLOCK - len(message) % _BLOCK)
    padded[len(message)] ^= end
    padded[-1] ^= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _BLOCK):
        for index in range(_BLOCK // 8):
            at = start + 8 * index
            lanes[index] ^= int.from_bytes(padded[at : at + 8], "little")
        lanes = _permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


def _permuted(lanes: list[int]) -> list[int]:
    """Return the state after all rounds; lane (x, y) is at x + 5 y, as in FIPS 202."""
    register = 1
    for _round in range(_ROUNDS):
        lanes = _mixed(_moved(_spread(lanes)))
        for power in range(7):
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
            if register & 2:
                lanes[0] ^= 1 << (1 << power) - 1
    return lanes


def _spread(lanes: list[int]) -> list[int]:
    """Step θ: each column changes its neighbours."""
    columns = [
        lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)
    ]
    change = [columns[x - 1] ^ _rotated(columns[(x + 1) % 5], 1) for x in range(5)]
    return [lane ^ change[at % 5] for at, lane in enumerate(lanes)]


def _moved(lanes: list[int]) -> list[int]:
    """Steps ρ and π: lanes are turned, and change places."""
    moved = lanes[:1] + [0] * 24
    x, y = 1, 0
    for step in range(24):
        turned = _rotated(lanes[x + 5 * y], (step + 1) * (step + 2) // 2 % 64)
        x, y = y, (2 * x + 3 * y) % 5
        moved[x + 5 * y] = turned
    return moved


def _mixed(lanes: list[int]) -> list[int]:
    """Step χ: what is not linear, row by row."""
    return [
        lanes[at] ^ (~lanes[at - at % 5 + (at + 1) % 5] & lanes[at - at % 5 + (at + 2) % 5])
        for at in range(25)
    ]


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> 64 - by) & _LANE
