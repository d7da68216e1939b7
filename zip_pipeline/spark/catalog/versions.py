"""Pinning: a config in which each table that a run reads names the one version that the run reads.

A run reads its pool more than once, and hours apart. It selects what it scored, whatever is written meanwhile, and
the manifest names the version. Delta counts versions, Iceberg names snapshots by long numbers; Spark's reader takes
both as ``versionAsOf``. A view, and a table without versions, cannot be pinned, and reading says so.
"""

from typing import TypeVar

from pyspark.sql import SparkSession

from zip_pipeline import formats
from zip_pipeline.config import JobConfig, Place
from zip_pipeline.config.common import Section
from zip_pipeline.errors import InputError
from zip_pipeline.formats import DELTA
from zip_pipeline.spark.catalog import iceberg
from zip_pipeline.spark.catalog.tables import find
from zip_pipeline.spark.io import delta
from zip_pipeline.spark.io.listing import table_at
from zip_pipeline.spark.io.table_formats import TABLE_FORMATS

AnySection = TypeVar("AnySection", bound=Section)
AnyPlace = TypeVar("AnyPlace", bound=Place)

VERSION = DELTA.version_option
"""The reader's option, of Delta and Iceberg alike."""


def pin_all(spark: SparkSession, section: AnySection) -> AnySection:
    """Return a config, or a section of one, in which tables of catalogs, and ``input``, name a version; see `pin`.

    Other folders are outputs, whose manifests say the version, or are read once.
    """
    pinned = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        parts = value if isinstance(value, list) else [value]
        if any(isinstance(part, Section) for part in parts):
            new = [pin_all(spark, part) if isinstance(part, Section) else part for part in parts]
            pinned[name] = new if isinstance(value, list) else new[0]
    section = section.model_copy(update=pinned) if pinned else section
    if isinstance(section, JobConfig) and isinstance(place := getattr(section, "input", None), Place):
        return section.model_copy(update={"input": pin(spark, place)})
    return pin(spark, section) if isinstance(section, Place) and section.table is not None else section


def pin(spark: SparkSession, place: AnyPlace) -> AnyPlace:
    """Return a place that names the newest version of its table, where the table has versions.

    A place that chooses its version itself stays as it is. A branch or tag of Iceberg, as the name's end or as the
    version, becomes the snapshot that it has.

    Raises:
        UserError: when the catalog cannot be asked.
    """
    if place.table is None:
        return _pin_path(spark, place)
    table = find(spark, place.table)
    asked = {option.lower(): value for option, value in place.options.items()}
    if table is None or (table.provider == "delta" and DELTA.free_options & asked.keys()):
        return place
    if table.provider == "delta":
        version, name = delta.newest_version(spark, place), place.table
    elif table.provider == "iceberg" and "timestampasof" not in asked:
        ref = asked.get(VERSION.lower())
        if ref is not None and str(ref).lstrip("-").isdigit():
            return place
        version, name = iceberg.newest_version(spark, table, None if ref is None else str(ref)), table.ref[0]
        if version is None and ref is not None:
            raise InputError(f"{place.table}: no branch or tag {ref}")
    else:
        return place
    if version is None:
        return place
    others = {option: value for option, value in place.options.items() if option.lower() != VERSION.lower()}
    return place.model_copy(update={"table": name, "options": {**others, VERSION: version}})


def _pin_path(spark: SparkSession, place: AnyPlace) -> AnyPlace:
    """Pin a folder of a table format."""
    try:
        name = place.format or table_at(spark, str(place.path))
    except InputError:  # reading will say so
        return place
    versioning = formats.VERSIONED.get(name or "")
    if name is None or versioning is None or versioning.free_options & {option.lower() for option in place.options}:
        return place
    version = TABLE_FORMATS[name].newest_version(spark, place)
    if version is None:
        return place
    return place.model_copy(update={"options": {**place.options, versioning.version_option: version}})
