"""Which records the page shows: picks, near misses, redundant ones, near-duplicate pairs, rejected rows.

Records that the rule has read are in the frontier. The others are looked up in one pass over the pool, and only where a
near-duplicate or a rejected row is there to show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame

from zip_pipeline.jobs.select.evidence.rejected import TEXT, Rejected
from zip_pipeline.jobs.select.evidence.walk import Miss, Walk, at_same_size, misses, walk
from zip_pipeline.jobs.select.evidence.words import names_of, without_parts, words_of
from zip_pipeline.schema import RANK, Manifest
from zip_pipeline.selection.coverage import Coverage
from zip_pipeline.selection.coverage_rule import CoverageRule
from zip_pipeline.selection.features import Counts
from zip_pipeline.selection.frontier import Frontier
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.rules import Rule
from zip_pipeline.spark.removals.duplicate_counts import beginnings

SHOWN, REDUNDANT, PAIRS = 10, 5, 3
"""How many picks and near misses, redundant records, and near-duplicate pairs are shown."""

LOOKED_AT = 5_000
"""Records of highest bound that were not picked, among which near misses of a coverage are looked for."""

OF_TARGET = 500
"""Records of a target in which words that the pool lacks are looked for."""

WORDS, LACKING = 6, 40
"""Words that explain a record; words of a target that the pool lacks."""


@dataclass(frozen=True)
class Shown:
    """A record on the page.

    Attributes:
        id: of the record.
        source: of the record, or None.
        text: of the record.
        note: why it is shown.
    """

    id: str
    source: str | None
    text: str
    note: str


@dataclass(frozen=True)
class Pair:
    """Two near-duplicates, and the share of runs of words that both have."""

    left: Shown
    stays: Shown
    jaccard: float


@dataclass(frozen=True)
class Covered:
    """What a selection covers.

    Attributes:
        picks: the coverage along the picks.
        random: along random records, as far as they were kept.
        sources: by source: what its picks added to F.
        most: picks that added most.
        lacking: share of the wanted features, by weight, that no record of the pool has; None: the pool is the target.
        lacking_words: some of them in words, those that are wanted most first.
    """

    picks: Walk
    random: Walk
    sources: Mapping[str | None, float]
    most: Sequence[Shown]
    lacking: float | None = None
    lacking_words: Sequence[str] = ()

    def part(self) -> Manifest:
        """Return the manifest's part on the shares of what is wanted: ``covered``, by set, and ``lacking``."""
        part: Manifest = {} if self.lacking is None else {"lacking": self.lacking}
        if len(self.random.covered):
            part["covered"] = dict(zip(("selection", "random"), at_same_size(self.picks, self.random), strict=True))
        return part


@dataclass(frozen=True)
class Evidence:
    """What the page shows of a selection's records; all may be empty."""

    picks: Sequence[Shown] = ()
    near: Sequence[Shown] = ()
    redundant: Sequence[Shown] = ()
    pairs: Sequence[Pair] = ()
    rejected: Sequence[Rejected] = ()
    covered: Covered | None = None
    command: str = ""
    config: str = ""


NOTHING = Evidence()


@dataclass(frozen=True)
class Selected:
    """A finished selection.

    Attributes:
        rule: with what it covers.
        frontier: at its end.
        picks: in order.
        places: of the picks in the frontier.
        base: places of the set that the run extends.
        random: payloads of random records of the same budget, in random order, or the first of them.
    """

    rule: Rule
    frontier: Frontier
    picks: Sequence[Pick]
    places: Sequence[int]
    base: Sequence[int] = ()
    random: Sequence[bytes] = ()

    def shown(self, place: int, note: str) -> Shown:
        """Return a record of the frontier."""
        text = self.frontier.payloads[place].decode("utf-8", "replace")
        return Shown(self.frontier.ids[place], self.frontier.sources[place], text, note)


def of_selection(selected: Selected, pool: Counts | None, target: Sequence[bytes]) -> Evidence:
    """Return what the frontier shows.

    Args:
        selected: the selection.
        pool: how often the pool has each wanted feature, shape (slots,); None: unknown, or the pool is the target.
        target: payloads of some of the target's records.
    """
    if isinstance(selected.rule, CoverageRule) and selected.rule.coverage is not None:
        return _of_coverage(selected, selected.rule, selected.rule.coverage, pool, target)
    picks = [selected.shown(place, note) for place, note in _added(selected)]
    places, states = selected.frontier.available()
    measured = states >= 1 if selected.rule.name == "gain" else np.ones(len(places), np.bool_)
    places, states = places[measured], states[measured]
    order = np.lexsort((places, states))
    scores = states - 1 if selected.rule.name == "gain" else states
    notes = [(int(places[n]), f"score {scores[n]:.3f} when it was last measured; lower is better") for n in order]
    near, redundant = notes[:SHOWN], notes[::-1][:REDUNDANT] if len(notes) > SHOWN else []
    return Evidence(picks, [selected.shown(*one) for one in near], [selected.shown(*one) for one in redundant])


def _added(selected: Selected) -> Iterator[tuple[int, str]]:
    """Yield the first picks, and what each added to the set."""
    before = (0, 0)
    if selected.base:  # its sizes are not known here
        before = selected.picks[0].raw_bytes, selected.picks[0].compressed_bytes
    for pick, place in zip(selected.picks[:SHOWN], selected.places, strict=False):
        raw, compressed = pick.raw_bytes - before[0], pick.compressed_bytes - before[1]
        before = pick.raw_bytes, pick.compressed_bytes
        added = f"added {raw:,} bytes, {compressed:,} compressed" if raw else "the first pick of this run"
        yield place, f"{_number(pick)}, ratio alone {pick.ratio:.2f}, {added}"


def _number(pick: Pick) -> str:
    """Return which pick it is: people count from 1, the column from 0."""
    return f"pick {pick.rank + 1:,} ({RANK} {pick.rank})"


def _of_coverage(
    selected: Selected, rule: CoverageRule, coverage: Coverage, pool: Counts | None, target: Sequence[bytes]
) -> Evidence:
    frontier, picked = selected.frontier, {*selected.places, *selected.base}
    start = walk(coverage, (frontier.payloads[place] for place in selected.base), 0)
    steps = walk(coverage, (frontier.payloads[place] for place in selected.places), SHOWN, held=start.held)
    others = (place for place in range(len(frontier.ids)) if place not in picked)
    some = [place for place, _ in zip(others, range(LOOKED_AT), strict=False)]
    found = misses(
        coverage, steps.held, ((place, frontier.payloads[place], _price(frontier, rule, place)) for place in some)
    )
    nearest = sorted(found, key=lambda miss: (-miss.last, frontier.ids[miss.place]))[:SHOWN]
    spent = sorted((miss for miss in found if miss.first), key=lambda miss: (-miss.lost, -miss.first, miss.place))
    most = []
    for reason in steps.most:
        place, pick = selected.places[reason.place], selected.picks[reason.place]
        words = _words(frontier, place, reason.buckets, coverage.bits)
        most.append(selected.shown(place, f"{_number(pick)}, added {reason.gain:,.1f} nats: {words}"))
    sources: dict[str | None, float] = {}
    for pick, gain in zip(selected.picks, steps.gains.tolist(), strict=False):
        sources[pick.source] = sources.get(pick.source, 0.0) + gain
    share, missing = (None, []) if pool is None else lacking(coverage, pool, target)
    picks = [
        selected.shown(place, f"{_number(pick)}, added {gain:,.1f} nats to F")
        for pick, place, gain in zip(selected.picks[:SHOWN], selected.places, steps.gains.tolist(), strict=False)
    ]
    return Evidence(
        picks,
        [selected.shown(miss.place, _near(frontier, miss, coverage.bits)) for miss in nearest],
        [selected.shown(miss.place, f"{miss.lost:.0%} of what it could add is covered") for miss in spent[:REDUNDANT]],
        covered=Covered(steps, walk(coverage, selected.random, 0, held=start.held), sources, most, share, missing),
    )


def _near(frontier: Frontier, miss: Miss, bits: int) -> str:
    words = _words(frontier, miss.place, miss.buckets, bits)
    return f"{miss.lost:.0%} of what it could add is covered by the picks; it would still add: {words}"


def _words(frontier: Frontier, place: int, buckets: Sequence[int], bits: int) -> str:
    return ", ".join(words_of(frontier.payloads[place], buckets, bits, WORDS)) or "nothing in words"


def _price(frontier: Frontier, rule: CoverageRule, place: int) -> float:
    """Return a record's price divided by its weight; without a bound where the weight is 0."""
    price = float(frontier.sizes([place], rule.price)[0])
    weight = float(frontier.weights[place]) if len(frontier.weights) else 1.0
    return price / weight if weight else float("inf")


def lacking(coverage: Coverage, pool: Counts, target: Sequence[bytes]) -> tuple[float, list[str]]:
    """Return what the pool cannot give: its share of the wanted features by weight, and words for it, letters first.

    Args:
        coverage: of a target.
        pool: how often the pool has each wanted feature, shape (slots,).
        target: payloads of some of the target's records.
    """
    slots = np.flatnonzero(pool == 0)
    share = float(coverage.weights[slots].sum() / coverage.weights.sum())
    names: dict[int, str] = {}
    for payload in target:
        names = names_of(payload, coverage.bits) | names
    order = slots[np.argsort(-coverage.weights[slots], kind="stable")]
    found = [names[bucket] for bucket in coverage.buckets[order].tolist() if bucket in names]
    found.sort(key=lambda name: not name.replace(" ", "").isalpha())  # numbers and signs tell people less
    return share, without_parts(found[: 3 * LACKING])[:LACKING]


def pairs_of(duplicates: DataFrame, rows: DataFrame) -> list[Pair]:
    """Return the near-duplicates that are least alike: where a threshold errs, it errs there.

    Args:
        duplicates: `schema.DUPLICATES`.
        rows: `schema.SCORED`, all of them in the pool.
    """
    found = duplicates.where("jaccard < 1").orderBy("jaccard", "id").limit(PAIRS).collect()
    if not found:
        return []
    ids = {row[key] for row in found for key in ("id", "kept")}
    texts = beginnings(rows, ids, TEXT)
    return [
        Pair(
            Shown(row["id"], None, texts.get(row["id"], ""), "left"),
            Shown(row["kept"], None, texts.get(row["kept"], ""), "stays"),
            row["jaccard"],
        )
        for row in found
    ]


def target_texts(rows: Sequence[DataFrame]) -> list[bytes]:
    """Return the payloads of some records of each target, those of lowest ids."""
    found = []
    for one in rows:
        found += [bytes(row["payload"]) for row in one.orderBy("id").limit(OF_TARGET).select("payload").collect()]
    return found
