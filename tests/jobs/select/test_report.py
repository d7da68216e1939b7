"""The pages of select and score, on manifests made by hand: what they say, and that no pool is too odd to draw."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from rich.console import Console

from zip_pipeline.jobs.manifest import records_part, set_part
from zip_pipeline.jobs.select import plots, report
from zip_pipeline.jobs.select.plots import Shape
from zip_pipeline.report.funnel import amount, funnel
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.spark.scored_pool import SourceSummary
from zip_pipeline.stats import histogram

HOSTILE = "<b>$x$ & [red]"

Sizes = list[tuple[int, int]]


def made(pool: Sizes, chosen: int, sources: tuple[str | None, ...] = (HOSTILE, "b")) -> dict[str, Any]:
    """A manifest of a selection of the first records of a pool, whose sources take turns."""

    def one_by_one(sizes: Sizes) -> dict[str, Any]:
        by_source = {}
        for number, name in enumerate(sources):
            part = sizes[number :: len(sources)]
            if part:
                by_source[name] = SourceSummary(len(part), sum(raw for raw, _ in part), sum(size for _, size in part))
        return records_part(by_source)

    def as_set(sizes: Sizes) -> dict[str, Any]:
        total = sum(raw for raw, _ in sizes)
        sample = {"records": len(sizes), "near_duplicates": 0.25, "exact_duplicates": 0.0, "distinct_passages": 1.0}
        return {**one_by_one(sizes), **set_part([raw for raw, _ in sizes], total, total), "sample": sample}

    return {
        "version": "0",
        "created_at": "2026-01-01T00:00:00+00:00",
        "timings": {"total_s": 1.0},
        "spark": {"version": "4", "master": "local"},
        "config": {
            "input": {"path": HOSTILE},
            "output": {"path": "out"},
            "select": {"budget": chosen, "rule": "gain"},
        },
        "codec": {"name": "zlib", "level": 9, "window": "64MB"},
        "input": {
            **{"format": "jsonl", "files": 2, "read": len(pool) + 3, "records": len(pool), "candidates": len(pool)},
            **{"rejected": 3, "rejected_by_reason": {"id: null": 2, HOSTILE: 1}, "deduplicated": 0},
        },
        "history": [],
        "funnel": funnel(
            len(pool) + 3,
            amount(len(pool), sum(raw for raw, _ in pool)),
            {"deduplicated": amount(20, 5000)},
            {"eligible": amount(len(pool) - 20), "selected": amount(chosen)},
        ),
        "pool": one_by_one(pool),
        "selection": as_set(pool[:chosen]),
        "random": as_set(pool[-chosen:]),
        "length_matched": as_set(pool[-chosen:]),
    }


def picks(sizes: Sizes) -> list[Pick]:
    ends = np.cumsum(np.array(sizes), axis=0).tolist()
    return [Pick(str(n), None, n, 0, *own, *end) for n, (own, end) in enumerate(zip(sizes, ends, strict=True))]


def page(pool: Sizes, chosen: int, **more: Any) -> str:
    sizes = np.array(pool)
    shape = Shape.of(picks(pool[:chosen]))
    return report.select_page(made(pool, chosen, **more), histogram.count(sizes[:, 0], sizes[:, 1]), shape)


MIXED = [(100 + 37 * n, 60 + 20 * n) for n in range(200)]


def test_select_says_what_the_manifest_says() -> None:
    text = page(MIXED, 50)
    root = ET.fromstring(text)
    sets, sources, steps = root.iter("table")
    rows = [["".join(cell.itertext()) for cell in row] for row in sets.iter("tr")]
    assert [row[0] for row in rows] == ["", "pool", "selection", "random", "length-matched"]
    assert rows[1][1:3] == ["200", f"{sum(raw for raw, _ in MIXED):,}"]
    assert rows[2][-2:] == ["25.0%", "0.0%"]
    heads = ["".join(cell.itertext()) for cell in next(sources.iter("tr"))]
    assert heads == [
        "source",
        "records in pool",
        "share of bytes",
        "selected",
        "share of bytes",
        "random",
        "length-matched",
    ]
    assert [row.findtext("td") for row in steps.iter("tr")][1:] == ["203", "-3", "200", "-20", "180", "50"]
    titles = [figure.findtext("h3") for figure in root.iter("figure")]
    assert titles == [
        "Set ratio along the picks",
        "Ratios of the records",
        "Lengths of the records",
        "Ratio against length",
        "Sources",
    ]
    assert HOSTILE in "".join(root.itertext())
    assert HOSTILE not in text
    assert page(MIXED, 50) == text


def test_what_could_not_be_selected_and_what_is_missing_add_up_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    manifest = made(MIXED, 50)
    manifest["input"] |= {"deduplicated": 20, "candidates": 180}
    manifest["shortfall"] = {"amount": 950, "unit": "records", "causes": {"rejected": 3, "deduplicated": 20}}
    manifest["deduplication"] = {
        **{"records": 20, "raw_bytes": 5000, "of": 200, "per_source": {}, "largest_groups": []},
        "warnings": [{"kept": "r1", "text": f"record {HOSTILE} stays for 20 others", "pairs": []}],
    }
    shape, counts = Shape.of(picks(MIXED[:50])), histogram.count(*np.array(MIXED).T)
    root = ET.fromstring(report.select_page(manifest, counts, shape))
    tables = [[["".join(cell.itertext()) for cell in row] for row in t.iter("tr")] for t in root.iter("table")]
    whole = sum(raw for raw, _ in MIXED)
    assert tables[-2][1:] == [
        ["read from 2 files (jsonl)", "203", "", "100.0%"],
        ["rejected", "-3", "", "-1.5%"],
        ["could be used", "200", f"{whole:,}", "98.5%"],
        ["duplicates", "-20", "-5,000", "-9.9%"],
        ["could be selected", "180", "", "88.7%"],
        ["selected", "50", "", "24.6%"],
    ]
    assert tables[-1][1:] == [["all", "20", "10.0%", "5,000"]]
    line = (
        "selected 50 records, 950 short of the budget: the rule 'gain' finds no more in the pool of 203 records, the "
        "others are: 3 could not be used (rejected/); 20 duplicates (duplicates/)"
    )
    text = "".join(root.itertext())
    assert line in text
    assert f"record {HOSTILE} stays for 20 others" in "".join(root.find("body/header").itertext())  # type: ignore[union-attr]
    report.show(Console(width=400), manifest)
    printed = capsys.readouterr().out
    assert line in printed
    assert f"WARNING: record {HOSTILE} stays for 20 others" in printed


def test_a_budget_in_bytes_is_short_of_bytes() -> None:
    manifest = made(MIXED, 50) | {"shortfall": {"amount": 12345, "unit": "bytes", "causes": {}}}
    (line,) = report._shortfall(manifest)
    assert line == (
        "selected 50 records, 12,345 bytes short of the budget: the rule 'gain' finds no more in the pool of 203 records"
    )


def test_copies_counted_in_a_sample_are_told_to_be() -> None:
    manifest = made(MIXED, 50)
    shape, counts = Shape.of(picks(MIXED[:50])), histogram.count(*np.array(MIXED).T)
    assert "counted among random records" not in report.select_page(manifest, counts, shape)
    manifest["random"]["sample"]["records"] = 20
    assert "(50 of selection, 20 of random, 50 of length-matched)" in report.select_page(manifest, counts, shape)


@pytest.mark.parametrize(
    "pool",
    [
        [(5, 13)],
        [(2**30, 2**20), (2**30, 2**20)],  # beyond all bins
        [(1, 9), (2**27, 2**27)],
        [(700, 300)] * 40,
    ],
    ids=["one", "huge", "far apart", "alike"],
)
def test_no_pool_is_too_odd(pool: Sizes) -> None:
    for chosen in {1, len(pool)}:
        text = page(pool, chosen, sources=(None,))
        assert len(re.findall("<figure>", text)) == 4, "no sources, no picture of them"
        assert not re.search(r"\b(nan|inf)\b", text)


def test_score_shows_the_pool() -> None:
    manifest = made(MIXED, 50)
    for key in ("selection", "random", "length_matched"):
        del manifest[key]
    del manifest["config"]["select"]
    root = ET.fromstring(report.score_page(manifest, histogram.count(*np.array(MIXED).T)))
    assert len(list(root.iter("figure"))) == 4
    heads = [[cell.text for cell in next(table.iter("tr"))] for table in root.iter("table")]
    assert heads[0] == ["source", "records in pool", "share of bytes"]
    assert heads[1][0] == "records of the input"


def test_the_console_prints_the_same_tables(capsys: pytest.CaptureFixture[str]) -> None:
    report.show(Console(width=160), made(MIXED, 50))
    printed = capsys.readouterr().out
    for word in (
        "pool",
        "selection",
        "random",
        "length-matched",
        HOSTILE,
        "25.0%",
        "rejected: 3 records, kept apart in rejected/ with their reasons: 2 x id: null; 1 x",
        "read from 2 files (jsonl)",
        "files: out",
    ):
        assert word in printed


def test_many_sources_end_in_one_line() -> None:
    names = tuple(f"s{n:02}" for n in range(30))
    table = report._sources(made(MIXED, 50, names))
    assert table is not None
    assert [row[0] for row in table.rows][-2:] == ["s15", "15 others"] or table.rows[-1][0] == "15 others"
    assert sum(int(row[1]) for row in table.rows) == 200
    drawn = plots.sources({"pool": made(MIXED, 50, names)["pool"]["per_source"]})
    assert "20 others" in drawn.svg
