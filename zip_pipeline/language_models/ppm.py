"""An adaptive language model: PPM, which reads one text and then codes another.

This is prediction by partial matching (Cleary and Witten 1984) in the variant PPMd H (Shkarin 2002), by pyppmd. It
learns from all that it reads, the held-out text included. So the bits per byte of a held-out text, (C(text + held_out)
- C(text)) * 8 / len(held_out), are those of an adaptive model that knows the text before.

A model's state cannot be copied, but a process can. After the text, a child is forked for each held-out text: that
costs the pages that the child changes, and no second reading. On a system without fork, the text is read again.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from pyppmd import Ppmd7Encoder

ORDER = 8
"""The longest context, in bytes: a word and a half. Longer ones do not change how sets compare, and cost memory."""

MEMORY = 1 << 29
"""Bytes that the model may grow to. A full model would start from nothing, which `MOST_BYTES` prevents."""

MOST_BYTES = 12_000_000
"""Bytes of text and held-out text together: of random letters, the worst case, they fill half of `MEMORY`."""


@dataclass(frozen=True, slots=True)
class PpmBits:
    """The bits per byte that the model needs.

    Attributes:
        own: of the text itself; higher means less redundant, in a window as long as the text.
        held_out: of each held-out text after the text; lower means that the text taught more.
    """

    own: float
    held_out: list[float]


def judge(text: bytes, held_outs: Sequence[bytes]) -> PpmBits:
    """Read a text, then code each held-out text after it.

    Raises:
        ValueError: when a text is empty, or both together do not fit into the model's memory.
    """
    for held_out in held_outs:
        if not text or not held_out or len(text) + len(held_out) > MOST_BYTES:
            raise ValueError(
                f"expected texts that have at most {MOST_BYTES:,} bytes together and are not empty, "
                f"found {len(text):,} and {len(held_out):,}"
            )
    coded = _forking(text, held_outs) if hasattr(os, "fork") else _rereading(text, held_outs)
    own, together = coded[0], coded[1:]
    bits = [(size - own) * 8 / len(held_out) for size, held_out in zip(together, held_outs, strict=True)]
    return PpmBits(own * 8 / len(text), bits)


def coded_size(data: bytes) -> int:
    """Return the size in bytes that PPM codes data to."""
    encoder = Ppmd7Encoder(ORDER, MEMORY)
    return len(encoder.encode(data)) + len(encoder.flush())


def _rereading(text: bytes, held_outs: Sequence[bytes]) -> list[int]:
    """Return the coded size of the text alone, and with each held-out text after it."""
    return [coded_size(text + held_out) for held_out in (b"", *held_outs)]


def _forking(text: bytes, held_outs: Sequence[bytes]) -> list[int]:
    """Return the same as `_rereading`, but read the text once; no other thread of the process may hold a lock."""
    encoder = Ppmd7Encoder(ORDER, MEMORY)
    emitted = len(encoder.encode(text))
    return [emitted + _rest_in_a_child(encoder, held_out) for held_out in (b"", *held_outs)]


def _rest_in_a_child(encoder: Ppmd7Encoder, data: bytes) -> int:
    """Return how many bytes the encoder would still emit for data, without changing its state."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            os.write(writing, b"%d" % (len(encoder.encode(data)) + len(encoder.flush())))
            failed = 0
        finally:
            os._exit(failed)  # the parent closes and flushes its own files
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not answer:
        raise ChildProcessError(f"a forked PPM coder ended with status {status}; is there memory enough?")
    return int(answer)
