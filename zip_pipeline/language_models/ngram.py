"""A static language model: byte n-grams with interpolated Witten-Bell smoothing.

It trains on a text and does not change afterwards, so it measures what the text alone teaches. PPM, in contrast, also
learns from the held-out text. After the context h of n - 1 bytes (Witten and Bell 1991; Chen and Goodman 1999, section
2.6)

    p_n(b | h) = (count(h b) + types(h) * p_(n-1)(b | h without its first byte)) / (count(h) + types(h))

where types(h) is the number of different bytes seen after h, and p_0 = 1/256. After a context that the text does not
contain, p_n = p_(n-1). For every context the probabilities of the 256 bytes sum to 1.

All counts come from one sorted array, the text's windows of `ORDER` bytes as numbers. Windows with a common beginning
are side by side in it, and a count is a distance. The last `ORDER` - 1 bytes of a text begin no window.
"""

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from zip_pipeline.language_models.questions import Bits, Question
from zip_pipeline.stats.intervals import Floats

ORDER = 6
"""Bytes of the longest n-gram: longer ones seldom occur twice in a few megabytes, and a window fits into 64 bits."""

START = b"\n" * (ORDER - 1)
"""The context before a text's first byte: line breaks, as between records."""

Numbers = npt.NDArray[np.uint64]


class Queries:
    """The n-grams of a held-out text, computed once for all models.

    Args:
        text: the held-out text.

    Attributes:
        grams: by order n = 1, 2, ..., the different n-grams in ascending order.
        places: by order, the place in `grams` of the n-gram that ends at each byte, shape (len(text),).
    """

    def __init__(self, text: bytes) -> None:
        windows = _windows(START + text)
        self.grams: list[Numbers] = []
        self.places: list[npt.NDArray[np.int64]] = []
        for order in range(1, ORDER + 1):
            grams, places = np.unique(windows & np.uint64(256**order - 1), return_inverse=True)
            self.grams.append(grams)
            self.places.append(places)


class NgramModel:
    """A model trained on a text.

    Args:
        text: at least `ORDER` bytes.

    Raises:
        ValueError: when the text is shorter.
    """

    def __init__(self, text: bytes) -> None:
        if len(text) < ORDER:
            raise ValueError(f"expected at least {ORDER} bytes to train on, found {len(text)}")
        self._windows = np.sort(_windows(text))
        self._types = [self._different_before(order) for order in range(1, ORDER + 1)]

    def probabilities(self, queries: Queries) -> Floats:
        """Return the probability of each byte after those before it, shape (bytes,)."""
        lower = np.full(len(queries.places[0]), 1 / 256)
        for order, (grams, places) in enumerate(zip(queries.grams, queries.places, strict=True), start=1):
            contexts, context = np.unique(grams >> np.uint64(8), return_inverse=True)
            begin, end = self._range(contexts, order - 1)
            seen = end - begin
            types = self._types[order - 1][end] - self._types[order - 1][begin]
            first, last = self._range(grams, order)
            # After an unseen context, the lower order gets all of the weight.
            total = np.maximum(seen + types, 1)
            of_gram = ((last - first) / total[context])[places]
            of_lower = np.where(seen > 0, types / total, 1.0)[context][places]
            lower = of_gram + of_lower * lower
        return lower

    def bits_per_byte(self, queries: Queries) -> float:
        """Return the bits per byte of an ideal coder with this model; lower means that it predicts the text better."""
        return float(-np.log2(self.probabilities(queries)).mean())

    def _range(self, grams: Numbers, order: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return, for ascending n-grams, the range of sorted windows that begin with each: first places, end places."""
        shift = np.uint64(8 * (ORDER - order))
        begins = np.searchsorted(self._windows, grams << shift)
        ends = np.searchsorted(self._windows, (grams + np.uint64(1)) << shift)
        return begins, ends

    def _different_before(self, order: int) -> npt.NDArray[np.int32]:
        """Return how many different n-grams begin the first 0, 1, ... sorted windows, shape (windows + 1,)."""
        grams = self._windows >> np.uint64(8 * (ORDER - order))
        new = np.concatenate(([True], grams[1:] != grams[:-1]))
        return np.concatenate(([0], np.cumsum(new))).astype(np.int32)


def judge(texts: Sequence[bytes], held_outs: Sequence[bytes], questions: Sequence[Question] = ()) -> list[Bits]:
    """Train on each text, then predict each held-out text and each answer; see `questions.Judge`."""
    queries, answers = [Queries(held_out) for held_out in held_outs], AnswerQueries(questions)
    models = map(NgramModel, texts)  # one at a time: a model is ten times as large as its text
    return [Bits([model.bits_per_byte(query) for query in queries], answers.bits(model)) for model in models]


class AnswerQueries:
    """The answers to questions as one text, each after the end of its question: a model sees no more of it.

    Args:
        questions: with their answers.
    """

    def __init__(self, questions: Sequence[Question]) -> None:
        self._counts = [len(question.answers) for question in questions]
        parts, self._spans, length = [], [], 0
        for question in questions:
            before = (START + question.context)[-len(START) :]
            for answer in question.answers:
                begin, length = length + len(before), length + len(before) + len(answer)
                self._spans.append((begin, length))
                parts.append(before + answer)
        self._queries = Queries(b"".join(parts)) if parts else None

    def bits(self, model: NgramModel) -> list[list[float]]:
        """Return the bits of each answer under a model, by question."""
        if self._queries is None:
            return []
        of_bytes = -np.log2(model.probabilities(self._queries))
        bits = iter([float(of_bytes[begin:end].sum()) for begin, end in self._spans])
        return [list(itertools.islice(bits, count)) for count in self._counts]


def _windows(text: bytes) -> Numbers:
    """Return the windows of `ORDER` bytes as numbers, the first byte the highest, shape (len(text) - ORDER + 1,)."""
    data = np.frombuffer(text, np.uint8)
    count = len(data) - ORDER + 1
    windows = np.zeros(count, np.uint64)
    for place in range(ORDER):
        windows <<= np.uint64(8)
        windows |= data[place : place + count]
    return windows
