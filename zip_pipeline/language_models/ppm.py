"""A compression-based language model: PPM, which has read one text and is asked to code another.

Prediction by partial matching (Cleary and Witten 1984), in the variant PPMd H (Shkarin 2002), as pyppmd has it. It
learns as it reads, the held-out text too, so what it says of that text is what an adaptive model with the
selection's experience needs for it: (C(text + held_out) - C(text)) * 8 / len(held_out) bits per byte.

A state cannot be copied, but a process can: after the text has been read, a child is forked for each held-out
text, which costs the pages that it changes and not a second reading. Where there is no fork, the text is read again.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pyppmd import Ppmd7Encoder

ORDER = 8
"""The longest context, in bytes: a word and a half. Longer ones change the order of sets no more, and cost memory."""

MEMORY = 1 << 29
"""Bytes the model may grow to; pages are touched as it grows. A full model starts anew, which `MOST_BYTES` prevents."""

MOST_BYTES = 12_000_000
"""Bytes of text and held-out text together: random letters, where no context ever returns, fill half of `MEMORY`."""


@dataclass(frozen=True, slots=True)
class PpmBits:
    """What the model needs.

    Attributes:
        own: bits per byte of the text itself; higher means less redundant, with a memory as long as the text.
        held_out: bits per byte of each held-out text after it; lower means that the text taught more.
    """

    own: float
    held_out: list[float]


def judge(text: bytes, held_outs: Sequence[bytes]) -> PpmBits:
    """Read a text, then code each held-out text behind it.

    Raises:
        ValueError: when a text is empty, or both together do not fit the model's memory.
    """
    for held_out in held_outs:
        if not text or not held_out or len(text) + len(held_out) > MOST_BYTES:
            raise ValueError(
                f"expected texts that have at most {MOST_BYTES:,} bytes together and are not empty, "
                f"found {len(text):,} and {len(held_out):,}"
            )
    coded = _forking(text, held_outs) if hasattr(os, "fork") else _rereading(text, held_outs)
    alone, together = coded[0], coded[1:]
    bits = [(size - alone) * 8 / len(held_out) for size, held_out in zip(together, held_outs, strict=True)]
    return PpmBits(alone * 8 / len(text), bits)


def coded_size(data: bytes) -> int:
    """Return the bytes that PPM codes some data in."""
    encoder = Ppmd7Encoder(ORDER, MEMORY)
    return len(encoder.encode(data)) + len(encoder.flush())


def _rereading(text: bytes, held_outs: Sequence[bytes]) -> list[int]:
    """Return the coded size of the text, and with each held-out text behind it."""
    return [coded_size(text + held_out) for held_out in (b"", *held_outs)]


def _forking(text: bytes, held_outs: Sequence[bytes]) -> list[int]:
    """`_rereading`, with the text read once; the process must have no threads that hold locks."""
    encoder = Ppmd7Encoder(ORDER, MEMORY)
    emitted = len(encoder.encode(text))
    return [emitted + _rest_in_a_child(encoder, held_out) for held_out in (b"", *held_outs)]


def _rest_in_a_child(encoder: Ppmd7Encoder, data: bytes) -> int:
    """Return how many bytes the encoder would still emit for some data; its state stays as it is."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            os.write(writing, b"%d" % (len(encoder.encode(data)) + len(encoder.flush())))
            failed = 0
        finally:
            os._exit(failed)  # nothing of the parent's is to be closed or flushed twice
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not answer:
        raise ChildProcessError(f"a forked PPM coder ended with status {status}; is there memory enough?")
    return int(answer)
