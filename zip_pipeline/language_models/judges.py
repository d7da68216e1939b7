"""Judges of sets of records: language models that train on a set's text, and the statistics of its records.

Each model runs in processes of its own, many sets in parallel.
"""

import importlib.util
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import active_children, get_context
from typing import Any

from zip_pipeline.errors import SetupError
from zip_pipeline.language_models import ngram, ppm
from zip_pipeline.language_models.questions import DEFAULT_MODELS, NEURAL, NGRAMS, PPM, Bits, Judge, Question
from zip_pipeline.stats import text_statistics
from zip_pipeline.stats.text_statistics import Statistics

MODELS: dict[str, dict[str, Any]] = {
    PPM: {"model": "PPMd variant H (pyppmd)", "order": ppm.ORDER, "memory": ppm.MEMORY, "adapts": True},
    NGRAMS: {"model": "byte n-grams, interpolated Witten-Bell", "order": ngram.ORDER, "adapts": False},
    NEURAL: {"model": "transformer of bytes, two layers (JAX)", "adapts": False},
}
"""The models with their settings, for manifests."""

NEEDED = ("jax", "optax")
"""Packages of the neural model."""


@dataclass(frozen=True)
class Judgement:
    """The judgement on one set of records.

    Attributes:
        statistics: of the records.
        own: bits per byte of the set's own text under PPM; None where PPM was not asked.
        held_out: by model, a key of `MODELS`, the bits per byte of each held-out text after training on the set.
        answers: by model and question, the bits of each answer.
    """

    statistics: Statistics
    own: float | None
    held_out: dict[str, list[float]]
    answers: dict[str, list[list[float]]]


def require(models: Sequence[str]) -> None:
    """Check that the packages of these models are there.

    Raises:
        SetupError: names what to install.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if NEURAL in models and missing:
        raise SetupError(
            f"evaluate.models: neural needs {' and '.join(missing)} in the driver's Python; "
            "type pip install 'zip-pipeline[neural]'"
        )


def judge_all(
    sets: Sequence[Sequence[bytes]],
    held_outs: Sequence[bytes],
    most_bytes: int,
    workers: int,
    questions: Sequence[Question] = (),
    models: Sequence[str] = DEFAULT_MODELS,
    say: Callable[[str], None] = lambda _: None,
) -> list[Judgement]:
    """Judge each set of records by how well its text predicts held-out texts and right answers.

    Args:
        sets: the payloads of each set.
        held_outs: the held-out texts.
        most_bytes: bytes of a set's text at most; the rest is cut off.
        workers: number of processes.
        questions: with their answers.
        models: keys of `MODELS`.
        say: gets a line after each model: it may take minutes.
    """
    texts = [text_statistics.text_of(payloads, most_bytes) for payloads in sets]
    parts = [texts[number::workers] for number in range(workers)]
    by_model: dict[str, list[Bits]] = {}
    for model in models:
        start = time.perf_counter()
        # Processes that fork must have no threads. So PPM has processes of its own, which never load NumPy.
        with _processes(workers) as run:
            judge = partial(_JUDGES[model], held_outs=held_outs, questions=questions)
            by_part = run(judge, parts)
            by_model[model] = [by_part[number % workers][number // workers] for number in range(len(texts))]
        seconds, rest = time.perf_counter() - start, models[models.index(model) + 1 :]
        left = f"; {len(rest)} {'model' if len(rest) == 1 else 'models'} to go" if rest else ""
        say(f"{model} read {len(texts)} texts: {seconds:.0f} s{left}")
    with _processes(workers) as run:
        statistics = run(text_statistics.describe, sets)
    return [
        Judgement(
            of_set,
            by_model[PPM][number].own if PPM in by_model else None,
            {model: bits[number].held_out for model, bits in by_model.items()},
            {model: bits[number].answers for model, bits in by_model.items()},
        )
        for number, of_set in enumerate(statistics)
    ]


def _neural(texts: Sequence[bytes], held_outs: Sequence[bytes], questions: Sequence[Question] = ()) -> list[Bits]:
    """Ask the neural model in this process, by one thread: the other processes have the other cores."""
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    from zip_pipeline.language_models import neural

    return neural.judge(texts, held_outs, questions)


_JUDGES: dict[str, Judge] = {PPM: ppm.judge, NGRAMS: ngram.judge, NEURAL: _neural}


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
