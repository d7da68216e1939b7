"""What each rule answers, held against numbers; the tests of whole selections ask the rules' own objects."""

import copy
import doctest
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from support.rule import STAGED, text_pool
from zip_pipeline.codecs.base import Evaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.selection import Budget, GreedySelector, Quotas, ratio_rules
from zip_pipeline.selection.frontier import Candidates, Frontier, Places
from zip_pipeline.selection.greedy import StagedRule
from zip_pipeline.selection.objective import Growth, SelectionContext
from zip_pipeline.selection.ratio_rules import RatioRule, SetGrowth, SetSizes
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.run_queue import States

CANDIDATES = Candidates(
    ("",), np.array([2, 3, 5, 7, 11]), np.array([0.5, 0.25, 0.75, 1.5, 1.0]), shortlist=np.array([3, 2, 5])
)
PICKS = np.array([2, 3])

SCORES = {"gain": [60.0, 1.25, 3.5], "paper": [5.0, 1.625, 2.25], "reference": [5.0, 1.625, 2.25]}
RETURNS = {
    "gain": ([5, 7, 11], [1.75, 2.5, 2.0]),
    "paper": ([5, 7, 11], [0.75, 1.5, 1.0]),
    "reference": ([7, 11], [1.5, 1.0]),
}
FACTS = {
    "gain": ("random", 1, 1, True),
    "paper": ("ratio", 1, 2, False),
    "reference": ("ratio", 1, 2, False),
    "target": ("bound", 1, 1, False),
    "cover": ("bound", 1, 1, False),
}
OF_THE_PAPER = {"k1": 10_000, "k2": 200, "quotas": {}}
DEFAULTS = {
    "gain": {},
    "paper": OF_THE_PAPER,
    "reference": OF_THE_PAPER,
    "target": {"quotas": {}},
    "cover": {"quotas": {}},
}


def test_documentation_examples() -> None:
    assert doctest.testmod(ratio_rules).failed == 0


def test_every_rule_is_here() -> None:
    assert STAGED == sorted(SCORES) == sorted(RETURNS)
    assert sorted(RULES) == sorted(FACTS)
    assert all(rule.name == name for name, rule in RULES.items())


@pytest.mark.parametrize("name", STAGED)
def test_scores(name: str) -> None:
    """A set of 40 / 20 bytes; the first record adds no compressed byte, which counts as one."""
    rule = RULES[name]
    assert isinstance(rule, RatioRule)
    growth = SetGrowth(SetSizes(40, 20), np.array([100, 65, 54]), np.array([20, 40, 24]))
    assert rule.score(growth).tolist() == SCORES[name]
    empty = SetGrowth(SetSizes(), np.array([30, 45]), np.array([20, 30]))
    assert rule.score(empty).tolist() == [1.5, 1.5], "the ratio of the record alone"


@pytest.mark.parametrize("name", STAGED)
def test_which_candidates_return(name: str) -> None:
    rule = RULES[name]
    assert isinstance(rule, RatioRule)
    places, states = rule.after_round(CANDIDATES, PICKS)
    assert (places.tolist(), states.tolist()) == RETURNS[name]


@pytest.mark.parametrize("name", sorted(RULES))
def test_facts(name: str) -> None:
    rule = RULES[name]
    assert rule.has_stages == (name in STAGED)
    assert rule.takes_weights == (name in {"gain", "target", "cover"})
    assert rule.budgets_offered == (4 if name in {"target", "cover"} else 1.5)
    facts = rule.initial_column, rule.anchors, rule.compressor_states, rule.measures_after_each_pick
    assert facts == FACTS[name]
    assert rule.defaults == DEFAULTS[name]


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_is_a_value(name: str) -> None:
    rule = RULES[name]
    assert pickle.dumps(rule)
    copied = copy.deepcopy(rule)  # by the protocol of pickle
    assert (copied, hash(copied)) == (rule, hash(rule))


@dataclass(frozen=True)
class WordsRule(StagedRule):
    """Prefers records with many words that the selection does not have: a rule that asks no compressor for a score."""

    name: str = "words"
    initial_column: str = "ratio"
    anchors: int = 1
    compressor_states: int = 1
    measures_after_each_pick: bool = False
    has_stages: bool = True
    takes_weights: bool = False
    budgets_offered: float = 1.5
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def objective(self, context: SelectionContext) -> "WordsObjective":
        return WordsObjective(context.frontier, context.evaluator)

    def after_round(self, candidates: Candidates, picks: Places) -> tuple[Places, States]:
        return candidates.without(picks)


class WordsObjective:
    def __init__(self, frontier: Frontier, evaluator: Evaluator) -> None:
        self._frontier, self._evaluator = frontier, evaluator
        self._words: set[bytes] = set()
        self._picks: list[int] = []

    def _scores(self, places: Places) -> States:
        payloads = [self._frontier.payloads[place] for place in places.tolist()]
        return np.array([-len(set(data.split()) - self._words) / len(data) for data in payloads])

    anchor_scores = round_scores = _scores

    def pick(self, place: int) -> None:
        self._words |= set(self._frontier.payloads[place].split())
        self._picks.append(place)

    def end_round(self) -> Growth:
        places, self._picks = np.array(self._picks, dtype=np.int64), []
        return places, *self._evaluator.extend(places.tolist())

    def repeat_round(self, growth: Growth) -> None:
        self.extend(growth[0])

    def extend(self, places: Places) -> None:
        for place in places.tolist():
            self._words |= set(self._frontier.payloads[place].split())
        self._evaluator.extend(places.tolist())


def test_a_rule_of_another_kind_needs_no_change_elsewhere() -> None:
    """Where all records are candidates and shortlisted, it is plain greedy: the best of what is left, again and again."""
    pool = text_pool(3, 40)
    selector = GreedySelector(WordsRule(), k1=40, k2=40, k3=4)
    selection = selector.begin(selector.stream(pool), Quotas(Budget(14)))
    rounds = list(selection.rounds())
    picks = list(selection.picks(rounds))

    ids, words, expected = selection.frontier.ids, set[bytes](), list[str]()
    left = {ids[place]: pool[ids[place]] for place in range(len(pool))}
    while len(expected) < 14:
        if len(expected) % 4 == 0:  # the shortlist is in the order of scores behind the anchor, then of ids
            score = {i: -len(set(data.split()) - words) / len(data) for i, data in left.items()}
            left = dict(sorted(left.items(), key=lambda item: (score[item[0]], item[0])))
        best = min(left, key=lambda i: -len(set(left[i].split()) - words) / len(left[i]))
        words |= set(left.pop(best).split())
        expected.append(best)
    assert [pick.id for pick in picks] == expected

    whole = selector.framing.join(pool[i] for i in expected)
    assert (picks[-1].raw_bytes, picks[-1].compressed_bytes) == (len(whole), selector.codec.compressed_size(whole))
    again = selector.begin(selector.stream(pool), Quotas(Budget(14)))
    assert list(again.picks(again.rounds(rounds[:2]))) == picks, "it goes on from a checkpoint"


@dataclass(frozen=True)
class LikeRule(WordsRule):
    """Prefers records that a text of its own helps to compress: a rule with a second anchor, over other data."""

    name: str = "like"
    text: bytes = b"alpha beta gamma delta epsilon"
    anchors: int = 2
    compressor_states: int = 2

    def objective(self, context: SelectionContext) -> "LikeObjective":
        return LikeObjective(self.text, context)


class LikeObjective(WordsObjective):
    def __init__(self, text: bytes, context: SelectionContext) -> None:
        super().__init__(context.frontier, context.evaluator)
        self._payloads = Payloads([text])
        self._like = context.new_evaluator(self._payloads)
        self._like.append(0)

    def _scores(self, places: Places) -> States:
        others = [self._payloads.append(self._frontier.payloads[place]) for place in places.tolist()]
        return self._like.sizes(others) / self._frontier.compressed_bytes[places]

    anchor_scores = round_scores = _scores


def test_a_rule_may_measure_against_other_data() -> None:
    rule, pool = LikeRule(), text_pool(5, 40)
    pool |= {f"like{number}": rule.text + b" %d" % number for number in range(3)}
    selector = GreedySelector(rule, k1=43, k2=43, k3=3)
    picks = list(selector.picks(selector.stream(pool), Quotas(Budget(3))))

    def score(payload: bytes) -> float:
        both, alone = (selector.framing.join(texts) for texts in ([rule.text, payload], [payload]))
        return selector.codec.compressed_size(both) / selector.codec.compressed_size(alone)

    assert {pick.id for pick in picks} == set(sorted(pool, key=lambda i: (score(pool[i]), i))[:3])
