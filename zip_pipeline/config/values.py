"""Values in the config that people write with a unit: sizes, shares, amounts of records.

1 KB is 1,024 bytes. A value of another kind passes unchanged, and pydantic refuses it with its own message.
"""

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

UNITS = {"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
"""Bytes by unit."""

AMOUNT = re.compile(r"([0-9]+(?:[.][0-9]+)?)\s*(%|[KMGT]?B)")
"""A size or a percentage: the number, the unit."""


def bytes_of(value: object) -> object:
    """Return the number of bytes of a text such as ``8MB``; return other values unchanged.

    >>> bytes_of("32KB")
    32768
    """
    match = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)\s*([KMGT]?B?)", value.upper()) if isinstance(value, str) else None
    return int(float(match[1]) * UNITS[match[2]]) if match and match[2] in UNITS else value


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
    """
    match = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)\s*%", value) if isinstance(value, str) else None
    return float(match[1]) / 100 if match else value


def _amount(value: object) -> object:
    """Refuse whatever is neither a number of records nor text with a unit or a percent sign."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if not is_count and not (isinstance(value, str) and AMOUNT.fullmatch(value.upper())):
        raise ValueError(f"expected a number of records, a size such as 200MB or a share such as 5%, found {value!r}")
    return value


Bytes = Annotated[int, BeforeValidator(bytes_of), PlainSerializer(bytes_text, when_used="json")]
"""A size: a number of bytes, or text such as ``64MB``."""

Amount = Annotated[int | str, BeforeValidator(_amount)]
"""How much: a number of records, a size such as ``200MB`` of payload, or a share such as ``5%``."""
