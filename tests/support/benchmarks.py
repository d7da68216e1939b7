"""Contamination by definition: plain Python sets of tuples of tokens, every record against every item."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from support.near_twin import tokens
from zip_pipeline.dedup.passages import COMMON, LEAST_COMMON, SHORTEST

Passages = set[tuple[str, ...]]


class Shared(NamedTuple):
    """A row of ``contaminated/`` without the record and the benchmark."""

    item: str
    passages: int
    share: float


@functools.cache
def words_of(text: str) -> list[str]:
    return tokens(text)


def runs_of(text: str, length: int) -> Passages:
    words = words_of(text)
    return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}


def item_passages(text: str, most: int) -> Passages:
    """The passages by which an item is looked for; none if it is too short."""
    count = len(words_of(text))
    return runs_of(text, min(count, most)) if count >= min(SHORTEST, most) else set()


def own_passages(items: Sequence[tuple[str, str]], most: int) -> list[tuple[str, Passages]]:
    """The items of a benchmark that differ, each with its lowest id and its passages that are no template."""
    lowest: dict[str, str] = {}
    for name, text in items:
        lowest[text] = min(name, lowest.get(text, name))
    every = [(name, item_passages(text, most)) for text, name in lowest.items()]
    holders = Counter(passage for _, passages in every for passage in passages)
    common = {run for run, count in holders.items() if count >= LEAST_COMMON and count > COMMON * len(every)}
    return [(name, passages - common or passages) for name, passages in every]


def contaminated_by_hand(
    pool: Mapping[str, str], benchmarks: Mapping[str, Sequence[tuple[str, str]]], most: int
) -> dict[tuple[str, str], Shared]:
    """For each record and benchmark that share a passage, the item of which the record has the most."""
    found: dict[tuple[str, str], Shared] = {}
    for name, items in benchmarks.items():
        own = own_passages(items, most)
        lengths = {len(passage) for _, passages in own for passage in passages}
        for record, text in pool.items():
            runs = set().union(*(runs_of(text, length) for length in lengths))
            shared = [
                Shared(item, len(runs & passages), len(runs & passages) / max(1, len(passages)))
                for item, passages in own
            ]
            if best := [one for one in shared if one.passages]:
                found[record, name] = min(best, key=lambda one: (-one.passages, -one.share, one.item))
    return found
