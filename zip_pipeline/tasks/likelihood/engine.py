"""What an engine is: a loaded language model that gives the log-probability of each token."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from zip_pipeline.tasks.likelihood.windows import Window

NO_LIMIT = 10**9
"""What some tokenizers say of a model whose length they do not know is above this."""


@dataclass(frozen=True)
class ModelSettings:
    """A model and how it is run; small and picklable.

    Attributes:
        name: of the model in the table.
        path: a folder, or for the engine `bytes` a text; on every executor.
        engine: one of `engines.EXTRAS`.
        dtype: precision of the weights, such as ``float32``.
        device: ``cpu``, ``cuda``, or ``auto``.
        threads: of one engine.
    """

    name: str
    path: str
    engine: str
    dtype: str
    device: str
    threads: int


class Engine(Protocol):
    """A loaded model.

    Attributes:
        prefix: the token that begins a text.
        longest: tokens that the model can read at most; None: any number.
        about: what else the manifest should name: tokenizer, device, rule of the prefix.
    """

    @property
    def prefix(self) -> int: ...  # noqa: D102

    @property
    def longest(self) -> int | None: ...  # noqa: D102

    @property
    def about(self) -> dict[str, str]: ...  # noqa: D102

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text, without a prefix."""

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""

    def score(self, batch: Sequence[Window]) -> list[list[float]]:
        """Return, for each window, the log-probability in nats of each of its scored tokens."""
