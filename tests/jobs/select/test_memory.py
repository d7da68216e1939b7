"""The estimate of the driver's memory holds: nothing allocates more than it says, nor a tenth of it."""

import doctest
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from support.pools import sharegpt
from support.selecting import reporter, write_jsonl
from zip_pipeline.codecs.deflate.anchor import DeflateAnchor
from zip_pipeline.config import SelectConfig, load
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.planning import rates
from zip_pipeline.jobs.select import dry_run, job, memory
from zip_pipeline.records.buffers import in_files
from zip_pipeline.selection.coverage import of_targets
from zip_pipeline.selection.coverage_rule import TARGET
from zip_pipeline.selection.features import features
from zip_pipeline.selection.frontier import Frontier, Scored
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.quotas import Budget, Quotas
from zip_pipeline.selection.selector import GreedySelector

RECORDS = 100_000


def peak(work: Callable[[], object]) -> int:
    """The most that the work allocated at a time, beyond what there was."""
    tracemalloc.start()
    try:
        kept = work()
        assert kept is not None
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def scored(size: int = 4000) -> Iterator[Scored]:
    for begin in range(0, RECORDS, size):
        ids = [f"record-{number:012}" for number in range(begin, begin + size)]
        lengths = np.full(size, 100)
        offsets = np.arange(0, 100 * size + 1, 100)
        states = np.arange(begin, begin + size) / RECORDS
        yield Scored(
            states, ids, [None] * size, [""] * size, lengths, lengths, np.zeros(100 * size, dtype=np.uint8), offsets
        )


def test_documentation_examples() -> None:
    assert doctest.testmod(memory).failed == 0


def test_records_drawn() -> None:
    def draw() -> Frontier:
        frontier, rng = Frontier(scored(), in_files), np.random.default_rng(0)
        for _ in range(RECORDS // 2000):
            places = frontier.draw(2000)
            frontier.put_back(places, rng.random(2000) + 1)
        return frontier

    held = peak(draw) - 2_000_000  # a batch of records, as it is read
    assert RECORDS * memory.PER_DRAWN / 10 < held < RECORDS * memory.PER_DRAWN


def test_records_drawn_without_stages() -> None:
    """Bounds above all scores: every record is drawn and scored."""
    ones = np.ones(1 << 16, np.int64)
    selector = GreedySelector(TARGET.over(of_targets([(1.0, ones)], ones, 16)))
    list(selector.picks(selector.stream({"first": b"what is compiled first is not counted"}), Quotas(Budget(1))))
    stream, records = (replace(run, states=run.states - 1e9) for run in islice(scored(), 5)), 20_000
    selection = selector.begin(stream, Quotas(Budget(1)), allocator=in_files)
    held = peak(lambda: list(selection.picks())) - 2_000_000  # a batch of records, as it is read
    assert selection.facts["scorings"] == records
    per_record = memory.PER_DRAWN + memory.PER_BOUND
    assert records * per_record / 10 < held < records * per_record


def test_counts_of_features() -> None:
    def covered() -> object:
        ones = np.ones(1 << 18, np.int64)
        made = of_targets([(1.0, ones)], 2 * ones, 18)
        made.bounds([b"the slots are made when they are needed"])
        return made

    features([b"tables of characters are not counted"], 18)
    held = peak(covered)
    assert (1 << 18) * memory.PER_BUCKET / 10 < held < (1 << 18) * memory.PER_BUCKET


def test_picks() -> None:
    def picks() -> list[Pick]:
        return [Pick(f"{n:032}", None, n, n // 100, n + 1000, n + 900, n + 10**6, n + 10**5) for n in range(20_000)]

    assert 20_000 * memory.PER_PICK / 10 < peak(picks) < 20_000 * memory.PER_PICK


@pytest.mark.parametrize("kind", ["noise", "text"])
def test_the_anchor(kind: str) -> None:
    size, rng = (4 << 20) + 5000, np.random.default_rng(0)  # the text has just been moved to where there is more room
    DeflateAnchor(9, 64 << 20).append(b"what is compiled first is not counted")
    data = rng.bytes(size) if kind == "noise" else rng.integers(97, 101, size, dtype=np.uint8).tobytes()

    def fill() -> DeflateAnchor:
        anchor = DeflateAnchor(9, 64 << 20)
        for begin in range(0, size, 1000):
            anchor.append(data[begin : begin + 1000])
        return anchor

    held = peak(fill)
    assert size < held < size * memory.PER_ANCHOR_BYTE + memory.KERNEL_STATE


def config(*overrides: str) -> SelectConfig:
    return load(None, ["input.path=p", "output.path=o", "select.budget=10", *overrides], SelectConfig)


@pytest.mark.skipif(not rates.STATM.exists(), reason="Linux alone says what a process has now")
def test_memory_that_is_free_again_does_not_count() -> None:
    before = memory.process_bytes()
    block = np.ones(1 << 25)
    assert memory.process_bytes() > before + 200_000_000
    del block
    assert memory.process_bytes() < before + 100_000_000


def test_what_needs_too_much_is_refused() -> None:
    asked = config("run.driver_memory_budget=2GB", "run.workers=3")
    small = memory.need(asked, records=10_000, mean_bytes=400, drawn=40_000)
    small.check(asked.run.driver_memory_budget)
    small.check(None)
    large = memory.need(asked, records=10**6, mean_bytes=400, drawn=4 * 10**6)
    said = (
        r"run\.driver_memory_budget is 2,048 MB, the run needs about [23],\d\d\d MB: \d+ MB this process as it is, .*"
        r"306 MB for 4,000,000 records drawn, 859 MB for 1,000,000 picks, 960 MB for 2 anchors, 80 MB in the window"
    )
    with pytest.raises(ConfigError, match=said):
        large.check(asked.run.driver_memory_budget)
    assert large.total == sum(large.parts.values())


def test_what_the_estimate_grows_with() -> None:
    def total(*overrides: str, records: int = 10_000, mean_bytes: float = 500.0, drawn: int = 40_000) -> int:
        return sum(
            list(memory.need(config(*overrides), records=records, mean_bytes=mean_bytes, drawn=drawn).parts.values())[
                1:
            ]
        )

    usual = total("run.workers=2")
    assert total("run.workers=2", "codec.window=32KB") < usual
    assert total("run.workers=8") > usual
    assert total("run.workers=2", records=20_000) > usual
    assert total("run.workers=2", mean_bytes=900.0) > usual
    assert total("run.workers=2", drawn=80_000) == usual + 40_000 * memory.PER_DRAWN


def test_a_rule_without_stages_may_draw_all_and_counts_features() -> None:
    needed = memory.need(config("select.rule=cover"), records=100, mean_bytes=100.0, drawn=10**6).parts
    assert needed["for the counts of features"] == memory.PER_BUCKET << 22, "of 100 MB"
    assert needed["for 1,000,000 records drawn"] == 10**6 * (memory.PER_DRAWN + memory.PER_BOUND)


@pytest.mark.usefixtures("spark")
def test_a_run_that_needs_too_much_stops_before_it_picks(tmp_path: Path) -> None:
    pool = write_jsonl(tmp_path / "pool.jsonl", sharegpt(60))
    overrides = [
        f"output.path={tmp_path / 'out'}",
        f"input.path={pool}",
        "select.budget=20KB",
        "input.deduplicate=none",
    ]
    overrides.append("run.workers=2")
    asked = load(None, [*overrides, "run.driver_memory_budget=10MB"], SelectConfig)
    with pytest.raises(ConfigError, match=r"run\.driver_memory_budget is 10 MB, the run needs about \d+"):
        job.run(asked, reporter())
    assert not (tmp_path / "out").exists()
    planned = dry_run.run(load(None, overrides, SelectConfig), reporter())["work"]
    assert planned["memory_bytes"] > 10 << 20
    assert "MB for 2 anchors" in planned["memory"]
