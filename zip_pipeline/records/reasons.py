"""Reasons: why a record cannot be used, and the checks that say so.

>>> string(present({"output": 3}, "output"), "output")
Traceback (most recent call last):
zip_pipeline.records.reasons.BadRecordError: output: expected text, found a number
"""

from collections.abc import Mapping
from typing import Any


class BadRecordError(Exception):
    """One record that cannot be used; the message is the reason, as the table of rejected records shows it."""


def present(record: Mapping[str, Any], key: str, where: str = "") -> Any:
    """Return the value of a key.

    Args:
        record: a record or a turn.
        key: the key.
        where: what a reason calls the place of a turn; empty for a record, whose keys are columns.

    Raises:
        BadRecordError: when it is missing or null.
    """
    value = record.get(key)
    if value is None:
        raise BadRecordError(f"{where}.{key}: null" if where else f"{key}: null")
    return value


def string(value: object, where: str) -> str:
    """Return text.

    Raises:
        BadRecordError: when it is none.
    """
    if not isinstance(value, str):
        raise BadRecordError(f"{where}: expected text, found {kind(value)}")
    return value


def kind(value: object) -> str:
    """Return what a reason calls a value that is not as it should be."""
    names = {str: "text", list: "a list", dict: "an object", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), type(value).__name__)
