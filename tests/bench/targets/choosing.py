"""What each rule and baseline chooses of a divided pool, by the package's own rules; features are read once a pool."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from bench.targets.pools import BITS, Places, Prepared
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.jobs.select.budget import stratum_of, tempered
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.selection import GreedySelector, Quotas
from zip_pipeline.selection.coverage import UNIT, Coverage, of_pool, of_targets, source_factors
from zip_pipeline.selection.coverage_rule import COVER, TARGET
from zip_pipeline.selection.features import Features
from zip_pipeline.selection.frontier import Scored
from zip_pipeline.selection.quotas import Budget, Quota
from zip_pipeline.selection.rules import RULES
from zip_pipeline.spark.scored_pool import SourceSummary, Summary
from zip_pipeline.tasks.importance import UNIT as LOG_UNIT
from zip_pipeline.tasks.importance import importance_of

WINDOW = 64 << 20
"""Of the default codec."""


@dataclass(frozen=True, eq=False)
class Remembered(Coverage):
    """A coverage that knows the features of a pool's records."""

    pool: Prepared | None = None
    places: dict[bytes, int] = field(default_factory=dict)

    def wanted(self, payloads: Sequence[bytes]) -> Features:
        """See `Coverage.wanted`."""
        assert self.pool is not None
        buckets, counts, rows = self.pool.of_features(
            np.array([self.places[payload] for payload in payloads], np.int64)
        )
        slots = self._slots[buckets]
        inside = slots >= 0
        sizes = np.bincount(rows[inside], minlength=len(payloads))
        return Features(slots[inside], counts[inside], np.concatenate(([0], np.cumsum(sizes))))


class Chooser:
    """Chooses from a pool.

    Args:
        pool: the pool.
        eligible: places of its records that may be chosen, near-duplicates with them.
        seed: of all that is drawn.

    Attributes:
        budget: bytes to choose.
    """

    def __init__(self, pool: Prepared, eligible: Places, seed: int) -> None:
        self.pool, self.eligible, self.budget, self.seed = pool, eligible, 1 << 20, seed
        self.staying = eligible[pool.stays[eligible]]
        self.places = {pool.texts.payloads[place]: place for place in self.staying.tolist()}
        given = self._summary(eligible)
        self.shares, self.summary = tempered(given, "bytes"), given

    def random(self, draw: int) -> list[int]:
        """Return records at random."""
        return self._cut(random.Random(f"random {self.seed} {draw}").sample(self.eligible.tolist(), len(self.eligible)))

    def deduplicated(self, draw: int) -> list[int]:
        """Return records that are no near-duplicates, at random."""
        return self._cut(random.Random(f"near {self.seed} {draw}").sample(self.staying.tolist(), len(self.staying)))

    def gain(self) -> list[int]:
        """Return what the default chooses: tempered quotas, a window of 64 MB."""
        states = np.random.default_rng(self.seed).random(len(self.staying))
        selector = GreedySelector(RULES["gain"], codec=ZlibCodec(9, WINDOW))
        return self._selected(selector, states, self._quotas(tempering=True))

    def target(self, wanted: Places) -> list[int]:
        """Return what `target` chooses for some records, without quotas as it does by default."""
        counts, pool = self.pool.counts(wanted), self.pool.counts(self.staying)
        return self._covering(TARGET.name, of_targets([(1.0, counts)], pool, BITS), tempering=False)

    def cover(self, tempering: bool) -> list[int]:
        """Return what `cover` chooses."""
        pool = self.pool
        large = set(self.shares) - {""}
        groups = {name: name if name in large else "" for name in self.summary.sources if name is not None}
        sizes = dict.fromkeys(groups.values(), (0, 0))
        stay = self._summary(self.staying).sources
        for name, group in groups.items():
            left = stay[name].raw_bytes if name in stay else 0
            sizes[group] = sizes[group][0] + self.summary.sources[name].raw_bytes, sizes[group][1] + left
        factors = source_factors(sizes)
        buckets, counts, rows = pool.of_features(self.staying)
        by_record = np.array([factors.get(groups[name], UNIT) for name in pool.sources[self.staying]], np.int64)
        amounts, records = np.zeros(1 << BITS, np.int64), np.bincount(buckets, minlength=1 << BITS)
        np.add.at(amounts, buckets, counts * by_record[rows])
        return self._covering(COVER.name, of_pool(amounts, records, BITS), tempering=tempering)

    def resampled(self, wanted: Places, draw: int) -> list[int]:
        """Return what DSIR draws for some records, behind near-duplicates; see `tasks.importance`."""
        counts, pool = self.pool.counts(wanted), self.pool.counts(self.staying)
        scorer = importance_of([(1.0, counts)], pool, len(self.staying))
        offsets = self.pool.features.offsets
        buckets, times, rows = self.pool.of_features(self.staying)
        ends = np.concatenate(([0], np.cumsum(np.diff(offsets)[self.staying])))
        del rows
        weights = scorer.log_weights_of(Features(buckets, times, ends))
        noise = np.random.default_rng([self.seed, draw]).gumbel(size=len(weights))
        return self._cut(self.staying[np.argsort(-(weights / LOG_UNIT + noise), kind="stable")].tolist())

    def _covering(self, name: str, coverage: Coverage, tempering: bool) -> list[int]:
        known = Remembered(**vars(coverage), pool=self.pool, places=self.places)
        rule = {rule.name: rule for rule in (TARGET, COVER)}[name].over(known)
        states = known.bounds([self.pool.texts.payloads[place] for place in self.staying])
        return self._selected(GreedySelector(rule), states, self._quotas(tempering))

    def _selected(self, selector: GreedySelector, states: np.ndarray, quotas: Quotas) -> list[int]:
        order = np.argsort(states, kind="stable")
        places = self.staying[order]
        flat = Payloads(self.pool.texts.payloads[place] for place in places)
        lengths = self.pool.lengths[places]
        strata = [name if name in quotas.strata else "" for name in self.pool.sources[places]]
        names = [name_of(place) for place in places.tolist()]
        scored = Scored(states[order], names, [None] * len(names), strata, lengths, lengths, flat.flat, flat.offsets)
        return [int(pick.id) for pick in selector.picks([scored], quotas)]

    def _quotas(self, tempering: bool) -> Quotas:
        budget = Budget(self.budget, "bytes")
        if not tempering:
            return Quotas(budget)
        sizes = self._summary(self.staying).sources
        strata = {}
        for name, share in self.shares.items():
            own = [sizes[source] for source in sizes if (source if source in self.shares else "") == name]
            records = sum(size.records for size in own)
            if records:
                mean = sum(size.raw_bytes for size in own) / records
                strata[name] = Quota(share / sum(self.shares.values()), mean=mean)
        whole = sum(quota.share or 0.0 for quota in strata.values())
        return Quotas(
            budget, {name: replace(quota, share=(quota.share or 0.0) / whole) for name, quota in strata.items()}
        )

    def _summary(self, places: Places) -> Summary:
        sources = {}
        for name in np.unique(self.pool.sources[places].astype(str)).tolist():
            own = places[self.pool.sources[places] == name]
            sources[stratum_of(name)] = SourceSummary(len(own), int(self.pool.lengths[own].sum()), 0)
        return Summary(dict(sources), 0, 0, "")

    def _cut(self, places: list[int]) -> list[int]:
        room = self.budget
        for number, place in enumerate(places):
            if (room := room - len(self.pool.texts.payloads[place])) < 0:
                return places[:number]
        return places


def name_of(place: int) -> str:
    """Return the id of a record, in whose order ties are decided."""
    return f"{place:08}"
