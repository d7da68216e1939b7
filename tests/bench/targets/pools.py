"""A pool, read once: its features, near-duplicates and passages; and its divisions into pool, target and held-out text.

Near-duplicates leave before a division is made, from the whole collection, so each rule has the same records before it.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bench.targets.texts import Texts
from zip_pipeline.dedup.near_duplicates import Near, decided, pairs
from zip_pipeline.dedup.shingles import PASSAGE, shingles
from zip_pipeline.dedup.staying import lowest_of_component
from zip_pipeline.selection.features import Counts, Features, features
from zip_pipeline.spark.removals.contamination import MOST_SHARED
from zip_pipeline.stats.text_statistics import text_of

BITS = 20
"""Of features: a pool has less than `features.SMALL` bytes."""

TARGET = 300
"""Records of a target, or a few more: files are whole."""

HELD_OUT, HELD_OUT_OTHERS = 200_000, 50_000
"""Bytes of held-out text of a judged domain, and of another source, at most; less than `LEAST` is not judged."""

LEAST = 30_000

POOL, WANTED, OUT = range(3)
"""Sides of a division: what may be chosen, the targets, the held-out text."""

Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Prepared:
    """A pool with what is known of its records; see `Texts`.

    Attributes:
        stays: whether a record stays when near-duplicates leave.
        groups: of near-duplicates; a record's group is its lowest place.
        passages: all passages, record by record, and the record of each.
        owners: see `passages`.
        features: of each record, in ``2**BITS`` buckets.
    """

    texts: Texts
    stays: npt.NDArray[np.bool_]
    groups: Places
    passages: npt.NDArray[np.uint64]
    owners: Places
    features: Features

    @classmethod
    def of(cls, texts: Texts) -> "Prepared":
        """Prepare a pool, which takes a second a megabyte."""
        count = len(texts.payloads)
        near = pairs(texts.payloads, Near())
        stays = np.ones(count, np.bool_)
        stays[decided(near, count).gone] = False
        runs = shingles(texts.payloads, PASSAGE)
        groups = lowest_of_component(near.before, near.after, count)
        return cls(texts, stays, groups, runs.hashes, runs.records(), features(texts.payloads, BITS))

    @cached_property
    def lengths(self) -> npt.NDArray[np.int64]:
        """Bytes of each record."""
        return np.array([*map(len, self.texts.payloads)])

    @cached_property
    def sources(self) -> npt.NDArray[np.object_]:
        """The source of each record."""
        return np.array(self.texts.sources, object)

    def of_features(self, places: Places) -> tuple[Counts, Counts, npt.NDArray[np.int64]]:
        """Return the features of some records: buckets, counts, and for each the index of its record among them."""
        begins, ends = self.features.offsets[places], self.features.offsets[places + 1]
        sizes = ends - begins
        rows = np.repeat(np.arange(len(places)), sizes)
        at = begins[rows] + np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.features.buckets[at], self.features.counts[at], rows

    def counts(self, places: Places) -> Counts:
        """Return how often some records have the features of each bucket."""
        buckets, counts, _ = self.of_features(places)
        return np.bincount(buckets, counts, 1 << BITS).astype(np.int64)


@dataclass(frozen=True)
class Division:
    """A pool divided by a seed.

    Attributes:
        sides: of each record.
        targets: the records of each judged domain's target.
        held_out: the held-out text of each source that has enough.
    """

    sides: npt.NDArray[np.int8]
    targets: dict[str, Places]
    held_out: dict[str, bytes]

    def eligible(self, pool: Prepared, variant: str, judged: Sequence[str]) -> Places:
        """Return the records that may be chosen, near-duplicates with them.

        Args:
            pool: that was divided.
            variant: ``in`` or ``out``; the latter has nothing of the judged domains.
            judged: their names.
        """
        inside = self.sides == POOL
        if variant == "out":
            inside &= ~np.isin(pool.sources, judged)
        return np.flatnonzero(inside)


def divide(pool: Prepared, judged: Sequence[str], seed: int) -> Division:
    """Divide a pool by whole files, in random order: first a domain's target, then held-out text, then the rest.

    A held-out record is dropped when a record elsewhere is of its group of near-duplicates, or when more than
    `MOST_SHARED` of its passages stand in the pool or in the domain's target.
    """
    by_file = defaultdict[tuple[str, int], list[int]](list)
    for place, key in enumerate(zip(pool.texts.sources, pool.texts.files, strict=True)):
        by_file[key].append(place)
    of_source = defaultdict[str, list[list[int]]](list)
    for (source, _), places in by_file.items():
        of_source[source].append(places)
    sides = np.full(len(pool.stays), POOL, np.int8)
    for source, files in of_source.items():
        order = random.Random(f"{source} {seed}").sample(files, len(files))
        wanted, room = (TARGET, HELD_OUT * 2) if source in judged else (0, HELD_OUT_OTHERS * 2)
        for places in order:
            if wanted > 0:
                sides[places] = WANTED
                wanted -= int(pool.stays[places].sum())
            elif room > 0:
                sides[places] = OUT
                room -= int(pool.lengths[places].sum())
            else:
                break
    out = np.flatnonzero((sides == OUT) & pool.stays & ~_known(pool, sides))
    held_out = {}
    for source in sorted(of_source):
        own = out[pool.sources[out] == source]
        own = np.random.default_rng(seed).permutation(own)
        most = HELD_OUT if source in judged else HELD_OUT_OTHERS
        text = text_of([pool.texts.payloads[place] for place in own], most)
        if len(text) >= LEAST:
            held_out[source] = text
    targets = {name: np.flatnonzero((sides == WANTED) & pool.stays & (pool.sources == name)) for name in judged}
    return Division(sides, targets, held_out)


def _known(pool: Prepared, sides: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Return which records are known elsewhere, by near-duplicates or by passages."""
    elsewhere = np.zeros(len(sides), np.bool_)
    elsewhere[pool.groups[sides != OUT]] = True
    out = sides[pool.owners] == OUT
    wanted = np.sort(np.unique(pool.passages[out]))
    others = pool.passages[~out]
    at = np.minimum(np.searchsorted(wanted, others), len(wanted) - 1)
    common = np.zeros(len(wanted), np.bool_)
    common[at[wanted[at] == others]] = True
    shared = common[np.searchsorted(wanted, pool.passages[out])]
    owners = pool.owners[out]
    both = np.bincount(owners, shared, len(sides)), np.bincount(owners, minlength=len(sides))
    known: npt.NDArray[np.bool_] = elsewhere[pool.groups] | (both[0] > MOST_SHARED * both[1])
    return known
