"""What stands beside a selection: two baselines of its size, and what each of the three is like."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.evaluator import set_sizes
from zip_pipeline.jobs.manifest import EMPTY_SET, records_part, set_part
from zip_pipeline.jobs.select.filtering import FilteredPool
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark import sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.sampling import Member
from zip_pipeline.spark.scored_pool import SourceSummary
from zip_pipeline.stats import text_statistics
from zip_pipeline.stats.text_statistics import Statistics
from zip_pipeline.tasks.score import Scorer

MOST_RECORDS, MOST_BYTES = 20_000, 1 << 25
"""Of a set, drawn at random, that are looked through for copies."""

SETS = 2
"""So many are looked at at once; each may fill an anchor."""

Payloads = Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Baseline:
    """A set of records that was chosen without a rule.

    Attributes:
        lengths: bytes of its records, shape (records,).
        sources: by source; None where a record has none.
        raw_bytes: as one set.
        compressed_bytes: as one set.
        sample: what records of it are like, `MOST_RECORDS` and `MOST_BYTES` at most.
    """

    lengths: npt.NDArray[np.int64]
    sources: dict[str | None, SourceSummary]
    raw_bytes: int
    compressed_bytes: int
    sample: Statistics


@dataclass(frozen=True)
class Comparison:
    """The baselines by name, and what records of the selection are like, as many as of a baseline at most.

    Attributes:
        before: raw and compressed bytes of the set that selection and baselines extend.
    """

    baselines: dict[str, Baseline]
    sample: Statistics
    before: tuple[int, int]

    def parts(self) -> dict[str, dict[str, Any]]:
        """Return the manifest's parts on the baselines, by key."""
        return {
            name.replace("-", "_"): {
                **records_part(part.sources),
                **set_part(part.lengths.tolist(), part.raw_bytes, part.compressed_bytes, self.before),
                **sample_part(part.sample),
            }
            for name, part in self.baselines.items()
        }


def sample_part(sample: Statistics) -> dict[str, Any]:
    """Return the manifest's part on what records of a set are like."""
    shares = ("records", "near_duplicates", "exact_duplicates", "distinct_passages")
    return {"sample": {key: getattr(sample, key) for key in shares}}


def compare(
    picks: Sequence[Pick],
    filtered: FilteredPool,
    scorer: Scorer,
    group: int,
    folder: Location,
    workers: int,
    before: Sequence[Payloads] = (),
) -> Comparison:
    """Draw the baselines and look at them.

    Args:
        picks: the selection.
        filtered: what it was chosen from; the baselines have as many records or bytes, as its budget is one of.
        scorer: has the codec that measures.
        group: see `set_sizes`.
        folder: for what is derived.
        workers: threads; `SETS` of them at most.
        before: returns the payloads of the set that the selection extends, at most one.
    """
    lengths = np.fromiter((pick.own_raw_bytes for pick in picks), np.int64, len(picks))
    some = np.random.default_rng(0).permutation(len(picks))[:MOST_RECORDS]
    chosen = [picks[place].id for place in some.tolist()]
    drawn = sampling.draw_baselines(filtered.rows, lengths, chosen, filtered.quotas.budget.unit, folder)
    own = drawn.pop(sampling.SELECTION)
    with ThreadPoolExecutor(min(workers, SETS)) as threads:
        measured = {name: threads.submit(_measured, of, scorer, group, before) for name, of in drawn.items()}
        sample = threads.submit(_sampled, own)
        so_far = threads.submit(_sizes, scorer, group, before).result() if before else EMPTY_SET
        return Comparison({name: baseline.result() for name, baseline in measured.items()}, sample.result(), so_far)


def _sampled(members: Iterator[Member]) -> Statistics:
    seen = _Seen(members)
    for _ in seen.payloads():
        if seen.suffices:
            break
    return seen.statistics()


def _sizes(scorer: Scorer, group: int, parts: Sequence[Payloads]) -> tuple[int, int]:
    payloads = (payload for part in parts for payload in part())
    return set_sizes(scorer.codec, FRAMINGS[scorer.render_name], payloads, group)


def _measured(members: Iterator[Member], scorer: Scorer, group: int, before: Sequence[Payloads]) -> Baseline:
    seen = _Seen(members)
    sizes = _sizes(scorer, group, [*before, seen.payloads])
    names = sorted(seen.sources, key=lambda name: (name is not None, name))
    sources = {name: SourceSummary(*seen.sources[name]) for name in names}
    return Baseline(np.array(seen.lengths, np.int64), sources, *sizes, seen.statistics())


class _Seen:
    """What is seen of a set's records while their payloads go by."""

    def __init__(self, members: Iterator[Member]) -> None:
        self._members, self._sample, self._room = members, list[bytes](), MOST_BYTES
        self.lengths: list[int] = []
        self.sources: dict[str | None, list[int]] = {}

    @property
    def suffices(self) -> bool:
        """Whether the sample has all that it may have."""
        return len(self._sample) >= MOST_RECORDS or self._room <= 0

    def payloads(self) -> Iterator[bytes]:
        """Pass on the payloads."""
        for member in self._members:
            self.lengths.append(member.raw_bytes)
            sums = self.sources.setdefault(member.source, [0, 0, 0])
            for number, more in enumerate((1, member.raw_bytes, member.compressed_bytes)):
                sums[number] += more
            if not self.suffices:
                self._sample.append(member.payload)
                self._room -= len(member.payload)
            yield member.payload

    def statistics(self) -> Statistics:
        """Say what the first of them are like."""
        return text_statistics.describe(self._sample)
