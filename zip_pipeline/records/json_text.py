"""JSON in records: an object or list that lies there as text, and the one way in which payloads write them.

A record's payload must not depend on other records. But Spark reads a column as the one type that fits all of them: an
object becomes text where another record has text in the same place; it gets nulls for the keys that other records have;
its whole numbers become floats where another record has a float; its keys are sorted. `compact` gives the same text for
all of these.
"""

import json
import re
from typing import Any

_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a character: JSON can name it, UTF-8 cannot hold it."""


def from_json(value: Any) -> Any:
    """Return the object or list that a text holds in JSON; the value itself where it is no text, or holds none.

    >>> from_json("[1]"), from_json("1"), from_json(None)
    ([1], '1', None)
    """
    if not (isinstance(value, str) and value.lstrip().startswith(("[", "{"))):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def compact(value: object) -> str:
    """Write a value as JSON without white space, keys in the order of the alphabet, without nulls.

    Text that holds an object or a list is written so, too; other text stays as it is.

    >>> compact({"b": 1.0, "a": None}), compact('{ "b": 1 }'), compact("by hand")
    ('{"b":1}', '{"b":1}', 'by hand')

    Raises:
        RecursionError: when the value is nested too deep.
    """
    parsed = from_json(value)
    if isinstance(parsed, str):
        return parsed
    plain = without_nulls(parsed)
    written = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
    # Where an escape such as \ud800 stands for no character, the text is all that UTF-8 can hold.
    return value if isinstance(value, str) and _LONE_SURROGATE.search(written) else written


def without_nulls(value: Any) -> Any:
    """Return a value without the keys of nulls, and with whole numbers as integers, at every depth."""
    if isinstance(value, dict):
        return {key: without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
