"""Near-duplicates in families of texts whose copies are known: against their slow twin, and against the labels.

What must hold in every family: of what leaves, at least 98 % is really near, and of what is near, at least 95 % leaves.
`support.near_families` has the recipe, and what is no near-duplicate by the definition.
"""

import base64
import doctest
import functools
import json
import random
from collections.abc import Callable, Sequence

import pytest

from support import near_families, near_twin
from support.near_families import FAMILIES, Record, family, payloads
from support.near_twin import Removed, Runs
from support.near_vocabulary import english, zipf
from zip_pipeline.dedup.near_duplicates import Near, near_duplicates

PRECISION, RECALL = 0.98, 0.95
ORIGINALS = 60

by_family = pytest.mark.parametrize("name", FAMILIES)
NEAR = Near()


def test_the_examples() -> None:
    assert doctest.testmod(near_twin).failed == 0


@functools.cache
def records(name: str) -> list[Record]:
    return family(name, ORIGINALS)


@functools.cache
def sets(name: str) -> list[Runs]:
    """The runs of a family's records that count."""
    return near_twin.sets_of(payloads(records(name)), NEAR)


@functools.cache
def true(name: str) -> dict[int, Removed]:
    pairs = near_twin.near_pairs(sets(name), NEAR.threshold)
    return near_twin.who_leaves(range(len(sets(name))), sets(name), pairs)


@functools.cache
def found(name: str) -> dict[int, Removed]:
    return removed(payloads(records(name)))


def removed(texts: Sequence[bytes]) -> dict[int, Removed]:
    """What leaves, as the twin says it."""
    left = near_duplicates(texts)
    columns = (left.kept.tolist(), left.jaccard.tolist(), left.containment.tolist())
    return dict(zip(left.gone.tolist(), map(Removed, *columns), strict=True))


def shares(right: int, left: int, wanted: int) -> tuple[float, float]:
    """Precision and recall."""
    return right / max(1, left), right / wanted


@by_family
def test_each_removal_is_true(name: str) -> None:
    """Jaccard and containment are those of the true sets, the record stays in whose favour another one leaves."""
    for place, one in found(name).items():
        mine, others = sets(name)[place], sets(name)[one.kept]
        assert one == Removed(one.kept, near_twin.jaccard(mine, others), len(mine & others) / len(mine))
        assert one.jaccard >= NEAR.threshold
        assert one.kept not in found(name)


@by_family
def test_what_leaves_is_what_the_twin_removes(name: str) -> None:
    both = len(found(name).keys() & true(name).keys())
    precision, recall = shares(both, len(found(name)), len(true(name)))
    assert precision >= PRECISION
    assert recall >= RECALL


@by_family
def test_copies_leave_and_look_alikes_stay(name: str) -> None:
    told = records(name)
    right = sum(told[place].original == told[one.kept].original for place, one in found(name).items())
    precision, recall = shares(right, len(found(name)), sum(record.copy != "" for record in told))
    assert precision >= PRECISION
    assert recall >= RECALL


def test_all_families_in_one_pool() -> None:
    """Boilerplate of one family is a small part of this pool."""
    told = [(name, record) for name in FAMILIES for record in records(name)]
    left = removed([record.text.encode() for _, record in told])

    def original(place: int) -> tuple[str, int]:
        return told[place][0], told[place][1].original

    right = sum(original(place) == original(one.kept) for place, one in left.items())
    precision, recall = shares(right, len(left), sum(record.copy != "" for _, record in told))
    assert precision >= PRECISION
    assert recall >= RECALL


# --- different records that look alike: none may leave --------------------------------------------------------------


def own_words(rng: random.Random, count: int) -> str:
    words: list[str] = []
    while len(words) < count:
        words += rng.choice(english()).split()
    return " ".join(words[:count])


SYSTEM = "system: You are Fern, created by Leaf Works. You are a helpful assistant.\n"
REQUEST = "user: Tell me what is in this file, please, today\nassistant: "
TOOLS = own_words(random.Random(306), 306)
QUESTION = "user: Look it up for me, please, and tell me the result when you have it.\n"


def chinese(rng: random.Random) -> str:
    sentences = ["".join(zipf("Chinese", rng, rng.randint(6, 14))) for _ in range(24)]
    return f"{SYSTEM}user: {sentences[0]}\uff1f\nassistant: {'。'.join(sentences[1:])}。"


def minified(rng: random.Random) -> str:
    names = "abcdefghijklmnopqrstuvwxyz"
    parts = [
        f"function {rng.choice(names)}({rng.choice(names)}){{return {rng.choice(names)}+{rng.randrange(99)}}}"
        for _ in range(40)
    ]
    return "".join(parts)


def one_line_json(rng: random.Random) -> str:
    return json.dumps({f"field_{n}": rng.choice([rng.randrange(10**6), *zipf("German", rng, 2)]) for n in range(25)})


def call(rng: random.Random) -> str:
    return f"search {json.dumps({'q': ' '.join(zipf('German', rng, 8))}, ensure_ascii=False)}"


DIFFERENT: dict[str, tuple[int, Callable[[random.Random], str]]] = {
    "Chinese answers behind an English system prompt": (200, chinese),
    "base64 behind a request": (100, lambda rng: REQUEST + base64.b64encode(rng.randbytes(600)).decode()),
    "hex behind a request": (100, lambda rng: REQUEST + rng.randbytes(400).hex()),
    "FASTA behind a request": (100, lambda rng: REQUEST + "".join(rng.choices("ACGT", k=900))),
    "minified JavaScript behind a request": (100, lambda rng: REQUEST + minified(rng)),
    "JSON on one line behind a request": (100, lambda rng: REQUEST + one_line_json(rng)),
    "conversations behind one list of tools": (500, lambda rng: f"user: {TOOLS}\n{own_words(rng, 120)}"),
    "calls of a tool": (30, lambda rng: f"{QUESTION}tool_call: {call(rng)}"),
}


@pytest.mark.parametrize("kind", DIFFERENT)
def test_different_records_stay(kind: str) -> None:
    count, make = DIFFERENT[kind]
    texts = [make(random.Random(f"{kind} {number}")).encode() for number in range(count)]
    assert len(set(texts)) == count
    assert removed(texts) == {}


@pytest.mark.parametrize("language", ["English", "German", "Chinese", "Japanese", "Thai", "Arabic"])
def test_documents_with_one_sentence_of_20_changed_leave(language: str) -> None:
    texts = []
    for number in range(200):
        rng = random.Random(f"{language} {number}")
        prose = near_families.prose(language, rng, 20)
        texts += [prose.text().encode(), near_families.EDITS["one part in 20 changed"](prose, rng).encode()]
    assert {place: one.kept for place, one in removed(texts).items()} == {n: n - 1 for n in range(1, 400, 2)}
