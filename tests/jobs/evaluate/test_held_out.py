"""Held-out sets that are not new: what people are told of them."""

from zip_pipeline.jobs.evaluate.held_out import MOST_KNOWN, Known, leaks


def test_a_line_for_each_set_that_is_known_and_none_for_others() -> None:
    known = {
        "new.jsonl": Known(in_pool=MOST_KNOWN, in_targets=0.0),
        "old.jsonl": Known(in_pool=0.5, in_targets=0.0),
        "task items.jsonl": Known(in_pool=0.25, in_targets=1.0),
    }
    assert [line.partition(" of their")[0] for line in leaks(known)] == [
        "50.0% of the records of old.jsonl share more than 10%",
        "25.0% of the records of task items.jsonl share more than 10%",
        "100.0% of the records of task items.jsonl share as much with the target, by which records were chosen",
    ]
    assert leaks({"new.jsonl": Known(0.0, 0.0)}) == []
