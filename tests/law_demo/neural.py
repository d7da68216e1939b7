"""A small neural language model, as plain as they come: it reads 16 bytes and says which comes next.

The network of Bengio et al. (2003): each byte's embedding, side by side, one hidden layer, a softmax. It is trained
for one epoch by Adam; its mean loss on the way is the first-epoch loss L of the entropy law. One size, one seed, one
learning rate, none of them tuned. It needs jax and optax.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax

CONTEXT, EMBEDDED, HIDDEN = 16, 24, 256
BATCH, RATE, SEED = 1024, 3e-3, 0
SETTINGS = f"{CONTEXT} bytes of context, {EMBEDDED} a byte, {HIDDEN} hidden, one epoch, Adam {RATE}, batches of {BATCH}"


def judge(text: bytes, held_out: bytes) -> tuple[float, float]:
    """Train on a text; return the bits per byte of the epoch, and of the held-out text afterwards."""
    windows = _windows(text)
    steps = len(windows) // BATCH
    order = np.random.default_rng(SEED).permutation(len(windows))[: steps * BATCH].reshape(steps, BATCH)
    adam = optax.adam(optax.cosine_decay_schedule(RATE, steps))
    weights, losses = _fresh(), []
    state = adam.init(weights)
    learn = jax.jit(partial(_learn, adam), donate_argnums=(0, 1))
    for batch in order:
        weights, state, loss = learn(weights, state, windows[batch])
        losses.append(loss)
    return float(np.mean(jax.device_get(losses))), _bits(weights, _windows(held_out))


def _windows(text: bytes):
    """The context of each byte and the byte itself, shape (bytes, CONTEXT + 1)."""
    padded = np.frombuffer(b"\n" * CONTEXT + text, np.uint8)
    return np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + 1)


def _fresh():
    keys = jax.random.split(jax.random.PRNGKey(SEED), 3)
    inputs = CONTEXT * EMBEDDED
    return {
        "embedding": jax.random.normal(keys[0], (256, EMBEDDED)) * 0.3,
        "inner": jax.random.normal(keys[1], (inputs, HIDDEN)) * (2 / inputs) ** 0.5,
        "inner_bias": jnp.zeros(HIDDEN),
        "outer": jax.random.normal(keys[2], (HIDDEN, 256)) * HIDDEN**-0.5,
        "outer_bias": jnp.zeros(256),
    }


def _loss(weights, windows):
    """Mean bits of the last byte of each window."""
    seen, wanted = windows[:, :-1].astype(int), windows[:, -1].astype(int)
    inputs = weights["embedding"][seen].reshape(len(windows), -1)
    hidden = jax.nn.relu(inputs @ weights["inner"] + weights["inner_bias"])
    logits = hidden @ weights["outer"] + weights["outer_bias"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, wanted).mean() / jnp.log(2)


def _learn(adam, weights, state, windows):
    loss, gradient = jax.value_and_grad(_loss)(weights, windows)
    updates, state = adam.update(gradient, state)
    return optax.apply_updates(weights, updates), state, loss


def _bits(weights, windows) -> float:
    measure = jax.jit(_loss)
    parts = [windows[start : start + BATCH] for start in range(0, len(windows) - BATCH + 1, BATCH)]
    return float(np.mean([measure(weights, part) for part in parts]))
