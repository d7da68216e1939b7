"""The greedy reducer: the rule over a scored pool, on the driver."""

from collections.abc import Iterable, Iterator
from math import ceil

from zip_pipeline.config import Select
from zip_pipeline.core import greedy
from zip_pipeline.core.evaluator import Evaluator, PrefixEvaluator
from zip_pipeline.core.frontier import Frontier
from zip_pipeline.core.greedy import Pick, Round
from zip_pipeline.core.payloads import Payloads
from zip_pipeline.core.quotas import Quotas
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.core.zstd_codec import ZstdCodec
from zip_pipeline.core.zstd_evaluator import ZstdEvaluator
from zip_pipeline.lake.candidates import Candidates
from zip_pipeline.lake.flat_files import in_files
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


def frontier_of(candidates: Candidates, quotas: Quotas, rule: Select, seed: int) -> Frontier:
    """Return the records in the order in which the rule draws them; what it has read of them lies in files."""
    about = reach(candidates, quotas, rule)
    samples = greedy.RULES[rule.rule].samples
    return Frontier(candidates.sampled(seed, about) if samples else candidates.by_ratio(about), in_files)


def reach(candidates: Candidates, quotas: Quotas, rule: Select) -> int:
    """Return how many records, lowest first, the rule may look at: k1 a round.

    That is exact for a budget in records without quotas. Strata with shares look as far as the one that needs the
    largest part of its records; how many a budget in bytes has is told by their mean length.
    """
    budget, records = quotas.budget.amount, candidates.records
    groups = quotas.groups()
    if quotas.budget.unit == "records" and len(groups) == 1:
        return min(records, ceil(budget / rule.k3) * rule.k1)
    amounts = candidates.amounts()
    if quotas.budget.unit == "bytes":
        budget = ceil(budget / candidates.mean_bytes())
    depths = [
        ceil(budget / rule.k3) * ceil(rule.k1 * part) / sum(amounts[name][0] for name in strata)
        for strata, part in groups.items()
    ]
    return min(records, ceil(max(depths, default=1.0) * records))


def pick(frontier: Frontier, anchor: Evaluator, quotas: Quotas, rule: Select) -> Iterator[Pick]:
    """Yield the picks of a rule."""
    return greedy.picks(frontier, rounds(frontier, anchor, quotas, rule))


def rounds(
    frontier: Frontier, anchor: Evaluator, quotas: Quotas, rule: Select, done: Iterable[Round] = ()
) -> Iterator[Round]:
    """Yield the rounds of a rule, those that are done already first."""
    return greedy.rounds(frontier, anchor, quotas, k1=rule.k1, k2=rule.k2, k3=rule.k3, rule=rule.rule, done=done)
