"""Near-duplicates beside other tools: what they find in families of texts with known copies, and how long they take.

    pip install datasketch text-dedup

in an environment of its own, or into this one; a tool that is not there is left out, and its columns say so. All tools
get runs of 5 words, 128 permutations and a threshold of 0.5, as one process.

- datasketch: a record leaves when `MinHashLSH` finds one for it that stays.
- text-dedup: its signatures, its bands and its union of all that share one, as its `minhash` joins them.
"""

import functools
import random
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from bench.pools import Pool
from support import near_twin
from support.near_families import FAMILIES, LIMITS, family, payloads
from zip_pipeline.dedup.near_duplicates import Near, near_duplicates

WORDS, PERMUTATIONS, THRESHOLD = 5, 128, 0.5

Removed = dict[int, int]
"""The places of records that leave, and the place of the one that stays for each."""


def ours(texts: Sequence[bytes]) -> Removed:
    """Return what this package removes."""
    left = near_duplicates(texts, Near(THRESHOLD))
    return dict(zip(left.gone.tolist(), left.kept.tolist(), strict=True))


def datasketch(texts: Sequence[bytes]) -> Removed:
    """Return what a loop over `datasketch.MinHashLSH` removes."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    removed: Removed = {}
    for place, text in enumerate(texts):
        words = text.split()
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([b" ".join(words[n : n + WORDS]) for n in range(max(1, len(words) - WORDS + 1))])
        if alike := index.query(signature):
            removed[place] = min(alike)
        else:
            index.insert(place, signature)
    return removed


def text_dedup(texts: Sequence[bytes]) -> Removed:
    """Return what `text_dedup.minhash` removes; it has no function for texts in memory, so its loop stands here."""
    from text_dedup.minhash import RNG, SIGNATURE_COLUMN, embed_func
    from text_dedup.utils import UnionFind, optimal_param, sha1_hash

    prime, highest = np.uint64((1 << 61) - 1), np.uint32((1 << 32) - 1)
    bands, rows = optimal_param(THRESHOLD, PERMUTATIONS, false_positive_weight=0.5, false_negative_weight=0.5)
    settings = {
        "num_perm": PERMUTATIONS,
        "ngram_size": WORDS,
        "min_length": WORDS,
        "hashranges": [(band * rows, (band + 1) * rows) for band in range(bands)],
        "permutations": tuple(RNG.randint(low, prime, size=(PERMUTATIONS,), dtype=np.uint64) for low in (1, 0)),
        "hash_func": functools.partial(sha1_hash, d=32),
        "dtype": np.uint64,
        "max_hash": highest,
        "modulo_prime": prime,
    }
    first: dict[tuple[int, bytes], int] = {}
    union = UnionFind()
    for place, text in enumerate(texts):
        if len(re.split(r"\W", text.decode().lower())) < WORDS:
            continue
        for band, name in enumerate(embed_func(text.decode(), place, **settings)[SIGNATURE_COLUMN]):
            union.union(place, first.setdefault((band, name), place))
    return {place: union.find(place) for place in range(len(texts)) if union.find(place) != place}


TOOLS: dict[str, Callable[[Sequence[bytes]], Removed]] = {
    "zip-pipeline": ours,
    "datasketch": datasketch,
    "text-dedup": text_dedup,
}


def absent(tool: str) -> bool:
    """Return whether a tool is not installed."""
    return tool != "zip-pipeline" and find_spec(tool.replace("-", "_")) is None


def family_rows(_: Pool) -> Iterator[dict[str, Any]]:
    """Yield two rows a family, with each tool's precision and recall in percent, "-" where it is not installed.

    - Labels: a record leaves rightly when what stays for it is its original or another copy of that.
    - True sets: it leaves rightly when the sets of the two have a Jaccard of the threshold, by the slow twin. What
      should leave is as much as the twin removes.
    """
    for name in FAMILIES:
        records = family(name)
        texts = payloads(records)
        sets = near_twin.sets_of(texts, Near(THRESHOLD))
        near = near_twin.near_pairs(sets, THRESHOLD)
        copies = sum(record.copy != "" for record in records)
        leaving = len(near_twin.who_leaves(range(len(sets)), sets, near))
        rows: list[dict[str, Any]] = [{"family": name, "against": against} for against in ("labels", "true sets")]
        for tool, remove in TOOLS.items():
            columns = [f"{tool}, precision", f"{tool}, recall"]
            shares: list[tuple[Any, Any]] = [("-", "-"), ("-", "-")]
            if not absent(tool):
                removed = remove(texts)
                labelled = sum(records[one].original == records[other].original for one, other in removed.items())
                true = sum((min(pair), max(pair)) in near for pair in removed.items())
                shares = [percent(labelled, len(removed), copies), percent(true, len(removed), leaving)]
            for row, values in zip(rows, shares, strict=True):
                row |= dict(zip(columns, values, strict=True))
        yield from rows


def limit_rows(_: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a change that is hard to see: the Jaccard of 100 texts and their copies, and how many leave."""
    for change, (names, make) in LIMITS.items():
        for name in names:
            texts = []
            for number in range(100):
                rng = random.Random(f"{name} {number}")
                document = FAMILIES[name][0](rng)
                texts += [document.text().encode(), make(document, rng).encode()]
            runs = [frozenset(near_twin.runs(text.decode())) for text in texts]
            likenesses = sorted(map(near_twin.jaccard, runs[::2], runs[1::2]))
            left = ours(texts)
            yield {
                "change": change,
                "family": name,
                "Jaccard, lowest": likenesses[0],
                "median": statistics.median(likenesses),
                "highest": likenesses[-1],
                "copies that leave, %": sum(left.get(place) == place - 1 for place in range(1, 200, 2)),
            }


def percent(right: int, left: int, wanted: int) -> tuple[float, float]:
    """Return precision and recall in percent."""
    return 100 * right / max(1, left), 100 * right / wanted


def pool_rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row a tool: what it removes from the pool, and the processor's seconds, once."""
    texts = pool.payloads()
    for tool, remove in TOOLS.items():
        row: dict[str, Any] = {"tool": tool, "removed": "not installed", "CPU s": "-", "CPU s a million records": "-"}
        if not absent(tool):
            start = time.process_time()
            removed = len(remove(texts))
            took = time.process_time() - start
            row |= {"removed": removed, "CPU s": took, "CPU s a million records": took / len(texts) * 1e6}
        yield row
