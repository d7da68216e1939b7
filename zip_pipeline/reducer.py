"""The greedy reducer: the rule over a scored pool, on the driver."""

from collections.abc import Iterator

from zip_pipeline.config import Select
from zip_pipeline.core import greedy
from zip_pipeline.core.codec import ZlibCodec
from zip_pipeline.core.evaluator import PrefixEvaluator
from zip_pipeline.core.frontier import Frontier
from zip_pipeline.core.greedy import Pick
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.lake.pool import ScoredPool
from zip_pipeline.lake.scoring import Scorer

try:
    from zip_pipeline.core.kernel_evaluator import KernelEvaluator
except ImportError:  # no Numba on this machine: the same selection, more slowly
    KernelEvaluator = None  # type: ignore[assignment, misc]


def evaluator_for(scorer: Scorer) -> type[PrefixEvaluator | KernelEvaluator]:
    """Return the fastest evaluator that gives the sizes the pool was scored with.

    The kernel computes what stock zlib gives; behind another zlib the prefix state is that zlib's own.
    """
    codec = scorer.codec
    covered = isinstance(codec, ZlibCodec) and scorer.build.implementation == "stock"
    if KernelEvaluator is not None and covered and codec.level in KernelEvaluator.LEVELS:
        return KernelEvaluator
    return PrefixEvaluator


def pick(pool: ScoredPool, scorer: Scorer, rule: Select, workers: int) -> Iterator[Pick]:
    """Yield the picks of a rule; records are drawn from the pool as they are needed."""
    frontier = Frontier(pool.by_ratio())
    framing = FRAMINGS[scorer.render_name]
    anchor = evaluator_for(scorer)(scorer.codec, framing, frontier.payloads, workers)
    return greedy.select(frontier, anchor, budget=rule.budget, k1=rule.k1, k2=rule.k2, k3=rule.k3, rule=rule.rule)
