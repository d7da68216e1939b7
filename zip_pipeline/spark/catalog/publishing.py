"""The rows of a run in a table of a catalog, beside the output's folder.

The folder keeps what it has without the table: it is what later jobs read. The table gets the same rows, whole:

    Delta, Iceberg    one commit, which has the token of the run; readers see the old rows or the new ones
    Parquet           Spark's and Hive's own tables have no commits: readers may see none or some while it is written

The token is made of program, input and config. So the same command after a kill finds its own commit, or writes the
rows again, and nobody has to remove anything.
"""

from collections.abc import Mapping
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import _version
from zip_pipeline.config import JobConfig, RowsOutput
from zip_pipeline.config.decisive import decisive
from zip_pipeline.errors import OutputError
from zip_pipeline.spark.catalog.commits import COMMITS
from zip_pipeline.spark.catalog.iceberg import IDENTITY
from zip_pipeline.spark.catalog.tables import CatalogTable, find
from zip_pipeline.spark.errors import user_error
from zip_pipeline.spark.io.output import digest, identity_of

MARK, CONFIG = "zip_pipeline.version", "zip_pipeline.config"
"""Properties of a table: that this package writes it, and with which config; `IDENTITY` says which run wrote it."""


class PublishedTable:
    """The table of the catalog to which a run publishes rows.

    Args:
        spark: the session.
        config: of the run; its output names a table.

    Raises:
        OutputError: when the table may not be written, or cannot be.
        SetupError: when the catalog's library does not load.
    """

    def __init__(self, spark: SparkSession, config: JobConfig) -> None:
        if not isinstance(config.output, RowsOutput) or config.output.table is None:
            raise TypeError("the output names no table")
        self._spark, self._section, self._name = spark, config.output, config.output.table
        self._config = digest(decisive(config.resolved()))
        table = find(spark, self._name, with_properties=True)
        if table is None:
            self._require_schema()
        else:
            self._require_writable(table)

    def publish(self, rows: DataFrame, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Replace the rows of the table; create it where there is none.

        Args:
            rows: of the output.
            manifest: of the run, for the token and the properties.

        Returns:
            The manifest's part on the table: ``table``, ``format``, and ``version`` where it has versions.

        Raises:
            OutputError: when the table may not be written, or cannot be.
        """
        token = " ".join(filter(None, (self._section.run_id, identity_of(manifest))))
        facts = _facts(manifest, self._section.run_id)
        try:
            table = find(self._spark, self._name, with_properties=True) or self._create(rows)
            self._require_rows_fit(table, rows)
            self._require_writable(table, token)
            commits = COMMITS[table.provider]
            version = commits.standing_version(self._spark, table, token)
            if version is None:
                if MARK not in table.properties:
                    self._set(table, {MARK: _version.__version__, CONFIG: self._config})
                commits.replace_rows(rows.select(*table.columns), table, token, facts)
                version = commits.standing_version(self._spark, table, token)
            if table.ref[1] is None:  # the properties are those of the main branch
                self._set(table, {MARK: _version.__version__, CONFIG: self._config, **facts, IDENTITY: token})
        except OutputError:
            raise
        except Exception as error:
            raise user_error(error, self._name) or error from error
        part = {"table": self._name, "format": table.provider}
        return part if version is None else {**part, "version": version}

    def _create(self, rows: DataFrame) -> CatalogTable:
        """Create the table, without rows."""
        self._require_columns(rows)
        writer = rows.limit(0).writeTo(self._name)
        if self._section.created_as is not None:
            writer = writer.using(self._section.created_as)
        writer = writer.tableProperty(MARK, _version.__version__).tableProperty(CONFIG, self._config)
        if self._section.partition_by:
            writer = writer.partitionedBy(*map(F.col, self._section.partition_by))
        writer.create()
        table = find(self._spark, self._name, with_properties=True)
        if table is None:
            raise RuntimeError(f"{self._name}: created, and not there")
        return table

    def _set(self, table: CatalogTable, properties: Mapping[str, str]) -> None:
        """Give the table properties that it does not have yet."""
        new = {key: value for key, value in properties.items() if table.properties.get(key) != value}
        if new:
            listed = ", ".join(f"{_quoted(key)} = {_quoted(value)}" for key, value in new.items())
            self._spark.sql(f"ALTER TABLE {table.ref[0]} SET TBLPROPERTIES ({listed})")

    def _require_schema(self) -> None:
        """Check that there is the schema in which the table would be created."""
        schema = self._name.rpartition(".")[0]
        try:
            stands = not schema or self._spark.catalog.databaseExists(schema)
        except Exception as error:
            raise user_error(error, self._name) or error from error
        if not stands:
            raise OutputError(
                f"output.table: {self._name}: there is no schema {schema}; CREATE SCHEMA {schema} makes it"
            )

    def _require_writable(self, table: CatalogTable, token: str | None = None) -> None:
        """Check that the rows of the table may be replaced: there are none, or they are of this run or package.

        Args:
            table: that stands.
            token: of the run, once it is known.
        """
        where = f"output.table: {self._name}"
        if table.provider not in COMMITS:
            kind = f"a table of the format {table.provider}" if table.provider else "a view"
            raise OutputError(f"{where}: {kind}, and rows go to Delta, Iceberg and Parquet tables; name another one")
        asked = self._section.partition_by
        if asked and [*table.partitioning] != asked:
            stands = ", ".join(table.partitioning) or "nothing"
            raise OutputError(
                f"{where}: partitioned by {stands}, and output.partition_by is {', '.join(asked)}; leave it out, or "
                "name another table"
            )
        if not self._spark.table(self._name).take(1):
            return
        if MARK not in table.properties:
            raise OutputError(f"{where}: has rows that this package did not write, so they stay; name another table")
        of_this_run = table.properties.get(CONFIG) == self._config and (
            token is None or table.properties.get(IDENTITY) in (None, token)
        )
        if self._section.mode == "error" and not of_this_run:
            raise OutputError(f"{where}: has rows already; set output.mode=overwrite to replace them")

    def _require_columns(self, rows: DataFrame) -> None:
        if missing := [name for name in self._section.partition_by if name not in rows.columns]:
            raise OutputError(f"output.partition_by: no column {', '.join(missing)}; found {', '.join(rows.columns)}")

    def _require_rows_fit(self, table: CatalogTable, rows: DataFrame) -> None:
        """Check that table and rows have the same columns."""
        lacking = [name for name in rows.columns if name not in table.columns]
        further = [name for name in table.columns if name not in rows.columns]
        if lacking or further:
            lines = [f"it lacks {', '.join(lacking)}"] * bool(lacking)
            lines += [f"the rows lack {', '.join(further)}"] * bool(further)
            raise OutputError(
                f"output.table: {self._name}: has other columns than the rows: {'; '.join(lines)}; change it, or name "
                "another table"
            )


def said(part: Mapping[str, Any]) -> str:
    """Return the line for people about a table that was written."""
    version = "" if "version" not in part else f", version {part['version']}"
    return f"rows are also in table {part['table']} ({part['format']}{version})"


def _facts(manifest: Mapping[str, Any], run_id: str | None) -> dict[str, str]:
    """Return what a table says of its rows: the run, the pool, the ratio of the set."""
    facts = {
        "run_id": run_id,
        "created_at": manifest.get("created_at"),
        "fingerprint": manifest.get("input", {}).get("fingerprint"),
        "records": manifest.get("selection", {}).get("records"),
        "set_ratio": manifest.get("selection", {}).get("set_ratio"),
    }
    return {f"zip_pipeline.{key}": str(value) for key, value in facts.items() if value is not None}


def _quoted(text: str) -> str:
    r"""Return a text as SQL has it.

    >>> print(_quoted("it's"))
    'it\'s'
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
