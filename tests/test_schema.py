"""Tables are described once: Spark's DDL comes from the Arrow schema."""

import doctest

import pyarrow as pa
import pytest

from zip_pipeline import schema


def test_documentation_examples() -> None:
    assert doctest.testmod(schema).failed == 0


@pytest.mark.parametrize("columns", [schema.SCORED, schema.MEASURES, schema.HISTORY])
def test_every_column_may_be_null(columns: pa.Schema) -> None:
    assert all(column.nullable for column in columns)
    assert [part.split()[0] for part in schema.ddl(columns).split(", ")] == columns.names
