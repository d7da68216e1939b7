"""The task that scores documents: takes parts of a corpus, returns each document's log-probability under one model.

A part is a fixed set of documents, whatever the layout of the table. A task has it as a whole, and cuts it into batches
by itself. So the same batches go to the model on one core and on a hundred, and the sums are the same to the last bit
on machines of one kind.
"""

import math
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from zip_pipeline.errors import InputError
from zip_pipeline.tasks.likelihood import engines
from zip_pipeline.tasks.likelihood.engine import Engine, ModelSettings
from zip_pipeline.tasks.likelihood.windows import batches, windows

SCORED = pa.schema(
    [
        ("model", pa.string()),
        ("document", pa.string()),
        ("log_probability", pa.float64()),
        ("tokens", pa.int64()),
        ("bytes", pa.int64()),
        ("characters", pa.int64()),
        ("source", pa.string()),
        ("windows", pa.int64()),
        ("bits_per_byte", pa.float64()),
        ("settings", pa.string()),
        ("reason", pa.string()),
    ]
)
"""Columns that `LikelihoodScorer.score_batches` yields, a row a document; `reason`: why it has no log-probability."""

INSPECTED = pa.schema([(name, pa.string()) for name in ("host", "versions", "hash", "about", "longest")])
"""Columns that `inspect` yields, a row a task."""

UNRETURNED = "the tokenizer cannot give the text back"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class LikelihoodScorer:
    """Scores documents under one model; small and picklable.

    Attributes:
        model: the model and how it is run.
        window: tokens that the model reads at most.
        stride: tokens that a further window of a document scores.
        batch: tokens of a batch.
        settings: how the numbers were computed, as the table says it.
    """

    model: ModelSettings
    window: int
    stride: int
    batch: int
    settings: str

    def score_batches(self, given: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `SCORED`, one row for each document.

        Args:
            given: ``part``, ``id``, ``source``, ``payload``; the documents of a part are all there, one after the
                other.
        """
        part: Rows = []
        for batch in given:
            for row in batch.to_pylist():
                if part and row["part"] != part[0]["part"]:
                    yield pa.RecordBatch.from_pylist(self.score(engines.load(self.model), part), schema=SCORED)
                    part = []
                part.append(row)
        if part:
            yield pa.RecordBatch.from_pylist(self.score(engines.load(self.model), part), schema=SCORED)

    def score(self, engine: Engine, part: Rows) -> Rows:
        """Return a row of `SCORED` for each document of a part, in the order of ids."""
        documents = sorted(part, key=lambda row: (row["id"], row["payload"]))
        texts = [row["payload"].decode() for row in documents]
        tokens = engine.encode(texts)
        rows = []
        for row, text, own in zip(documents, texts, tokens, strict=True):
            known = {"model": self.model.name, "document": row["id"], "source": row["source"]}
            known |= {"bytes": len(row["payload"]), "characters": len(text), "settings": self.settings}
            if not own or engine.decode(own) != text:
                known["reason"] = UNRETURNED
            rows.append(known)
        work = [
            window
            for number, own in enumerate(tokens)
            if "reason" not in rows[number]
            for window in windows(number, own, engine.prefix, self.window, self.stride)
        ]
        nats: list[list[float]] = [[] for _ in documents]
        counts = [0] * len(documents)
        for batch in batches(work, self.batch):
            for window, scored in zip(batch, engine.score(batch), strict=True):
                nats[window.document] += scored
                counts[window.document] += 1
        for number, row in enumerate(rows):
            if "reason" not in row:
                total = math.fsum(nats[number])
                bits = -total / math.log(2) / row["bytes"]
                row |= {
                    "log_probability": total, "tokens": len(nats[number]), "windows": counts[number],
                    "bits_per_byte": bits,
                }  # fmt: skip
        return rows


@dataclass(frozen=True)
class Inspection:
    """Loads a model before the work begins, to see that it is there and what it is.

    Attributes:
        model: the model.
        window: tokens that it is to read.
    """

    model: ModelSettings
    window: int

    def inspect(self, given: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `INSPECTED`, one row.

        Raises:
            SetupError: when a package is missing.
            InputError: when the model is not here, cannot be loaded or cannot read so many tokens.
        """
        for _ in given:
            pass
        engines.require_packages(self.model.engine)
        digest = engines.content_hash(self.model.path)
        engine = engines.load(self.model)
        if engine.longest is not None and engine.longest < self.window:
            raise InputError(
                f"{self.model.path}: it reads {engine.longest} tokens at most, and loglikelihood.window is "
                f"{self.window}; set it to {engine.longest} or less, for all models that are compared"
            )
        row = {
            "host": platform.node(),
            "versions": _text(engines.versions(self.model.engine)),
            "hash": digest,
            "about": _text(engine.about),
            "longest": str(engine.longest),
        }
        yield pa.RecordBatch.from_pylist([row], schema=INSPECTED)


def _text(names: dict[str, str]) -> str:
    """Return names and values, such as ``torch 2.9, transformers 5.0``."""
    return ", ".join(f"{name} {value}" for name, value in names.items())
