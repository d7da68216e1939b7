"""An adaptive language model: PPM, which reads one text and then codes another.

This is prediction by partial matching (Cleary and Witten 1984) in the variant PPMd H (Shkarin 2002), by pyppmd. It
learns from all that it reads, the held-out text included. So the bits per byte of a held-out text, (C(text + held_out)
- C(text)) * 8 / len(held_out), are those of an adaptive model that knows the text before.

A model's state cannot be copied, but a process can. After the text, a child is forked for each held-out text: that
costs the pages that the child changes, and no second reading. On a system without fork, the text is read again.

A coder emits whole bytes. So the bits of one answer are known to eight, which says little of a short one; over many
answers the error goes away.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial

from pyppmd import Ppmd7Encoder

from zip_pipeline.language_models.questions import Bits, Question

ORDER = 8
"""The longest context, in bytes: a word and a half. Longer ones do not change how sets compare, and cost memory."""

MEMORY = 1 << 29
"""Bytes that the model may grow to. A full model would start from nothing, which `MOST_BYTES` prevents."""

MOST_BYTES = 12_000_000
"""Bytes of text and held-out text together: of random letters, the worst case, they fill half of `MEMORY`."""


def judge(texts: Sequence[bytes], held_outs: Sequence[bytes], questions: Sequence[Question] = ()) -> list[Bits]:
    """Read each text, then code each held-out text and each answer after it; see `questions.Judge`.

    Raises:
        ValueError: when a text is empty, or both together do not fit into the model's memory.
    """
    return [_judge(text, held_outs, questions) for text in texts]


def _judge(text: bytes, held_outs: Sequence[bytes], questions: Sequence[Question]) -> Bits:
    longest = [question.context + max(question.answers, key=len) for question in questions]
    for after in (*held_outs, *longest):
        if not text or not after or len(text) + len(after) > MOST_BYTES:
            raise ValueError(
                f"expected texts that have at most {MOST_BYTES:,} bytes together and are not empty, "
                f"found {len(text):,} and {len(after):,}"
            )
    (own, *together), answers = (_forking if hasattr(os, "fork") else _rereading)(text, held_outs, questions)
    bits = [(size - own) * 8 / len(held_out) for size, held_out in zip(together, held_outs, strict=True)]
    return Bits(bits, [[size * 8.0 for size in sizes] for sizes in answers], own * 8 / len(text))


def coded_size(data: bytes) -> int:
    """Return the size in bytes that PPM codes data to."""
    encoder = Ppmd7Encoder(ORDER, MEMORY)
    return len(encoder.encode(data)) + len(encoder.flush())


Sizes = tuple[list[int], list[list[int]]]
"""Of the text alone and with each held-out text after it; by question, the bytes that each answer adds."""


def _rereading(text: bytes, held_outs: Sequence[bytes], questions: Sequence[Question] = ()) -> Sizes:
    """Return the sizes; the text is read again for each."""
    answers = []
    for question in questions:
        asked = coded_size(text + question.context)
        answers.append([coded_size(text + question.context + answer) - asked for answer in question.answers])
    return [coded_size(text + held_out) for held_out in (b"", *held_outs)], answers


def _forking(text: bytes, held_outs: Sequence[bytes], questions: Sequence[Question] = ()) -> Sizes:
    """Return the same as `_rereading`, but read the text once; no other thread of the process may hold a lock."""
    encoder = Ppmd7Encoder(ORDER, MEMORY)
    emitted = len(encoder.encode(text))
    sizes = [emitted + _rest_in_a_child(encoder, held_out) for held_out in (b"", *held_outs)]
    return sizes, [_in_a_child(partial(_answer_sizes, encoder, question)) for question in questions]


def _answer_sizes(encoder: Ppmd7Encoder, question: Question) -> list[int]:
    encoder.encode(question.context)
    nothing, *sizes = [_rest_in_a_child(encoder, answer) for answer in (b"", *question.answers)]
    return [size - nothing for size in sizes]


def _rest_in_a_child(encoder: Ppmd7Encoder, data: bytes) -> int:
    """Return how many bytes the encoder would still emit for data, without changing its state."""
    (rest,) = _in_a_child(lambda: [len(encoder.encode(data)) + len(encoder.flush())])
    return rest


def _in_a_child(numbers: Callable[[], list[int]]) -> list[int]:
    """Return what a function returns in a forked process, which leaves this one as it is."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            os.write(writing, b" ".join(b"%d" % number for number in numbers()))
            failed = 0
        finally:
            os._exit(failed)  # the parent closes and flushes its own files
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not answer:
        raise ChildProcessError(f"a forked PPM coder ended with status {status}; is there memory enough?")
    return [int(number) for number in answer.split()]
