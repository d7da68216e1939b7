"""The pipeline for a notebook: DataFrames in, DataFrames out, on the session that they belong to."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import DataFrame

from zip_pipeline import reducer, schema
from zip_pipeline.config import CodecSection, Run, Select, validate
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.errors import ConfigError
from zip_pipeline.lake import corpus, scoring, selection
from zip_pipeline.lake.corpus import Corpus
from zip_pipeline.lake.pool import ScoredPool
from zip_pipeline.lake.scoring import Scorer
from zip_pipeline.lake.session import ship_package
from zip_pipeline.lake.storage import Location


def select(
    pool: DataFrame,
    *,
    budget: int,
    rule: str = "paper",
    k1: int = 10_000,
    k2: int = 200,
    k3: int = 100,
    level: int = 9,
    render: str = "content",
    workers: int | str = "auto",
    staging: str | None = None,
    **columns: str,
) -> DataFrame:
    """Return the selected rows: the columns of `pool` and those of `schema.PICKED`, in order of picking.

    Records that cannot be used are passed over; `score` tells which.

    Args:
        pool: the records.
        budget: how many to select.
        rule: and `k1`, `k2`, `k3`: as in the config's section ``select``.
        k1: see `rule`.
        k2: see `rule`.
        k3: see `rule`.
        level: of zlib.
        render: ``content`` or ``repr``.
        workers: threads, or ``auto``.
        staging: a folder that the driver and the executors reach; None: a temporary one of this machine, which
            is enough for a local Spark.
        columns: `dialect`, `id_column`, `text_column`, `source_column`: see `corpus.describe`.

    Raises:
        UserError: as the job ``select``.
    """
    section = validate(Select, {"budget": budget, "rule": rule, "k1": k1, "k2": k2, "k3": k3})
    threads = validate(Run, {"workers": workers}).threads()
    scorer, records = _prepare(pool, level, render, columns)
    with _folder(staging) as folder:
        scored = ScoredPool.create(records, scorer, folder)
        picks = list(reducer.pick(scored, scorer, section, threads))
    picked = selection.table_of(pool.sparkSession, picks)
    return selection.join_back(records, scorer, picked, one_row_an_id=not scored.summary.rejected)


def score(pool: DataFrame, *, level: int = 9, render: str = "content", **columns: str) -> DataFrame:
    """Return the scores of every record: the columns of `schema.SCORES`, and ``reason`` where there are none.

    Args:
        pool: the records.
        level: of zlib.
        render: ``content`` or ``repr``.
        columns: see `select`.
    """
    scorer, records = _prepare(pool, level, render, columns)
    return scoring.score(records, scorer).select(*schema.SCORES, "reason")


def _prepare(pool: DataFrame, level: int, render: str, columns: dict[str, str]) -> tuple[Scorer, Corpus]:
    codec = validate(CodecSection, {"level": level}).build()
    if render not in FRAMINGS:
        raise ConfigError(f"render: expected {' or '.join(FRAMINGS)}, found {render!r}")
    ship_package(pool.sparkSession)
    records = corpus.describe(pool, **columns)
    return Scorer.of(records, render, codec), records


@contextmanager
def _folder(staging: str | None) -> Iterator[Location]:
    """Lend a folder of its own."""
    if staging is None:
        with tempfile.TemporaryDirectory(prefix="zip_pipeline-") as path:
            yield Location.of(path)
        return
    folder = Location.of(staging) / f"zip_pipeline-{secrets.token_hex(4)}"
    try:
        yield folder
    finally:
        folder.delete()
