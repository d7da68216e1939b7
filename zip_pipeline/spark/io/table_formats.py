"""Table formats, which commit versions: what each must be able to do with Spark, and the module that does it.

What a table format is called, and how its tables are recognised and read, stands in its entry of `formats.FORMATS`.
"""

from collections.abc import Iterable
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline import formats
from zip_pipeline.config import Place
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.io import delta
from zip_pipeline.spark.io.location import Location


class TableFormat(Protocol):
    """The functions of a module of a table format."""

    def newest_version(self, spark: SparkSession, place: Place) -> int | None:
        """Return the number of the newest version of a table; None where there is no table of this format."""

    def commit(self, rows: DataFrame, table: Location, token: str, *, once: bool) -> int:
        """Replace all rows of a table in one commit; return the number of the version.

        Args:
            rows: of any schema; they may be read from the table itself.
            table: its folder; the table is created where there is none.
            token: identifies the commit in the table's history.
            once: nothing happens where the table has a commit with this token, also when two runs race.
        """

    def append(self, rows: DataFrame, table: Location) -> None:
        """Append rows to a table in one commit; the table is created where there is none."""

    def is_table(self, table: Location) -> bool:
        """Whether a folder is such a table, with one commit at least."""

    def is_superseded(self, spark: SparkSession, table: Location, token: str) -> bool:
        """Whether the table has a commit with this token, and a later one with another."""


TABLE_FORMATS: dict[str, TableFormat] = {"delta": delta}
"""By the format's name."""


def require_sources(spark: SparkSession, names: Iterable[str]) -> None:
    """Check that Spark can write tables of some formats.

    Args:
        spark: the session.
        names: of formats; only table formats need jars that Spark does not bring.

    Raises:
        OutputError: when a format's jars are missing.
    """
    for name in sorted(formats.VERSIONED.keys() & set(names)):
        try:
            spark.read.format(formats.named(name).source).load("/")
        except Exception as error:
            if "DATA_SOURCE_NOT_FOUND" in str(error):
                raise OutputError(f"format {name}: {formats.VERSIONED[name].missing_jars}") from None
