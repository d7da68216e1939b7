"""Types of JSON values: one for all records, whatever their order, and columns that change no value."""

import doctest
import json
from functools import reduce
from itertools import permutations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.strategies import json_values as values
from zip_pipeline.tasks.reading import json_types
from zip_pipeline.tasks.reading.json_types import (
    DEEPEST,
    MOST_KEYS,
    Column,
    InexactError,
    Type,
    columns_of,
    merge,
    merge_columns,
    type_of,
    type_of_column,
)


@given(st.lists(values, min_size=3, max_size=3))
def test_the_order_in_which_types_are_merged_does_not_matter(three: list[Any]) -> None:
    merged = {json.dumps(reduce(merge, order), sort_keys=True) for order in permutations(map(type_of, three))}
    one, two, last = map(type_of, three)
    assert len({*merged, json.dumps(merge(one, merge(two, last)), sort_keys=True)}) == 1


@given(st.lists(values, max_size=4))
def test_a_column_holds_every_value_as_it_was(column: list[Any]) -> None:
    kind = reduce(merge, map(type_of, column), None)
    (only,) = columns_of({"x": kind})
    held = pa.array(map(only.cell, column), only.type).to_pylist()
    if only.form == "json":
        assert [None if text is None else json.loads(text) for text in held] == column
        return
    assert only.form == "typed"
    for found, value in zip(held, column, strict=True):
        assert same(found, value), (found, value)


def same(found: Any, value: Any) -> bool:
    """Equal, type by type; a float may stand for a whole number, a null for a missing key."""
    if isinstance(value, dict):
        missing = found.keys() - value.keys()
        return all(found[key] is None for key in missing) and all(same(found[key], value[key]) for key in value)
    if isinstance(value, list):
        return len(found) == len(value) and all(map(same, found, value))
    return bool(found == value) and isinstance(found, bool | str) == isinstance(value, bool | str)


@pytest.mark.parametrize(
    ("column", "form", "kind"),
    [
        ([1, 0.5, None], "typed", pa.float64()),
        ([2**53 + 1, 0.5], "json", pa.string()),
        ([2**63 - 1, -(2**63)], "typed", pa.int64()),
        ([2**64, -1], "typed", pa.decimal128(38, 0)),
        ([10**38], "json", pa.string()),
        ([True, 1], "json", pa.string()),
        (["5", 5], "json", pa.string()),
        (["x", ["x"]], "json", pa.string()),
        ([{"a": ["x"]}, {"a": "x"}], "json", pa.string()),
        ([[], None], "typed", pa.list_(pa.string())),
        ([{}, {}], "json", pa.string()),
        ([{}, {"a": 1}], "typed", pa.struct([("a", pa.int64())])),
        ([{"b": 1, "a": 2}], "typed", pa.struct([("a", pa.int64()), ("b", pa.int64())])),
        ([{"City": 1}, {"city": 2}], "json", pa.string()),
        ([None, None], "typed", pa.string()),
    ],
)
def test_columns(column: list[Any], form: str, kind: pa.DataType) -> None:
    assert columns_of({"x": reduce(merge, map(type_of, column), None)}) == [Column("x", kind, form)]


def test_numbers_among_the_texts_of_an_identifier_are_text() -> None:
    (column,) = columns_of({"id": merge(type_of(1), type_of("a"))}, ["id"])
    assert column.form == "text"
    assert [column.cell(value) for value in (1, "a", None, True, 0.5)] == ["1", "a", None, "true", "0.5"]
    (listed,) = columns_of({"id": merge(type_of(1), type_of(["a"]))}, ["id"])
    assert listed.form == "json"


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


def test_depth_and_keys_have_an_end() -> None:
    (deep,), (deeper,) = (columns_of({"x": type_of(nested(depth))}) for depth in (DEEPEST, DEEPEST + 1))
    assert (deep.form, deeper.form) == ("typed", "json")
    wide = {str(key): 1 for key in range(MOST_KEYS)}
    assert columns_of({"x": type_of(wide)})[0].form == "typed"
    assert columns_of({"x": merge(type_of(wide), type_of({"one more": 1}))})[0].form == "json"
    assert len(merge_columns({"a": None}, {str(key): None for key in range(MOST_KEYS)})) == MOST_KEYS + 1


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([1, -(2**53)]), "int"),
        (pa.array([2**53 + 1]), "int64"),
        (pa.array([None], pa.int64()), None),
        (pa.array([0.5]), "float"),
        (pa.array([[0.5], None, []]), ["list", "float"]),
        (pa.array([{"a": None, "b": True}]), {"a": None, "b": "bool"}),
        (pa.array([{}], pa.struct([])), {}),
        (pa.array([0], pa.timestamp("s")), "text"),
    ],
)
def test_columns_of_arrow(column: pa.Array, kind: Type) -> None:
    assert type_of_column(column) == kind


@pytest.mark.parametrize("value", [2.0**53, -1e300, float("inf")])
def test_floats_that_may_be_rounded_whole_numbers(value: float) -> None:
    with pytest.raises(InexactError):
        type_of_column(pa.array([[0.5, value]]))


def test_examples() -> None:
    assert doctest.testmod(json_types).failed == 0
