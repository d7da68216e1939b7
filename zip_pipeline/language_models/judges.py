"""Judges of sets of records: two language models that train on a set's text, and the statistics of its records.

Each model runs in processes of its own, many sets in parallel.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context
from typing import Any

from zip_pipeline.language_models import ngram, ppm
from zip_pipeline.stats import text_statistics
from zip_pipeline.stats.text_statistics import Statistics


@dataclass(frozen=True)
class Judgement:
    """The judgement on one set of records.

    Attributes:
        statistics: of the records.
        own: bits per byte of the set's own text under PPM.
        held_out: by model, a key of `MODELS`, the bits per byte of each held-out text after training on the set.
    """

    statistics: Statistics
    own: float
    held_out: dict[str, list[float]]


MODELS: dict[str, dict[str, Any]] = {
    "ppm": {"model": "PPMd variant H (pyppmd)", "order": ppm.ORDER, "memory": ppm.MEMORY, "adapts": True},
    "ngrams": {"model": "byte n-grams, interpolated Witten-Bell", "order": ngram.ORDER, "adapts": False},
}
"""The models with their settings, for manifests."""


def judge_all(
    sets: Sequence[Sequence[bytes]], held_outs: Sequence[bytes], most_bytes: int, workers: int
) -> list[Judgement]:
    """Judge each set of records by how well its text predicts held-out texts.

    Args:
        sets: the payloads of each set.
        held_outs: the held-out texts.
        most_bytes: bytes of a set's text at most; the rest is cut off.
        workers: number of processes.
    """
    texts = [text_statistics.text_of(payloads, most_bytes) for payloads in sets]
    # Processes that fork must have no threads. So PPM has processes of its own, which never load NumPy.
    with _processes(workers) as run:
        by_ppm = run(partial(ppm.judge, held_outs=held_outs), texts)
    with _processes(workers) as run:
        statistics = run(text_statistics.describe, sets)
        parts = [texts[number::workers] for number in range(workers)]
        by_part = run(partial(ngram.judge, held_outs=held_outs), parts)
    by_ngrams = [by_part[number % workers][number // workers] for number in range(len(texts))]
    return [
        Judgement(of_set, bits.own, {"ppm": bits.held_out, "ngrams": ngrams})
        for of_set, bits, ngrams in zip(statistics, by_ppm, by_ngrams, strict=True)
    ]


@contextmanager
def _processes(workers: int) -> Iterator[Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]]:
    """Return a `map` over new processes, which inherit no threads or connections of the driver."""
    # The working directory may hold a file named like a module of the standard library, as the folder jobs/ does.
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        # A process and those that it forks are a group of their own, to be ended together.
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=os.setpgrp) as pool:
            try:
                yield lambda function, items: list(pool.map(function, items))
            except KeyboardInterrupt:
                _end_processes()
                raise
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _end_processes() -> None:
    """End the processes that judge, and what they forked."""
    for child in active_children():
        if child.pid is not None:
            with suppress(ProcessLookupError):  # it has no group yet, or has ended
                os.killpg(child.pid, signal.SIGKILL)
            child.kill()
