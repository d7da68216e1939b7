"""The selection rules by name, and what a rule has to answer.

A rule is a value that says where records begin, how they are scored and which of them come back after a round; `greedy`
and everything around it ask the rule and know none by name. A new rule is a module of its own that has a class with
the members of `Rule`, and an entry in `RULES`.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from zip_pipeline.selection.frontier import Candidates, Places
from zip_pipeline.selection.objective import Objective, SelectionContext
from zip_pipeline.selection.ratio_rules import GainRule, PaperRule, ReferenceRule
from zip_pipeline.selection.run_queue import States


class Rule(Protocol):
    """A selection rule; hashable, picklable and without state of its own."""

    @property
    def name(self) -> str:
        """The rule's name in the config."""

    @property
    def initial_column(self) -> str:
        """The column with the states that records begin with, the lowest first, or `frontier.RANDOM_STATE`.

        A column is one of the numbers that every scored record has: ``ratio``, ``raw_bytes`` or ``compressed_bytes``.
        """

    @property
    def anchors(self) -> int:
        """How many sets that grow with the selection an objective holds, each with the memory of a whole anchor."""

    @property
    def compressor_states(self) -> int:
        """How many compressor states an objective holds for each thread: those of the anchors and of smaller sets."""

    @property
    def measures_after_each_pick(self) -> bool:
        """Whether the whole anchor is measured again after every pick; see `ZlibCodec.APPENDS_ONE_RECORD`."""

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Values of the config's section ``select`` that are this rule's own, by key."""

    def objective(self, context: SelectionContext) -> Objective:
        """Return the objective of a selection that begins."""

    def after_round(self, candidates: Candidates, picks: Places) -> tuple[Places, States]:
        """Return which candidates of a round go back to the pool, and their new states.

        Args:
            candidates: of some strata, with their scores of stage 2.
            picks: of the round, from all strata.
        """


RULES: dict[str, Rule] = {rule.name: rule for rule in (GainRule(), PaperRule(), ReferenceRule())}
