"""The greedy reducer: the rule over a scored pool, on the driver."""

from collections.abc import Iterator

from zip_pipeline.config import Select
from zip_pipeline.core import greedy
from zip_pipeline.core.evaluator import Evaluator, PrefixEvaluator
from zip_pipeline.core.frontier import Frontier
from zip_pipeline.core.greedy import Pick
from zip_pipeline.core.payloads import Payloads
from zip_pipeline.core.quotas import Quotas
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.core.zstd_codec import ZstdCodec
from zip_pipeline.core.zstd_evaluator import ZstdEvaluator
from zip_pipeline.lake.candidates import Candidates
from zip_pipeline.lake.scoring import Scorer

try:
    from zip_pipeline.core.kernel_evaluator import KernelEvaluator
except ImportError:  # no Numba on this machine: the same selection, more slowly
    KernelEvaluator = None  # type: ignore[assignment, misc]


def evaluator_for(scorer: Scorer, payloads: Payloads, workers: int) -> Evaluator:
    """Return the fastest evaluator of the codec that this machine has; all give the same sizes."""
    codec, framing = scorer.codec, FRAMINGS[scorer.render_name]
    if isinstance(codec, ZstdCodec):
        return ZstdEvaluator(codec, framing, payloads, workers)
    if KernelEvaluator is not None and codec.level in KernelEvaluator.LEVELS:
        return KernelEvaluator(codec, framing, payloads, workers)
    return PrefixEvaluator(codec, framing, payloads, workers)


def compiles_first(anchor: Evaluator) -> bool:
    """Whether the evaluator has to be compiled before it answers."""
    return KernelEvaluator is not None and isinstance(anchor, KernelEvaluator) and anchor.compiles_first()


def frontier_of(candidates: Candidates, rule: Select, seed: int) -> Frontier:
    """Return the records in the order in which the rule draws them."""
    samples = greedy.RULES[rule.rule].samples
    return Frontier(candidates.sampled(seed) if samples else candidates.by_ratio())


def pick(frontier: Frontier, anchor: Evaluator, quotas: Quotas, rule: Select) -> Iterator[Pick]:
    """Yield the picks of a rule."""
    return greedy.select(frontier, anchor, quotas, k1=rule.k1, k2=rule.k2, k3=rule.k3, rule=rule.rule)
