"""JSON of every kind as rows: one object a line, objects one after the other, one array, several arrays.

Spark's own reader takes the first value of a line or file and drops the others, makes all values of a column text where
their types differ, drops empty objects, and replaces what UTF-8 cannot hold, all without a word. So Spark reads the
lines, and splits files of lines; the tasks of `tasks.reading` read the JSON. What no column can hold unchanged stays
JSON text, in a column with `schema.IS_JSON` in its metadata.

A first look at all records finds the columns. Where it also finds that each line is one record, and that the values of
each column have one type, Spark's reader loses nothing: it reads the records then, since it is faster.
"""

import json
from collections.abc import Collection

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, from_arrow_type
from pyspark.sql.types import StructField, StructType

from zip_pipeline import formats, schema
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io import whole_files
from zip_pipeline.spark.io.folders import Plan
from zip_pipeline.tasks.reading.json_records import SURVEY, JsonReader, survey
from zip_pipeline.tasks.reading.json_types import Column, Type, columns_of, merge_columns
from zip_pipeline.tasks.score import Batches

_STRICT = {
    "mode": "FAILFAST",
    "columnNameOfCorruptRecord": schema.CORRUPT,  # by default a name that records may have
    **dict.fromkeys(("maxStringLen", "maxNumLen", "maxNestingDepth"), formats.LONGEST_STRING),
}
"""Options of Spark's reader, which is never to leave out a value by itself."""


def load(
    spark: SparkSession, plan: Plan, *, by_line: bool, encoding: str | None = None, identifiers: Collection[str] = ()
) -> tuple[DataFrame, tuple[str, ...]]:
    """Read files of JSON; reads them once to find the columns, as Spark does.

    Args:
        spark: the session.
        plan: which files.
        by_line: whether each line is a record, so that Spark splits files.
        encoding: of the text; None: UTF-8.
        identifiers: columns where numbers among texts become text.

    Returns:
        The rows, with `schema.CORRUPT` where there is something that is no record; what else is to be said of them.
        Where lines of this machine's disk are no records, and rows say which file they are from, `schema.LINE` as well.

    Raises:
        InputError: where there is no record, or a file cannot be read further.
    """
    read_texts, ranges, beside = None, None, plan.beside
    if by_line and encoding is None:
        texts = whole_files.lines(spark, plan)
    else:
        texts, files = whole_files.files(spark, plan, encoding)
        read_texts = files.json_values
    if read_texts is None:
        ranges = whole_files.line_ranges(spark, texts)
    if ranges is not None:
        types, rejects, plain = _survey(ranges[0], _after(ranges[1].texts, survey))
    else:
        types, rejects, plain = _survey(texts, _after(read_texts, survey))
    if not types and not rejects:
        raise InputError(f"{plan.paths[0]}: no record in it")
    columns = [one for one in columns_of(types, identifiers) if one.name not in plan.keys]
    if read_texts is None and plain and _has_one_type_each(columns):
        reader = spark.read.format("json").options(**_STRICT).schema(_fields(columns, (), rejects=False))
        return plan.load(reader), ()
    if rejects and ranges is not None and beside == (schema.FILE,):
        # Only whoever knows how many lines come before a range can number them, and Spark does not.
        texts, numbered = whole_files.numbered(*ranges)
        read_texts, beside = numbered.numbered, (schema.FILE, schema.LINE)
    task = JsonReader(tuple(columns), beside, rejects=rejects)
    rows = whole_files.run(texts, _after(read_texts, task.read), _fields(columns, beside, rejects=rejects))
    mixed = [one.name for one in columns if one.form == "json"]
    note = f"column {', '.join(mixed)}: its values are of several types, and stay JSON text"
    return rows, (note,) if mixed else ()


def _survey(texts: DataFrame, task: Batches) -> tuple[dict[str, Type], bool, bool]:
    """Return the types of all columns, whether a text is no record, and whether the fast way reads all texts."""
    types: dict[str, Type] = {}
    rejects, plain = False, True
    for row in whole_files.run(texts, task, from_arrow_schema(SURVEY)).distinct().collect():
        types = merge_columns(types, json.loads(row["types"]))
        rejects |= row["rejects"]
        plain &= row["plain"]
    return types, rejects, plain


def _has_one_type_each(columns: Collection[Column]) -> bool:
    """Whether columns hold the values of the records as they are, and Spark can tell the columns apart."""
    return all(one.form == "typed" for one in columns) and len({one.name.lower() for one in columns}) == len(columns)


def _after(first: Batches | None, task: Batches) -> Batches:
    """Return a task that is given what another one makes of its batches."""
    return task if first is None else lambda batches: task(first(batches))


def _fields(columns: Collection[Column], beside: Collection[str], *, rejects: bool) -> StructType:
    fields = [
        StructField(one.name, from_arrow_type(one.type), True, {schema.IS_JSON: True} if one.form == "json" else None)
        for one in columns
    ]
    fields += whole_files.text_fields(*beside).fields
    if rejects:
        fields.append(StructField(schema.CORRUPT, from_arrow_type(schema.CORRUPT_TYPE)))
    return StructType(fields)
