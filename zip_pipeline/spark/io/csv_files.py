"""CSV and TSV as rows of text: the tasks of `tasks.reading.csv_records` read the files, one task a file.

Spark's own reader changes line breaks within cells and drops some characters, takes cells that are too many for a row
or too few without a word, and reads all files with the header of the first.
"""

import json

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, from_arrow_type
from pyspark.sql.types import StructField

from zip_pipeline import schema
from zip_pipeline.errors import InputError
from zip_pipeline.spark.io import whole_files
from zip_pipeline.spark.io.folders import Plan
from zip_pipeline.tasks.reading.csv_records import HEADERS, CsvReader


def load(spark: SparkSession, plan: Plan, *, delimiter: str, encoding: str | None = None) -> DataFrame:
    """Load files of CSV.

    Args:
        spark: the session.
        plan: which files.
        delimiter: stands between cells.
        encoding: of the text; None: UTF-8.

    Returns:
        A row for each row of the files: the columns of all headers as text, those beside, and `schema.CORRUPT`. Where
        rows say which file they are from, `schema.LINE` as well.

    Raises:
        InputError: where there is no header.
    """
    rows, files = whole_files.files(spark, plan, encoding)
    found = whole_files.run(rows, CsvReader(files, delimiter).headers, from_arrow_schema(HEADERS))
    headers = sorted(row["names"] for row in found.distinct().collect())
    if not headers:
        raise InputError(f"{plan.paths[0]}: no header in it")
    names = dict.fromkeys(name for header in headers for name in json.loads(header) if name not in plan.keys)
    reader = CsvReader(files, delimiter, tuple(names), plan.beside, has_lines=plan.names_file)
    fields = whole_files.text_fields(*names, *plan.beside, *([schema.LINE] if plan.names_file else []))
    return whole_files.run(
        rows, reader.read, fields.add(StructField(schema.CORRUPT, from_arrow_type(schema.CORRUPT_TYPE)))
    )
