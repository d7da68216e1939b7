"""The console: stages are timed, foreign errors get the stage's name, tables print what a page shows."""

import io
import json
import re
import time
from pathlib import Path
from threading import Event

import pytest
from rich.console import Console

from support.rule import text_pool
from zip_pipeline.errors import InputError, StageError
from zip_pipeline.report import console, heartbeat
from zip_pipeline.report.console import Reporter, console_on, for_console, say_where
from zip_pipeline.report.events import EventLog
from zip_pipeline.report.funnel import amount, funnel, funnel_table
from zip_pipeline.report.page import Table
from zip_pipeline.selection import Budget, GreedySelector, Quotas


def printed(terminal: bool = False) -> Console:
    return Console(record=True, width=100, force_terminal=terminal)


def test_a_stage_is_timed_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = Reporter(printed())
    with reporter.stage("score", "score the pool"):
        pass
    assert list(reporter.timings) == ["score"]
    text = capsys.readouterr().out
    assert "score the pool ...\n" in text
    assert re.search(r"^score the pool: \d+\.\d s$", text, re.MULTILINE)


def test_a_log_says_that_a_long_stage_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the time of day; a terminal has a spinner or a bar."""
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.001)
    for terminal in (False, True):
        stream, spoken = printed(terminal), Event()
        reporter = Reporter(stream)
        monkeypatch.setattr(reporter, "say", lambda line, spoken=spoken: " so far" in line and spoken.set())
        with reporter.stage("score", "score the pool", has_bar=True):
            assert spoken.wait(0.05 if terminal else 20) != terminal
    shown = Reporter(printed())
    lines: list[str] = []
    monkeypatch.setattr(shown, "say", lines.append)
    with shown.stage("score", "score the pool", watch=lambda: lambda: {"rows in scored": 5000, "bytes": 70}):
        while len(lines) < 3:
            time.sleep(0.001)
    so_far = r"\d\d:\d\d:\d\d score the pool: \d+ s so far, 5,000 rows in scored, 70 bytes"
    alive = [line for line in lines if re.fullmatch(so_far, line)]
    assert len(alive) >= 2  # a third may be the stage's first line


def test_a_log_says_how_many_are_picked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A round's picks come together: those of the first one say nothing of the time that is left."""
    monkeypatch.setattr(console, "LOG_EVERY_S", 0.0)
    reporter, lines = Reporter(printed()), list[str]()
    monkeypatch.setattr(reporter, "say", lines.append)
    selector = GreedySelector(k1=3, k2=3, k3=2)
    selection = selector.begin(selector.stream(text_pool(0, 20)), Quotas(Budget(6)))
    assert len(list(reporter.picks(selection.picks(), selection.tally))) == 6
    said = [re.search(r"picked: (\d) of 6 records, set ratio .*, \d+ s left", line) for line in lines]
    assert [found and found[1] for found in said] == ["4", "4", "6", "6"]


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("has_bar", [True, False])
def test_an_error_of_others_gets_the_name_of_the_stage(terminal: bool, has_bar: bool) -> None:
    reporter = Reporter(printed(terminal))
    with (
        pytest.raises(StageError, match="stage 'score the pool' failed: ZeroDivisionError") as error,
        reporter.stage("score", "score the pool", has_bar=has_bar),
    ):
        _ = 1 / 0
    assert isinstance(error.value.__cause__, ZeroDivisionError)
    assert reporter.timings == {}


def test_an_error_of_ours_stays_as_it_is() -> None:
    with pytest.raises(InputError, match=r"^no record"), Reporter(printed()).stage("score", "score the pool"):
        raise InputError("no record")


def test_what_looks_like_markup_is_printed_as_it_is() -> None:
    stream = printed()
    stream.print(for_console(Table(["[red]name", "b"], [["[bold]x", "1"]], [["[/]sum", "2"]])))
    say_where(stream, {"config": {"output": {"path": "[out]"}}})
    text = stream.export_text()
    for word in ("[red]name", "[bold]x", "[/]sum", "files: [out]"):
        assert word in text
    assert "open" not in text


def test_the_last_line_says_what_to_open() -> None:
    """In one line, whatever its length: people copy it."""
    stream, path = printed(), f"s3a://lake/{'selected-' * 20}/"
    say_where(stream, {"config": {"output": {"path": path}}, "tables": {}})
    assert stream.export_text().splitlines()[-1] == f"open {path}report.html"


def test_a_stage_says_what_it_has_done(tmp_path: Path) -> None:
    stream, log = printed(), tmp_path / "events.jsonl"
    with Reporter(stream, EventLog(str(log), "score")).stage("score", "score the pool") as stage:
        stage.done["records"] = 1234
    assert re.search(
        r"score the pool: \d+\.\d s, 1,234 records, [\d,]+ a second", " ".join(stream.export_text().split())
    )
    assert json.loads(log.read_text().splitlines()[-1])["records"] == 1234


def test_a_terminal_has_a_clock() -> None:
    stream = printed(terminal=True)
    with Reporter(stream).stage("score", "score the pool"):
        pass
    assert re.search(r"score the pool \.\.\. \S*0:00:0", stream.export_text(styles=False))


def test_who_wants_quiet_gets_warnings_alone() -> None:
    stream = printed(terminal=True)
    reporter = Reporter(stream, is_quiet=True)
    with reporter.stage("score", "score the pool"):
        reporter.say("duplicates: 5")
        reporter.say("WARNING: source a loses all")
    assert stream.export_text() == "WARNING: source a loses all\n"
    assert reporter.timings.keys() == {"score"}


def test_a_log_is_80_columns_wide_and_has_no_colour() -> None:
    """Of ten million records, with names of any length."""
    stream = io.StringIO()
    out = console_on(stream)
    amounts = amount(10_000_000, 5_600_000_000, 1_400_000_000)
    steps = funnel(10_000_009, amounts, {"excluded": amounts}, {"eligible": amounts, "selected": amounts})
    out.print(for_console(funnel_table(steps, {"files": 4711, "format": "parquet"})))
    out.print(for_console(Table(["source", "records in pool", "share of bytes"], [["long-name-" * 20, "5", "1.0%"]])))
    out.print("WARNING: odd", style="bold red")
    text = stream.getvalue()
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    for number in ("10,000,009", "-10,000,000", "5,600,000,000", "1,400,000,000", "100.0%"):
        assert number in text


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("baselines", [1, 5, 12])
def test_no_number_of_a_table_is_cut_whatever_its_columns(width: int, baselines: int) -> None:
    """A table that is wider than the console is printed in parts, each with the names of its rows."""
    out, numbers = printed(), [f"1.{number:04} ± 0.0123" for number in range(baselines)]
    out.width = width
    titles = ["held-out set", *(f"length-matched {number}" for number in range(baselines))]
    out.print(for_console(Table(titles, [["wikipedia-" * 9, *numbers]], [["mean", *numbers]])))
    text = out.export_text()
    assert max(map(len, text.splitlines())) <= width
    assert [text.count(number) for number in numbers] == [2] * baselines
    parts = text.count("held-out set")
    assert text.count("mean") == parts
    assert (parts == 1) == (10 + 18 * baselines + 2 <= width or baselines == 1)


def test_a_message_is_one_line_of_a_log() -> None:
    """Whoever watches logs searches for its words; and a warning is printed even with ``--quiet``."""
    stream = printed()
    reporter = Reporter(stream, is_quiet=True)
    reporter.say("said only to those who listen")
    reporter.say(f"warning: s3a://lake/{'x' * 90} could not be removed")
    assert stream.export_text() == f"warning: s3a://lake/{'x' * 90} could not be removed\n"
