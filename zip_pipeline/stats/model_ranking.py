"""Models ranked by how well they compress text.

A model that gives a document's tokens the probabilities p_i codes it in sum(-log2 p_i) bits (arithmetic coding, less
than two bits more). Bits by the document's bytes or characters, not by tokens, compare models whose tokens differ;
raw bits by coded bits are the compression ratio of Guo et al. (arXiv 2406.14171), bits per character what benchmark
scores are close to linear in (Huang et al., arXiv 2404.09937).

Which documents were asked is chance, so they are drawn again `RESAMPLES` times with replacement (Efron's bootstrap,
percentiles), the same draws for all models: models differ less on the same text than each of them does between texts.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zip_pipeline.stats.intervals import RESAMPLES, TAILS, Floats

_AT_ONCE = 50


@dataclass(frozen=True)
class Ranked:
    """A model and its place.

    Attributes:
        model: its number.
        rank: 1 is the best.
        rank_low: best rank within the interval.
        rank_high: worst rank within the interval.
        bits_per_byte: over all documents together; lower is better.
        low: of its interval.
        high: of its interval.
        beats_next: part of the resamples in which it needs fewer bits than the next; None for the last.
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
    """Rank models by bits per byte, best first; of equal ones the lower number.

    Args:
        bits: of each unit that is resampled, a document or a bundle of them, and each model, shape (units, models).
        sizes: bytes of each unit, shape (units,).
        unit: bits that a 1 in `bits` stands for.
        seed: of the resamples, which depend on nothing else but the number of units.

    Raises:
        ValueError: when there are no units or no models.
    """
    if not bits.size:
        raise ValueError("expected documents and models, found none")
    drawn = _resampled(bits, sizes, seed) * unit
    value = bits.sum(axis=0) * unit / sizes.sum()
    order = np.lexsort((np.arange(len(value)), value))
    places = 1 + np.argsort(np.argsort(drawn, axis=1, kind="stable"), axis=1, kind="stable")
    low, high = np.quantile(drawn, TAILS, axis=0)
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
            beats_next=float(np.mean(drawn[:, model] < drawn[:, order[number + 1]]))
            if number + 1 < len(order)
            else None,
        )
        for number, model in enumerate(order)
    ]


def _resampled(bits: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], seed: int) -> Floats:
    """Return `bits` by byte of each resample, shape (RESAMPLES, models)."""
    rng, units = np.random.default_rng(seed), len(sizes)
    parts: list[Floats] = []
    for _ in range(RESAMPLES // _AT_ONCE):
        times = rng.multinomial(units, np.full(units, 1 / units), _AT_ONCE).astype(float)
        parts.append((times @ bits) / (times @ sizes)[:, None])
    return np.concatenate(parts)
