"""Duplicates that leave a pool: the counts by hand, the warnings with their pairs, the limit, what people see."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pyspark.sql import DataFrame, SparkSession
from rich.console import Console

from zip_pipeline.config import Deduplicate
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import duplicates
from zip_pipeline.jobs.left_out import Removal
from zip_pipeline.report.page import Page, html
from zip_pipeline.spark.io.location import Location

HOSTILE = "<b>[red]\x1b[31m\u202eevil\n" + "x" * 500
"""Text that would steer a terminal or a browser, and is too long to show."""

COLUMNS = "id string, source string, raw_bytes bigint, payload binary, compared binary"
EXACT = Deduplicate(kind="exact")


def pool(spark: SparkSession, parts: int = 2) -> DataFrame:
    """100 records: 30 equal ones of a source, 5 of 45 of another come twice, 25 without a source."""
    rows = [(f"a{n:02}", "[a]", 10, HOSTILE) for n in range(30)]
    rows += [(f"b{n:02}", "b", n, f"text {n % 40}") for n in range(45)]
    rows += [(f"c{n:02}", None, 7, f"lone {n}") for n in range(25)]
    table = [(*row, bytearray(text.encode()), None) for *row, text in rows]
    return spark.createDataFrame(table, COLUMNS).repartition(parts)


SIZES = {"[a]": 30, "b": 45, None: 25}


def removal(spark: SparkSession, folder: Path, section: Deduplicate = EXACT, parts: int = 2) -> Removal:
    return duplicates.remove(pool(spark, parts), SIZES, section, Location.of(str(folder)))


@pytest.fixture(scope="module")
def found(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Removal:
    return removal(spark, tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="module")
def part(found: Removal) -> dict[str, Any]:
    return found.part


def test_who_leaves_and_who_stays(found: Removal) -> None:
    leaving = {row["id"]: row["kept"] for row in found.table.collect()}
    assert leaving == {f"a{n:02}": "a00" for n in range(1, 30)} | {f"b{n}": f"b{n - 40:02}" for n in range(40, 45)}
    assert found.part["records"] == 34
    assert found.table.columns == ["id", "kept", "jaccard", "containment"]
    stays = {row["id"] for row in found.rest.collect()}
    assert len(stays) == 66
    assert stays.isdisjoint(leaving)
    assert found.rest.columns == COLUMNS.replace(",", "").split()[::2]


def test_the_counts_by_hand(part: dict[str, Any]) -> None:
    assert {key: part[key] for key in ("records", "raw_bytes", "of")} == {
        "records": 34,
        "raw_bytes": 29 * 10 + 40 + 41 + 42 + 43 + 44,
        "of": 100,
    }
    assert part["per_source"] == {
        "[a]": {"records": 29, "raw_bytes": 290, "of": 30},
        "b": {"records": 5, "raw_bytes": 210, "of": 45},
    }
    assert part["largest_groups"][0] == {"kept": "a00", "records": 29}
    assert sorted(group["kept"] for group in part["largest_groups"]) == ["a00", "b00", "b01", "b02", "b03", "b04"]


def test_the_layout_does_not_matter(spark: SparkSession, tmp_path: Path, part: dict[str, Any]) -> None:
    assert removal(spark, tmp_path, parts=7).part == part


def test_a_source_that_vanishes_and_a_record_that_stands_for_many_are_told(part: dict[str, Any]) -> None:
    of_source, of_group = part["warnings"]
    assert of_source["text"] == "source [a] loses 29 of its 30 records (96.7%) as duplicates"
    assert of_group["text"] == ("record a00 stays for 29 others (30.0% of the records) that count as its duplicates")
    for warning in part["warnings"]:
        assert len({pair["id"] for pair in warning["pairs"]}) == 2
        for pair in warning["pairs"]:
            assert pair["kept"] == "a00"
            assert pair["id"] != "a00"
            assert (pair["jaccard"], pair["containment"]) == (1.0, 1.0)
            assert pair["text"] == pair["kept_text"]
            assert pair["text"].startswith("<b>[red] [31m evil xxx")
            assert pair["text"].endswith("x ...")
            assert 190 < len(pair["text"]) < 210


def counts(sources: dict[str | None, tuple[int, int]], groups: dict[str, int]) -> list[str]:
    """The warnings of a pool: by source how many of its records left, and by the record that stays how many."""
    sizes = {name: whole for name, (_, whole) in sources.items()}
    by_source = [{"source": name, "records": left, "pairs": []} for name, (left, _) in sources.items()]
    by_group = [{"kept": name, "records": left, "pairs": []} for name, left in groups.items()]
    warnings = [
        *duplicates._source_warnings(by_source, sizes),
        *duplicates._group_warnings(by_group, sum(sizes.values())),
    ]
    return [warning.get("source", warning.get("kept")) for warning in warnings]


def test_what_is_usual_or_small_is_not_told() -> None:
    assert counts({"at 90 %": (90, 100), "above": (91, 100), "small": (18, 19)}, {}) == ["above"]
    assert counts({"all": (500, 1000)}, {"at 5 %": 49, "above": 50}) == ["above"]
    assert counts({"all": (20, 100)}, {"small": 18, "not small": 19}) == ["not small"]
    assert counts({None: (95, 100)}, {}) == ["(none)"]


def test_no_more_may_leave_than_the_limit(spark: SparkSession, tmp_path: Path) -> None:
    assert removal(spark, tmp_path / "a", Deduplicate(kind="exact", max_removed=0.34)).part["records"] == 34
    message = (
        "input.deduplicate.max_removed is 33.9%, but 34 of 100 records (34.0%) are duplicates, most of them of "
        "[a] 29 of 30, b 5 of 45; raise max_removed or the threshold, or set input.deduplicate=exact"
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        removal(spark, tmp_path / "b", Deduplicate(kind="exact", max_removed=0.339))


def test_without_sources_there_is_one_row(spark: SparkSession, tmp_path: Path) -> None:
    lone = pool(spark).where("source is null or source = '[a]'").drop("source").selectExpr("*", "null source")
    stages = Location.of(str(tmp_path))
    part = duplicates.remove(lone, {None: 55}, Deduplicate(kind="exact"), stages).part
    assert part["per_source"] == {}
    assert [warning["kept"] for warning in part["warnings"]] == ["a00"]
    with pytest.raises(InputError, match=r"29 of 55 records \(52\.7%\) are duplicates; raise"):
        duplicates._check(part, 0.5)


def test_a_pair_is_shown_once(part: dict[str, Any]) -> None:
    """The source and the record of the two warnings have the same pairs."""
    first, second = (lines for _, lines in duplicates._explained(part))
    assert len(first) == 6
    assert second == []
    other = {**part["warnings"][1], "pairs": [part["warnings"][1]["pairs"][0] | {"id": "another"}]}
    both = part | {"warnings": [part["warnings"][0], other]}
    assert [len(lines) for _, lines in duplicates._explained(both)] == [6, 3]


def test_what_people_see_is_safe(part: dict[str, Any]) -> None:
    console = Console(record=True, width=400, force_terminal=True)
    manifest = {"deduplication": part}
    duplicates.show_duplicates(console, manifest)
    shown = console.export_text(styles=False)
    for words in ("[a]", "96.7%", "11.1%", "34.0%", "WARNING: source [a] loses 29 of its 30", "<b>[red] [31m evil xxx"):
        assert words in shown
    assert "\u202e" not in shown
    assert "\x1b[31m evil" not in shown
    page = html(
        Page("t", warnings=duplicates.warning_lines(manifest), sections=duplicates.duplicates_sections(manifest))
    )
    text = "".join(ET.fromstring(page).itertext())
    assert "<b>[red]" in text
    assert "<b>[red]" not in page
    assert "34 of 100 records left as duplicates" in text
    tables = [
        [["".join(cell.itertext()) for cell in row] for row in t.iter("tr")] for t in ET.fromstring(page).iter("table")
    ]
    assert tables[0][1:] == [["[a]", "29", "96.7%", "290"], ["b", "5", "11.1%", "210"], ["all", "34", "34.0%", "500"]]
    assert tables[1][1] == ["a00", "29"]


def test_a_run_that_looks_for_none_shows_none() -> None:
    console = Console(record=True)
    duplicates.show_duplicates(console, {})
    assert console.export_text() == ""
    assert duplicates.duplicates_sections({}) == duplicates.warning_lines({}) == []


def test_the_first_lines_of_a_run(part: dict[str, Any]) -> None:
    first, *warnings = duplicates.first_lines(part)
    assert first == "duplicates: 34 of 100 records left out (34.0%)"
    assert [line[:17] for line in warnings] == ["WARNING: source [", "WARNING: record a"]
