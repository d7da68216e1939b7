"""The parts of a manifest that jobs share: sums, means and ratios by hand."""

import pytest

from zip_pipeline.jobs.manifest import (
    CAUSES,
    left_out,
    records_part,
    rejections,
    selection_part,
    set_part,
    shortfall_part,
)
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark.scored_pool import SourceSummary


def test_records_are_summed_over_sources() -> None:
    part = records_part({None: SourceSummary(1, 10, 5), "books": SourceSummary(3, 50, 15)})
    assert (part["records"], part["raw_bytes"], part["compressed_bytes"]) == (4, 60, 20)
    assert (part["mean_bytes"], part["ratio"]) == (15, 3)
    books = {"records": 3, "raw_bytes": 50, "compressed_bytes": 15}
    assert part["per_source"] == {"(none)": {"records": 1, "raw_bytes": 10, "compressed_bytes": 5}, "books": books}
    assert records_part({None: SourceSummary(1, 10, 5)})["per_source"] == {}


def test_a_set_that_extends_another_counts_its_own_bytes() -> None:
    part = set_part([10, 20, 60], 190, 95, (100, 55))
    assert (part["records"], part["raw_bytes"], part["compressed_bytes"]) == (3, 90, 40)
    assert (part["mean_bytes"], part["median_bytes"], part["set_ratio"]) == (30, 20, 2)


def test_a_selection_has_both_and_its_rounds() -> None:
    picks = [Pick("a", None, 0, 0, 10, 8, 10, 8), Pick("b", "books", 1, 1, 30, 12, 40, 16)]
    part = selection_part(picks)
    assert (part["ratio"], part["set_ratio"], part["rounds"]) == (2, 2.5, 2)
    assert list(part["per_source"]) == ["(none)", "books"]


SELECTION = {
    "input": {"records": 90, "rejected": 10, "outside_bounds": 20, "deduplicated": 0, "candidates": 60},
    "extended": {"records": 7, "rejected": 5, "same_id": 4, "same_payload": 3, "retired": 3},
    "selection": {"records": 40},
}


def test_what_could_not_be_selected_adds_up() -> None:
    causes = left_out(SELECTION)
    assert causes == {"rejected": 10, "outside_bounds": 20, "same_id": 4, "same_payload": 3, "retired": 3}
    assert sum(causes.values()) + 60 == 90 + 10, "what a base rejects is no record of the input"
    assert set(causes) <= set(CAUSES)


@pytest.mark.parametrize("offered", [None, (30, 20)])
@pytest.mark.parametrize("kept_out", [0, 10])
def test_a_shortfall_adds_up(offered: tuple[int, ...] | None, kept_out: int) -> None:
    """Causes without records are not named."""
    partitions = {} if offered is None else {"of_pools": [{"records": 30, "offered": number} for number in offered]}
    manifest = SELECTION | {"selection": SELECTION["selection"] | partitions}
    part = shortfall_part(manifest, 60, "records", kept_out)
    ends = {
        "not_offered": 10 if offered else 0,
        "passed_over": (10 if offered else 20) - kept_out,
        "kept_out": kept_out,
    }
    assert part["causes"] == left_out(manifest) | {cause: records for cause, records in ends.items() if records}
    assert sum(part["causes"].values()) + 40 == 100
    assert set(part["causes"]) <= set(CAUSES)


def test_reasons_that_a_line_does_not_name_are_counted() -> None:
    reasons = {"a": 5, "b": 4, "c": 3, "id: null": 2, "malformed JSON: expecting value": 1}
    line = rejections({"input": {"rejected": 15, "rejected_by_reason": reasons}})
    assert (
        line == "rejected: 15 records, kept apart in rejected/ with their reasons: 5 x a; 4 x b; 3 x c; 3 for other "
        "reasons (id: null, malformed JSON)"
    )
    assert rejections({"input": {"rejected": 0}}) == ""
