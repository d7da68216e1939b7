"""Subsets of one pool: all of the same bytes, none as redundant as the next."""

import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from zip_pipeline.codecs.base import StreamCodec
from zip_pipeline.codecs.ppmd_codec import PpmdCodec
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zpaq_codec import ZpaqCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec
from zip_pipeline.dedup.near_duplicates import Near, pairs
from zip_pipeline.dedup.staying import lowest_of_component
from zip_pipeline.stats.text_statistics import text_of

WINDOWS: dict[str, StreamCodec] = {"32KB": ZlibCodec(9, 1 << 15), "64MB": ZlibCodec(9, 64 << 20)}
"""Zlib by its windows; versions are checked by them."""

CODECS = WINDOWS | {"zstd": ZstdCodec(19, 8 << 20), "ppmd": PpmdCodec()}
"""By which R is measured; by ZPAQ as well, where it is installed."""
if find_spec("zpaq"):
    CODECS["zpaq"] = ZpaqCodec()

SINGLE = "single source"
"""The kind of subsets that are about something else than the pool is, not only more or less redundant."""

BOILERPLATE = (
    "Notice {number}. This material is provided as it is, without warranty of any kind, express or implied, including "
    "but not limited to the warranties of merchantability, fitness for a particular purpose and noninfringement. In no "
    "event shall the authors or holders be liable for any claim, damages or other liability arising from its use."
)


@dataclass(frozen=True)
class Subset:
    """Records whose text has a given number of bytes.

    Attributes:
        name: of it.
        kind: how it was made.
        payloads: in random order.
    """

    name: str
    kind: str
    payloads: list[bytes]

    @property
    def text(self) -> bytes:
        """What models read."""
        return text_of(self.payloads, 1 << 40)

    def ratios(self, codecs: Mapping[str, StreamCodec] = WINDOWS) -> dict[str, float]:
        """Return R of the whole text by each codec."""
        text = self.text
        return {name: len(text) / codec.compressed_size(text) for name, codec in codecs.items()}

    def copies(self) -> float:
        """Return the share of records that are exact copies of others."""
        return 1 - len(set(self.payloads)) / len(self.payloads)


def cut(payloads: Iterable[bytes], size: int, seed: str) -> list[bytes]:
    """Return the first records whose text has `size` bytes, the last one cut to fit, in random order.

    Raises:
        ValueError: when there are too few.
    """
    kept, room = [], size
    for payload in payloads:
        kept.append(payload[: room - 1])
        room -= len(kept[-1]) + 1
        if room < 2:
            if room:  # a line break alone is no record
                kept[-1] += b" "
            random.Random(seed).shuffle(kept)
            return kept
    raise ValueError(f"{room:,} bytes are missing of {size:,}")


class Maker:
    """Makes subsets of a pool.

    Args:
        payloads: the pool's records.
        sources: of each.
        size: bytes of each subset.
    """

    def __init__(self, payloads: Sequence[bytes], sources: Sequence[str | None], size: int) -> None:
        self.payloads, self.sources, self.size = payloads, sources, size
        near = pairs(payloads, Near())
        self.groups = lowest_of_component(near.before, near.after, len(payloads))

    def all(self, selected: dict[str, list[bytes]]) -> list[Subset]:
        """Return every subset.

        Args:
            selected: by name, what `select` chose, in the order of picking.
        """
        orders: list[tuple[str, str, Callable[[str], Iterable[bytes]]]] = [
            *((f"random {seed}", "random", self.random) for seed in range(3)),
            ("near-dedup, then random", "random", self.deduplicated),
            *((name, "select", lambda _, chosen=chosen: chosen) for name, chosen in selected.items()),
            ("most redundant records", "redundant", self.most_redundant),
            ("half of them", "redundant", lambda seed: _mixed(self.random(seed), self.most_redundant(seed), 0.5)),
            ("largest groups of near copies", "redundant", self.largest_groups),
            *((f"{share:.0%} copies", "copies", lambda seed, share=share: self.copied(seed, share)) for share in (0.2, 0.4, 0.6)),
        ]  # fmt: skip
        large = Counter[str]()
        for payload, source in zip(self.payloads, self.sources, strict=True):
            large[source or ""] += len(payload) + 1
        for source, size in large.most_common(3):
            if size > self.size * 1.01 and len(large) > 1:
                orders.append((f"source {source}", SINGLE, lambda seed, source=source: self.of_source(seed, source)))
        return [Subset(name, kind, cut(order(name), self.size, name)) for name, kind, order in orders]

    def random(self, seed: str) -> list[bytes]:
        """Return the pool in random order."""
        return random.Random(seed).sample(self.payloads, len(self.payloads))

    def deduplicated(self, seed: str) -> list[bytes]:
        """Return the first of each group of near copies, in random order."""
        _, first = np.unique(self.groups, return_index=True)
        return random.Random(seed).sample([self.payloads[place] for place in first], len(first))

    def most_redundant(self, _: str) -> list[bytes]:
        """Return the records of highest ratio first: the rule turned around."""
        return sorted(self.payloads, key=lambda payload: (-len(payload) / len(zlib.compress(payload, 9)), payload))

    def largest_groups(self, _: str) -> list[bytes]:
        """Return the largest groups of near copies first, each whole."""
        sizes = Counter(self.groups.tolist())
        order = sorted(range(len(self.payloads)), key=lambda n: (-sizes[self.groups[n]], self.groups[n], n))
        return [self.payloads[place] for place in order]

    def copied(self, seed: str, share: float) -> list[bytes]:
        """Return random records, of which `share` of the bytes are exact copies of others among them."""
        clean = cut(self.random(seed), round(self.size * (1 - share)), seed)
        again = random.Random(seed + "again")
        return [*clean, *(again.choice(clean) for _ in range(len(self.payloads)))]

    def of_source(self, seed: str, source: str) -> list[bytes]:
        """Return the records of a source in random order."""
        return [self.payloads[n] for n in random.Random(seed).sample(range(len(self.payloads)), len(self.payloads))
                if (self.sources[n] or "") == source]  # fmt: skip

    def versions(self, clean: int) -> list[Subset]:
        """Return versions of a training set: clean ones, x1, x2, ..., one with copies and one with boilerplate."""
        made = [Subset(f"x{n + 1}", "clean", cut(self.random(f"version {n}"), self.size, "")) for n in range(clean)]
        notices = (BOILERPLATE.format(number=number).encode() for number in range(self.size))
        return [
            *made,
            Subset("20% copies", "copies", cut(self.copied("version copies", 0.2), self.size, "")),
            Subset("20% boilerplate", "boilerplate", cut(_mixed(self.random("version"), notices, 0.2), self.size, "")),
        ]


def _mixed(one: Iterable[bytes], other: Iterable[bytes], share: float) -> Iterable[bytes]:
    """Return records of both by turns, so that `share` of the bytes are of the other."""
    turns, taken = (iter(one), iter(other)), [0, 0]
    while True:
        which = int(taken[1] < share * sum(taken))
        payload = next(turns[which])
        taken[which] += len(payload) + 1
        yield payload
