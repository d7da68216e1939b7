"""Windows over the tokens of a document, and batches of windows.

A model reads a limited number of tokens. A longer document is read in windows (arXiv 2404.09937, and Hugging Face's
page on perplexity). Each goes `stride` tokens further than the one before, and only those count, with the tokens before
them as context. So every token is scored once. Before the first token stands a prefix, the token that begins a text for
the model, which is read and not scored.

    ^ a b c d e f        a prefix and six tokens; window 4, stride 2
    [^ a b c]            scores a b c d
        [b c d e]        scores e f

The first window scores as many tokens as it reads. Where `stride` equals `window`, windows only share one token: those
are the windows of lm-evaluation-harness.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a document for a model to read.

    Attributes:
        document: number of the document.
        tokens: prefix or context, then what is scored; the model reads all but the last one.
        scored: how many of the last tokens are scored.
    """

    document: int
    tokens: Sequence[int]
    scored: int

    @property
    def read(self) -> int:
        """How many tokens the model reads."""
        return len(self.tokens) - 1


def windows(document: int, tokens: Sequence[int], prefix: int, window: int, stride: int) -> Iterator[Window]:
    """Yield the windows of a document.

    >>> [("".join("^abcdef"[t] for t in w.tokens), w.scored) for w in windows(0, [1, 2, 3, 4, 5, 6], 0, 4, 2)]
    [('^abcd', 4), ('bcdef', 2)]

    Args:
        document: its number.
        tokens: those of the document, at least one.
        prefix: the token that begins a text.
        window: tokens that the model reads at most.
        stride: tokens that a further window scores, at most `window`.
    """
    whole, done = [prefix, *tokens], 0
    while done < len(tokens):
        end = min(done + (stride if done else window), len(tokens))
        yield Window(document, whole[max(0, end - window) : end + 1], end - done)
        done = end


def batches(work: Sequence[Window], tokens: int) -> Iterator[list[Window]]:
    """Yield windows in batches: longest first, so that the windows of a batch are about as long.

    The same windows give the same batches, in whatever order they come.

    Args:
        work: windows.
        tokens: that a batch reads at most, filled up to its longest window; one window may read more.
    """
    ordered = sorted(work, key=lambda window: (-window.read, window.document, window.scored, list(window.tokens)))
    batch: list[Window] = []
    for window in ordered:
        if batch and (len(batch) + 1) * batch[0].read > tokens:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch
