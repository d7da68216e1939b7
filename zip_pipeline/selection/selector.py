"""The selector: a rule, the size of its rounds and the codec that measures, over any stream of scored records.

The job, a task on an executor and the notebook select with it. It needs neither Spark nor a config:

    >>> from zip_pipeline.selection import Budget
    >>> texts = {"a": b"the cat sat on the mat", "b": b"the cat sat on the mat!", "c": b"quick brown foxes"}
    >>> selector = GreedySelector(RULES["paper"], k1=3, k2=3, k3=1)
    >>> quotas = Quotas(Budget(2))
    >>> [pick.id for pick in selector.picks(selector.stream(texts), quotas)]
    ['c', 'a']
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zip_pipeline.codecs.base import Codec, Evaluator
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.records.buffers import Allocator, on_heap
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS, Framing
from zip_pipeline.selection import greedy
from zip_pipeline.selection.coverage_rule import CoverageRule
from zip_pipeline.selection.frontier import RANDOM_STATE, Frontier, Scored
from zip_pipeline.selection.greedy import Pick, Round, RoundSize
from zip_pipeline.selection.objective import SelectionContext
from zip_pipeline.selection.quotas import Quotas, Tally
from zip_pipeline.selection.rules import RULES, Rule


@dataclass(frozen=True)
class GreedySelector:
    """How to select; a value that can be sent to other machines.

    Attributes:
        rule: one of `RULES`, or any other.
        k1: candidates a round.
        k2: shortlisted candidates a round.
        k3: picks a round.
        codec: measures sets of records.
        framing: the bytes around and between the payloads of a set.
        workers: threads.
    """

    rule: Rule = RULES["gain"]
    k1: int = 150
    k2: int = 150
    k3: int = 100
    codec: Codec = field(default_factory=ZlibCodec)
    framing: Framing = FRAMINGS["content"]
    workers: int = 1

    @property
    def round_size(self) -> RoundSize:
        """How many records each stage of a round keeps."""
        return RoundSize(self.k1, self.k2, self.k3)

    def evaluator(self, payloads: Payloads) -> Evaluator:
        """Return an evaluator of some payloads, with an empty anchor."""
        return self.codec.evaluator(self.framing, payloads, self.workers)

    def begin(
        self,
        stream: Iterable[Scored],
        quotas: Quotas,
        base_round_counts: Sequence[int] = (),
        allocator: Allocator = on_heap,
    ) -> "Selection":
        """Return a selection with nothing selected yet.

        Args:
            stream: the pool, run after run; over all of them (state, id) ascends.
            quotas: budget and strata.
            base_round_counts: how many records each round of the base picked, the set to extend. They come first in
                the stream, in the stratum `frontier.BASE_STRATUM`, and the anchor begins with them.
            allocator: provides the memory for the records that are read.
        """
        return Selection(self, Frontier(stream, allocator), Tally(quotas), base_round_counts)

    def picks(self, stream: Iterable[Scored], quotas: Quotas) -> Iterator[Pick]:
        """Yield the picks of a selection from its beginning to its end; see `begin`."""
        return self.begin(stream, quotas).picks()

    def stream(
        self,
        payloads: Mapping[str, bytes],
        seed: int = 0,
        tokens: Mapping[str, int] | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> list[Scored]:
        """Score records that are in memory, for `begin`.

        Args:
            payloads: by id; none may be empty.
            seed: of the order in which a rule with random initial states draws.
            tokens: by id, above 0; None: they are not counted.
            weights: by which scores are multiplied, by id; None: by 1.

        Raises:
            KeyError: when the rule's initial states are of a column that records in memory do not have.
        """
        ids = np.array(sorted(payloads), dtype=object)
        counts = None if tokens is None else np.array([tokens[record_id] for record_id in ids], np.int64)
        factors = None if weights is None else np.array([weights[record_id] for record_id in ids], np.float64)
        sets = [self.framing.join([payloads[record_id]]) for record_id in ids]
        raw, compressed = np.array([*map(len, sets)]), np.array([*map(self.codec.compressed_size, sets)])
        if self.rule.initial_column == RANDOM_STATE:
            states = np.random.default_rng(seed).random(len(ids))
        elif isinstance(self.rule, CoverageRule) and self.rule.coverage is not None:
            prices = counts.tolist() if counts is not None and self.rule.price == "tokens" else None
            own = None if factors is None else factors.tolist()
            states = self.rule.coverage.bounds([payloads[record_id] for record_id in ids], prices, own)
        else:
            measured = {"raw_bytes": raw, "compressed_bytes": compressed, "ratio": raw / compressed}
            states = measured[self.rule.initial_column].astype(np.float64)
        order = np.argsort(states, kind="stable")
        flat = Payloads(payloads[record_id] for record_id in ids[order])
        columns = [None] * len(ids), [""] * len(ids), raw[order], compressed[order], flat.flat, flat.offsets
        counts = None if counts is None else counts[order]
        factors = None if factors is None else factors[order]
        return [Scored(states[order], ids[order].tolist(), *columns, counts, factors)]


class Selection:
    """A selection in progress.

    Args:
        selector: how to select.
        frontier: the pool.
        tally: of budget and strata, still empty.
        base_round_counts: see `GreedySelector.begin`.

    Attributes:
        frontier: the pool, read as far as the rule has drawn.
        tally: counts the picks so far.
        base_places: places of the base's records, by round.
        facts: what the rule says of its work, by name, once it has begun.
    """

    def __init__(
        self, selector: GreedySelector, frontier: Frontier, tally: Tally, base_round_counts: Sequence[int]
    ) -> None:
        self._selector, self.frontier, self.tally = selector, frontier, tally
        self._evaluator = selector.evaluator(frontier.payloads)
        self.base_places = frontier.draw_base(base_round_counts)
        self.facts: dict[str, float] = {}

    @property
    def evaluator_name(self) -> str:
        """Which evaluator measures, as the manifest names it."""
        return self._evaluator.name

    @property
    def compiles_first(self) -> bool:
        """Whether the evaluator compiles itself before it answers, which takes some seconds."""
        return self._evaluator.compiles_first

    def rounds(self, done: Iterable[Round] = ()) -> Iterator[Round]:
        """Yield round by round; see `rules.Rule`.

        Args:
            done: the first rounds, as they were yielded before; they are yielded again without a search.
        """
        selector = self._selector
        context = SelectionContext(self.frontier, self._evaluator, selector.evaluator, self.facts)
        yield from selector.rule.rounds(context, self.tally, selector.round_size, self.base_places, done)

    def picks(self, rounds: Iterable[Round] | None = None, first_round: int | None = None) -> Iterator[Pick]:
        """Yield the picks of the rounds.

        Args:
            rounds: what `rounds` yielded, none left out; None: runs the selection.
            first_round: number of the first round; None: of the one after the base's rounds.
        """
        rank = sum(map(len, self.base_places))
        first = len(self.base_places) if first_round is None else first_round
        return greedy.picks_of(self.frontier, self.rounds() if rounds is None else rounds, rank=rank, first_round=first)
