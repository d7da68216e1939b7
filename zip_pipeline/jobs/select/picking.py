"""The picks of a run: the rule over what may be selected, from where a checkpoint left it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zip_pipeline.config import SelectConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.select import memory, partitions, reducer
from zip_pipeline.jobs.select.checkpoint import Checkpoint
from zip_pipeline.jobs.select.extend import Before
from zip_pipeline.jobs.select.filtering import Eligible
from zip_pipeline.report.console import Reporter
from zip_pipeline.selection import greedy
from zip_pipeline.selection.frontier import Frontier, Places
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.tasks.score import Scorer


@dataclass(frozen=True)
class Picked:
    """What the rule picked, and what it leaves; the anchor is gone by now.

    Attributes:
        picks: in order.
        frontier: at the end of the selection.
        chosen: places of what was selected before, by round.
        evaluator: the name of the one that answered.
        part: the manifest's, on pools.
    """

    picks: list[Pick]
    frontier: Frontier
    chosen: Sequence[Places]
    evaluator: str
    part: dict[str, Any]


def pick(
    eligible: Eligible, config: SelectConfig, scorer: Scorer, checkpoint: Checkpoint, before: Before, reporter: Reporter
) -> Picked:
    """Select.

    Raises:
        ConfigError: when the driver's memory would not do.
        InputError: when the budget is less than the first record.
    """
    quotas = eligible.quotas
    offered = partitions.offered(eligible, config, scorer, checkpoint.stages, before.groups)
    needed = memory.of_run(config, offered.candidates, quotas, before.records)
    needed.check(config.run.driver_memory_budget)
    frontier = reducer.frontier_of(offered.candidates, quotas, offered.rule, config.run.seed)
    anchor = reducer.evaluator_for(scorer, frontier.payloads, config.run.threads())
    if anchor.compiles_first:
        reporter.say("compiling the deflate-size kernel, once on a machine ...")
    chosen = frontier.drawn_before(before.groups)
    rounds = reducer.rounds(frontier, anchor, quotas, offered.rule, checkpoint.rounds_done(), chosen)
    made = greedy.picks(frontier, checkpoint.keep(rounds), rank=before.records, first=before.first_round)
    picks = list(reporter.picks(made, quotas))
    if not picks:
        raise InputError(f"a budget of {config.select.budget} is less than the first record that the rule picks")
    return Picked(picks, frontier, chosen, anchor.name, offered.part)
