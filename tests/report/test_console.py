"""The console: stages are timed, foreign errors get the stage's name, tables print what a page shows."""

import re
from threading import Event

import pytest
from rich.console import Console

from zip_pipeline.errors import InputError, StageError
from zip_pipeline.report import console
from zip_pipeline.report.console import Reporter, for_console, say_where
from zip_pipeline.report.page import Table


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
    monkeypatch.setattr(console, "ALIVE_EVERY_S", 0.001)
    for terminal in (False, True):
        stream, spoken = printed(terminal), Event()
        reporter = Reporter(stream)
        monkeypatch.setattr(reporter, "say", lambda line, spoken=spoken: " so far" in line and spoken.set())
        with reporter.stage("score", "score the pool", has_bar=True):
            assert spoken.wait(0.05 if terminal else 20) != terminal
    shown = Reporter(printed())
    lines: list[str] = []
    monkeypatch.setattr(shown, "say", lines.append)
    with shown.stage("score", "score the pool"):
        while len(lines) < 3:
            pass
    assert re.fullmatch(r"\d\d:\d\d:\d\d score the pool: \d+ s so far", lines[1])


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
