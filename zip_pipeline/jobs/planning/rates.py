"""What work costs on this machine: seconds of a core for a byte, measured on records of the sample; memory so far.

The second of two calls counts, because the first one may compile. A core's seconds are those that the process used, so
that other programs on the machine do not count.
"""

import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from zip_pipeline.codecs.base import StreamCodec
from zip_pipeline.dedup import near_duplicates
from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.dedup.shingles import WIDTH, distinct, shingles
from zip_pipeline.dedup.tokens import Ragged
from zip_pipeline.language_models import ngram, ppm
from zip_pipeline.tasks.score import Scorer

STATM = Path("/proc/self/statm")
"""Where Linux says how many pages of memory this process has: the second number."""


def process_bytes() -> int:
    """Return the memory that this process has; where the system does not say that, the most that it has had so far."""
    if STATM.exists():
        return int(STATM.read_text().split()[1]) * resource.getpagesize()
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def core_seconds(work: Callable[[], object]) -> float:
    """Return the seconds of a core that some work takes, once it is compiled."""
    work()
    start = time.process_time()
    work()
    return time.process_time() - start


def of_scoring(scorer: Scorer, batches: Sequence[pa.RecordBatch]) -> tuple[float, list[bytes]]:
    """Return a core's seconds a byte of payload, to read and to compress records one by one, and the payloads."""
    payloads = [one for batch in scorer.score_batches(batches) for one in batch.column("payload").to_pylist()]
    usable = [payload for payload in payloads if payload is not None]
    return core_seconds(lambda: [*scorer.score_batches(batches)]) / max(1, sum(map(len, usable))), usable


def of_near_duplicates(payloads: Sequence[bytes]) -> float:
    """Return a core's seconds a byte, to make sets of shingles and compare them."""
    near, numbers = Near(), np.arange(len(payloads))

    def work() -> None:
        sets = Ragged.of([distinct(shingles(payloads, WIDTH))])
        common = near_duplicates.common_of(sets.hashes, near.least(len(payloads)))
        near_duplicates.among(sets, common, near.threshold, numbers)

    return core_seconds(work) / max(1, sum(map(len, payloads)))


def of_stream(codec: StreamCodec, payloads: Sequence[bytes]) -> float:
    """Return a core's seconds a byte, to compress records as one set."""

    def work() -> None:
        stream = codec.stream()
        for payload in payloads:
            stream.append(payload)
        stream.end()

    return core_seconds(work) / max(1, sum(map(len, payloads)))


def of_models(payloads: Sequence[bytes]) -> float:
    """Return a core's seconds a byte that `evaluate` reads with PPM and with the n-grams."""
    text = b"\n".join(payloads)
    return core_seconds(lambda: (ngram.judge([text], [text]), ppm.coded_size(text + text))) / max(1, 2 * len(text))
