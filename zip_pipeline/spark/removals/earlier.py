"""Records that were chosen before, as later runs need them: their sets of shingles, and what is boilerplate there.

An index holds both, see `schema.SIGNATURES_TABLE`. The sets are whole, and have no buckets: what is boilerplate differs
from run to run, and has no part in the buckets. A record's buckets are found from its set in microseconds, without its
text.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline.dedup.bloom import BloomFilter
from zip_pipeline.dedup.characters import Hashes
from zip_pipeline.dedup.minhash import BANDS
from zip_pipeline.dedup.shingles import Common
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.io.parquet_tables import read_batches
from zip_pipeline.tasks.near_duplicates import SETS, SIGNED, Signer, unpacked

MOST_BUCKETS = 1 << 25
"""Buckets of new records up to which earlier ones are filtered by them: those of a million."""


@dataclass(frozen=True)
class Earlier:
    """Records that were chosen before, which all stay.

    Attributes:
        sets: `tasks.near_duplicates.SETS`; an id may be there twice.
        boilerplate: shingles that did not count when they were chosen, and do not count beside them.
    """

    sets: DataFrame
    boilerplate: Hashes


def index_of(rows: DataFrame, signed: DataFrame | None, common: Common | None) -> DataFrame:
    """Return the index of some records, `tasks.near_duplicates.SETS`.

    Args:
        rows: ``id`` and ``payload``.
        signed: `tasks.near_duplicates.SIGNED` of these records and perhaps others; None: the index has no sets.
        common: shingles that did not count; None: there were none.
    """
    index = rows.select("id", payload_hash().alias("hash"))
    sets = F.lit(None).cast("binary").alias("shingles")
    index = index.select("*", sets) if signed is None else index.join(signed.select("id", "shingles"), "id")
    boilerplate = b"" if common is None else common.hashes.astype("<u8").tobytes()
    return index.unionByName(rows.sparkSession.createDataFrame([(None, None, bytearray(boilerplate))], SETS))


def payload_hash() -> Column:
    """Return 16 bytes that tell whether payloads are equal."""
    return F.substring(F.unhex(F.sha2("payload", 256)), 1, 16)


def equal_to(rows: DataFrame, earlier: Earlier) -> DataFrame:
    """Return the records that have the payload of an earlier one, with the columns of `schema.DUPLICATES`.

    Args:
        rows: ``id`` and ``payload``.
        earlier: the records that were chosen before.
    """
    known = earlier.sets.groupBy("hash").agg(F.min("id").alias("kept"))
    found = rows.select("id", payload_hash().alias("hash")).join(known, "hash").select("id", "kept")
    return found.withColumns({name: F.lit(1.0) for name in ("jaccard", "containment")})


def near_to(signed: Location, earlier: Earlier, common: Common, records: int) -> DataFrame:
    """Return the earlier records that share a bucket with a new one, as `tasks.near_duplicates.SIGNED`.

    A few others get through, and all of them where the new records are very many.

    Args:
        signed: the table of the new records.
        earlier: the records that were chosen before.
        common: shingles that have no part in the buckets.
        records: how many new ones there are.
    """
    known = None
    if records * BANDS <= MOST_BUCKETS:
        known = BloomFilter(records * BANDS)
        for batch in read_batches(signed, ["buckets"]):
            known.add(unpacked(batch.column("buckets")).hashes)
    numbered = earlier.sets.select("id", F.xxhash64(F.lit("earlier"), "id").alias("number"), "shingles")
    return numbered.mapInArrow(Signer(common, known).sign_sets, SIGNED)
