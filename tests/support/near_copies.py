"""Texts with a known share of equal runs of words, and tokens, runs and near-duplicates by plain Python."""

import random
import re
import unicodedata

from pyspark.sql import DataFrame, SparkSession

from zip_pipeline.dedup import tokens
from zip_pipeline.dedup.near_duplicates import Near
from zip_pipeline.dedup.shingles import WIDTH

MASK = (1 << 64) - 1
BASE = 0x9E3779B97F4A7C15


def words(count: int, seed: int) -> list[bytes]:
    """Return random words, different ones for different seeds."""
    rng = random.Random(seed)
    return [b"%x" % rng.randrange(10**9) for _ in range(count)]


def table(spark: SparkSession, payloads: dict[str, bytes], parts: int = 2) -> DataFrame:
    """Return payloads by id as a table."""
    rows = [(i, bytearray(payload)) for i, payload in payloads.items()]
    return spark.createDataFrame(rows, "id string, payload binary").repartition(parts)


def planted(jaccard: float, seed: int, runs: int = 400) -> tuple[bytes, bytes]:
    """Return two texts with a common beginning, so long that their runs of words have this Jaccard likeness."""
    shared = round(2 * runs * jaccard / (1 + jaccard)) + WIDTH - 1
    first, second = words(runs + WIDTH - 1, seed), words(runs + WIDTH - 1, seed + 10**6)
    return b" ".join(first), b" ".join(first[:shared] + second[shared:])


def tokens_by_hand(payload: bytes) -> list[str]:
    """All tokens of a payload, one character after the other."""
    folded = unicodedata.normalize("NFKC", payload.decode(errors="replace")).casefold()
    text = "".join(character for character in folded if not only_formats(character))
    found, word = list[str](), ""
    for place, character in enumerate(text):
        category = unicodedata.category(character) if ord(character) < 0x20000 else "Lo"
        category = "Cn" if ord(character) >= 0x40000 else category
        unspaced = any(first <= ord(character) <= last for first, last in tokens.UNSPACED) or ord(character) >= 0x20000
        if category[0] in "LNM" and not unspaced:
            word += character
            continue
        found += pieces_by_hand(word)
        word = ""
        beside = (text[place - 1 : place] + text[place + 1 : place + 2]) if place else ""
        if category[0] in "LNMS" or (character in "*/%-" and re.fullmatch("[ 0-9]{2}", beside, re.ASCII)):
            found.append(character)
    return found + pieces_by_hand(word) or [text]


def only_formats(character: str) -> bool:
    """Whether a character is invisible: tags, variants of a form, joiners."""
    variant = 0xFE00 <= ord(character) <= 0xFE0F or 0xE0000 <= ord(character) <= 0xE0FFF
    return variant or unicodedata.category(character) == "Cf"


def pieces_by_hand(word: str) -> list[str]:
    """A word, cut where a hash of the characters before a place says so if it is long."""
    if len(word) <= tokens.LONGEST:
        return [word] if word else []
    begins = [0]
    for place in range(tokens.CONTEXT, len(word)):
        before = word[place - tokens.CONTEXT : place]
        total = sum(mixed((ord(c) + 1) * BASE) * pow(BASE, number, 1 << 64) for number, c in enumerate(before))
        if mixed(total) % tokens.PIECE == 0:
            begins.append(place)
    return [word[begin:end] for begin, end in zip(begins, [*begins[1:], len(word)], strict=True)]


def mixed(value: int) -> int:
    """SplitMix64's last step, on Python's numbers."""
    value &= MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def runs_by_hand(payload: bytes, width: int) -> list[tuple[str, ...]]:
    """All runs of so many tokens in a payload, by plain Python."""
    found = tokens_by_hand(payload)
    return [tuple(found[place : place + width]) for place in range(max(1, len(found) - width + 1))]


def near_by_hand(payloads: list[bytes], near: Near) -> dict[int, tuple[int, float, float]]:
    """The records that go, with the one that stays, Jaccard and containment: all pairs, on true sets."""
    whole = [set(runs_by_hand(payload, WIDTH)) for payload in payloads]
    counts: dict[tuple[str, ...], int] = {}
    for run in (run for record in whole for run in record):
        counts[run] = counts.get(run, 0) + 1
    common = {run for run, count in counts.items() if count >= near.least(len(payloads))}
    records = [record - common or record for record in whole]
    gone: dict[int, tuple[int, float, float]] = {}
    staying = list[int]()
    for place, record in enumerate(records):
        both = {other: len(record & records[other]) for other in staying}
        shares = {other: b / (len(record) + len(records[other]) - b) for other, b in both.items()}
        close = [other for other, share in shares.items() if share >= near.threshold]
        if close:
            kept = min(close, key=lambda other: (-shares[other], other))
            gone[place] = (kept, shares[kept], both[kept] / len(record))
        else:
            staying.append(place)
    return gone
