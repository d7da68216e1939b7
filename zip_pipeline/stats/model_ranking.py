"""Models ranked by how well they compress text.

A model gives the tokens of a document the probabilities p_i. An arithmetic coder with the model needs sum(-log2 p_i)
bits for the document, and less than two bits more. Bits per byte or per character compare models with different
tokens; bits per token do not. Raw bits divided by coded bits are the compression ratio of Guo et al. (arXiv
2406.14171). Benchmark scores are close to linear in bits per character (Huang et al., arXiv 2404.09937).

The choice of the documents is chance. So they are drawn again `RESAMPLES` times with replacement (Efron's bootstrap,
percentiles), the same draws for all models: models differ less on the same text than each model does between texts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.stats.intervals import RESAMPLES, TAILS, Floats

_AT_ONCE = 50


@dataclass(frozen=True)
class Ranked:
    """A model and its rank.

    Attributes:
        model: its number.
        rank: 1 is the best.
        rank_low: best rank in the interval.
        rank_high: worst rank in the interval.
        bits_per_byte: over all documents together; lower is better.
        low: lower end of the interval of `bits_per_byte`.
        high: upper end of that interval.
        beats_next: share of the resamples in which the model needs fewer bits than the next one; None for the last.
    """

    model: int
    rank: int
    rank_low: int
    rank_high: int
    bits_per_byte: float
    low: float
    high: float
    beats_next: float | None


def rank(bits: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], unit: float, seed: int) -> list[Ranked]:
    """Rank models by bits per byte, best first; of equal models the one with the lower number comes first.

    Args:
        bits: of each unit and model, shape (units, models); a unit is a document, or some that are drawn together.
        sizes: bytes of each unit, shape (units,).
        unit: bits that 1 in `bits` means.
        seed: of the resamples; they depend on it and on the number of units alone.

    Raises:
        ValueError: when there are no units or no models.
    """
    if not bits.size:
        raise ValueError("expected documents and models, found none")
    resamples = _resample(bits, sizes, seed) * unit
    value = bits.sum(axis=0) * unit / sizes.sum()
    order = np.lexsort((np.arange(len(value)), value))
    places = 1 + np.argsort(np.argsort(resamples, axis=1, kind="stable"), axis=1, kind="stable")
    low, high = np.quantile(resamples, TAILS, axis=0)
    rank_low = np.quantile(places, TAILS[0], axis=0, method="lower")
    rank_high = np.quantile(places, TAILS[1], axis=0, method="higher")
    return [
        Ranked(
            model=int(model),
            rank=number + 1,
            rank_low=int(rank_low[model]),
            rank_high=int(rank_high[model]),
            bits_per_byte=float(value[model]),
            low=float(low[model]),
            high=float(high[model]),
            beats_next=float(np.mean(resamples[:, model] < resamples[:, order[number + 1]]))
            if number + 1 < len(order)
            else None,
        )
        for number, model in enumerate(order)
    ]


def _resample(bits: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], seed: int) -> Floats:
    """Return `bits` per byte in each resample, shape (RESAMPLES, models)."""
    rng, units = np.random.default_rng(seed), len(sizes)
    parts: list[Floats] = []
    for _ in range(RESAMPLES // _AT_ONCE):
        times = rng.multinomial(units, np.full(units, 1 / units), _AT_ONCE).astype(float)
        parts.append((times @ bits) / (times @ sizes)[:, None])
    return np.concatenate(parts)
