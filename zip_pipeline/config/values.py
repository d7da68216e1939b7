"""Values in the config that people write with a unit: sizes, shares, amounts of records.

1 KB is 1,024 bytes. A share is a number from 0 to 1 or a percentage, wherever a key takes one.
"""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

UNITS = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
"""Bytes by unit."""

NUMBER = r"([0-9]+(?:[.][0-9]+)?)\s*"

TOKENS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
"""Tokens by what stands before the word: people count them in decimal units."""

_IN_TOKENS = re.compile(NUMBER + r"([KMBT]?)\s*TOKENS?")

AMOUNT = re.compile(NUMBER + r"(%|[KMGT]?I?B|[KMBT]?\s*TOKENS?)")
"""A size, a number of tokens or a percentage: the number, the unit."""

AMOUNTS = "a number of records, a size such as 200MB, tokens such as 50M tokens, or a share such as 5%"
"""What an amount may be, in words."""


def bytes_of(value: object) -> object:
    """Return the number of bytes of a text such as ``8MB``, ``8M`` or ``8MiB``; return other values unchanged.

    >>> bytes_of("32KB")
    32768

    Raises:
        ValueError: for any other text.
    """
    if not isinstance(value, str):
        return value
    match = re.fullmatch(NUMBER + "([KMGT]?)(I?B)?", value.strip().upper())
    if match is None:
        raise ValueError(f"expected a size such as 64MB, found {value!r}")
    return int(float(match[1]) * UNITS[f"{match[2]}B"])


def tokens_of(value: object) -> int | None:
    """Return the number of tokens of a text such as ``50M tokens``; None for any other value.

    >>> tokens_of("1.5M tokens"), tokens_of("200MB")
    (1500000, None)
    """
    match = _IN_TOKENS.fullmatch(value.strip().upper()) if isinstance(value, str) else None
    return None if match is None else int(float(match[1]) * TOKENS[match[2]])


def bytes_text(value: int) -> str:
    """Return a number of bytes as people write it, in the largest unit that divides it.

    >>> bytes_text(32768)
    '32KB'
    """
    unit = next(unit for unit in reversed(UNITS) if value % UNITS[unit] == 0)
    return f"{value // UNITS[unit]}{unit}"


def share_of(value: object) -> object:
    """Return the fraction of a text such as ``5%``; return other values unchanged.

    >>> share_of("5%")
    0.05

    Raises:
        ValueError: for any other text.
    """
    if not isinstance(value, str):
        return value
    match = re.fullmatch(NUMBER + "%", value.strip())
    if match is None:
        raise ValueError(f"expected a share such as 5% or 0.05, found {value!r}")
    return float(match[1]) / 100


def _number(value: object) -> float | None:
    """Return the number in an amount; None for what is no amount, or more than 100 %."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    match = AMOUNT.fullmatch(value.strip().upper()) if isinstance(value, str) else None
    return float(match[1]) if match and not (match[2] == "%" and float(match[1]) > 100) else None


def _plain(value: object) -> object:
    """Return the number of a text such as ``500 records``; return other values unchanged."""
    match = re.fullmatch(r"(\d[\d_,]*)\s*RECORDS?", value.strip().upper()) if isinstance(value, str) else None
    return value if match is None else int(re.sub("[_,]", "", match[1]))


def _amount(value: object) -> object:
    value = _plain(value)
    if not _number(value):
        raise ValueError(f"expected {AMOUNTS}, found {value!r}")
    return value


def _limit(value: object) -> object:
    value = _plain(value)
    if _number(value) is None:
        raise ValueError(f"expected {AMOUNTS}, found {value!r}")
    return value


Bytes = Annotated[int, BeforeValidator(bytes_of), Field(ge=0), PlainSerializer(bytes_text, when_used="json")]
"""A size: a number of bytes, or text such as ``64MB``."""

Share = Annotated[float, BeforeValidator(share_of), Field(ge=0, le=1)]
"""A part of a whole: a number from 0 to 1, or text such as ``5%``."""

Amount = Annotated[int | str, BeforeValidator(_amount)]
"""How much: a number of records, a size such as ``200MB`` of payload, ``50M tokens``, or a share such as ``5%``."""

Limit = Annotated[int | str, BeforeValidator(_limit)]
"""The same, and 0 as well."""
