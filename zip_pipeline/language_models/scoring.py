"""The judge at work: models and statistics of many texts, in processes of their own."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Any

from zip_pipeline.language_models import ngram, ppm
from zip_pipeline.stats import text_statistics
from zip_pipeline.stats.text_statistics import Statistics


@dataclass(frozen=True)
class Judgement:
    """What the judge says of one set of records.

    Attributes:
        statistics: of the records.
        own: bits per byte of its text under PPM.
        held_out: by model, `MODELS`, bits per byte of each held-out text after it.
    """

    statistics: Statistics
    own: float
    held_out: dict[str, list[float]]


MODELS: dict[str, dict[str, Any]] = {
    "ppm": {"model": "PPMd variant H (pyppmd)", "order": ppm.ORDER, "memory": ppm.MEMORY, "adapts": True},
    "ngrams": {"model": "byte n-grams, interpolated Witten-Bell", "order": ngram.ORDER, "adapts": False},
}
"""The models with their settings, as the manifest holds them."""


def judge_all(
    sets: Sequence[Sequence[bytes]], held_outs: Sequence[bytes], most_bytes: int, workers: int
) -> list[Judgement]:
    """Judge sets of records by what their texts teach.

    Args:
        sets: the payloads of each.
        held_outs: texts.
        most_bytes: a set's text is cut there.
        workers: processes.
    """
    texts = [text_statistics.text_of(payloads, most_bytes) for payloads in sets]
    # Processes that fork must have no threads, so PPM has its own, which NumPy is never loaded into.
    with _processes(workers) as run:
        by_ppm = run(partial(ppm.judge, held_outs=held_outs), texts)
    with _processes(workers) as run:
        statistics = run(text_statistics.describe, sets)
        parts = [texts[number::workers] for number in range(workers)]
        by_part = run(partial(ngram.judge, held_outs=held_outs), parts)
    by_ngrams = [by_part[number % workers][number // workers] for number in range(len(texts))]
    return [
        Judgement(known, bits.own, {"ppm": bits.held_out, "ngrams": ngrams})
        for known, bits, ngrams in zip(statistics, by_ppm, by_ngrams, strict=True)
    ]


@contextmanager
def _processes(workers: int) -> Iterator[Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]]:
    """Lend a `map` over fresh processes; the driver's own threads and connections stay out of them."""
    # A file named as a module of the standard library may lie in the working directory, as in jobs/.
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            yield lambda function, items: list(pool.map(function, items))
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before
