"""`measure` and `evaluate` for a notebook."""

from dataclasses import replace
from typing import Unpack

from pyspark.sql import DataFrame

from zip_pipeline.api.frames import Reading, config_of, describe, set_keys, temporary_folder
from zip_pipeline.codecs.null_codec import NullCodec
from zip_pipeline.config import MeasureConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.measure import data_sets, measures
from zip_pipeline.jobs.measure.measures import Method
from zip_pipeline.records.render import FRAMINGS


def measure(
    data: DataFrame,
    *,
    by: str | None = None,
    seed: int = 0,
    shard: str = "auto",
    codec: str = "zlib",
    level: int | None = None,
    window: str | None = None,
    render: str = "content",
    name: str = "data",
    staging: str | None = None,
    **reading: Unpack[Reading],
) -> DataFrame:
    """Return the ratio of the whole, or of each value of a column: a row of `schema.MEASURES` each.

    Records that cannot be used are passed over; `score` tells which.

    Args:
        data: the records.
        by: a column whose values are data sets of their own.
        seed: and `shard`: as in the config's section ``measure``.
        shard: see `seed`.
        codec: and `level`, `window`: as in the config's section ``codec``.
        level: see `codec`.
        window: see `codec`.
        render: ``content`` or ``repr``.
        name: of the data set, in the table.
        staging: see `select`.
        reading: see `select`.

    Raises:
        UserError: as the job ``measure``.
    """
    keys = {
        "codec": set_keys(name=codec, level=level, window=window),
        "render": render,
        "measure": {"seed": seed, "shard": shard},
    }
    config = config_of(MeasureConfig, keys, reading)
    records = describe(data, *config.places())
    scorer = records.scorer(config.render, config.codec.build())
    method = Method(scorer.codec, scorer.build, FRAMINGS[render].separator, config.shard_bytes(), seed)
    with temporary_folder(staging) as folder:
        kept = data_sets.keep(
            records, replace(scorer, codec=NullCodec(), build=NullCodec().build()), name, by, folder / "records"
        )
        ways = {name: measures.way(scorer.codec, scorer)}
        rows = measures.described(measures.measure(kept, method, per_source=False), method, ways)
    if not rows:
        raise InputError(f"{name}: no record can be used")
    return measures.table(data.sparkSession, rows)
