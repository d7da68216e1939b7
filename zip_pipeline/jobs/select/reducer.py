"""The greedy reducer: the rule over a scored pool, on the driver."""

from collections.abc import Iterable, Iterator
from math import ceil

from zip_pipeline.codecs.base import Evaluator
from zip_pipeline.config import Select
from zip_pipeline.records.buffers import in_files
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection import greedy
from zip_pipeline.selection.frontier import Frontier, Places
from zip_pipeline.selection.greedy import Pick, Round
from zip_pipeline.selection.quotas import Quotas
from zip_pipeline.spark.candidates import Candidates
from zip_pipeline.tasks.score import Scorer


def evaluator_for(scorer: Scorer, payloads: Payloads, workers: int) -> Evaluator:
    """Return the fastest evaluator of the codec that this machine has."""
    return scorer.codec.evaluator(FRAMINGS[scorer.render_name], payloads, workers)


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
        ceil(budget / rule.k3) * ceil(rule.k1 * part) / max(1, sum(amounts.get(name, (0, 0))[0] for name in strata))
        for strata, part in groups.items()
    ]
    return min(records, ceil(max(depths, default=1.0) * records))


def pick(frontier: Frontier, anchor: Evaluator, quotas: Quotas, rule: Select) -> Iterator[Pick]:
    """Yield the picks of a rule."""
    return greedy.picks(frontier, rounds(frontier, anchor, quotas, rule))


def rounds(
    frontier: Frontier,
    anchor: Evaluator,
    quotas: Quotas,
    rule: Select,
    done: Iterable[Round] = (),
    chosen: Iterable[Places] = (),
) -> Iterator[Round]:
    """Yield the rounds of a rule, those that are done already first; see `greedy.rounds`."""
    k1, k2, k3 = rule.k1, rule.k2, rule.k3
    return greedy.rounds(frontier, anchor, quotas, k1=k1, k2=k2, k3=k3, rule=rule.rule, done=done, chosen=chosen)
