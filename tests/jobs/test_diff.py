"""The job diff: what two selections share, counted by hand, and the causes that their manifests name."""

import doctest
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from rich.console import Console

from support.near_copies import words
from zip_pipeline.config import DiffConfig, SelectConfig, load
from zip_pipeline.errors import InputError
from zip_pipeline.jobs import diff
from zip_pipeline.jobs.select import job as select
from zip_pipeline.report.console import Reporter

quiet = Reporter(Console(quiet=True))


def test_documentation_examples() -> None:
    assert doctest.testmod(diff).failed == 0


@pytest.fixture(scope="module")
def chosen(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: the later pool lacks a record, has a copy of another one, and a larger budget."""
    assert spark.version  # the jobs take over the session
    folder = tmp_path_factory.mktemp("compared")
    rows = [{"id": f"r{n:02}", "text": b" ".join(words(60, n)).decode(), "source": "ab"[n % 2]} for n in range(10)]
    copy = {"id": "a copy", "text": f"{rows[3]['text']} more", "source": "b"}
    for name, pool, budget in (("before", rows, 10), ("after", [*rows[1:], copy], 4), ("again", rows, 10)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in pool))
        keys = [f"input.path={folder / f'{name}.jsonl'}", f"output.path={folder / name}", f"select.budget={budget}"]
        select.run(load(None, keys, SelectConfig), quiet)
    return folder


def compared(folder: Path, later: str) -> dict[str, Any]:
    keys = [f"output.path={folder / later}", f"diff.against={folder / 'before'}"]
    return diff.run(load(None, keys, DiffConfig), quiet)


def ids(folder: Path, name: str) -> list[str]:
    rows = pq.read_table(folder / name / "selection").sort_by("zip_rank").to_pylist()
    return [row["id"] for row in rows]


def test_picks_and_fates_add_up(chosen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(chosen, "after")
    before, after = ids(chosen, "before"), ids(chosen, "after")
    assert found["picks"] == {
        "both": len({*before} & {*after}),
        "only_earlier": len({*before} - {*after}),
        "only_later": len({*after} - {*before}),
    }
    assert found["equal_up_to"] == next(n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b)
    assert sum(found["fates"].values()) == found["picks"]["only_earlier"]
    assert found["fates"][diff.ABSENT] == 1
    assert found["fates"]["is a duplicate"] == 1
    assert sum(row["both"] for row in found["sources"]) == found["picks"]["both"]
    causes = {cause["what"]: (cause["earlier"], cause["later"]) for cause in found["causes"]}
    assert causes["select.budget"] == (10, 4)
    assert "input.fingerprint" in causes
    assert not [what for what in causes if what.startswith("output.")]

    diff.show(Console(width=140), found)
    printed = capsys.readouterr().out
    assert "1 of those that only the earlier run picked: in the later run each is not in the pool" in " ".join(
        printed.split()
    )
    assert "select.budget" in printed


def test_the_same_run_again_is_the_same(chosen: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = compared(chosen, "again")
    assert (found["equal_up_to"], found["fates"]) == (None, {})
    assert [cause["what"] for cause in found["causes"]] == ["input.path"]
    diff.show(Console(), found)
    assert "the same 10 picks in the same order" in capsys.readouterr().out


@pytest.mark.usefixtures("spark")
def test_an_output_of_nothing_is_refused(tmp_path: Path) -> None:
    config = load(None, [f"output.path={tmp_path}", f"diff.against={tmp_path / 'no'}"], DiffConfig)
    with pytest.raises(InputError, match="no such folder; expected the output of `select`"):
        diff.run(config, quiet)
