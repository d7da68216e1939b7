"""`deduplicate` and `split` for a notebook."""

from typing import NamedTuple, Unpack

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from zip_pipeline import schema
from zip_pipeline.api.frames import Reading, config_of, describe, lasting_folder
from zip_pipeline.api.previews import counts
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import Deduplicate, DeduplicateConfig, SplitConfig
from zip_pipeline.jobs.duplicates import priorities_of, remove
from zip_pipeline.jobs.split import SIDES, sides_of
from zip_pipeline.spark import picked_rows
from zip_pipeline.spark.io.parquet_tables import stage_table
from zip_pipeline.spark.scored_pool import ScoredPool


class Deduplicated(NamedTuple):
    """A pool without duplicates.

    Attributes:
        kept: the rows that stay, with the pool's columns.
        duplicates: the records that were left out, with the columns of `schema.DUPLICATES`.
    """

    kept: DataFrame
    duplicates: DataFrame

    def _repr_html_(self) -> str:
        """Return the numbers of rows as a notebook shows them; it counts them."""
        return counts("without duplicates", self._asdict())._repr_html_()


class Sides(NamedTuple):
    """The sides of a split, each with the pool's columns.

    Attributes:
        kept: to select from.
        held_out: to evaluate on.
        dropped: too much like `kept` to be held out, and not needed there.
    """

    kept: DataFrame
    held_out: DataFrame
    dropped: DataFrame

    def _repr_html_(self) -> str:
        """Return the numbers of rows as a notebook shows them; it counts them."""
        return counts("sides of a split", self._asdict())._repr_html_()


def deduplicate(
    pool: DataFrame,
    *,
    how: str = "near",
    threshold: float | str = 0.5,
    on: str = "content",
    max_removed: float | str | None = None,
    prefer: str | None = None,
    staging: str | None = None,
    **reading: Unpack[Reading],
) -> Deduplicated:
    """Keep one record of each group of duplicates.

    Records that cannot be used are on neither side; `score` says why.

        >>> kept, duplicates = deduplicate(pool)     # doctest: +SKIP

    Args:
        pool: the records.
        how: ``near``: records that share most of their runs of words; ``exact``: records with equal payloads.
        threshold: and `on`, `max_removed`: as in the config's section ``input.deduplicate``.
        on: see `threshold`.
        max_removed: see `threshold`.
        prefer: a column of numbers; of duplicates the one with the highest stays. None: the one with the lowest id.
        staging: a folder that the driver and the executors reach; None: a temporary one of this machine, which
            is enough for a local Spark. The result is read from there, so it lasts as long as this process.
        reading: see `select`.

    Raises:
        UserError: as the job ``deduplicate``.
    """
    section = {"kind": how, "threshold": threshold, "on": on, "max_removed": max_removed}
    config = config_of(DeduplicateConfig, {"input": {"deduplicate": section, "prefer": prefer}}, reading)
    records = describe(pool, config.input)
    scorer = records.scorer("content", NullCodec(), config.input.deduplicate.compared)
    folder = lasting_folder(staging)
    scored = ScoredPool.create(records, scorer, folder)
    priorities = priorities_of(records, scorer, prefer)
    sizes = scored.summary.records_by_source()
    removal = remove(scored.records(), sizes, config.input.deduplicate, folder, priorities)
    kept = picked_rows.remaining_rows(records, scorer, scored, removal.table)
    return Deduplicated(kept, removal.table)


def split(
    pool: DataFrame,
    *,
    share: float | str = 0.05,
    seed: int = 0,
    staging: str | None = None,
    **reading: Unpack[Reading],
) -> Sides:
    """Hold out a part of a pool that shares no passages with the rest.

    Groups of near-duplicates go to one side as a whole. Records that cannot be used are on no side; `score` says why.

        >>> kept, held_out, dropped = split(pool, share="5%")     # doctest: +SKIP

    Args:
        pool: the records.
        share: of the pool's bytes to hold out, between 0 and 1, or ``5%``.
        seed: another one holds out another part.
        staging: see `deduplicate`.
        reading: see `select`.

    Raises:
        UserError: as the job ``split``.
    """
    config = config_of(SplitConfig, {"split": {"share": share, "seed": seed}}, reading)
    records = describe(pool, config.input)
    scorer, folder = records.scorer("content", NullCodec(), Deduplicate().compared), lasting_folder(staging)
    scored = ScoredPool.create(records, scorer, folder)
    placed = sides_of(scored.records(), config.split, folder / "near").withColumnRenamed("id", schema.ID)
    sides, _ = stage_table(pool.sparkSession, folder / "sides", lambda: placed)
    rows = picked_rows.full_rows(records, scorer, sides, one_row_an_id=not scored.summary.rejected)
    return Sides(*(rows.where(F.col(schema.SIDE) == side).select(*records.original_columns()) for side in SIDES))
