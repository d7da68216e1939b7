"""A selection that goes on from an earlier one: the same as one that was never interrupted, where rounds align."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.quotas import CONTENT
from support.rule import runs, states_of, text_pool
from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec
from zip_pipeline.selection.frontier import CHOSEN, Frontier, Scored
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.quotas import Budget, Quotas
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.selector import GreedySelector

K = (12, 6, 3)


def go_on(
    pool: dict[str, bytes],
    states: dict[str, float],
    before: list[Pick],
    budget: int,
    rule: str,
    codec: Codec,
) -> tuple[list[Pick], Frontier]:
    """Select behind what was picked before, from the records that have states."""

    def stream() -> Iterator[Scored]:
        chosen = {pick.id: float(number - len(before)) for number, pick in enumerate(before)}
        alone = {
            record.ids[0]: record for record in runs(pool, CONTENT, codec, rule, size=1) if record.ids[0] in chosen
        }
        for record_id, state in chosen.items():
            yield replace(alone[record_id], states=np.array([state]), strata=[CHOSEN])
        rest = [record for record in runs(pool, CONTENT, codec, rule, size=1) if record.ids[0] in states]
        for record in sorted(rest, key=lambda one: (states[one.ids[0]], one.ids[0])):
            yield replace(record, states=np.array([states[record.ids[0]]]))

    groups = np.unique([pick.round for pick in before], return_counts=True)[1].tolist()
    selector = GreedySelector(RULES[rule], *K, codec=codec, framing=CONTENT)
    selection = selector.begin(stream(), Quotas(Budget(budget)), groups)
    return list(selection.picks()), selection.frontier


def left_by(frontier: Frontier, states: dict[str, float]) -> dict[str, float]:
    """The states that a selection left its pool in; without what is picked or retired."""
    read = {frontier.ids[place] for place in range(len(frontier.ids))}
    places, now = frontier.available()
    available = dict(zip((frontier.ids[place] for place in places.tolist()), now.tolist(), strict=True))
    return {i: state for i, state in states.items() if i not in read} | available


@pytest.mark.parametrize(
    ("rule", "codec"), [*((rule, ZlibCodec()) for rule in sorted(RULES)), ("paper", ZstdCodec(window=1 << 20))]
)
@given(seed=st.integers(0, 2**32), first=st.integers(1, 4), second=st.integers(1, 9))
@settings(max_examples=12)
def test_selecting_and_extending_equals_selecting(rule: str, codec: Codec, seed: int, first: int, second: int) -> None:
    pool = text_pool(seed, 60)
    states = states_of(pool, CONTENT, codec, rule)
    whole, _ = go_on(pool, states, [], first * K[2] + second, rule, codec)
    part, frontier = go_on(pool, states, [], first * K[2], rule, codec)
    assert len(part) == first * K[2], "no round is cut"
    rest, _ = go_on(pool, left_by(frontier, states), part, second, rule, codec)
    assert part + rest == whole


def test_what_a_rule_forgets_without_its_states() -> None:
    """`gain` looks again at records that it has seen and not taken: so the states are kept."""
    pool = text_pool(3, 60)
    codec, states = ZlibCodec(), states_of(text_pool(3, 60), CONTENT, ZlibCodec(), "gain")
    whole, _ = go_on(pool, states, [], 12, "gain", codec)
    part, _ = go_on(pool, states, [], 6, "gain", codec)
    left = {i: state for i, state in states.items() if i not in {pick.id for pick in part}}
    rest, _ = go_on(pool, left, part, 6, "gain", codec)
    assert part + rest != whole
    assert len({pick.id for pick in part + rest}) == 12
    assert [pick.rank for pick in part + rest] == list(range(12))


def test_the_stratum_of_what_was_chosen_is_no_source() -> None:
    assert not CHOSEN.isprintable()
