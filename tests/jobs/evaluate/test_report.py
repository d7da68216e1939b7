"""What a log shows of a comparison, by hand: every number whole, in 80 columns, a row for each baseline."""

import io
import re
from typing import Any

import pytest

from zip_pipeline.jobs.evaluate.report import BESIDE, _bits_line_by_line, _lines, _tasks_line_by_line
from zip_pipeline.report.console import console_on, for_console
from zip_pipeline.report.page import Table

BASELINES = ("random", "length-matched", "near-dedup", "DSIR", "rule gain")


def beside(mean: float, half: float | None, difference: float, verdict: str) -> dict[str, Any]:
    return {"mean": mean, "high": None if half is None else mean + half, "difference": difference, "verdict": verdict}


def part(key: str, *more: str) -> dict[str, Any]:
    against = {name: beside(1.7201 + 0.01 * n, 0.0123, -0.093, "better") for n, name in enumerate(BASELINES[:-1])}
    against |= {name: beside(1.9, None, 0.1, "no interval") for name in (BASELINES[-1], *more)}
    return {key: 0.5, "against": against}


def logged(*tables: Table) -> str:
    stream = io.StringIO()
    for table in tables:
        console_on(stream).print(for_console(table))
    assert max(map(len, stream.getvalue().splitlines())) <= 80
    return stream.getvalue()


@pytest.mark.parametrize("others", [(), ("a-selection-of-another-rule",), tuple(f"out{n}" for n in range(20))])
def test_a_log_has_a_row_for_each_baseline_whatever_their_number(others: tuple[str, ...]) -> None:
    sets = {"wikipedia-articles.jsonl": part("bits", *others), "mean": part("bits", *others)}
    text = logged(*_bits_line_by_line({"comparison": {"ppm": {"selected": sets}}}))
    for name, found in part("bits", *others)["against"].items():
        half = "" if found["high"] is None else " ± 0.0123"
        cells = [f"{found['mean']:.4f}{half}", f"{found['difference']:+.1%}", found["verdict"]]
        row = r"\s+".join(map(re.escape, [name[-3:], *cells]))
        assert len(re.findall(rf"{row}\s*$", text, re.MULTILINE)) == 2, "of the set, and of the mean"
    assert text.count("0.5000") == 2


def test_answers_have_bits_and_shares() -> None:
    manifest = {
        "judge": {"models": ["ngrams"]},
        "task_comparison": {
            "answers": {"ngrams": {"out": {"items": part("bits")}}},
            "cheapest": {"ngrams": {"out": {"items": part("share")}}},
        },
    }
    (table,) = _tasks_line_by_line(manifest)
    assert (table.columns[1:], len(table.rows)) == (BESIDE, 2 * len(BASELINES))
    assert table.rows[0] == ["items: bits per byte", "0.5000", "random", "1.7201 ± 0.0123", "-9.3%", "better"]
    assert table.rows[5] == ["items: right is cheapest", "50.0%", "random", "172.0% ± 1.2%", "-9.3%", "better"]
    assert table.rows[6][:3] == ["", "", "length-matched"]
    assert logged(table).count("172.0% ± 1.2%") == 1
    assert (
        list(
            _tasks_line_by_line(
                {
                    **manifest,
                    "task_comparison": {"answers": {"ngrams": {"out": {}}}, "cheapest": {"ngrams": {"out": {}}}},
                }
            )
        )
        == []
    )


def test_a_baseline_of_one_draw_has_no_interval() -> None:
    assert _lines("set", "0.5", part("bits"), ".2f")[-1] == ["", "", "rule gain", "1.90", "+10.0%", "no interval"]
