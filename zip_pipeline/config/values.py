"""Amounts in the config: bytes with a unit, budgets."""

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

UNITS = {"": 1, "B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}
"""Sizes in the config: 1 KB is 1,024 bytes."""


def bytes_of(value: object) -> object:
    """Return the bytes that ``8MB`` or a number stands for; what is neither is for pydantic to refuse.

    >>> bytes_of("32KB")
    32768
    """
    found = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)\s*([KMGT]?B?)", value.upper()) if isinstance(value, str) else None
    return int(float(found[1]) * UNITS[found[2]]) if found and found[2] in UNITS else value


def bytes_text(value: int) -> str:
    """Return bytes as people write them.

    >>> bytes_text(32768)
    '32KB'
    """
    unit = next(unit for unit in reversed(UNITS) if value % UNITS[unit] == 0)
    return f"{value // UNITS[unit]}{unit}"


Bytes = Annotated[int, BeforeValidator(bytes_of), PlainSerializer(bytes_text, when_used="json")]


def share_of(value: object) -> object:
    """Return the part that ``5%`` or a number stands for; what is neither is for pydantic to refuse.

    >>> share_of("5%")
    0.05
    """
    found = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?)\s*%", value) if isinstance(value, str) else None
    return float(found[1]) / 100 if found else value


def _amount(value: object) -> object:
    """Refuse what is no amount: records, or text with a unit or a percent sign."""
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    if not good and not (isinstance(value, str) and AMOUNT.fullmatch(value.upper())):
        raise ValueError(f"expected a number of records, a size such as 200MB or a share such as 5%, found {value!r}")
    return value


AMOUNT = re.compile(r"([0-9]+(?:[.][0-9]+)?)\s*(%|[KMGT]?B)")
Amount = Annotated[int | str, BeforeValidator(_amount)]
"""Records; or bytes of payload, with a unit; or a share of the whole, in percent."""
