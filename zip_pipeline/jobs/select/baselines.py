"""Baselines of a selection: other sets of its size, drawn without the rule, and statistics of each set."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from zip_pipeline.codecs.evaluator import set_sizes
from zip_pipeline.jobs.manifest import EMPTY_SET, records_part, set_part
from zip_pipeline.jobs.select.filtering import FilteredPool
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.selector import GreedySelector
from zip_pipeline.spark import sampling
from zip_pipeline.spark.io.location import Location
from zip_pipeline.spark.sampling import Member
from zip_pipeline.spark.scored_pool import SourceSummary
from zip_pipeline.stats import text_statistics
from zip_pipeline.stats.text_statistics import Statistics

MOST_RECORDS, MOST_BYTES = 20_000, 1 << 25
"""How many random records of a set, and bytes of them, the statistics look at."""

SETS = 2
"""How many sets are measured at once; each may fill an anchor."""


@dataclass(frozen=True)
class Baseline:
    """A set of records drawn without the rule.

    Attributes:
        lengths: bytes of each record, shape (records,).
        sources: by source; None where a record has none.
        raw_bytes: size of the records as one set.
        compressed_bytes: the same, compressed.
        sample: statistics of at most `MOST_RECORDS` of its records.
        payloads: of these records, the first of the set.
    """

    lengths: npt.NDArray[np.int64]
    sources: dict[str | None, SourceSummary]
    raw_bytes: int
    compressed_bytes: int
    sample: Statistics
    payloads: list[bytes]


@dataclass(frozen=True)
class Comparison:
    """The baselines of a selection.

    Attributes:
        baselines: by name.
        sample: statistics of the selection, from as many records as a baseline's at most.
        base_sizes: raw and compressed bytes of the base, which selection and baselines extend.
    """

    baselines: dict[str, Baseline]
    sample: Statistics
    base_sizes: tuple[int, int]

    def parts(self) -> dict[str, dict[str, Any]]:
        """Return the manifest's parts on the baselines, by key."""
        return {
            name.replace("-", "_"): {
                **records_part(part.sources),
                **set_part(part.lengths.tolist(), part.raw_bytes, part.compressed_bytes, self.base_sizes),
                **sample_part(part.sample),
            }
            for name, part in self.baselines.items()
        }


def sample_part(sample: Statistics) -> dict[str, Any]:
    """Return the manifest's part on the statistics of a set."""
    shares = ("records", "near_duplicates", "exact_duplicates", "distinct_passages")
    return {"sample": {key: getattr(sample, key) for key in shares}}


def compare(
    picks: Sequence[Pick],
    filtered: FilteredPool,
    selector: GreedySelector,
    folder: Location,
    base_payloads: Callable[[], Iterator[bytes]] | None = None,
) -> Comparison:
    """Draw the baselines and measure them.

    Args:
        picks: the selection.
        filtered: the eligible records; the baselines have as much as the selection, in the unit of the budget.
        selector: of the whole selection: its codec measures, its k3 is the `group` of `set_sizes`.
        folder: for tables that are derived from the records.
        base_payloads: returns the payloads of the base; None where the run extends no set.
    """
    lengths = np.fromiter((pick.own_raw_bytes for pick in picks), np.int64, len(picks))
    some = np.random.default_rng(0).permutation(len(picks))[:MOST_RECORDS]
    sample_ids = [picks[place].id for place in some.tolist()]
    tokens = [pick.tokens for pick in picks if pick.tokens is not None] or None
    drawn = sampling.draw_baselines(filtered.rows, lengths, sample_ids, filtered.quotas.budget.unit, folder, tokens)
    own = drawn.pop(sampling.SELECTION)
    with ThreadPoolExecutor(min(selector.workers, SETS)) as threads:
        measured = {name: threads.submit(_measure, of, selector, base_payloads) for name, of in drawn.items()}
        sample = threads.submit(_sample, own)
        sizes = threads.submit(_sizes, selector, base_payloads()).result() if base_payloads else EMPTY_SET
        return Comparison({name: baseline.result() for name, baseline in measured.items()}, sample.result(), sizes)


def _sample(members: Iterator[Member]) -> Statistics:
    """Return the statistics of a set's first records."""
    summary = _Summary(members)
    for _ in summary.payloads():
        if summary.suffices:
            break
    return summary.statistics()


def _sizes(selector: GreedySelector, payloads: Iterable[bytes]) -> tuple[int, int]:
    return set_sizes(selector.codec, selector.framing, payloads, selector.k3)


def _measure(
    members: Iterator[Member], selector: GreedySelector, base_payloads: Callable[[], Iterator[bytes]] | None
) -> Baseline:
    summary = _Summary(members)
    sizes = _sizes(selector, chain(base_payloads() if base_payloads else (), summary.payloads()))
    names = sorted(summary.sources, key=lambda name: (name is not None, name))
    sources = {name: SourceSummary(*summary.sources[name]) for name in names}
    return Baseline(np.array(summary.lengths, np.int64), sources, *sizes, summary.statistics(), summary.sample)


class _Summary:
    """Lengths, sources and a sample of a set, collected while its payloads pass through once."""

    def __init__(self, members: Iterator[Member]) -> None:
        self._members, self._room = members, MOST_BYTES
        self.sample: list[bytes] = []
        self.lengths: list[int] = []
        self.sources: dict[str | None, list[int]] = {}

    @property
    def suffices(self) -> bool:
        """Whether the sample has as many records or bytes as it may have."""
        return len(self.sample) >= MOST_RECORDS or self._room <= 0

    def payloads(self) -> Iterator[bytes]:
        """Pass on the payloads."""
        for member in self._members:
            self.lengths.append(member.raw_bytes)
            counts = () if member.tokens is None else (member.tokens,)
            amounts = (1, member.raw_bytes, member.compressed_bytes, *counts)
            before = self.sources.get(member.source, [0] * len(amounts))
            self.sources[member.source] = [*map(sum, zip(before, amounts, strict=True))]
            if not self.suffices:
                self.sample.append(member.payload)
                self._room -= len(member.payload)
            yield member.payload

    def statistics(self) -> Statistics:
        """Return the statistics of the sample."""
        return text_statistics.describe(self.sample)
