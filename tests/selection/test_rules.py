"""What each rule answers, held against numbers; the tests of whole selections ask the rules' own objects."""

import copy
import doctest
import pickle

import numpy as np
import pytest

from zip_pipeline.selection import ratio_rules
from zip_pipeline.selection.frontier import Candidates
from zip_pipeline.selection.ratio_rules import RatioRule, SetGrowth, SetSizes
from zip_pipeline.selection.rules import RULES

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
FACTS = {"gain": ("random", 1, True), "paper": ("ratio", 2, False), "reference": ("ratio", 2, False)}
DEFAULTS = {"gain": {}, "paper": {"k1": 10_000, "k2": 200, "quotas": {}}}


def test_documentation_examples() -> None:
    assert doctest.testmod(ratio_rules).failed == 0


def test_every_rule_is_here() -> None:
    assert sorted(RULES) == sorted(SCORES) == sorted(RETURNS) == sorted(FACTS)
    assert all(rule.name == name for name, rule in RULES.items())


@pytest.mark.parametrize("name", sorted(RULES))
def test_scores(name: str) -> None:
    """A set of 40 / 20 bytes; the first record adds no compressed byte, which counts as one."""
    rule = RULES[name]
    assert isinstance(rule, RatioRule)
    growth = SetGrowth(SetSizes(40, 20), np.array([100, 65, 54]), np.array([20, 40, 24]))
    assert rule.score(growth).tolist() == SCORES[name]
    empty = SetGrowth(SetSizes(), np.array([30, 45]), np.array([20, 30]))
    assert rule.score(empty).tolist() == [1.5, 1.5], "the ratio of the record alone"


@pytest.mark.parametrize("name", sorted(RULES))
def test_which_candidates_return(name: str) -> None:
    places, states = RULES[name].after_round(CANDIDATES, PICKS)
    assert (places.tolist(), states.tolist()) == RETURNS[name]


@pytest.mark.parametrize("name", sorted(RULES))
def test_facts(name: str) -> None:
    rule = RULES[name]
    assert (rule.initial_state, rule.anchors, rule.asks_behind_each_pick) == FACTS[name]
    assert rule.defaults == DEFAULTS.get(name, DEFAULTS["paper"])


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_rule_is_a_value(name: str) -> None:
    rule = RULES[name]
    assert pickle.dumps(rule)
    copied = copy.deepcopy(rule)  # by the protocol of pickle
    assert (copied, hash(copied)) == (rule, hash(rule))
