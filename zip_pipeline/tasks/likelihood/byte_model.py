"""A byte model: how often a byte follows another in a text. A baseline for rankings that needs no package.

The path of the model is that of the text. P(b | a) = (count of ab + 1) / (count of a + 256), so every byte may follow
every other. A text begins after a line break.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.windows import Window

_VALUES = 256


class ByteModel:
    """See the module; an `Engine`.

    Args:
        settings: `path` is that of the text.
    """

    def __init__(self, settings: ModelSettings) -> None:
        text = np.frombuffer(b"\n" + Path(settings.path).read_bytes(), np.uint8).astype(np.int64)
        pairs = np.bincount(text[:-1] * _VALUES + text[1:], minlength=_VALUES * _VALUES)
        counts = pairs.reshape(_VALUES, _VALUES)
        self._nats = [
            [math.log((count + 1) / (total + _VALUES)) for count in row]
            for row, total in zip(counts.tolist(), counts.sum(axis=1).tolist(), strict=True)
        ]

    prefix = 10
    longest = None

    @property
    def about(self) -> dict[str, str]:
        """See `Engine`."""
        return {"tokenizer": "bytes", "prefix": "a line break", "device": "cpu"}

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """See `Engine`; a token is a byte of UTF-8."""
        return [list(text.encode()) for text in texts]

    def decode(self, tokens: Sequence[int]) -> str:
        """See `Engine`."""
        return bytes(tokens).decode()

    def score(self, batch: Sequence[Window]) -> list[list[float]]:
        """See `Engine`; only the last byte before counts, whatever the window."""
        return [
            [self._nats[before][token] for before, token in pairwise(part)]
            for part in (window.tokens[-window.scored - 1 :] for window in batch)
        ]
