"""The words behind hashed features, read from the texts that are shown.

A feature is known by its bucket alone. But a text that has it also has its words: so the tokens of the text are made
once more, one word at a time, which is cheap for a few texts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from zip_pipeline.dedup.tokens import runs, tokens

_CANDIDATES = re.compile(r"\w+|[^\w\s]")

MOST_BYTES = 1 << 16
"""Bytes of a text in which words are looked for."""


def names_of(payload: bytes, bits: int) -> dict[int, str]:
    """Return words, and pairs of neighbouring words, by the bucket of their feature.

    Words that normalising or cutting changes too much are missing.

    >>> sorted(names_of(b"To be or not", 20).values())
    ['To', 'To be', 'be', 'be or', 'not', 'or', 'or not']

    Args:
        payload: UTF-8.
        bits: there are ``2**bits`` buckets.
    """
    payload = payload[:MOST_BYTES]
    text = payload.decode("utf-8", "ignore")
    words = dict.fromkeys(_CANDIDATES.findall(text))
    words |= dict.fromkeys(one for word in words if not word.isascii() for one in word)
    by_hash: dict[int, str] = {}
    if words:
        for word, own in zip(words, tokens([word.encode() for word in words]).by_record(), strict=True):
            if len(own) == 1:
                by_hash.setdefault(int(own[0]), word)
    hashes = tokens([payload]).hashes
    shift = np.uint64(64 - bits)
    names = [by_hash.get(value) for value in hashes.tolist()]
    found = {int(bucket): name for bucket, name in zip(hashes >> shift, names, strict=True) if name}
    begins = np.arange(len(hashes) - 1)
    for bucket, one, other in zip(runs(hashes, begins, begins + 2) >> shift, names, names[1:], strict=False):
        if one and other:
            found.setdefault(int(bucket), f"{one} {other}")
    return found


def words_of(payload: bytes, buckets: Iterable[int], bits: int, most: int) -> list[str]:
    """Return the words of some features that a text has, in the order of the buckets; words within a pair once."""
    names: Mapping[int, str] = names_of(payload, bits)
    found = [names[bucket] for bucket in buckets if bucket in names]
    return without_parts(found)[:most]


def without_parts(names: Sequence[str]) -> list[str]:
    """Return names but for words that a pair among them has.

    >>> without_parts(["law", "law of", "entropy"])
    ['law of', 'entropy']
    """
    within = {word for name in names if " " in name for word in name.split(" ")}
    return [name for name in dict.fromkeys(names) if name not in within]
