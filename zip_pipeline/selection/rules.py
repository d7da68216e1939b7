"""The selection rules by name, and what a rule has to answer.

A rule is a value that says where records begin, and how a selection is searched. Everything around it asks the rule and
knows none by name. Rules that go through rounds of candidates are `greedy.StagedRule`. Rules whose scores never rise
are `coverage_rule.CoverageRule`. A new rule is a module of its own that has a class with the members of `Rule`, and an
entry in `RULES`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from zip_pipeline.selection.coverage_rule import COVER, TARGET
from zip_pipeline.selection.frontier import Places
from zip_pipeline.selection.greedy import Round, RoundSize
from zip_pipeline.selection.objective import SelectionContext
from zip_pipeline.selection.quotas import Tally
from zip_pipeline.selection.ratio_rules import GainRule, PaperRule, ReferenceRule


class Rule(Protocol):
    """A selection rule; hashable, picklable and without state of its own."""

    @property
    def name(self) -> str:
        """The rule's name in the config."""

    @property
    def initial_column(self) -> str:
        """The column with the states that records begin with, the lowest first, or `frontier.RANDOM_STATE`.

        A column is one of the numbers that every scored record has, ``ratio``, ``raw_bytes`` or ``compressed_bytes``,
        or `coverage.BOUND`.
        """

    @property
    def anchors(self) -> int:
        """How many sets that grow with the selection the rule holds, each with the memory of a whole anchor."""

    @property
    def compressor_states(self) -> int:
        """How many compressor states the rule holds for each thread: those of the anchors and of smaller sets."""

    @property
    def measures_after_each_pick(self) -> bool:
        """Whether the whole anchor is measured again after every pick; see `ZlibCodec.APPENDS_ONE_RECORD`."""

    @property
    def has_stages(self) -> bool:
        """Whether a round draws k1 records, and takes its picks from k2 of them; else it may read all of them."""

    @property
    def takes_weights(self) -> bool:
        """Whether a record's weight may multiply its score; a ratio of a whole set says nothing of one record."""

    @property
    def budgets_offered(self) -> float:
        """How many budgets the partitions of a pool offer together; see `partitioning`."""

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Values of the config's section ``select`` that are this rule's own, by key."""

    def rounds(
        self,
        context: SelectionContext,
        tally: Tally,
        size: RoundSize,
        base: Sequence[Places] = (),
        done: Iterable[Round] = (),
    ) -> Iterator[Round]:
        """Yield round by round until the budget is used up or the rule finds no more records in the pool.

        Args:
            context: the pool, and what measures it.
            tally: of budget and strata, still empty.
            size: of a round.
            base: places of the set to extend, round by round.
            done: the first rounds of the same selection, as they were yielded before; they are yielded again without a
                search.
        """


RULES: dict[str, Rule] = {rule.name: rule for rule in (GainRule(), TARGET, COVER, PaperRule(), ReferenceRule())}
