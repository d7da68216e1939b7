"""Types of JSON values, and the columns that hold them without changing any.

The type of a value is itself written as JSON, so that tasks can return it:

- None: nothing but null;
- ``"bool"``, ``"text"``, ``"float"``;
- ``"int"``, ``"int64"``, ``"bigint"``: whole numbers that a float, 64 bits, 38 digits hold exactly;
- ``["list", type]`` and ``{key: type, ...}``;
- ``"mixed"``: text, numbers and flags side by side; ``"json"``: what no column of one type can hold.

`merge` joins the types of two values to the type of a column that holds both; the order does not matter. `columns_of`
turns the types of all columns into columns of Arrow. A column that is ``"mixed"`` or ``"json"`` anywhere keeps its
values as JSON text.

    >>> merge(type_of({"a": 1}), type_of({"a": 0.5, "b": ["x"]}))
    {'a': 'float', 'b': ['list', 'text']}
    >>> merge(type_of(["x"]), type_of("x"))
    'json'
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

Type = None | str | list[Any] | dict[str, Any]

SCALARS = {"bool", "int", "int64", "bigint", "float", "text", "mixed"}
WHOLE = ("int", "int64", "bigint")
"""Whole numbers, the narrowest first."""

EXACT = 2**53
"""Whole numbers up to here are exact as floats."""

DEEPEST = 32
"""Levels of lists and objects in a column. A column with more of them stays JSON text: Spark and Parquet fail on it."""

MOST_KEYS = 1000
"""Keys of an object in a column. More of them are data, not names, and the column stays JSON text."""

_LEAVES = {"bool": pa.bool_(), "int": pa.int64(), "int64": pa.int64(), "float": pa.float64(), "text": pa.string()}
_LEAVES["bigint"] = pa.decimal128(38, 0)


class InexactError(ValueError):
    """A column of Arrow that may not hold what stands in the JSON."""


@dataclass(frozen=True)
class Column:
    """A column of the table that JSON is read into.

    Attributes:
        name: the key in the records.
        type: Arrow's.
        form: ``typed``; ``text``, where numbers and flags become text too; ``json``, where every value is JSON text.
    """

    name: str
    type: pa.DataType
    form: str = "typed"

    def cell(self, value: Any) -> Any:
        """Return the value of a record as the column holds it."""
        if self.form == "typed" or value is None or (self.form == "text" and isinstance(value, str)):
            return value
        return json.dumps(value, ensure_ascii=False)


def type_of(value: Any, depth: int = 1) -> Type:
    """Return the type of a value within a record that `json_values.parse` returned.

    Args:
        value: the value.
        depth: its level; 1 for the value of a column.
    """
    if isinstance(value, str):
        return "text"
    if value is None:
        return None
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, float):
        return "float"
    if isinstance(value, int):
        return _whole(value, value)
    if depth > DEEPEST:
        return "json"
    if isinstance(value, dict):
        return _narrow({key: type_of(inner, depth + 1) for key, inner in value.items()})
    inner: Type = None
    for element in value:
        inner = merge(inner, type_of(element, depth + 1))
    return ["list", inner]


def type_of_column(column: pa.Array, depth: int = 1) -> Type:
    """Return the type of the values in a column of pyarrow's JSON reader, as `type_of` and `merge` find it.

    Raises:
        InexactError: for a number that may stand otherwise in the JSON.
    """
    kind = column.type
    if pa.types.is_null(kind):
        return None
    if pa.types.is_boolean(kind):
        return "bool"
    if pa.types.is_int64(kind):
        ends = pc.min_max(column).as_py()
        return None if ends["min"] is None else _whole(ends["min"], ends["max"])
    if pa.types.is_float64(kind):
        largest = pc.max(pc.abs(column)).as_py()
        # It makes whole numbers that need more than 64 bits, or that stand among floats, floats as well.
        if largest is not None and not largest < EXACT:
            raise InexactError
        return "float"
    if pa.types.is_struct(kind) or pa.types.is_list(kind):
        if depth > DEEPEST:
            return "json"
        if pa.types.is_list(kind):
            return ["list", type_of_column(column.flatten(), depth + 1)]
        fields = zip(kind, column.flatten(), strict=True)
        return _narrow({field.name: type_of_column(values, depth + 1) for field, values in fields})
    return "text"  # also where it takes all texts of a batch for times


def merge(one: Type, other: Type) -> Type:
    """Return the type of a column that holds values of both types."""
    if one == other or other is None:
        return one
    if one is None:
        return other
    if isinstance(one, dict) and isinstance(other, dict):
        return _narrow(merge_columns(one, other))
    if isinstance(one, list) and isinstance(other, list):
        return ["list", merge(one[1], other[1])]
    if not (isinstance(one, str) and isinstance(other, str) and {one, other} <= SCALARS):
        return "json"
    if {one, other} <= {*WHOLE}:
        return max(one, other, key=WHOLE.index)
    return "float" if {one, other} == {"int", "float"} else "mixed"


def merge_columns(one: dict[str, Type], other: dict[str, Type]) -> dict[str, Type]:
    """Return the types of the columns of a table that holds records of both."""
    if one == other:
        return one
    return {key: merge(one.get(key), other.get(key)) for key in sorted(one.keys() | other.keys())}


def columns_of(types: dict[str, Type], identifiers: Collection[str] = ()) -> list[Column]:
    """Return the columns that hold values of these types, by name.

    Args:
        types: of each column.
        identifiers: the columns where numbers among texts may become text, since they only name something.
    """
    columns = []
    for name in sorted(types):
        kind = types[name]
        if _fits(kind):
            columns.append(Column(name, _arrow_type(kind)))
        else:
            form = "text" if kind == "mixed" and name in identifiers else "json"
            columns.append(Column(name, pa.string(), form))
    return columns


def _whole(low: int, high: int) -> str:
    """Return the type of whole numbers from `low` to `high`."""
    if low >= -EXACT and high <= EXACT:
        return "int"
    if low >= -(2**63) and high < 2**63:
        return "int64"
    return "bigint" if low > -(10**38) and high < 10**38 else "mixed"


def _narrow(fields: dict[str, Type]) -> Type:
    return fields if len(fields) <= MOST_KEYS else "json"


def _fits(kind: Type) -> bool:
    """Whether a column of Spark holds values of this type unchanged."""
    if isinstance(kind, list):
        return _fits(kind[1])
    if isinstance(kind, dict):
        # Spark does not tell keys apart by case, and Parquet has no object without keys.
        return len({key.lower() for key in kind}) == len(kind) > 0 and all(map(_fits, kind.values()))
    return kind not in ("mixed", "json")


def _arrow_type(kind: Type) -> pa.DataType:
    if isinstance(kind, dict):
        return pa.struct([(key, _arrow_type(kind[key])) for key in sorted(kind)])
    if isinstance(kind, list):
        return pa.list_(_arrow_type(kind[1]))
    return _LEAVES["text" if kind is None else kind]
