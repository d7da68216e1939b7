"""What happens in a run, a line of JSON each."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from zip_pipeline import cli
from zip_pipeline.errors import ConfigError, StageError
from zip_pipeline.report import console, heartbeat
from zip_pipeline.report.console import Reporter
from zip_pipeline.report.events import EventLog
from zip_pipeline.selection.greedy import Pick
from zip_pipeline.selection.quotas import Budget, Quotas, Tally


def lines(file: Path) -> list[dict[str, Any]]:
    events = list(map(json.loads, file.read_text().splitlines()))
    assert all(event.pop("time").endswith("+00:00") for event in events)
    return events


def test_stages_and_their_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.001)
    log = EventLog(str(tmp_path / "new/events"), "select")
    reporter = Reporter(Console(quiet=True, force_terminal=True), log)
    with reporter.stage("score", "score the pool"):
        while len((tmp_path / "new/events").read_text().splitlines()) < 2:
            pass
    with pytest.raises(StageError), reporter.stage("write", "write"):
        _ = 1 / 0
    found = lines(tmp_path / "new/events")
    assert found[0] == {"job": "select", "event": "stage_begins", "stage": "score", "name": "score the pool"}
    assert (found[1]["event"], found[1]["so_far"]) == ("stage_runs", {})
    ends = [event for event in found if event["event"] == "stage_ends"]
    assert [event["stage"] for event in ends] == ["score"], "one that fails has no end"


def test_the_last_event_has_what_operators_ask_for(tmp_path: Path) -> None:
    manifest = {
        "config": {"output": {"path": "s3a://b/out"}},
        "tables": {"selection": "run-1/selection"},
        "timings": {"total_s": 2.5},
        "input": {"records": 9, "fingerprint": "f", "left_out": {"a": "b"}},
        "selection": {"records": 3, "set_ratio": 2.5, "per_source": {}},
    }
    EventLog(str(tmp_path / "events"), "select").done(manifest)
    assert lines(tmp_path / "events") == [
        {
            "job": "select",
            "event": "done",
            "output": "s3a://b/out",
            "tables": {"selection": "run-1/selection"},
            "seconds": 2.5,
            "input": {"records": 9, "fingerprint": "f"},
            "selection": {"records": 3, "set_ratio": 2.5},
        }
    ]


def test_a_run_that_fails_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    keys = ["select", "--input", "x", "--output", str(tmp_path / "out"), "--budget", "5"]
    assert cli.run([*keys, "--set", f"run.events={tmp_path / 'events'}"]) == 2
    (event,) = lines(tmp_path / "events")
    assert event["event"] == "failed"
    assert event["message"] in capsys.readouterr().err


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"run\.events .*/file/x: cannot be written: "):
        EventLog(str(tmp_path / "file/x"), "select")


def test_picks_are_noted_and_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "BEAT_S", 0.0)
    tally = Tally(Quotas(Budget(5)))
    picks = [Pick("a", None, 0, 0, 3, 2, 20, 10), Pick("b", None, 1, 0, 3, 2, 45, 20)]
    reporter = Reporter(Console(quiet=True), EventLog(str(tmp_path / "events"), "select"))
    assert list(reporter.picks(picks, tally)) == picks
    assert [event["set_ratio"] for event in lines(tmp_path / "events")] == [2.0, 2.25]
