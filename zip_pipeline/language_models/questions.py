"""What a language model is asked after it has read a text, and what it answers.

A model answers with bits: how many it needs for a held-out text by the byte, and for each answer to a question, once it
has read the question. This module loads nothing, as the processes of `ppm` must not load NumPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

PPM, NGRAMS, NEURAL = "ppm", "ngrams", "neural"
MODEL_NAMES = (PPM, NGRAMS, NEURAL)
"""The models; `judges` has what they are."""

DEFAULT_MODELS = (PPM, NGRAMS)
"""Those that need no more than the package itself."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and answers to it.

    Attributes:
        context: what a model reads before the answer: the question and what introduces the answer.
        answers: the right one first, then wrong ones; each ends as a record does.
    """

    context: bytes
    answers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Bits:
    """What one model answers after one text.

    Attributes:
        held_out: bits per byte of each held-out text; lower means that the text taught more.
        answers: by question, the bits of each answer given the question.
        own: bits per byte of the text itself, from a model that learns as it reads; None from others.
    """

    held_out: list[float]
    answers: list[list[float]] = field(default_factory=list)
    own: float | None = None


class Judge(Protocol):
    """A model."""

    def __call__(
        self, texts: Sequence[bytes], held_outs: Sequence[bytes], questions: Sequence[Question] = ()
    ) -> list[Bits]:
        """Learn each text, from nothing each time, and return what the model answers after it."""
