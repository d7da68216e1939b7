"""Near-duplicates by their definition: tokens as texts, sets of tuples, all pairs. Slow, and without any hash.

Nothing here is taken from the code that it checks but the numbers and the ranges of scripts that make up the
definition. The one hash that belongs to the definition, which says where a long word is cut, is written again.
"""

import functools
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from zip_pipeline.dedup.characters import CODE_POINTS, KNOWN, UNSPACED
from zip_pipeline.dedup.near_duplicates import LEAST_COMMON, Near
from zip_pipeline.dedup.shingles import WIDTH
from zip_pipeline.dedup.tokens import CONTEXT, LONGEST, PIECE

Run = tuple[str, ...]
Runs = frozenset[Run]

BASE = 0x9E3779B97F4A7C15
DIGITS_AND_SPACE = (" ", *"0123456789")


class Removed(NamedTuple):
    """A record that leaves, and the near-duplicate that stays in its place.

    Attributes:
        kept: place of the record that stays.
        jaccard: shared runs over all runs of the two.
        containment: share of the removed record's runs that the other one has.
    """

    kept: int
    jaccard: float
    containment: float


def tokens(text: str) -> list[str]:
    """Return the tokens of a text.

    >>> tokens("Der Fluß: 3 * 4, 東京!")
    ['der', 'fluss', '3', '*', '4', '東', '京']
    >>> tokens("?!")
    ['?!']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    letters = [letter for letter in folded if not invisible(letter)]
    found, word = [], ""
    for place, letter in enumerate(letters):
        if unicodedata.category(letter)[0] in "LNM" and not unspaced(letter):
            word += letter
            continue
        found += pieces(word)
        word = ""
        before = letters[place - 1] if place else ""
        after = letters[place + 1] if place + 1 < len(letters) else "\n"
        alone = letter in "*/%-" and before in DIGITS_AND_SPACE and (after in DIGITS_AND_SPACE or after < " ")
        if alone or unspaced(letter) or unicodedata.category(letter)[0] == "S":
            found.append(letter)
    return found + pieces(word) or ["".join(letters)]


@functools.cache
def invisible(letter: str) -> bool:
    """Return whether a character only formats: joiners, tags, and which form of another one is meant."""
    variant = 0xFE00 <= ord(letter) <= 0xFE0F or 0xE0000 <= ord(letter) <= 0xE0FFF
    return variant or unicodedata.category(letter) == "Cf"


@functools.cache
def unspaced(letter: str) -> bool:
    """Return whether a letter is of a script that writes no spaces between words."""
    if KNOWN <= ord(letter) < CODE_POINTS:
        return True  # Han, and nothing else
    return unicodedata.category(letter)[0] in "LNM" and any(first <= ord(letter) <= last for first, last in UNSPACED)


def pieces(word: str) -> list[str]:
    """Return a word whole, or a long one cut behind six letters whose hash is a multiple of eight."""
    if len(word) <= LONGEST:
        return [word] if word else []
    cuts = [place for place in range(CONTEXT, len(word)) if hash_of(word[place - CONTEXT : place]) % PIECE == 0]
    return [word[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(word)], strict=True)]


@functools.lru_cache(1 << 16)
def hash_of(letters: str) -> int:
    """Return the hash of a few letters: the sum of their numbers times powers of a base, mixed."""
    return mixed(sum(number_of(letter) * BASE**place for place, letter in enumerate(letters)))


@functools.cache
def number_of(letter: str) -> int:
    """Return the random number of a letter."""
    return mixed((ord(letter) + 1) * BASE)


def mixed(value: int) -> int:
    """Return the finaliser of SplitMix64 by Python's own numbers."""
    value %= 1 << 64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % (1 << 64)
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % (1 << 64)
    return value ^ (value >> 31)


def runs(text: str, width: int = WIDTH) -> list[Run]:
    """Return all runs of so many tokens in their order; of fewer tokens, one run of all."""
    found = tokens(text)
    return [tuple(found[place : place + width]) for place in range(max(1, len(found) - width + 1))]


def common(sets: Iterable[Runs], share: float, least: int) -> Runs:
    """Return the runs that more than this share of the records hold, and more than so many records."""
    sets = list(sets)
    holders = Counter(run for runs_of_one in sets for run in runs_of_one)
    return frozenset(run for run, count in holders.items() if count > max(share * len(sets), least))


def without(runs_of_one: Runs, boilerplate: Runs) -> Runs:
    """Return the runs that are no boilerplate; all of them where nothing would remain."""
    return runs_of_one - boilerplate or runs_of_one


def jaccard(one: Runs, other: Runs) -> float:
    """Return the share of all runs of two records that both have."""
    return len(one & other) / len(one | other)


def near_pairs(sets: Sequence[Runs], threshold: float) -> dict[tuple[int, int], float]:
    """Return all pairs of near-duplicates, lower place first, and their Jaccard.

    Each record is compared with all before it that share a run; others have a Jaccard of 0.
    """
    holders: dict[Run, list[int]] = {}
    pairs = {}
    for place, runs_of_one in enumerate(sets):
        shared: Counter[int] = Counter()
        for run in runs_of_one:
            shared.update(earlier := holders.setdefault(run, []))
            earlier.append(place)
        for other, count in shared.items():
            likeness = count / (len(runs_of_one) + len(sets[other]) - count)
            if likeness >= threshold:
                pairs[other, place] = likeness
    return pairs


def who_leaves(
    order: Sequence[int], sets: Sequence[Runs], pairs: Mapping[tuple[int, int], float]
) -> dict[int, Removed]:
    """Return the records that leave: each is a near-duplicate of one that stays and comes earlier in the order.

    Args:
        order: all places, the one that would rather stay first.
        sets: the runs of each record.
        pairs: the near-duplicates and their Jaccard.
    """
    near: dict[int, dict[int, float]] = {place: {} for place in order}
    for (one, other), likeness in pairs.items():
        near[one][other] = near[other][one] = likeness
    stays: set[int] = set()
    removed = {}
    for place in order:
        close = near[place].keys() & stays
        if close:
            kept = min(close, key=lambda one: (-near[place][one], one))
            removed[place] = Removed(kept, near[place][kept], len(sets[place] & sets[kept]) / len(sets[place]))
        else:
            stays.add(place)
    return removed


def sets_of(payloads: Iterable[bytes], near: Near) -> list[Runs]:
    """Return the runs of each record that count."""
    sets = [frozenset(runs(payload.decode(errors="replace"))) for payload in payloads]
    boilerplate = common(sets, near.common, LEAST_COMMON)
    return [without(one, boilerplate) for one in sets]


def near_duplicates(payloads: Iterable[bytes], near: Near) -> dict[int, Removed]:
    """Return what leaves of these records; the first ones would rather stay."""
    sets = sets_of(payloads, near)
    return who_leaves(range(len(sets)), sets, near_pairs(sets, near.threshold))
