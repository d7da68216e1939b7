"""The parts of a manifest that jobs share: sums, means and ratios by hand."""

from zip_pipeline.jobs.manifest import records_part, selection_part, set_part
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
