"""What a rule minimises over one selection, and what it gets to measure with.

A rule makes one objective for each selection; `greedy` asks it for scores and tells it the picks. `ratio_rules` has the
objective of the rules that minimise a compression ratio.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from zip_pipeline.codecs.base import Evaluator, Sizes
from zip_pipeline.records.payload_store import Payloads, Places
from zip_pipeline.selection.frontier import Frontier
from zip_pipeline.selection.run_queue import States

Growth = tuple[Places, Sizes, Sizes]
"""Picks in order, and raw and compressed bytes of the selection up to and with each of them."""


@dataclass(frozen=True, slots=True)
class SelectionContext:
    """What a selection that begins gives its rule.

    Attributes:
        frontier: the pool.
        evaluator: of the frontier's payloads, with an empty anchor.
        new_evaluator: returns an evaluator of other payloads, with an empty anchor and the selection's codec. A rule
            that also measures against other data makes its second anchor with it.
        facts: what the rule says of its work, for the manifest.
    """

    frontier: Frontier
    evaluator: Evaluator
    new_evaluator: Callable[[Payloads], Evaluator]
    facts: dict[str, float] = field(default_factory=dict)


class Objective(Protocol):
    """What a rule minimises over one selection: it holds the records picked so far and scores those that may follow."""

    def anchor_scores(self, places: Places) -> States:
        """Stage 2: return the score of each candidate together with the anchor; lower is better."""

    def round_scores(self, places: Places) -> States:
        """Stage 3: return the score of each shortlisted record together with the picks so far; lower is better."""

    def pick(self, place: int) -> None:
        """Add a record to the round's picks; it was among the places of the last `round_scores`."""

    def end_round(self) -> Growth:
        """Make the round's picks part of the anchor and return them; the next round has none yet."""

    def repeat_round(self, growth: Growth) -> None:
        """Make picks part of the anchor that `end_round` returned when the selection ran before."""

    def extend(self, places: Places) -> None:
        """Make a round of the base, the set to extend, part of the anchor."""
