"""The global stage against a loop that only compresses, and what surrounds it: scores' write, sort, join back.

That loop is called the floor, but the kernel, which measures short records once a session is warm, is faster than zlib.
"""

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from bench.pools import Pool
from bench.timing import in_turns, seconds
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.config import Input
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.rules import RULES
from zip_pipeline.spark import picked_rows, scoring
from zip_pipeline.spark.corpus import Corpus, open_corpus
from zip_pipeline.spark.eligible import Eligible, with_strata
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.scored_pool import ScoredPool
from zip_pipeline.tasks.score import Scorer

PROCESSES = 2
REPEATS = 5
FLOOR = "zlib loop in 2 processes"
PICKS, LOOKED_AT = 10_000, 1_000_000
"""Of the published rule: the budget, and the records that it may look at, 10,000 in each of 100 rounds."""

GROWN = 1_000_000


held: list[bytes] = []
"""The payloads of one process."""


def hold(texts: list[bytes]) -> None:
    """Keep payloads in this process."""
    held.extend(texts)


def compress_held() -> int:
    """Compress what this process holds."""
    return sum(len(zlib.compress(text, 9)) for text in held)


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a step, in a session that is warm, as a ratio of the scoring and of the floor.

    The pool, and one grown from it: the jobs that Spark makes of a step take a part of a second each.
    """
    for path in (pool.path, pool.grown(GROWN)):
        corpus = open_corpus(pool.spark, Input(path=str(path)))
        scorer = corpus.scorer("content", ZlibCodec())
        texts = pool.payloads(path)
        took = at_its_floor(texts, corpus, scorer)
        for turn in range(2):  # the first warms up
            took |= around(pool, corpus, scorer, Location.of(str(pool.folder / f"stages-{path.stem}-{turn}")))
        for name, spent in took.items():
            yield {
                "records": len(texts),
                "step": name,
                "seconds": spent,
                "of the floor": spent / took[FLOOR],
                "of scoring": spent / took["scoring"],
            }


def at_its_floor(texts: list[bytes], corpus: Corpus, scorer: Scorer) -> dict[str, float]:
    """Return the seconds of the scoring, and of the loop that does no more than compress."""
    processes = [
        ProcessPoolExecutor(1, get_context("spawn"), hold, (texts[start::PROCESSES],)) for start in range(PROCESSES)
    ]
    sides: dict[str, Callable[[], object]] = {
        FLOOR: lambda: [running.result() for running in [process.submit(compress_held) for process in processes]],
        "scoring": lambda: scoring.score(corpus, scorer).write.format("noop").mode("overwrite").save(),
    }
    took = in_turns(sides, REPEATS)
    for process in processes:
        process.shutdown()
    return took


def around(pool: Pool, corpus: Corpus, scorer: Scorer, folder: Location) -> dict[str, float]:
    """Return the seconds of what surrounds the scoring, in a new folder, for a selection of `PICKS` as published."""
    scored = ScoredPool.create(corpus, scorer, folder / "once")
    eligible = Eligible(with_strata(scored.records(), (), 1), scored.summary.records, folder)
    ids = [row["id"] for row in scored.scores().limit(PICKS).collect()]
    picked = picked_rows.table_of(
        pool.spark, [Pick(record_id, None, rank, 0, 1, 1, 1, 1) for rank, record_id in enumerate(ids)]
    )
    chosen = picked_rows.join_back(corpus, scorer, picked, one_row_an_id=True)
    return {
        "scoring, written, with sums": seconds(lambda: ScoredPool.create(corpus, scorer, folder / "again")),
        "scores' write": seconds(lambda: scored.scores().write.parquet((folder / "scores").uri)),
        "sort by ratio": seconds(lambda: next(eligible.stream(RULES["paper"], 0, min(eligible.records, LOOKED_AT)))),
        "join back": seconds(lambda: chosen.write.parquet((folder / "selection").uri)),
    }
