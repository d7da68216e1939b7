"""The statistics of a set of records, namely sizes, repeated passages and copies; and its text for language models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.dedup.near_duplicates import near_duplicates
from zip_pipeline.dedup.shingles import PASSAGE, shingles


@dataclass(frozen=True)
class Statistics:
    """What a set of records is like; shares lie between 0 and 1.

    Attributes:
        records: number of records.
        bytes: sum over their payloads.
        mean_bytes: bytes of a payload.
        distinct_passages: share of different ones among all runs of `PASSAGE` tokens.
        near_duplicates: share of records that go when near-duplicates do.
        exact_duplicates: share of records that follow another one with the same payload.
    """

    records: int
    bytes: int
    mean_bytes: float
    distinct_passages: float
    near_duplicates: float
    exact_duplicates: float


def describe(payloads: Sequence[bytes]) -> Statistics:
    """Return what a set of records is like.

    >>> describe([b"to be", b"to be", b"or not"]).exact_duplicates
    0.33333333333333337

    Raises:
        ValueError: when there are no records.
    """
    if not payloads:
        raise ValueError("expected records, found none")
    passages = shingles(payloads, PASSAGE).hashes
    total = sum(map(len, payloads))
    return Statistics(
        records=len(payloads),
        bytes=total,
        mean_bytes=total / len(payloads),
        distinct_passages=_count_distinct(passages) / len(passages),
        near_duplicates=len(near_duplicates(payloads).gone) / len(payloads),
        exact_duplicates=1 - len(set(payloads)) / len(payloads),
    )


def text_of(payloads: Sequence[bytes], most_bytes: int) -> bytes:
    r"""Return the text that a model reads: each payload and a line break, cut to `most_bytes`.

    >>> text_of([b"one", b"two"], 6)
    b'one\ntw'
    """
    return b"".join(payload + b"\n" for payload in payloads)[:most_bytes]


def _count_distinct(values: npt.NDArray[np.generic]) -> int:
    # np.unique hashes: that takes longer than a sort, and holds the interpreter's lock.
    return 1 + int(np.count_nonzero(np.diff(np.sort(values))))
