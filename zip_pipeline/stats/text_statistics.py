"""What a text is like, and whether what it taught lies outside of what chance does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from zip_pipeline.dedup import minhash
from zip_pipeline.dedup.shingles import PASSAGE, shingles

CONFIDENCE = 0.95
"""Of the interval in which one more draw would lie."""


@dataclass(frozen=True)
class Statistics:
    """What a set of records is like; shares lie between 0 and 1.

    Attributes:
        records: how many.
        bytes: of their payloads.
        mean_bytes: of a payload.
        distinct_passages: different runs of `PASSAGE` words among all such runs.
        near_duplicates: records in whose near-duplicate group another one stands first.
        exact_duplicates: records whose payload another one has that stands first.
    """

    records: int
    bytes: int
    mean_bytes: float
    distinct_passages: float
    near_duplicates: float
    exact_duplicates: float


@dataclass(frozen=True)
class Spread:
    """What several draws gave, and where one more would lie.

    Attributes:
        mean: of the draws.
        low: lower end of the interval in which one more draw lies, with a probability of `CONFIDENCE`.
        high: its upper end.
    """

    mean: float
    low: float
    high: float


def describe(payloads: Sequence[bytes]) -> Statistics:
    """Return what a set of records is like.

    Raises:
        ValueError: when there are none.
    """
    if not payloads:
        raise ValueError("expected records, found none")
    passages = shingles(payloads, PASSAGE).hashes
    group = minhash.groups(payloads)
    total = sum(map(len, payloads))
    return Statistics(
        records=len(payloads),
        bytes=total,
        mean_bytes=total / len(payloads),
        distinct_passages=_different(passages) / len(passages),
        near_duplicates=1 - _different(group) / len(payloads),
        exact_duplicates=1 - len(set(payloads)) / len(payloads),
    )


def _different(values: npt.NDArray[np.generic]) -> int:
    # np.unique hashes, which takes longer than a sort and holds the interpreter's lock.
    return 1 + int(np.count_nonzero(np.diff(np.sort(values))))


def text_of(payloads: Sequence[bytes], most_bytes: int) -> bytes:
    r"""Return the text that a model reads: each payload and a line break, cut to `most_bytes`.

    >>> text_of([b"one", b"two"], 6)
    b'one\ntw'
    """
    return b"".join(payload + b"\n" for payload in payloads)[:most_bytes]


def spread(values: Sequence[float]) -> Spread:
    """Return the prediction interval of draws that are taken to be normally distributed (Student's t).

    Raises:
        ValueError: when there are fewer than two.
    """
    if len(values) < 2:
        raise ValueError(f"expected two draws at least, found {len(values)}")
    mean, deviation = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stdtrit(len(values) - 1, (1 + CONFIDENCE) / 2)) * deviation * float(np.sqrt(1 + 1 / len(values)))
    return Spread(mean, mean - half, mean + half)


def verdict(value: float, draws: Spread) -> str:
    """Say whether bits per byte are ``better`` (fewer) or ``worse`` than chance's, or ``within`` its interval."""
    if value < draws.low:
        return "better"
    return "worse" if value > draws.high else "within"
