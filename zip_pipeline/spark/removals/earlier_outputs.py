"""What came before: outputs of `select` and `deduplicate`, all that they themselves excluded or extended, and files.

Where an output has an index that suits this run, the texts of its records are not read. An index suits when it was
made from the same texts in the same way; `identity` says in which.
"""

import json
import unicodedata
from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType

from zip_pipeline import schema
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Deduplicate, Input
from zip_pipeline.dedup.shingles import WIDTH
from zip_pipeline.errors import InputError
from zip_pipeline.schema import Manifest
from zip_pipeline.spark import scoring, selection_output
from zip_pipeline.spark.corpus import describe
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import stage_fact, stage_table
from zip_pipeline.spark.io.reader import name_of, read
from zip_pipeline.spark.removals.earlier import Earlier, payload_hash
from zip_pipeline.tasks.near_duplicates import SETS, read_sets

Link = tuple[Input, Manifest | None]
"""A place, and its manifest; None: a file of records."""


def identity(section: Deduplicate, render: str) -> Manifest:
    """Return what the sets of an index depend on, for its manifest.

    Args:
        section: of the config.
        render: one of `render.FRAMINGS`.
    """
    return {
        "render": render,
        "on": section.compared,
        "words": WIDTH,
        "unicode": unicodedata.unidata_version,
    }


def chain(places: Sequence[Input]) -> list[Link]:
    """Return places, and what the outputs among them excluded or extended, each once.

    Raises:
        InputError: when an output is missing, or is none that later runs can exclude.
    """
    found: dict[str, Link] = {}
    left = [*places]
    while left:
        place = left.pop(0)
        name = place.table or Location.of(str(place.path)).uri
        if name in found:
            continue
        manifest = _manifest(str(place.path)) if place.path is not None else None
        found[name] = place, manifest
        keys = (manifest or {}).get("config", {})
        left += [Input.model_validate(one) for one in keys.get("input", {}).get("exclude") or []]
        if below := (keys.get("select") or {}).get("extend"):
            left.append(place.like(below["path"], below.get("format")))
    return [*found.values()]


def tables(spark: SparkSession, places: Sequence[Input], section: Deduplicate, render: str) -> Iterator[DataFrame]:
    """Yield the tables that a run with these places reads, every column as it is."""
    for place, manifest in chain(places):
        if manifest is not None and _suits(manifest, section, render):
            yield selection_output.table(spark, str(place.path), manifest, schema.SIGNATURES_TABLE)
        else:
            yield _rows(spark, place, manifest)


def read_earlier(
    spark: SparkSession, places: Sequence[Input], section: Deduplicate, render: str, folder: Location
) -> tuple[Earlier, list[Manifest]]:
    """Return the records of places, and the manifest's part on each: ``path``, ``records``, ``read``.

    Args:
        spark: the session.
        places: of the config.
        section: says what is compared.
        render: one of `render.FRAMINGS`.
        folder: for derived tables; it must last as long as the result is in use.

    Raises:
        InputError: when a place cannot be read, or has no record that can be used.
    """
    sets, parts = list[DataFrame](), list[Manifest]()
    boilerplate = [np.zeros(0, np.uint64)]
    for number, (place, manifest) in enumerate(chain(places)):
        name = name_of(place)
        if manifest is not None and _suits(manifest, section, render):
            index = _index(selection_output.table(spark, name, manifest, schema.SIGNATURES_TABLE))
            found, kind = index.where("id is not null"), "index"
            (packed,) = index.where("id is null").collect()
            boilerplate.append(np.frombuffer(bytes(packed["shingles"]), "<u8"))
            records = stage_fact(folder / f"records-{number}", found.count)
        else:
            texts = _texts(spark, place, manifest, section, render)
            found, counts = stage_table(spark, folder / f"sets-{number}", lambda: texts)  # noqa: B023 - called at once
            records, kind = counts["rows"], "texts"
            if not records:
                raise InputError(f"input.exclude {name}: none of its records can be used")
        sets.append(found.select("id", "hash", "shingles"))
        parts.append({"path": name, "records": records, "read": kind})
    return Earlier(reduce(DataFrame.unionByName, sets), np.unique(np.concatenate(boilerplate))), parts


def _manifest(path: str) -> Manifest | None:
    """Return the manifest of an output; None where the path is no output of this package."""
    folder = Location.of(path)
    if any(character in path for character in "*?[{") or not folder.is_folder():
        return None
    file = folder / schema.MANIFEST
    if not file.exists():
        return None
    try:
        manifest: dict[str, Any] = json.loads(file.read())
        _ = manifest["config"]["input"]["columns"], manifest["config"]["output"]["format"]
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{path}: its {schema.MANIFEST} is not that of a `select` or `deduplicate`") from None
    if "selection" not in manifest and "deduplication" not in manifest and "decontamination" not in manifest:
        raise InputError(f"{path}: its {schema.MANIFEST} is not that of a `select` or `deduplicate`")
    return manifest


def _suits(manifest: Manifest, section: Deduplicate, render: str) -> bool:
    """Whether an output has an index with what this run needs."""
    index, needed = manifest.get("index"), identity(section, render)
    if index is None:
        return False
    return all(index[key] == value for key, value in needed.items() if section.kind == "near" or key == "render")


def _index(table: DataFrame) -> DataFrame:
    """Return a stored index as `SETS`; JSON holds bytes as text, in base64."""
    binary = [field.name for field in table.schema if field.name != "id" and isinstance(field.dataType, StringType)]
    return table.withColumns({name: F.unbase64(name) for name in binary}).select("id", "hash", "shingles")


def _rows(spark: SparkSession, place: Input, manifest: Manifest | None) -> DataFrame:
    """Return the rows of a place as its input had them."""
    if manifest is None:
        return read(spark, place)
    name = schema.SELECTION_TABLE if "selection" in manifest else schema.KEPT_TABLE
    return selection_output.table(spark, str(place.path), manifest, name).drop(*schema.MAY_BE_ADDED)


def _texts(
    spark: SparkSession, place: Input, manifest: Manifest | None, section: Deduplicate, render: str
) -> DataFrame:
    """Return `SETS` of the records that can be used."""
    rows = _rows(spark, place, manifest)
    if manifest is not None:
        keys = manifest["config"]["input"]
        place = Input.model_validate({key: keys[key] for key in Input.model_fields if key in keys}).like(
            str(place.path)
        )
    corpus = describe(rows, place)
    scored = scoring.score(corpus, corpus.scorer(render, NullCodec(), section.compared)).where("reason is null")
    hashed = scored.select("id", payload_hash().alias("hash"), F.coalesce("compared", "payload").alias("text"))
    if section.kind == "exact":
        return hashed.select("id", "hash", F.lit(None).cast("binary").alias("shingles"))
    return hashed.mapInArrow(read_sets, SETS)
