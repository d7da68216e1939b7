"""A small neural language model: a transformer of two layers that reads bytes, trained on the CPU.

It is a second opinion of another kind: `ppm` and `ngrams` both count runs of bytes, and some rules count runs of words.
The network is as plain as they come (Vaswani et al. 2017, with the norm first and learned positions), trained by Adam
on windows drawn at random. One size, one seed, one learning rate, none of them tuned to a pool. After training it
stands still.

It sees at least half of `CONTEXT` bytes before each byte that it predicts. Before a held-out text or a question comes
the end of the text that it was trained on, as for the other models.

This module needs JAX and optax, which the extra ``neural`` brings. Only `judges` imports it, in processes of its own.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
import optax

from zip_pipeline.language_models.questions import Bits, Question
from zip_pipeline.stats.intervals import Floats

CONTEXT, WIDTH, LAYERS, HEADS = 256, 96, 2, 4
BATCH, RATE, WARM_UP, SEED = 8, 3e-3, 50, 0

STEPS, MOST_STEPS = 500, 1000
"""Steps of training: so many that a text is read once, but within these bounds. A step reads 2 KB."""

STEP = CONTEXT // 2
"""Bytes that a window predicts, when the model is asked."""

MOST_HELD_OUT = 200_000
"""Bytes of a held-out text that are predicted; its records are in random order."""

Weights = dict[str, Any]
Windows = npt.NDArray[np.uint8]


def judge(texts: Sequence[bytes], held_outs: Sequence[bytes], questions: Sequence[Question] = ()) -> list[Bits]:
    """Train on each text, then predict each held-out text and each answer; see `questions.Judge`."""
    counts = [len(question.answers) for question in questions]
    judged = []
    for text in texts:
        end = text[-CONTEXT:].rstrip(b"\n") + b"\n"
        asked = [(end, held_out[:MOST_HELD_OUT]) for held_out in held_outs]
        asked += [(end + question.context, answer) for question in questions for answer in question.answers]
        bits = iter(_bits(train(text), asked))
        of_held_outs = [float(next(bits).mean()) for _ in held_outs]
        judged.append(Bits(of_held_outs, [[float(next(bits).sum()) for _ in range(count)] for count in counts]))
    return judged


def train(text: bytes) -> Weights:
    """Return the weights after training on a text."""
    data = np.frombuffer(b"\n" * CONTEXT + text, np.uint8)
    rng, steps = np.random.default_rng(SEED), min(max(STEPS, len(text) // (BATCH * CONTEXT)), MOST_STEPS)
    schedule = optax.warmup_cosine_decay_schedule(0.0, RATE, WARM_UP, steps)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(schedule))
    weights = _fresh()
    state, learn = optimizer.init(weights), jax.jit(partial(_learn, optimizer), donate_argnums=(0, 1))
    for _ in range(steps):
        begins = rng.integers(0, len(data) - CONTEXT, (BATCH, 1))
        weights, state = learn(weights, state, data[begins + np.arange(CONTEXT + 1)])
    return dict(weights)


def _fresh() -> Weights:
    keys = iter(jax.random.split(jax.random.PRNGKey(SEED), 4 + 4 * LAYERS))

    def normal(*shape: int, scale: float = 0.02) -> Any:
        return jax.random.normal(next(keys), shape) * scale

    layers = [
        {
            "mixed": normal(WIDTH, 3 * WIDTH),
            "joined": normal(WIDTH, WIDTH, scale=0.02 / (2 * LAYERS) ** 0.5),
            "wide": normal(WIDTH, 4 * WIDTH),
            "narrow": normal(4 * WIDTH, WIDTH, scale=0.02 / (2 * LAYERS) ** 0.5),
            "norms": jnp.ones((2, WIDTH)),
        }
        for _ in range(LAYERS)
    ]
    outer = normal(WIDTH, 256)
    return {"bytes": normal(256, WIDTH), "places": normal(CONTEXT, WIDTH), "layers": layers, "outer": outer}


def _logits(weights: Weights, seen: Any) -> Any:
    """Return the logits of the byte after each, shape (windows, CONTEXT, 256)."""
    hidden = weights["bytes"][seen] + weights["places"]
    for layer in weights["layers"]:
        mixed = (_normed(hidden) * layer["norms"][0]) @ layer["mixed"]
        parts = mixed.reshape(*hidden.shape[:2], 3, HEADS, WIDTH // HEADS)
        attended = jax.nn.dot_product_attention(parts[:, :, 0], parts[:, :, 1], parts[:, :, 2], is_causal=True)
        hidden = hidden + attended.reshape(hidden.shape) @ layer["joined"]
        hidden = hidden + jax.nn.gelu((_normed(hidden) * layer["norms"][1]) @ layer["wide"]) @ layer["narrow"]
    return _normed(hidden) @ weights["outer"]


def _normed(hidden: Any) -> Any:
    return hidden * jax.lax.rsqrt((hidden**2).mean(-1, keepdims=True) + 1e-6)


def _losses(weights: Weights, windows: Any) -> Any:
    """Return the bits of each byte but the first of a window, shape (windows, CONTEXT)."""
    wanted = windows.astype(jnp.int32)
    logits = _logits(weights, wanted[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(logits, wanted[:, 1:]) / jnp.log(2.0)


def _learn(optimizer: Any, weights: Weights, state: Any, windows: Windows) -> tuple[Weights, Any]:
    gradient = jax.grad(lambda values: _losses(values, windows).mean())(weights)
    updates, state = optimizer.update(gradient, state)
    return optax.apply_updates(weights, updates), state


def _bits(weights: Weights, asked: Sequence[tuple[bytes, bytes]]) -> Iterator[Floats]:
    """Yield the bits of each byte of a text after what comes before it, for several pairs of both."""
    parts = [_windows(before, text) for before, text in asked]
    windows = np.concatenate([np.zeros((0, CONTEXT + 1), np.uint8), *parts])
    measure, found = jax.jit(_losses), []
    for begin in range(0, len(windows), BATCH):
        part = windows[begin : begin + BATCH]
        padded = np.concatenate([part, np.zeros((BATCH - len(part), CONTEXT + 1), np.uint8)])
        found.append(np.asarray(measure(weights, padded), np.float64)[: len(part), -STEP:])
    rows = iter(np.concatenate(found) if found else np.zeros((0, STEP)))
    for (_, text), part in zip(asked, parts, strict=True):
        yield np.concatenate([next(rows) for _ in part])[: len(text)]


def _windows(before: bytes, text: bytes) -> Windows:
    """Return windows whose last `STEP` bytes are those of the text in order, and behind it line breaks."""
    begin = CONTEXT + 1 - STEP
    count = -(-len(text) // STEP)
    data = (b"\n" * begin + before)[-begin:] + text + b"\n" * (count * STEP - len(text))
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(data, np.uint8), CONTEXT + 1)
    every: Windows = windows[::STEP]
    return every
