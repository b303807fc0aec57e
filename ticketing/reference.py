"""The short code of a ticket that people say, key and text: a letter and four digits."""

from __future__ import annotations

import hashlib
import re

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look and sound like digits
DIGITS = 4
FORM = re.compile(rf"[{LETTERS}]?[0-9]{{{DIGITS}}}")  # a whole code, or its digits as they are keyed
CODES = len(LETTERS) * 10**DIGITS
_SIDE = 490  # the smallest square that holds every code: 490 * 490 = 240,100
_TURNS = 4


def code_of(number: int, seed: str) -> str:
    """The code of the `number`-th ticket: every number below 240,000 has its own, in an order that `seed` decides.

    Codes are a convenience, not a secret: looking one up is limited to one's own tickets.
    """
    place = _shuffled(number % CODES, seed)
    while place >= CODES:  # the square is a hundred larger than the codes: walk on until inside
        place = _shuffled(place, seed)
    letter, digits = divmod(place, 10**DIGITS)
    return f"{LETTERS[letter]}{digits:0{DIGITS}d}"


def _shuffled(place: int, seed: str) -> int:
    """A permutation of the square's places: each turn adds to one side what the other side and the seed give."""
    left, right = divmod(place, _SIDE)
    for turn in range(_TURNS):
        digest = hashlib.blake2b(f"{seed}:{turn}:{right}".encode(), digest_size=8).digest()
        left, right = right, (left + int.from_bytes(digest)) % _SIDE
    return left * _SIDE + right
