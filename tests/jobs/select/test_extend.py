"""A selection that goes on from an earlier one: the same as one that was never interrupted, where rounds align."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.oracle import one_shot
from support.pools import payload_of, sharegpt
from support.quotas import CONTENT
from support.rule import STAGED, runs, states_of, text_pool
from support.selecting import GAIN, PAPER, ids, rows, select, write_jsonl
from zip_pipeline.codecs.base import Codec
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec
from zip_pipeline.errors import ConfigError, InputError
from zip_pipeline.records.render import FRAMINGS
from zip_pipeline.selection.frontier import BASE_STRATUM, Frontier, Scored
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.quotas import Budget, Quotas
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.selector import GreedySelector

SIZE = (12, 6, 3)


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
            yield replace(alone[record_id], states=np.array([state]), strata=[BASE_STRATUM])
        rest = [record for record in runs(pool, CONTENT, codec, rule, size=1) if record.ids[0] in states]
        for record in sorted(rest, key=lambda one: (states[one.ids[0]], one.ids[0])):
            yield replace(record, states=np.array([states[record.ids[0]]]))

    groups = np.unique([pick.round for pick in before], return_counts=True)[1].tolist()
    selector = GreedySelector(RULES[rule], *SIZE, codec=codec, framing=CONTENT)
    selection = selector.begin(stream(), Quotas(Budget(budget)), groups)
    return list(selection.picks()), selection.frontier


def left_by(frontier: Frontier, states: dict[str, float]) -> dict[str, float]:
    """The states that a selection left its pool in; without what is picked or retired."""
    read = {frontier.ids[place] for place in range(len(frontier.ids))}
    places, now = frontier.available()
    available = dict(zip((frontier.ids[place] for place in places.tolist()), now.tolist(), strict=True))
    return {i: state for i, state in states.items() if i not in read} | available


@pytest.mark.parametrize(
    ("rule", "codec"), [*((rule, ZlibCodec()) for rule in STAGED), ("paper", ZstdCodec(window=1 << 20))]
)
@given(seed=st.integers(0, 2**32), first=st.integers(1, 4), second=st.integers(1, 9))
@settings(max_examples=12)
def test_selecting_and_extending_equals_selecting(rule: str, codec: Codec, seed: int, first: int, second: int) -> None:
    pool = text_pool(seed, 60)
    states = states_of(pool, CONTENT, codec, rule)
    whole, _ = go_on(pool, states, [], first * SIZE[2] + second, rule, codec)
    part, frontier = go_on(pool, states, [], first * SIZE[2], rule, codec)
    assert len(part) == first * SIZE[2], "no round is cut"
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
    assert not BASE_STRATUM.isprintable()


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return write_jsonl(tmp_path / "pool.jsonl", sharegpt(120))


@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("rule", [PAPER, GAIN])
def test_selecting_and_extending_twice_is_selecting_once(pool: Path, tmp_path: Path, rule: list[str]) -> None:
    whole = select(pool, tmp_path / "whole", *rule, budget=20)
    select(pool, tmp_path / "first", *rule, "select.keep_state=true", budget=8)
    extend = f"select.extend={{path: {tmp_path / 'first'}}}"
    select(pool, tmp_path / "second", *rule, extend, "select.keep_state=true", budget=4)
    extend = f"select.extend={{path: {tmp_path / 'second'}}}"
    manifest = select(pool, tmp_path / "third", *rule, extend, budget=8)
    parts = [row for name in ("first", "second", "third") for row in rows(tmp_path / name)]
    assert parts == rows(tmp_path / "whole")
    with pytest.raises(ConfigError, match="is the set to extend"):
        select(pool, tmp_path / "first", *rule, extend, "output.mode=overwrite")
    assert manifest["selection"]["set_ratio"] == whole["selection"]["set_ratio"]
    extended = manifest["extended"]
    assert (extended["records"], extended["same_id"], extended["same_payload"]) == (12, 12, 0)


@pytest.mark.usefixtures("spark")
def test_pools_that_hold_only_what_is_extended(pool: Path, tmp_path: Path) -> None:
    select(pool, tmp_path / "first", *GAIN, budget=100)
    extend = f"select.extend={{path: {tmp_path / 'first'}}}"
    manifest = select(pool, tmp_path / "out", *GAIN, extend, "run.pools=40", budget=20)
    assert manifest["selection"]["records"] == 20
    assert len(manifest["selection"]["of_pools"]) < 40


@pytest.mark.usefixtures("spark")
def test_a_file_is_extended_by_id_and_payload(pool: Path, tmp_path: Path) -> None:
    records = sharegpt(120)
    chosen = [
        records[5],
        {**records[6], "id": "of-another-pool"},  # whose payload is in the pool under its own id
        {**sharegpt(1, seed=9)[0], "id": records[7]["id"]},  # whose id is in the pool
    ]
    write_jsonl(tmp_path / "chosen.jsonl", [{**records[8], "conversations": None}, *chosen])
    extend = f"select.extend={{path: {tmp_path / 'chosen.jsonl'}}}"
    manifest = select(pool, tmp_path / "out", *GAIN, extend, "run.pools=2", budget=200)
    assert set(ids(tmp_path / "out")) == {record["id"] for record in records} - {records[n]["id"] for n in (5, 6, 7)}
    selected = rows(tmp_path / "out")
    assert [row["zip_rank"] for row in selected] == list(range(3, 120))
    assert selected[0]["zip_round"] == 1, "the file is round 0: it has less than k3 records"
    payloads = {record["id"]: payload_of(record) for record in [*records, *chosen[1:]]}
    before = [payload_of(one) for one in sorted(chosen, key=lambda one: one["id"])]
    measure = one_shot(FRAMINGS["content"], 9)
    raw, compressed = measure([before], payloads[selected[0]["id"]])
    assert selected[0]["zip_set_ratio"] == raw / compressed
    assert {key: manifest["extended"][key] for key in ("records", "rejected", "same_id", "same_payload")} == {
        "records": 3,
        "rejected": 1,
        "same_id": 2,
        "same_payload": 1,
    }

    assert manifest["extended"]["raw_bytes"] + manifest["selection"]["raw_bytes"] == len(
        FRAMINGS["content"].join([*before, *(payloads[row["id"]] for row in selected)])
    )
    with pytest.raises(InputError, match="nowhere"):
        select(pool, tmp_path / "never", *GAIN, "select.extend={path: nowhere.jsonl}")
