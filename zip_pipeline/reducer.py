"""The greedy reducer: the rule over a scored pool, on the driver."""

from collections.abc import Iterator

from zip_pipeline.config import Select
from zip_pipeline.core import greedy
from zip_pipeline.core.codec import Codec
from zip_pipeline.core.evaluator import PrefixEvaluator
from zip_pipeline.core.frontier import Frontier
from zip_pipeline.core.greedy import Pick
from zip_pipeline.core.render import Framing
from zip_pipeline.lake.pool import ScoredPool


def pick(pool: ScoredPool, rule: Select, codec: Codec, framing: Framing, workers: int) -> Iterator[Pick]:
    """Yield the picks of a rule; records are drawn from the pool as they are needed."""
    frontier = Frontier(pool.by_ratio())
    anchor = PrefixEvaluator(codec, framing, frontier.payloads, workers)
    return greedy.select(frontier, anchor, budget=rule.budget, k1=rule.k1, k2=rule.k2, k3=rule.k3, rule=rule.rule)
