"""How many records a step leaves out: the counts by hand, and the table for people."""

from zip_pipeline.jobs.left_out import by_source, counts_part


def test_the_counts_by_hand() -> None:
    sources = [
        {"source": "b", "records": 3, "raw_bytes": 30, "pairs": "more keys do no harm"},
        {"source": None, "records": 1, "raw_bytes": 7},
    ]
    part = counts_part(sources, {"a": 5, "b": 4, None: 2})
    assert part == {
        "records": 4,
        "raw_bytes": 37,
        "of": 11,
        "per_source": {
            "b": {"records": 3, "raw_bytes": 30, "of": 4},
            "(none)": {"records": 1, "raw_bytes": 7, "of": 2},
        },
    }
    assert [*by_source("by source", part).rows, *by_source("by source", part).foot] == [
        ("b", "3", "75.0%", "30"),
        ("(none)", "1", "50.0%", "7"),
        ("all", "4", "36.4%", "37"),
    ]


def test_without_sources_there_is_the_sum_alone() -> None:
    part = counts_part([{"source": None, "records": 1, "raw_bytes": 7}], {None: 2})
    assert (part["records"], part["of"], part["per_source"]) == (1, 2, {})
    assert by_source("by source", part).rows == []
    assert counts_part([], {None: 2}) == {"records": 0, "raw_bytes": 0, "of": 2, "per_source": {}}


def test_many_sources_end_in_one_row() -> None:
    sources = [{"source": f"s{n:02}", "records": 40 - n, "raw_bytes": 10} for n in range(20)]
    table = by_source("by source", counts_part(sources, {source["source"]: 100 for source in sources}))
    assert [row[0] for row in table.rows] == [*(source["source"] for source in sources[:15]), "5 others"]
    assert table.rows[-1][1:] == (str(25 + 24 + 23 + 22 + 21), f"{115 / 500:.1%}", "50")
