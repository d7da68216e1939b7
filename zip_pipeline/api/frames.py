"""DataFrames as records: how their rows are read, the config that a job would have, folders for derived tables."""

import atexit
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict, TypeVar

from pyspark.sql import DataFrame

from zip_pipeline.config import Input, JobConfig, validate
from zip_pipeline.spark import corpus
from zip_pipeline.spark.corpus import Corpus
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.session import ship_package

AnyConfig = TypeVar("AnyConfig", bound=JobConfig)


class Reading(TypedDict, total=False):
    """How the rows of a DataFrame are read as records: keyword arguments of every function here."""

    dialect: str
    id_column: str
    text_column: str
    source_column: str | None
    tokens_column: str | None
    tokenizer: str | None
    preference: str
    media: str


def set_keys(**values: object) -> dict[str, Any]:
    """Return the values that are not None; for the others the config has defaults."""
    return {key: value for key, value in values.items() if value is not None}


def config_of(model: type[AnyConfig], keys: Mapping[str, Any], reading: Reading) -> AnyConfig:
    """Return the config that the job would have, so that a function refuses what the job refuses.

    Input and result are DataFrames: the names of their places are never used.
    """
    place = {"table": "pool", **reading_keys(**reading), **keys.get("input", {})}
    return validate(model, {**keys, "input": place, "output": {"path": "rows"}})


def reading_keys(
    *,
    dialect: str = "auto",
    id_column: str = "id",
    text_column: str = "text",
    source_column: str | None = "source",
    tokens_column: str | None = None,
    tokenizer: str | None = None,
    preference: str = "both",
    media: str = "reject",
) -> dict[str, Any]:
    """Return the config's keys for how records are read."""
    columns = {"id": id_column, "text": text_column, "source": source_column, "tokens": tokens_column}
    return {"dialect": dialect, "columns": columns, "tokenizer": tokenizer, "preference": preference, "media": media}


def describe(pool: DataFrame, place: Input) -> Corpus:
    """Return a DataFrame as records, on a session whose executors have this package."""
    ship_package(pool.sparkSession)
    return corpus.describe(pool, place)


@contextmanager
def temporary_folder(staging: str | None) -> Iterator[Location]:
    """Lend a new folder, which is removed afterwards.

    Args:
        staging: the folder around it, which driver and executors reach; None: this machine's temporary folder.
    """
    location = _new_folder(staging)
    try:
        yield location
    finally:
        location.delete()


def lasting_folder(staging: str | None) -> Location:
    """Return a new folder that is removed when the process ends; see `temporary_folder`."""
    location = _new_folder(staging)
    atexit.register(location.delete)
    return location


def _new_folder(staging: str | None) -> Location:
    return Location.of(staging or tempfile.gettempdir()) / f"zip_pipeline-{secrets.token_hex(4)}"
