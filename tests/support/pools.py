"""Small pools for tests, made from a seed."""

import random
from typing import Any

from zip_pipeline.records.dialects import registry
from zip_pipeline.records.render import content

WORDS = [
    "the",
    "law",
    "of",
    "entropy",
    "says",
    "that",
    "data",
    "which",
    "compress",
    "less",
    "teach",
    "a",
    "model",
    "more",
    "than",
    "data",
    "that",
    "do",
    "not",
]

COLUMNS = "id string, conversations array<struct<`from`: string, value: string>>, source string, quality double"
"""The schema of `sharegpt`, in Spark's words."""


def sharegpt(records: int, seed: int = 0) -> list[dict[str, Any]]:
    """Conversations with ids out of order, sources, and a column that the rule does not look at."""
    rng = random.Random(seed)

    def text() -> str:
        return " ".join(rng.choices(WORDS, k=rng.randrange(3, 40))) + f" {rng.randrange(10**6)}"

    pool = [
        {
            "id": f"r{number:04d}",
            "conversations": [{"from": "human", "value": text()}, {"from": "gpt", "value": text()}],
            "source": rng.choice(["web", "books", None]),
            "quality": rng.random(),
        }
        for number in range(records)
    ]
    rng.shuffle(pool)
    return pool


def payload_of(record: dict[str, Any]) -> bytes:
    """The payload of a record of `sharegpt`."""
    return content(registry()["sharegpt"].turns(record))


def prose(words: int, seed: int, vocabulary: list[str] = WORDS) -> bytes:
    """Random words of a vocabulary."""
    rng = random.Random(seed)
    return " ".join(rng.choices(vocabulary, k=words)).encode()
